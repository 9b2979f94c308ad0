"""What is wrong with the events of a file, and where in it. Nothing is looked up in a ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.api.errors import Malformed
from orchestrator.api.forms import Shape, read_text_events
from orchestrator.cli.json_places import places_in
from orchestrator.dispatch.accept import IncomingEvent, misfit
from orchestrator.dispatch.accept.event import event_hash, reused
from orchestrator.domain.errors import FieldError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from orchestrator.api.forms import Posted
    from orchestrator.cli.json_places import Places
    from orchestrator.events import EventType


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing that is wrong with one event. `place` is the event's line or its index in a list, as `send` has it."""

    place: int
    line: int
    column: int
    code: str
    pointer: str
    error: InputError | FieldError

    def told(self, translate: Callable[[str], str] = str) -> str:
        """What is wrong, with the field that it is about."""
        named = self.pointer != "#" and isinstance(self.error, FieldError)
        return f"{self.pointer}  {self.error.told(translate)}" if named else self.error.told(translate)

    def document(self, translate: Callable[[str], str]) -> dict[str, Any]:
        """The same for programs."""
        return {
            "place": self.place,
            "line": self.line,
            "column": self.column,
            "code": self.code,
            "pointer": self.pointer,
            "message": self.error.told(translate),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Validated:
    """A file that was looked through."""

    events: int
    problems: Sequence[Problem]

    @property
    def invalid(self) -> int:
        """How many events have something wrong with them."""
        return len({one.place for one in self.problems})


def validated(types: Mapping[str, EventType], text: str, made_id: Callable[[int], str]) -> Validated:
    """Look through the events of a text. Raises Malformed, InputError where it cannot be read as events at all."""
    first: dict[tuple[str, str], str] = {}
    problems: list[Problem] = []
    count = 0
    lines = text.split("\n")
    whole = None
    for posted in read_text_events(text, 0, made_id):
        count += len(posted.events)
        if posted.shape is not Shape.LINES and whole is None:
            whole = places_in(text)
        for place, event in zip(posted.places, posted.events, strict=True):
            error = event if isinstance(event, InputError) else misfit(types, event) or _taken(event, first)
            if error is not None:
                problems += _problems(place, error, _Where(posted, place, lines, whole))
    return Validated(events=count, problems=problems)


def _taken(event: IncomingEvent, first: dict[tuple[str, str], str]) -> InputError | None:
    """Another event of the file has its id."""
    pair, content = (event.source, event.id), event_hash(event)
    return None if first.setdefault(pair, content) == content else reused(pair)


@dataclass(frozen=True, slots=True)
class _Where:
    """Where an event stands: on a line of its own, or in a document."""

    posted: Posted
    place: int
    lines: Sequence[str]
    whole: Places | None

    def of(self, pointer: str) -> tuple[int, int]:
        if self.whole is None:
            return self.place, places_in(self.lines[self.place - 1]).of(pointer)[1]
        base = "#" if self.posted.shape is Shape.ONE else f"#/{self.place}"
        return self.whole.of(base + pointer.removeprefix("#"))


def _problems(place: int, error: InputError, where: _Where) -> Iterator[Problem]:
    if isinstance(error, Malformed):  # on a line of its own: a document that is not JSON has no events
        yield _unreadable(place, error)
        return
    for one in error.fields or (error,):
        pointer = one.pointer if isinstance(one, FieldError) else "#"
        line, column = where.of(pointer)
        yield Problem(place=place, line=line, column=column, code=one.code, pointer=pointer, error=one)


def _unreadable(line: int, error: Malformed) -> Problem:
    column = error.params.get("column")
    if not isinstance(column, int):
        return Problem(place=line, line=line, column=1, code=error.code, pointer="#", error=error)
    # The parser counts lines within what it was given, which is this one alone.
    told = InputError("This line is not JSON: {why}.", code=error.code, why=error.params["why"])
    return Problem(place=line, line=line, column=column, code=error.code, pointer="#", error=told)
