"""Put on record that somebody looked at people's data, and why. What workers read is not written down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.dispatch.record import Entry, record_all
from orchestrator.domain.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.domain.time import Clock
    from orchestrator.release import Release
    from orchestrator.store.port import Transaction

REASON_LENGTH_MAX = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """Who looks, as the audit chain names them, and the reason that they gave."""

    by: str
    reason: str | None = None


def reader(by: str, reason: str) -> Reader:
    """Somebody who looks; an empty reason is none. Raises InputError for one that would not fit on a line."""
    said = reason.strip()
    if len(said) > REASON_LENGTH_MAX or not said.isprintable():
        raise InputError(
            "A reason is one line of at most {most} characters.", code="reason_format", most=REASON_LENGTH_MAX
        )
    return Reader(by=by, reason=said or None)


def require_reason(release: Release, who: Reader) -> None:
    """Raise InputError where the project wants a reason for every look, and there is none."""
    if who.reason is None and release.project.audit is not None and release.project.audit.reasons == "required":
        raise InputError(
            "This shop wants to know why somebody looks at a person's data.",
            remedy="Say why: in the header X-Jogral-Reason, or after --reason.",
            code="reason_required",
        )


def record_reads(transaction: Transaction, clock: Clock, who: Reader, what: str, customer_ids: Iterable[str]) -> None:
    """An entry for each person whose data somebody looked at.

    Args:
        transaction: of its own, and not durable: what was read goes out when it is written, and only a power cut
            could lose the last ones.
        clock: machine time, and chance.
        who: whoever looked.
        what: which of their data: profile, decisions, message, reply, inbox…
        customer_ids: whose; each is written down once.
    """
    said = {"what": what} | ({} if who.reason is None else {"reason": who.reason})
    entries = [
        Entry(kind="customer.read", by=who.by, customer_id=one, said=said) for one in dict.fromkeys(customer_ids)
    ]
    if entries:
        record_all(transaction, clock, entries)
