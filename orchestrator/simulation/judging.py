"""Whether what came of a case is what was expected; where it is not, what came instead, and why."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import TYPE_CHECKING, Any, TypeVar

from orchestrator.domain.delivery import State
from orchestrator.domain.errors import Phrase
from orchestrator.journeys.run import TRIGGER, Ending
from orchestrator.scenarios import expectations as lines
from orchestrator.scenarios.times import MINUTE_MS, after_start
from orchestrator.simulation.reading import says, stated, states
from orchestrator.simulation.story import became, hour

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from orchestrator.domain.time import Instant
    from orchestrator.journeys.run import Run
    from orchestrator.scenarios.expectations import Line
    from orchestrator.scenarios.model import Case
    from orchestrator.simulation.life import Outcome
    from orchestrator.simulation.rehearsal import Rehearsed

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Miss:
    """An expectation that was not met: what came instead, and what explains it.

    `path` leads to it from the case: `("expect", 2)`, or `("when", 0)` for something that could not even happen.
    """

    path: tuple[str, int]
    got: tuple[Phrase, ...] = ()
    because: tuple[Phrase, ...] = ()


def misses(case: Case, rehearsed: Rehearsed) -> tuple[Miss, ...]:
    """Every expectation that was not met, in the order of the file."""
    if rehearsed.refused is not None:
        place, error = rehearsed.refused
        return (
            Miss(
                path=("when", place),
                got=(Phrase("it cannot happen: {why}", why=Phrase(error.template, **error.params)),),
            ),
        )
    return tuple(
        Miss(path=("expect", place), got=found.got, because=found.because)
        for place, line in enumerate(case.expect)
        if (found := _judged(line, _Court(rehearsed, place))) is not None
    )


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Not as expected."""

    got: tuple[Phrase, ...]
    because: tuple[Phrase, ...] = ()


@dataclass(frozen=True, slots=True)
class _Court:
    """What came of the case, and how it is told."""

    came: Rehearsed
    place: int

    def when(self, at: Instant) -> Phrase:
        """`+1d2h (2026-11-24 11:00)`."""
        return Phrase(
            "{after} ({hour})", after=after_start(at, self.came.start, self.came.zone), hour=hour(at, self.came.zone)
        )

    def in_time(self, line: Any, at: Instant) -> bool:
        """Whether something happened in the minute, or between the minutes, that a line says."""
        if line.at is not None:
            return self.came.at(line.at) <= at < self.came.at(line.at) + MINUTE_MS
        too_early = line.after is not None and at < self.came.at(line.after)
        return not too_early and (line.within is None or at < self.came.at(line.within) + MINUTE_MS)

    def fitting(self, line: Any, found: Iterable[T], at: Callable[[T], Instant]) -> list[T]:
        """Of what happened, what happened in time."""
        return [one for one in found if self.in_time(line, at(one))]

    def runs(self, line: Any) -> list[Run]:
        """The runs that a line is about: of the journey under test, or the one that it names."""
        journey = line.journey or self.came.journey
        return [run for run in self.came.runs if run.journey == journey and line.key in (None, run.key)]

    def verdict(
        self, line: Any, found: Sequence[T], fitting: Sequence[T], told: Callable[[T], Phrase]
    ) -> _Verdict | None:
        """Whether something happened as often as a line says: `times` counts all, or with 0 what fits."""
        met = {None: bool(fitting), 0: not fitting}.get(line.times, bool(fitting) and len(found) == line.times)
        return None if met else _Verdict(tuple(map(told, found)) or (Phrase("nothing"),))


@singledispatch
def _judged(line: Line, court: _Court) -> _Verdict | None:
    """None where a line is met."""
    raise AssertionError(line, court)


# --- messages ---------------------------------------------------------------------------------------------------------


@_judged.register(lines.Sent)
def _sent(line: lines.Sent, court: _Court) -> _Verdict | None:
    sends = [one for one in court.came.outcomes if one.message == line.send and one.state is State.SENT]
    in_time = [one for one in sends if court.in_time(line, one.at) and line.step in (None, one.step)]
    fitting = [one for one in in_time if line.channel in (None, one.channel) and _reads(line, one)]
    if line.channels and {one.channel for one in in_time} != set(line.channels):
        fitting = []
    met = court.verdict(line, sends, fitting, lambda one: _told_send(line, one, court))
    if met is None:
        return None
    return _Verdict(met.got, ()) if sends else _never_sent(line.send, court)


@_judged.register(lines.NotSent)
def _not_sent(line: lines.NotSent, court: _Court) -> _Verdict | None:
    sends = [
        one
        for one in court.came.outcomes
        if one.message == line.not_sent
        and one.state is State.SENT
        and court.in_time(line, one.at)
        and line.channel in (None, one.channel)
        and line.step in (None, one.step)
    ]
    told = tuple(_told_send(line, one, court) for one in sends)
    return _Verdict(told, tuple(court.came.overlooked)) if sends else None


@_judged.register(lines.Counted)
def _counted(line: lines.Counted, court: _Court) -> _Verdict | None:
    asked: dict[str, list[Outcome]] = {}
    for one in court.came.outcomes:
        if line.message in (None, one.message) and line.purpose in (None, one.purpose):
            asked.setdefault(one.request_id, []).append(one)
    waited = line.state in {State.DEFERRED, State.HELD}
    found = [
        one
        for outcomes in asked.values()
        for one in (outcomes if waited else outcomes[-1:])
        if one.state is line.state and _is_of(one.reason, line.reason)
    ]
    if len({one.request_id for one in found}) == line.count:
        return None
    told = [Phrase("{what}, at {when}", what=became(one), when=court.when(one.at)) for one in found]
    elsewhere = [outcomes[-1] for outcomes in asked.values() if outcomes[-1] not in found]
    return _Verdict(
        (*told,) or (Phrase("none"),),
        tuple(Phrase("{what}, at {when}", what=became(one), when=court.when(one.at)) for one in elsewhere),
    )


def _reads(line: lines.Sent, sent: Outcome) -> bool:
    """Whether the message states and says what a line asks for."""
    if sent.rendered is None:
        return not line.claims and line.says is None
    return states(sent.rendered, line.claims) and (line.says is None or says(sent.rendered, line.says))


def _told_send(line: Any, sent: Outcome, court: _Court) -> Phrase:
    told = Phrase(
        "{message} on {channel} at {when}", message=sent.message, channel=sent.channel, when=court.when(sent.at)
    )
    if sent.rendered is None:
        return told
    if getattr(line, "claims", None):
        return Phrase("{sent}, with {claims}", sent=told, claims=stated(sent.rendered) or "-")
    if getattr(line, "says", None) is not None:
        return Phrase("{sent}, which says: {text}", sent=told, text=sent.rendered.text)
    return told


def _never_sent(message: str, court: _Court) -> _Verdict:
    """What became of it instead; where nobody asked for it, what became of the runs that might have."""
    came = court.came
    last = {one.request_id: one for one in came.outcomes if one.message == message}
    if last:
        return _Verdict(
            tuple(Phrase("{what}, at {when}", what=became(one), when=court.when(one.at)) for one in last.values())
        )
    runs = [run for run in came.runs if run.journey == came.journey]
    begun = tuple(_told_run(run, court) for run in runs) or (Phrase("no run of {journey} began", journey=came.journey),)
    return _Verdict((Phrase("nobody asked for {message}", message=message),), (*begun, *came.overlooked))


def _is_of(reason: str, wanted: str | None) -> bool:
    """Whether a reason is the wanted one, or of its kind: `quiet_hours` is every `quiet_hours:…`."""
    return wanted is None or reason == wanted or reason.startswith(f"{wanted}:")


# --- what journeys say to others --------------------------------------------------------------------------------------


@_judged.register(lines.Alerted)
def _alerted(line: lines.Alerted, court: _Court) -> _Verdict | None:
    found = [one for one in court.came.alerts if one.wish.team == line.alert]
    fitting = [
        one
        for one in court.fitting(line, found, lambda one: one.at)
        if line.step in (None, one.wish.step) and (line.says is None or line.says in one.wish.message)
    ]
    return court.verdict(
        line, found, fitting, lambda one: Phrase('"{text}" at {when}', text=one.wish.message, when=court.when(one.at))
    )


@_judged.register(lines.HandedOff)
def _handed_off(line: lines.HandedOff, court: _Court) -> _Verdict | None:
    found = [one for one in court.came.handoffs if one.wish.team == line.handoff]
    fitting = [
        one
        for one in court.fitting(line, found, lambda one: one.at)
        if line.step in (None, one.wish.step) and line.queue in (None, one.wish.queue)
    ]
    return court.verdict(
        line,
        found,
        fitting,
        lambda one: Phrase("queue {queue} at {when}", queue=one.wish.queue or "-", when=court.when(one.at)),
    )


@_judged.register(lines.Emitted)
def _emitted(line: lines.Emitted, court: _Court) -> _Verdict | None:
    found = [one for one in court.came.emitted if one.type == line.emits]
    fitting = [
        one
        for one in court.fitting(line, found, lambda one: one.occurred_at)
        if all(one.data.get(name) == value for name, value in line.data.items())
    ]
    return court.verdict(
        line,
        found,
        fitting,
        lambda one: Phrase("{data} at {when}", data=dict(one.data), when=court.when(one.occurred_at)),
    )


# --- runs -------------------------------------------------------------------------------------------------------------

_LEFT = frozenset({Ending.EXIT_EVENT, Ending.EXIT_STEP, Ending.NOT_ENTERED})


@_judged.register(lines.Exited)
def _exited(line: lines.Exited, court: _Court) -> _Verdict | None:
    return _over(line, court, lambda run: run.ending in _LEFT and run.note == line.exit)


@_judged.register(lines.Ended)
def _ended(line: lines.Ended, court: _Court) -> _Verdict | None:
    return _over(line, court, lambda run: run.ending is line.ends)


def _over(line: lines.Exited | lines.Ended, court: _Court, so: Callable[[Run], bool]) -> _Verdict | None:
    found = [run for run in court.runs(line) if so(run)]
    fitting = court.fitting(line, found, lambda run: run.ended_at or 0)
    verdict = court.verdict(line, found, fitting, lambda run: _told_run(run, court))
    return None if verdict is None else _Verdict(_told_runs(line, court), tuple(court.came.overlooked))


@_judged.register(lines.Aimed)
def _aimed(line: lines.Aimed, court: _Court) -> _Verdict | None:
    reached = [run for run in court.runs(line) if run.id in court.came.goals]
    in_time = court.fitting(line, reached, lambda run: court.came.goals[run.id])
    if bool(in_time) == (line.goal == "reached"):
        return None
    told = tuple(
        Phrase("{key} reached it at {when}", key=run.key, when=court.when(court.came.goals[run.id])) for run in reached
    )
    return _Verdict(told or (Phrase("no run reached it"),), tuple(court.came.overlooked))


@_judged.register(lines.Begun)
def _begun(line: lines.Begun, court: _Court) -> _Verdict | None:
    begun = [run for run in court.runs(line) if _has_begun(run)]
    if len(begun) == line.runs:
        return None
    return _Verdict(_told_runs(line, court), tuple(court.came.overlooked))


@_judged.register(lines.Stands)
def _stands(line: lines.Stands, court: _Court) -> _Verdict | None:
    ours = {run.id for run in court.runs(line)}
    standing = [run for run in court.came.standing.get(court.place, ()) if run.id in ours and _has_begun(run)]
    positions = {run.position for run in standing}
    if line.stands_at in positions or (line.stands_at is None and not standing):
        return None
    told = tuple(Phrase("{key} stands at {step}", key=run.key, step=run.position) for run in standing)
    return _Verdict(told or (Phrase("no run stands anywhere"),), _told_runs(line, court))


@_judged.register(lines.Profiled)
def _profiled(line: lines.Profiled, court: _Court) -> _Verdict | None:
    other = {name: court.came.profile.get(name) for name, value in line.customer.items()
             if court.came.profile.get(name) != value}  # fmt: skip
    if not other:
        return None
    return _Verdict(
        tuple(Phrase("customer.{name} is {value}", name=name, value=value) for name, value in other.items())
    )


def _has_begun(run: Run) -> bool:
    """Whether it is more than a start that waits for silence, or waited in vain."""
    return run.position != TRIGGER and run.ending is not Ending.NOT_ENTERED


def _told_runs(line: Any, court: _Court) -> tuple[Phrase, ...]:
    journey = line.journey or court.came.journey
    return tuple(_told_run(run, court) for run in court.runs(line)) or (
        Phrase("no run of {journey} began", journey=journey),
    )


def _told_run(run: Run, court: _Court) -> Phrase:
    if run.ended_at is None or run.ending is None:
        return Phrase("the run {key} stands at {step}", key=run.key, step=run.position)
    ending = run.ending.value if run.note in {"", run.ending.value} else f"{run.ending.value}: {run.note}"
    return Phrase(
        "the run {key} was over at {when} ({ending})", key=run.key, when=court.when(run.ended_at), ending=ending
    )
