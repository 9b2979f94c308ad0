"""JO128, JO134: what several journeys do on one event, that none of them shows by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.check.encounter_rules import ROUND_AND_ROUND, TOLD_TWICE
from orchestrator.check.moments import Moment
from orchestrator.check.ways import stops
from orchestrator.domain.errors import mark
from orchestrator.journeys.steps import EmitStep, SendStep

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.check.reach import KeyPath
    from orchestrator.domain.errors import Finding
    from orchestrator.journeys.model import Journey
    from orchestrator.project import Read, Survey

RULES = (ROUND_AND_ROUND, TOLD_TWICE)


def findings(survey: Survey) -> Iterator[Finding]:
    """Every message that one event sends twice, and every event that comes from itself."""
    sent: list[_Sent] = []
    said: list[_Said] = []
    for read in survey.journeys.values():
        for stop in stops(read.model, survey.events):
            for moment in stop.here.moments:
                if isinstance(stop.step, SendStep):
                    sent.append(_Sent(read, (*stop.path, "send"), stop.step.send, moment))
                elif isinstance(stop.step, EmitStep):
                    said.append(_Said(read, (*stop.path, "emit", "event"), stop.step.emit.event, moment))
        sent += _sent_at_exits(read)
    yield from _told_twice(sent)
    yield from _round_and_round(said)


# --- JO134: told twice ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sent:
    """A message that a step sends, in one of the moments in which a run comes there."""

    read: Read[Journey]
    path: KeyPath
    message: str
    moment: Moment

    @property
    def place(self) -> str:
        """File and line."""
        found = self.read.document.finding(self.path, "", code="")
        return f"{found.file}:{found.line}"


def _sent_at_exits(read: Read[Journey]) -> Iterator[_Sent]:
    for place, leaving in enumerate(read.model.exit_on):
        if leaving.send is not None:
            moment = Moment(at=("exit_on", place), event=leaving.event).only([f"a run of {read.model.id}"])
            yield _Sent(read, ("exit_on", place, "send"), leaving.send, moment)


def _told_twice(sent: Sequence[_Sent]) -> Iterator[Finding]:
    """One finding for each step, at the later of the two."""
    alike: dict[tuple[object, str], list[_Sent]] = {}
    told: set[tuple[str, KeyPath]] = set()
    for one in sent:
        before = alike.setdefault((one.moment.occasion, one.message), [])
        other = next((other for other in before if _meet(one, other)), None)
        before.append(one)
        if other is not None and (one.read.model.id, one.path) not in told:
            told.add((one.read.model.id, one.path))
            yield one.read.document.finding(
                one.path,
                mark("{place} sends {message} on {event} too: the customer is told twice"),
                params={
                    "place": other.place, "message": one.message, "event": one.moment.said,
                },
                code=TOLD_TWICE.code, level=TOLD_TWICE.level,
                help=mark("Let one of the two send it, or give them a `when` that never holds for both."),
            )  # fmt: skip


def _meet(one: _Sent, other: _Sent) -> bool:
    """Whether both are sent wherever one of them is. What one run sends on its way is another rule's (JO123)."""
    if one.read is other.read and (one.moment.at == other.moment.at or not _both_react(one, other)):
        return False
    return one.moment.implies(other.moment) or other.moment.implies(one.moment)


def _both_react(one: _Sent, other: _Sent) -> bool:
    """All reactions to an event happen; of several triggers, only the first that fits."""
    return "react" in one.moment.at and "react" in other.moment.at


# --- JO128: round and round -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Said:
    """An event that a step says, in one of the moments in which a run comes there."""

    read: Read[Journey]
    path: KeyPath
    event: str
    moment: Moment

    @property
    def surely_again(self) -> bool:
        """Whether the event is said each time that the one before it happens, whatever is true, and at once."""
        begins = self.moment.at[-1] == "trigger" or self.moment.at[0] == "triggers"
        return begins and self.read.model.entry is None and self.moment.is_at_once and not self.moment.conditions


def _round_and_round(said: Sequence[_Said]) -> Iterator[Finding]:
    """One finding for each round, where its first journey goes into it."""
    again = [one for one in said if one.surely_again]
    told: set[str] = set()
    for one in again:
        events = _round(one, again)
        if events and not told & {*events}:
            told |= {*events}
            yield one.read.document.finding(
                one.path,
                mark("{event} comes from itself, without an end: {round}"),
                params={"event": one.event, "round": " → ".join([*events, events[0]])},
                code=ROUND_AND_ROUND.code, level=ROUND_AND_ROUND.level,
                help=mark("Give the journey an `entry` with a key, or let time pass before the step."),
            )  # fmt: skip


def _round(first: _Said, again: Sequence[_Said]) -> list[str]:
    """The events from what begins a run to what it says, and so on back to the beginning; none when it ends."""
    ways = [[first.moment.event or "", first.event]]
    for way in ways:
        if way[-1] == way[0]:
            return way[:-1]
        ways += [[*way, one.event] for one in again if one.moment.event == way[-1] and one.event not in way[1:]]
    return []
