"""What happened in a life, line by line, for people to read: the way of each run, and what became of each request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from orchestrator.domain.delivery import State
from orchestrator.domain.errors import Phrase, mark
from orchestrator.domain.time import moment
from orchestrator.journeys.run import TRIGGER, Alert, Emit, HandOff, Send, Update
from orchestrator.journeys.steps import KINDS
from orchestrator.reasons import reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from orchestrator.domain.time import Instant
    from orchestrator.journeys.run import Moved, Passed, Run, Wish
    from orchestrator.simulation.life import Outcome


@dataclass(frozen=True, slots=True)
class Beat:
    """One line: when, whose (a run's journey and key, or nobody's), and what."""

    at: Instant
    whose: str
    told: Phrase


class Story:
    """Written while a life is lived. `outcomes` is the life's own list, which grows."""

    def __init__(self, outcomes: Sequence[Outcome], zone: str) -> None:
        self._outcomes, self._zone = outcomes, zone
        self._heard = 0
        self._beats: list[Beat] = []
        self._whose: dict[str, str] = {}
        self._stood: dict[str, tuple[object, object]] = {}

    @property
    def beats(self) -> Sequence[Beat]:
        """All lines up to now, in the order in which they came about."""
        self._hear()
        return self._beats

    def happened(self, at: Instant, told: Phrase) -> None:
        """Something from outside."""
        self._hear()
        self._beats.append(Beat(at, "", told))

    def overlooked(self, at: Instant, whose: str, why: Phrase) -> None:
        """Something that might have happened to a run, or a journey, and did not."""
        self._hear()
        self._beats.append(Beat(at, whose, why))

    def moved(self, moved: Moved, now: Instant) -> None:
        """A run took its way: a witness, see `dispatch.runs.moving`."""
        self._hear()
        whose, asked = f"{moved.run.journey} {moved.run.key}", list(moved.wishes)
        self._whose[moved.run.id] = whose
        self._beats += [Beat(now, whose, _passed(line, asked)) for line in moved.trace]
        stands = moved.run.position, moved.run.alarms
        if moved.run.position is not None and self._stood.get(moved.run.id) != stands:
            self._beats.append(Beat(now, whose, self._stands(moved.run)))
        self._stood[moved.run.id] = stands

    def _stands(self, run: Run) -> Phrase:
        """A run that stands has an alarm at least, so that it does not stand for ever."""
        due = hour(min(alarm.at.instant for alarm in run.alarms.values()), self._zone)
        if run.position == TRIGGER:
            return Phrase("waits for silence until {hour}", hour=due)
        return Phrase("{step}: stands, and is called at {hour}", step=run.position, hour=due)

    def _hear(self) -> None:
        for one in self._outcomes[self._heard :]:
            whose = self._whose.get(one.run_id or "", one.journey or "")
            self._beats.append(Beat(one.at, whose, became(one)))
        self._heard = len(self._outcomes)


def hour(at: Instant, zone: str) -> str:
    """An hour as everybody reads it: `2026-11-24 10:00`."""
    return moment(at, zone).strftime("%Y-%m-%d %H:%M")


def became(outcome: Outcome) -> Phrase:
    """What became of a request."""
    if outcome.state is State.SENT:
        return Phrase("{message} is sent on {channel}", message=outcome.message, channel=outcome.channel)
    return Phrase(
        "{message} is {state} ({reason}): {why}",
        message=outcome.message,
        state=outcome.state.value,
        reason=outcome.reason,
        why=Because(outcome),
    )


class Because(str):
    """Why a request is where it is, in the reader's language."""

    __slots__ = ("outcome",)

    outcome: Outcome

    def __new__(cls, outcome: Outcome) -> Self:
        """The sentence of its reason."""
        because = super().__new__(cls, reason(outcome.state, outcome.reason).sentence)
        because.outcome = outcome
        return because

    def told(self, translate: Callable[[str], str] = str) -> str:
        """The same, translated."""
        return reason(self.outcome.state, self.outcome.reason, translate).sentence


# What a run did at a step, by the word of its trace.
_WORDS: Mapping[str, str] = {
    "started": mark("begins"),
    "ended": mark("is over: {why}"),
    "send": mark("asks for {asked}"),
    "update": mark("changes the profile: {asked}"),
    "emit": mark("says {asked}"),
    "alert": mark("tells the team {asked}"),
    "handoff": mark("hands the customer to {asked}"),
    "when": mark("is so: {why}"),
    "otherwise": mark("none was so: goes the other way"),
    "not": mark("is not so: {why}"),
    "cannot be told": mark("cannot be told, and counts as not so: {why}"),
    "split": mark("goes the way {why}"),
    "woke": mark("has waited long enough"),
    "timeout": mark("has waited in vain so far"),
    "given up": mark("waits no longer"),
    "not closed": mark("nobody closed the ticket in time"),
    "met": mark("{why} came"),
    "reacts": mark("reacts to {why}"),
    "does not react": mark("does not react: {why}"),
}


def _passed(line: Passed, asked: list[Wish]) -> Phrase:
    """A line of a trace; what the step asked for is taken from the wishes, which come in the same order."""
    own = list(_taken(line.step, asked)) if line.what in KINDS else []
    what = Phrase(_WORDS.get(line.what, line.what), why=line.why, asked=", ".join(dict.fromkeys(map(_asked, own))))
    return what if line.step in {"", TRIGGER} else Phrase("{step}: {what}", step=line.step, what=what)


def _taken(step: str, asked: list[Wish]) -> Iterator[Wish]:
    """The wishes of one taking of a step, which stand together at the front."""
    nth = getattr(asked[0], "nth", 0) if asked else 0
    while asked and asked[0].step == step and getattr(asked[0], "nth", 0) == nth:
        yield asked.pop(0)


def _asked(wish: Wish) -> str:
    match wish:
        case Send():
            return wish.message
        case Update():
            return ", ".join(f"customer.{path}" for path in wish.values)
        case Emit():
            return wish.type
        case Alert() | HandOff():
            return wish.team
