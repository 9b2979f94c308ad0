"""Where a scenario names what other files declare."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from orchestrator.scenarios import expectations as lines
from orchestrator.scenarios import model as kinds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from orchestrator.scenarios.model import Case, Scenario

KeyPath = tuple[str | int, ...]


class Thing(StrEnum):
    """What can be named."""

    JOURNEY = "journey"
    PERSONA = "persona"
    EVENT = "event"
    OBJECT = "object"
    MESSAGE = "message"
    TOPIC = "topic"
    FACT = "fact"


@dataclass(frozen=True, slots=True)
class Named:
    """One name, and its path in the file. `on_key`: it stands there as the key, not as the value."""

    path: KeyPath
    thing: Thing
    name: str
    on_key: bool = False


def named_in(scenario: Scenario) -> Iterator[Named]:
    """Every name, in the order of the file."""
    yield Named(("journey",), Thing.JOURNEY, scenario.journey)
    yield from _listed(("beside",), scenario.beside)
    if scenario.persona is not None:
        yield Named(("persona",), Thing.PERSONA, scenario.persona)
    for place, case in enumerate(scenario.cases):
        yield from _in_case(("cases", place), case)


def _in_case(at: KeyPath, case: Case) -> Iterator[Named]:
    if case.persona is not None:
        yield Named((*at, "persona"), Thing.PERSONA, case.persona)
    yield from _listed((*at, "beside"), case.beside or ())
    yield from _in_given((*at, "given"), case.given)
    for number, happening in enumerate(case.when):
        yield from _in_happening((*at, "when", number), happening)
    for number, line in enumerate(case.expect):
        yield from _in_line((*at, "expect", number), line)


def _in_given(at: KeyPath, given: kinds.Given) -> Iterator[Named]:
    yield from _keys((*at, "consent"), Thing.TOPIC, given.consent)
    yield from _keys((*at, "objects"), Thing.OBJECT, given.objects)
    yield from _keys((*at, "facts"), Thing.FACT, given.facts)
    for number, earlier in enumerate(given.sent):
        yield Named((*at, "sent", number, "message"), Thing.MESSAGE, earlier.message)
    for number, stopped in enumerate(given.paused):
        yield from _in_pause((*at, "paused", number), stopped)


def _in_happening(at: KeyPath, happening: kinds.Happening) -> Iterator[Named]:
    match happening:
        case kinds.EventHappens():
            yield Named((*at, "event"), Thing.EVENT, happening.event)
        case kinds.ScheduleFires():
            yield Named((*at, "schedule"), Thing.JOURNEY, happening.schedule)
        case kinds.FactsChange():
            yield from _keys((*at, "facts"), Thing.FACT, happening.facts)
        case kinds.MindChanges():
            yield from _keys((*at, "consent"), Thing.TOPIC, happening.consent)
        case kinds.IsPaused():
            yield from _in_pause((*at, "pause"), happening.pause)
        case kinds.IsResumed():
            yield from _in_pause((*at, "resume"), happening.resume)
        case kinds.Opens():
            yield Named((*at, "opens"), Thing.MESSAGE, happening.opens)
        case kinds.Clicks():
            yield Named((*at, "clicks"), Thing.MESSAGE, happening.clicks)


def _in_pause(at: KeyPath, stopped: kinds.Stopped) -> Iterator[Named]:
    if stopped.journey is not None:
        yield Named((*at, "journey"), Thing.JOURNEY, stopped.journey)
    if stopped.message is not None:
        yield Named((*at, "message"), Thing.MESSAGE, stopped.message)


def _in_line(at: KeyPath, line: lines.Line) -> Iterator[Named]:
    match line:
        case lines.Sent():
            yield Named((*at, "send"), Thing.MESSAGE, line.send)
        case lines.NotSent():
            yield Named((*at, "not_sent"), Thing.MESSAGE, line.not_sent)
        case lines.Counted() if line.message is not None:
            yield Named((*at, "message"), Thing.MESSAGE, line.message)
        case lines.Emitted():
            yield Named((*at, "emits"), Thing.EVENT, line.emits)
        case lines.OfRuns() if line.journey is not None:
            yield Named((*at, "journey"), Thing.JOURNEY, line.journey)


def _listed(at: KeyPath, journeys: Iterable[str]) -> Iterator[Named]:
    yield from (Named((*at, number), Thing.JOURNEY, name) for number, name in enumerate(journeys))


def _keys(at: KeyPath, thing: Thing, names: Iterable[str]) -> Iterator[Named]:
    yield from (Named((*at, name), thing, name, on_key=True) for name in names)
