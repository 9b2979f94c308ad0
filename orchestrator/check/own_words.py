"""JO116, JO119 and JO114 again: the events that a journey says itself, and its lines for teams."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.check.condition_rules import UNKNOWN_IN_WHEN
from orchestrator.check.reach import all_read
from orchestrator.check.rule import Rule
from orchestrator.check.scope import Scope, declared
from orchestrator.check.ways import stops
from orchestrator.domain.errors import did_you_mean, mark
from orchestrator.journeys.filling import PLACE
from orchestrator.journeys.naming import events_named
from orchestrator.journeys.steps import AlertStep, EmitStep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.check.reach import KeyPath
    from orchestrator.check.ways import Stop
    from orchestrator.documents import Document
    from orchestrator.domain.errors import Finding
    from orchestrator.project import Survey

_INCOMPLETE = Rule(
    code="JO119",
    level="error",
    title=mark("A journey says an event without a field that it must have"),
    why=mark("The event would be refused, and whoever waits for it would never hear it."),
    bad="""\
# survey.due must have an order_id
steps:
  - {id: pedir_pesquisa, emit: {event: survey.due}}
""",
    good="""\
steps:
  - {id: pedir_pesquisa, emit: {event: survey.due, data: {order_id: "{{ order.id }}"}}}
""",
)
_NO_PLACE = Rule(
    code="JO126",
    level="error",
    title=mark("A line for a team or a field of an event has what only looks like a place for a value"),
    why=mark("Only `{{ order.number }}` is filled there, without filters: anything else is passed on as it stands."),
    bad="""\
steps:
  - {id: avisar, alert: {team: operacoes, message: "Pedido {{ order.number | upper }} parado"}}
""",
    good="""\
steps:
  - {id: avisar, alert: {team: operacoes, message: "Pedido {{ order.number }} parado"}}
""",
)
UNKNOWN_FIELD = "JO116"  # a mapping's rule as well: see check.reading

RULES = (_INCOMPLETE, _NO_PLACE)


def findings(survey: Survey) -> Iterator[Finding]:
    """Everything that is wrong with what journeys say to teams and to other journeys."""
    for read in survey.journeys.values() if all_read(survey, "events", "facts") else ():
        if not declared(survey, frozenset(name for _, name in events_named(read.model))):
            continue
        for stop in stops(read.model, survey.events):
            match stop.step:
                case AlertStep():
                    path: KeyPath = (*stop.path, "alert", "message")
                    yield from _places(read.document, path, stop.step.alert.message, stop, survey)
                case EmitStep():
                    yield from _emitted(read.document, stop, stop.step, survey)


def _emitted(document: Document, stop: Stop, step: EmitStep, survey: Survey) -> Iterator[Finding]:
    fields, data = survey.events[step.emit.event].model.data, step.emit.data
    path: KeyPath = (*stop.path, "emit", "data")
    for name, value in data.items():
        if name not in fields:
            yield document.finding(
                (*path, name),
                mark('Unknown field "{name}" of {event}{hint}'),
                params={"event": step.emit.event, "name": name, "hint": did_you_mean(name, fields)},
                code=UNKNOWN_FIELD,
                on_key=True,
            )
        elif isinstance(value, str):
            yield from _places(document, (*path, name), value, stop, survey)
    missing = [name for name, field in fields.items() if field.required and data.get(name) is None]
    if missing:
        yield document.finding(
            (*stop.path, "emit", "event"),
            mark("{event} must have {missing}, which this step does not give it"),
            params={"event": step.emit.event, "missing": ", ".join(missing), "first": missing[0]},
            code=_INCOMPLETE.code,
            level=_INCOMPLETE.level,
            help=mark("Write it under data: {{{first}: …}}."),
        )


_LIKE_A_PLACE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")


def _places(document: Document, path: KeyPath, written: str, stop: Stop, survey: Survey) -> Iterator[Finding]:
    scope = Scope(survey=survey, here=stop.here, plain=True)
    for found in _LIKE_A_PLACE.finditer(written):
        place = PLACE.fullmatch(found[0])
        if place is None:
            yield document.finding(
                path, mark('"{text}" is passed on as it stands'), params={"text": found[0]},
                code=_NO_PLACE.code, level=_NO_PLACE.level, offset=found.start(), length=len(found[0]),
                help=mark("A place holds one name and no filter, such as {{{{ order.number }}}}."),
            )  # fmt: skip
            continue
        fault = scope.unknown(place[1]) if stop.here.ways else None
        if fault is not None:
            yield document.finding(
                path, fault.message, help=fault.help, params=fault.params,
                code=UNKNOWN_IN_WHEN.code, level=UNKNOWN_IN_WHEN.level,
                offset=found.start() + place.start(1), length=len(place[1]),
            )  # fmt: skip
