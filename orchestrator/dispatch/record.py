"""Put on record who did what, and whose data they looked at: entries of the audit chain.

An entry is written in the transaction of what it tells of, so that both are there or neither is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestrator import audit_chain
from orchestrator.audit_chain import ENTRIES, ERASED, SALT_SIZE
from orchestrator.domain.errors import InputError, did_you_mean
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from orchestrator.domain.time import Clock
    from orchestrator.store.port import Transaction

KINDS: Mapping[str, str] = {
    "consent.granted": mark("agreed to a topic"),
    "consent.pending": mark("agreed to a topic, and has still to confirm it"),
    "consent.withdrawn": mark("withdrew consent"),
    "address.suppressed": mark("an address is not written to any more"),
    "address.released": mark("an address may be written to again"),
    "customer.read": mark("looked at a customer's data"),
    "customer.created": mark("made a customer"),
    "customer.changed": mark("changed a customer"),
    "customer.merged": mark("made two customers one"),
    "customer.unmerged": mark("undid a merge"),
    "privacy.opened": mark("a person asked for their rights"),
    "privacy.verified": mark("a person proved whose request it is"),
    "privacy.completed": mark("a request was carried out"),
    "privacy.refused": mark("a request was refused"),
    "privacy.expired": mark("a request was never confirmed"),
    "export.made": mark("a person's data were put into a file"),
    "message.tested": mark("sent a message to an address on the allow-list, to try it"),
    "key.created": mark("made an API key"),
    "key.revoked": mark("revoked an API key"),
    "pause.set": mark("paused something"),
    "pause.lifted": mark("went on with what was paused"),
    "release.published": mark("brought a release into force"),
    "release.rolled_back": mark("went back to an earlier release"),
    "campaign.started": mark("sent a message to a segment"),
    "import.done": mark("a file of customers was read"),
    "events.retried": mark("events of the quarantine were understood after all"),
    "events.discarded": mark("threw away events of the quarantine"),
    ERASED: mark("an erasure emptied entries of this log"),
}
"""Every kind of entry, in words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One thing to put on record. `said` holds JSON values; addresses and names are not for it, ids are."""

    kind: str
    by: str
    customer_id: str | None = None
    said: Mapping[str, Any] = field(default_factory=dict)


def record(
    transaction: Transaction, clock: Clock, kind: str, *, by: str, customer_id: str | None = None, **said: Any
) -> None:
    """Put one thing on record. What is None in `said` is left out.

    Args:
        transaction: that of what is recorded.
        clock: machine time, and chance for the entry's salt.
        kind: one of KINDS.
        by: who did it: `person`, `key:<key id>`, `cli:<user>`, `import:<import id>`, `provider:<account>`.
        customer_id: whom it is about; an erasure of theirs empties the entry.
        **said: what its kind tells, without addresses.
    """
    record_all(transaction, clock, [Entry(kind=kind, by=by, customer_id=customer_id, said=said)])


def record_all(transaction: Transaction, clock: Clock, entries: Sequence[Entry]) -> None:
    """Put many things on record, in order, in one statement."""
    now = clock.now()
    transaction.chain.append(
        [
            audit_chain.write(
                entry.kind,
                by=entry.by,
                customer_id=entry.customer_id,
                at=now,
                said={name: value for name, value in entry.said.items() if value is not None},
                salt=clock.entropy(SALT_SIZE),
            )
            for entry in entries
        ]
    )


def forget(transaction: Transaction, clock: Clock, customer_ids: Collection[str], *, by: str) -> int:
    """Empty every entry about these customers, and put on record how many there were: the chain still holds."""
    emptied = transaction.chain.empty(customer_ids)
    if emptied:
        record_all(transaction, clock, [Entry(kind=ERASED, by=by, said={ENTRIES: emptied})])
    return emptied


def require_known_kind(kind: str | None) -> None:
    """Raise InputError for a kind, or a family of kinds, that no entry can have: nothing would ever be found."""
    if kind is None or kind in KINDS or kind in _FAMILIES:
        return
    raise InputError(
        'There is no entry of the kind "{kind}"{hint}',
        remedy="There are: {known}.",
        code="unknown_kind",
        kind=kind,
        hint=did_you_mean(kind, KINDS),
        known=", ".join(KINDS),
    )


_FAMILIES = frozenset(kind.partition(".")[0] for kind in KINDS)
