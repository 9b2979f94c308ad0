"""JO114 and JO115: what a journey reads of an event must be there when it has happened."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.check.reach import all_read, beginning_at, brought_by, fields_of, kinds_of, reaches
from orchestrator.check.rule import Rule
from orchestrator.domain.errors import did_you_mean, mark
from orchestrator.expressions import compile_expression

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.domain.errors import Finding
    from orchestrator.events import EventType
    from orchestrator.journeys.model import Journey
    from orchestrator.project import Read, Survey

_UNKNOWN_IN_WHEN = Rule(
    code="JO114",
    level="error",
    title=mark("A condition reads what the event does not bring"),
    why=mark("A missing value makes a condition false, silently: nobody would ever enter this way."),
    bad="""\
trigger:
  event: order.placed
  when: order.totl >= 50.0
""",
    good="""\
trigger:
  event: order.placed
  when: order.total >= 50.0
""",
)
_UNKNOWN_KEY = Rule(
    code="JO115",
    level="error",
    title=mark("The entry key is not brought by an event that starts the journey"),
    why=mark("Without its key no run begins: the event would be taken and nothing would be sent."),
    bad="""\
trigger: {event: order.placed}
entry: {key: cart.id}
""",
    good="""\
trigger: {event: order.placed}
entry: {key: order.id}
""",
)

RULES = (_UNKNOWN_IN_WHEN, _UNKNOWN_KEY)


def findings(survey: Survey) -> Iterator[Finding]:
    """Every condition and entry key that reads what no event brings."""
    for read in survey.journeys.values() if all_read(survey, "events") else ():
        yield from _conditions(read, survey)
        yield from _keys(read, survey)


_TEXT = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'")
_PATH = re.compile(r"(?<![\w.\])])[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*")
_CALL = re.compile(r"\s*\(")
_BOUND = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(\s*([A-Za-z_]\w*)\s*,")


def paths_in(condition: str) -> Iterator[tuple[str, int]]:
    """The dotted names that an expression reads, with their offsets; not the functions, nor a comprehension's own."""
    plain = without_texts(condition)
    read = {*compile_expression(condition).names} - bound_in(plain)
    for found in _PATH.finditer(plain):
        path = re.sub(r"\s", "", found[0])
        if _CALL.match(plain, found.end()):
            path = path.rpartition(".")[0]  # the last part is a method
        if path.partition(".")[0] in read:
            yield path, found.start()


def without_texts(condition: str) -> str:
    """The same expression with blanks for the texts in it, so that nothing in them is taken for a name."""
    return _TEXT.sub(lambda text: " " * len(text[0]), condition)


def bound_in(plain: str) -> set[str]:
    """The names that comprehensions make for themselves."""
    return {*_BOUND.findall(plain)}


def _conditions(read: Read[Journey], survey: Survey) -> Iterator[Finding]:
    for place, (trigger, _) in enumerate(read.model.beginnings()):
        event = survey.events.get(trigger.event)
        if trigger.when is None or event is None:
            continue
        known = brought_by(event.model, survey.events)
        for path, offset in paths_in(trigger.when):
            kind = path.partition(".")[0]
            whole_object = path in ("event", *kinds_of(event.model))
            # What a customer may have is the shop's own and declared nowhere.
            if kind == "customer" or whole_object or reaches(path, known):
                continue
            yield read.document.finding(
                (*beginning_at(read.model, place), "when"),
                mark('"{path}" is not brought by {event}{hint}'),
                params=_where(path, event, survey, known),
                code=_UNKNOWN_IN_WHEN.code,
                level=_UNKNOWN_IN_WHEN.level,
                offset=offset,
                length=len(path),
                help=mark("{event} brings: {brought}. Further fields are declared under data in {file}."),
            )


def _keys(read: Read[Journey], survey: Survey) -> Iterator[Finding]:
    if read.model.entry is None:
        return
    key = read.model.entry.key
    for trigger, _ in read.model.beginnings():
        event = survey.events.get(trigger.event)
        if event is None or key == "customer.id":
            continue
        known = brought_by(event.model, survey.events)
        if not reaches(key, known):
            yield read.document.finding(
                ("entry", "key"),
                mark('"{path}" is not brought by {event}{hint}'),
                params=_where(key, event, survey, known | {"customer.id"}),
                code=_UNKNOWN_KEY.code,
                level=_UNKNOWN_KEY.level,
                help=mark("{event} brings: {brought}. Without entry, each event is a run of its own."),
            )
            return


def _where(path: str, event: Read[EventType], survey: Survey, known: frozenset[str]) -> dict[str, object]:
    kind = path.partition(".")[0]
    names = sorted(name for name in known if name.startswith(f"{kind}.")) or [
        f"{one}.id" for one in kinds_of(event.model) if fields_of(one, survey.events)
    ]
    return {
        "path": path,
        "event": event.model.id,
        "hint": did_you_mean(path, known),
        "brought": ", ".join(names or sorted(known)),
        "file": event.document.file,
    }
