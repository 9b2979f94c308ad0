"""What is agreed when two customers become one, and when they part again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.dispatch.consents.standing import keep
from orchestrator.domain.customer import ConsentState
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.domain.message import Purpose
from orchestrator.identity import InForce, Side, join, side_of
from orchestrator.store.port import ConsentEvent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.domain.customer import Customer
    from orchestrator.domain.time import Clock
    from orchestrator.release import Release
    from orchestrator.store.port import Merge, Transaction

    Consents = Mapping[tuple[str, str], InForce]

PARTED = "merge_undone"
"""The method of a withdrawal that was said while two customers were one, and is both's."""


def join_consents(
    transaction: Transaction, release: Release, clock: Clock, kept: Customer, merged: Customer
) -> dict[str, Any]:
    """Put in force for the one who is kept what both allow; what was before, for an undo."""
    now = max(clock.now(), transaction.ledger.clock().now(clock.now()))
    mine, theirs = (_side(transaction, one) for one in (kept, merged))
    topics = release.project.topics

    def is_marketing(topic: str) -> bool:
        """What the project does not know any more is sent to nobody; it is kept as if it were."""
        return topic not in topics or topics[topic].purpose is Purpose.MARKETING

    joined = join(mine, theirs, is_marketing, now)
    transaction.identity.drop_consents(merged.id, theirs.consents)
    transaction.identity.drop_consents(kept.id, mine.consents.keys() - joined.keys())
    transaction.identity.put_consents(kept.id, joined)
    return {"kept": _written(mine.consents), "merged": _written(theirs.consents), "joined": _written(joined)}


def part_consents(transaction: Transaction, clock: Clock, done: Merge, *, by: str) -> None:
    """Put in force what was before the merge, unless something was said of it since.

    A withdrawal that stands, and was said while they were one, is both's: nobody knows whose word it was.
    """
    before, theirs, joined = (_read(done.moved["consents"][name]) for name in ("kept", "merged", "joined"))
    now = transaction.identity.consents(done.kept_id)
    untouched = {key for key in {*before, *joined} if now.get(key) == joined.get(key)}
    transaction.identity.drop_consents(done.kept_id, [key for key in untouched if key not in before])
    transaction.identity.put_consents(done.kept_id, {key: one for key, one in before.items() if key in untouched})
    transaction.identity.put_consents(done.merged_id, theirs)
    since = set(transaction.identity.withdrawn_since(done.kept_id, done.moved["newest_consent"]))
    standing = [one for one in transaction.consents.in_force([done.kept_id]) if one.id in since]
    keep(transaction, clock, [_of_both(one, done, clock, by) for one in standing])


def _side(transaction: Transaction, customer: Customer) -> Side:
    standing = transaction.customers.standings([customer.id], [])[customer.id]
    return side_of(standing, transaction.identity.consents(customer.id))


def _of_both(said: ConsentEvent, done: Merge, clock: Clock, by: str) -> ConsentEvent:
    return ConsentEvent(
        id=new_id("con", clock.now(), clock.entropy(ENTROPY_SIZE)),
        customer_id=done.merged_id,
        topic=said.topic,
        channel=said.channel,
        state=ConsentState.WITHDRAWN,
        legal_basis=said.legal_basis,
        method=PARTED,
        source=said.source,
        wording=said.wording,
        evidence={"event": said.id, "merge": done.id},
        at=said.at,
        actor=by,
    )


def _written(consents: Consents) -> list[list[Any]]:
    return [[*key, one.state.value, one.event_id, one.at] for key, one in sorted(consents.items())]


def _read(written: Sequence[Sequence[Any]]) -> dict[tuple[str, str], InForce]:
    return {
        (topic, channel): InForce(state=ConsentState(state), event_id=event_id, at=at)
        for topic, channel, state, event_id, at in written
    }
