"""Which releases were in force, since when, and who brought them: as the audit chain has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.dispatch.plans.changing import ROLLED_BACK
from orchestrator.domain.errors import NotFound, did_you_mean
from orchestrator.store.port import ChainQuery

if TYPE_CHECKING:
    from orchestrator.domain.time import Instant
    from orchestrator.store.port import Transaction

RELEASES = "release"
"""The family of entries that tell of releases."""

LOOKED_AT = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class InForce:
    """One time at which a release came into force (machine time). `by` is empty where nobody wrote it down.

    `moved`, `ended` and `timed_anew` are runs that were seen to then.
    """

    release: str
    at: Instant
    by: str = ""
    before: str | None = None
    rolled_back: bool = False
    plan: str | None = None
    moved: int = 0
    ended: int = 0
    timed_anew: int = 0


def history(transaction: Transaction, limit: int) -> list[InForce]:
    """The last times at which a release came into force, newest first."""
    entries = transaction.chain.page(ChainQuery(limit=limit, kind=RELEASES))
    told = [_in_force(entry.said(), entry.at, rolled_back=entry.kind == ROLLED_BACK) for entry in entries]
    recorded = {one.release for one in told}
    # Releases of before there was a record of them, and those of tests and of programs that publish themselves.
    unrecorded = [InForce(release=name, at=at) for name, at in transaction.ledger.published() if name not in recorded]
    # Of two that programs published in the same instant, the one in force came last.
    current = transaction.ledger.release_id()
    return sorted([*told, *unrecorded], key=lambda one: (one.at, one.release == current), reverse=True)[:limit]


def earlier(transaction: Transaction, wanted: str = "") -> str:
    """The id of the release that was in force before this one; with `wanted`, of that one, which may be shortened.

    Raises:
        NotFound: there was none before, or none of that name.
    """
    current = transaction.ledger.release_id()
    if not wanted:
        return _before(history(transaction, LOOKED_AT), current)
    known = [name for name, _ in transaction.ledger.published()]
    found = [name for name in known if name.startswith(wanted)]
    if len(found) != 1:
        raise NotFound(
            'No release, or more than one, is called "{release}"{hint}',
            remedy="Look at those there were: jogral history",
            code="unknown_release",
            release=wanted,
            hint=did_you_mean(wanted, known),
        )
    return found[0]


def _before(times: list[InForce], current: str | None) -> str:
    place = next((place for place, one in enumerate(times) if one.release == current), None)
    if place is not None:
        known = [times[place].before, *(one.release for one in times[place + 1 :])]
        for name in known:
            if name is not None and name != current:
                return name
    raise NotFound(
        "There is no release before the one that is in force.",
        remedy="Change the files, and look at what that does: jogral plan",
        code="nothing_before",
    )


def _in_force(said: dict[str, Any], at: Instant, *, rolled_back: bool) -> InForce:
    return InForce(
        release=said["release"],
        at=at,
        by=said["by"],
        before=said.get("before"),
        rolled_back=rolled_back,
        plan=said.get("plan"),
        moved=said.get("moved", 0),
        ended=said.get("ended", 0),
        timed_anew=said.get("timed_anew", 0),
    )
