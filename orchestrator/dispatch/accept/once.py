"""Once: an Idempotency-Key is a caller's promise, and its first answer is kept."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.domain.errors import Conflict, Overtaken

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.domain.time import Clock
    from orchestrator.store.port import Store, Transaction


@dataclass(frozen=True, kw_only=True, slots=True)
class IdempotencyKey:
    """A caller's promise that the same key means the same wish. `scope` keeps callers apart."""

    scope: str
    key: str
    body_hash: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a door answers, in the form in which it is kept for a repetition."""

    status: int
    document: Mapping[str, Any]
    replayed: bool = False


def once(store: Store, clock: Clock, key: IdempotencyKey | None, work: Callable[[Transaction], Answer]) -> Answer:
    """Do the work and keep its answer, in one transaction; under a key that was used, give the first answer again.

    What another transaction stored at the same moment is found by a second try, so `work` may be called twice.

    Raises:
        Conflict: the key was used with another body (`idempotency_key_reused`).
    """
    try:
        return _once(store, clock, key, work)
    except Overtaken:
        return _once(store, clock, key, work)


def _once(store: Store, clock: Clock, key: IdempotencyKey | None, work: Callable[[Transaction], Answer]) -> Answer:
    with store.write() as transaction:
        if key is None:
            return work(transaction)
        first = transaction.ledger.first_answer(key.scope, key.key, key.body_hash, clock.now())
        if first is None:
            answer = work(transaction)
            transaction.ledger.keep_answer(
                key.scope, key.key, answer.status, json.dumps(answer.document, ensure_ascii=False)
            )
            return answer
    if first.body_hash != key.body_hash:
        raise Conflict(
            "This Idempotency-Key was used with another body.",
            remedy="Send the first body again, or take a new key.",
            code="idempotency_key_reused",
        )
    return Answer(first.status, json.loads(first.answer), replayed=True)


def body_hash(body: object) -> str:
    """The same JSON gives the same hash, in whatever order its keys come."""
    canonical = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
