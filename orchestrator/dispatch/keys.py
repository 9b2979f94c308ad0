"""API keys: 256 bits of chance, shown once; the ledger holds their SHA-256 and what they allow."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from orchestrator.dispatch.record import record
from orchestrator.domain.delivery import Mode
from orchestrator.domain.errors import InputError, did_you_mean
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.store.port import ApiKey
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.domain.time import Clock, Instant
    from orchestrator.store.port import Transaction

SCOPES: Mapping[str, str] = {
    "events:write": mark("tell us what happened"),
    "events:read": mark("read events in quarantine as they came, addresses included"),
    "events:mend": mark("have events in quarantine accepted, or throw them away"),
    "messages:send": mark("ask for messages to be sent, and read them"),
    "messages:read": mark("read messages and why they were or were not sent"),
    "customers:read": mark("read customers, their addresses masked"),
    "customers:read_addresses": mark("read addresses in full"),
    "customers:write": mark("create and change customers"),
    "consents:write": mark("record what customers agreed to"),
    "inbound:write": mark("bring what customers wrote to us"),
    "facts:read": mark("read facts and how they came to be"),
    "facts:write": mark("change facts, such as stock"),
    "segments:read": mark("see segments, and count who is in one"),
    "pauses:read": mark("see what is paused"),
    "pauses:write": mark("pause and go on, the kill switch included"),
    "templates:read": mark("read messages' copy"),
    "replies:use": mark("write and send support replies"),
    "privacy:read": mark("see what people asked about their data, addresses masked"),
    "privacy:write": mark("export, correct and erase people's data"),
    "audit:read": mark("read who did what, and whose data they looked at"),
    "admin": mark("everything"),
}
"""What a key may be allowed, and in words."""

ADMIN = "admin"

_SECRET_SIZE = 32


def create(
    transaction: Transaction,
    clock: Clock,
    name: str,
    scopes: Sequence[str],
    *,
    by: str,
    lives_ms: int | None = None,
    mode: Mode = Mode.LIVE,
) -> tuple[ApiKey, str]:
    """A new key and its secret, `jgl_live_…`, which nobody can read again. With `lives_ms` it ends by itself.

    What a key of another mode than live asks for reaches no customer; the secret's word says so to whoever finds it.

    Raises:
        InputError: there is no such scope, or none was named.
    """
    unknown = next((scope for scope in scopes if scope not in SCOPES), None)
    if unknown is not None:
        raise InputError(
            'There is no scope "{scope}"{hint}',
            remedy="There are: {known}.",
            code="unknown_scope",
            scope=unknown,
            hint=did_you_mean(unknown, SCOPES),
            known=", ".join(SCOPES),
        )
    if not scopes:
        raise InputError("A key needs at least one scope.", remedy="There are: {known}.", known=", ".join(SCOPES))
    now = clock.now()
    key = ApiKey(
        id=new_id("key", now, clock.entropy(ENTROPY_SIZE)),
        name=name,
        scopes=tuple(dict.fromkeys(scopes)),
        created_at=now,
        revoked_at=None,
        expires_at=None if lives_ms is None else now + lives_ms,
        mode=mode,
    )
    secret = f"jgl_{mode.value}_{base64.urlsafe_b64encode(clock.entropy(_SECRET_SIZE)).decode().rstrip('=')}"
    transaction.ledger.add_key(key, hash_of(secret))
    other = None if mode is Mode.LIVE else mode.value
    record(transaction, clock, "key.created", by=by, key=key.id, scopes=list(key.scopes), mode=other)
    return key, secret


def revoke(transaction: Transaction, clock: Clock, key_id: str, *, by: str) -> bool:
    """End a key; False where none of that id is in force."""
    revoked = transaction.ledger.revoke_key(key_id, clock.now())
    if revoked:
        record(transaction, clock, "key.revoked", by=by, key=key_id)
    return revoked


def authenticate(transaction: Transaction, secret: str, now: Instant) -> ApiKey | None:
    """Whose secret this is, or None when it is nobody's, was revoked, or has expired.

    The look-up is by hash: how long it takes says nothing about a secret that is nearly right.
    """
    key = transaction.ledger.key_by_hash(hash_of(secret))
    return key if key is not None and key.in_force(now) else None


def allows(key: ApiKey, scope: str) -> bool:
    """Whether a key has a scope: itself, by `admin`, or by a star such as `privacy:*`."""
    family = scope.partition(":")[0]
    return not {scope, f"{family}:*", ADMIN}.isdisjoint(key.scopes)


def actor(key: ApiKey) -> str:
    """A key as the audit chain names it: `key:<id>`."""
    return f"key:{key.id}"


def hash_of(secret: str) -> str:
    """What the ledger knows a secret by. No salt and no stretching: 256 random bits cannot be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()
