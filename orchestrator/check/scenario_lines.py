"""TE103, TE105 and the rest of TE100 and TE104: a scenario expects what the journeys of its cases can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.check import scenario_rules as rules
from orchestrator.domain.errors import did_you_mean, mark
from orchestrator.journeys.asking import askings
from orchestrator.journeys.steps import AlertStep, EmitStep, ExitStep, HandoffStep
from orchestrator.journeys.wishes import EXIT
from orchestrator.scenarios import expectations as lines
from orchestrator.scenarios import model as kinds

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from orchestrator.check.rule import Rule
    from orchestrator.domain.errors import Finding
    from orchestrator.journeys.model import Journey
    from orchestrator.journeys.steps import Step
    from orchestrator.project import Read, Survey
    from orchestrator.scenarios.model import Case, Scenario
    from orchestrator.scenarios.naming import KeyPath


def expected_in(survey: Survey, read: Read[Scenario]) -> Iterator[Finding]:
    """What is wrong with the lines of all cases. Every journey and message could be read."""
    for place, case in enumerate(read.model.cases):
        company = read.model.journeys_of(case)
        if all(one in survey.journeys for one in company):
            yield from _Lines(survey, read, ("cases", place), case).findings()


_NO_TEAM = mark("No step of the journeys turns to {name}{hint}")


@dataclass(frozen=True, slots=True)
class _Wrong:
    """A fault at a path within a line. `on_key`: the key is wrong there, not its value."""

    path: KeyPath
    rule: Rule
    message: str
    help: str
    name: str
    known: Collection[str] = ()
    on_key: bool = False


class _Lines:
    """The lines of one case, and the journeys that run in it."""

    def __init__(self, survey: Survey, read: Read[Scenario], at: KeyPath, case: Case) -> None:
        self._survey, self._read, self._at, self._case = survey, read, at, case
        self._tested = read.model.journey
        self._journeys = {one: survey.journeys[one].model for one in read.model.journeys_of(case)}
        self._steps: Sequence[Step] = [step for one in self._journeys.values() for step in one.all_steps()]
        self._asked = {asking.message for one in self._journeys.values() for asking in askings(one)}

    def findings(self) -> Iterator[Finding]:
        for number, happening in enumerate(self._case.when):
            if isinstance(happening, kinds.ScheduleFires):
                for wrong in self._schedule(happening.schedule):
                    yield self._finding((*self._at, "when", number, *wrong.path), wrong)
        for number, line in enumerate(self._case.expect):
            for wrong in self._line(line):
                yield self._finding((*self._at, "expect", number, *wrong.path), wrong)

    def _line(self, line: lines.Line) -> Iterator[_Wrong]:
        match line:
            case lines.Sent():
                yield from self._message("send", line.send)
                yield from self._claims(line)
            case lines.NotSent():
                yield from self._message("not_sent", line.not_sent)
            case lines.Counted() if line.message is not None:
                yield from self._message("message", line.message)
            case lines.Alerted():
                told = {step.alert.team for step in self._steps if isinstance(step, AlertStep)}
                yield from _nothing("alert", line.alert, told, _NO_TEAM)
            case lines.HandedOff():
                told = {step.handoff.team for step in self._steps if isinstance(step, HandoffStep)}
                yield from _nothing("handoff", line.handoff, told, _NO_TEAM)
            case lines.Emitted():
                emitted = {step.emit.event for step in self._steps if isinstance(step, EmitStep)}
                yield from _nothing("emits", line.emits, emitted, mark("No step of the journeys says {name}{hint}"))
            case lines.OfRuns():
                yield from self._runs(line)
        step = getattr(line, "step", None)
        if step is not None and step != EXIT:
            yield from _no_step("step", step, [one.id for one in self._steps])

    def _runs(self, line: lines.OfRuns) -> Iterator[_Wrong]:
        name = line.journey or self._tested
        if name in self._survey.journeys and name not in self._journeys:
            yield self._absent("journey", name)
        journey = self._journeys.get(name)
        if journey is None:
            return
        match line:
            case lines.Stands() if line.stands_at is not None:
                yield from _no_step("stands_at", line.stands_at, journey.outline.places)
            case lines.Exited():
                yield from _nothing("exit", line.exit, _exits(journey), mark('No run ends by "{name}"{hint}'))
            case lines.Aimed() if journey.goal is None:
                yield from _nothing("goal", name, (), mark("{name} has no goal"))

    def _message(self, key: str, message: str) -> Iterator[_Wrong]:
        if message in self._survey.messages:
            yield from _nothing(key, message, self._asked, mark("No step of the journeys sends {name}{hint}"))

    def _claims(self, line: lines.Sent) -> Iterator[_Wrong]:
        read = self._survey.messages.get(line.send)
        for claim in line.claims if read is not None else ():
            if read is not None and claim not in read.model.claims:
                message = mark('The message has no claim "{name}"{hint}')
                remedy = mark("Claims are declared in the message's file.")
                at = ("claims", claim)
                yield _Wrong(at, rules.UNKNOWN_VALUE, message, remedy, claim, read.model.claims, on_key=True)

    def _schedule(self, name: str) -> Iterator[_Wrong]:
        if name in self._survey.journeys and name not in self._journeys:
            yield self._absent("schedule", name)
        journey = self._journeys.get(name)
        if journey is not None and not any(trigger.schedule for trigger, _ in journey.beginnings()):
            message = mark("{name} has no schedule")
            yield _Wrong(
                ("schedule",), rules.UNKNOWN_JOURNEY, message, mark("Let the event happen that begins it."), name
            )

    def _absent(self, key: str, name: str) -> _Wrong:
        message, remedy = mark("{name} does not run in this case"), mark("Name it under `beside`.")
        return _Wrong((key,), rules.UNKNOWN_JOURNEY, message, remedy, name)

    def _finding(self, at: KeyPath, wrong: _Wrong) -> Finding:
        return self._read.document.finding(
            at,
            wrong.message,
            code=wrong.rule.code,
            level=wrong.rule.level,
            help=wrong.help,
            params={"name": wrong.name, "hint": did_you_mean(wrong.name, wrong.known)},
            on_key=wrong.on_key,
        )


def _nothing(key: str, name: str, known: Collection[str], message: str) -> Iterator[_Wrong]:
    if name not in known:
        remedy = mark("Expect what they do; what runs beside them is named under `beside`.")
        yield _Wrong((key,), rules.SAYS_NOTHING, message, remedy, name, known)


def _no_step(key: str, name: str, known: Collection[str]) -> Iterator[_Wrong]:
    if name not in known:
        message, remedy = mark('No step is called "{name}"{hint}'), mark("Steps are named by their `id`.")
        yield _Wrong((key,), rules.UNKNOWN_STEP, message, remedy, name, known)


def _exits(journey: Journey) -> set[str]:
    """What ends runs early, as `exit` of a scenario says it."""
    words = {step.exit for step in journey.all_steps() if isinstance(step, ExitStep)}
    return words | {one.event for one in journey.exit_on}
