"""JO114 to JO118, JO135: what a journey reads is there when it is asked, and can be what it is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.check.compared import comparisons
from orchestrator.check.condition_rules import NEVER_EQUAL, NO_FUNCTION, SHARED_KEY, UNKNOWN_IN_WHEN, UNKNOWN_KEY
from orchestrator.check.expressed import calls_in, paths_in, text_at
from orchestrator.check.reach import all_read, brought_by, reaches, values_of
from orchestrator.check.scope import Scope, declared
from orchestrator.check.ways import begun, stops
from orchestrator.domain.errors import did_you_mean, mark
from orchestrator.journeys.naming import awaited_at, beginning_at, events_named
from orchestrator.journeys.steps import BranchStep
from orchestrator.schema import VariableType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.check.compared import Comparison
    from orchestrator.check.reach import KeyPath
    from orchestrator.documents import Document
    from orchestrator.domain.errors import Finding
    from orchestrator.journeys.model import Journey
    from orchestrator.project import Read, Survey

RULES = (UNKNOWN_IN_WHEN, UNKNOWN_KEY, NEVER_EQUAL, NO_FUNCTION, SHARED_KEY)


def findings(survey: Survey) -> Iterator[Finding]:
    """Everything that a journey reads and nobody brings, and every comparison that cannot be true."""
    for read in survey.journeys.values() if all_read(survey, "events", "facts") else ():
        if not declared(survey, frozenset(name for _, name in events_named(read.model))):
            continue
        for path, condition, scope in _conditions(read.model, survey):
            yield from _wrong_in(read.document, path, condition, scope)
        yield from _keys(read, survey)


def _conditions(journey: Journey, survey: Survey) -> Iterator[tuple[KeyPath, str, Scope]]:
    """Every condition with its path and what is known where it is asked. Where no run comes, nothing can be told."""
    for place, (trigger, _) in enumerate(journey.beginnings()):
        if trigger.when is not None:
            scope = Scope(survey=survey, here=begun(trigger.event, survey.events))
            yield (*beginning_at(journey, place), "when"), trigger.when, scope
    for stop in stops(journey, survey.events):
        if not stop.here.ways:
            continue
        if isinstance(stop.step, BranchStep):
            scope = Scope(survey=survey, here=stop.here)
            for number, arm in enumerate(stop.step.branch):
                if arm.when is not None:
                    yield (*stop.path, "branch", number, "when"), arm.when, scope
        for path, awaited in awaited_at(stop.path, stop.step):
            if awaited.when is not None:
                asked = stop.here.moved(awaited.event, stop.step.id, survey.events)
                yield (*path, "when"), awaited.when, Scope(survey=survey, here=asked)


def _wrong_in(document: Document, path: KeyPath, condition: str, scope: Scope) -> Iterator[Finding]:
    unknown = False
    for name, offset in paths_in(condition):
        fault = scope.unknown(name)
        if fault is not None:
            unknown = True
            yield document.finding(
                path, fault.message, help=fault.help, params=fault.params,
                code=UNKNOWN_IN_WHEN.code, level=UNKNOWN_IN_WHEN.level, offset=offset, length=len(name),
            )  # fmt: skip
    yield from _calls(document, path, condition, scope)
    if not unknown:
        for comparison in comparisons(condition):
            yield from _never_equal(document, path, comparison, scope)


# --- JO118: functions -----------------------------------------------------------------------------------------------


def _calls(document: Document, path: KeyPath, condition: str, scope: Scope) -> Iterator[Finding]:
    for name, offset, begin in calls_in(condition):
        if name not in scope.functions:
            yield document.finding(
                path,
                mark('There is no function "{name}" here{hint}'),
                params={
                    "name": name,
                    "hint": did_you_mean(name, scope.functions),
                    "known": ", ".join(f"`{one}`" for one in sorted(scope.functions) if not one.startswith("get")),
                },
                code=NO_FUNCTION.code,
                level=NO_FUNCTION.level,
                offset=offset,
                length=len(name),
                help=mark("There are: {known}."),
            )
        elif name == "engaged":
            yield from _engaged(document, path, text_at(condition, begin), scope)


def _engaged(document: Document, path: KeyPath, asked: tuple[str, int] | None, scope: Scope) -> Iterator[Finding]:
    sends = scope.here.sends
    if asked is not None and asked[0] not in sends:
        step, offset = asked
        yield document.finding(
            path,
            mark('No step "{step}" has sent anything before this place{hint}'),
            params={"step": step, "hint": did_you_mean(step, sends), "sends": ", ".join(sorted(sends))},
            code=UNKNOWN_IN_WHEN.code,
            level=UNKNOWN_IN_WHEN.level,
            offset=offset,
            length=len(step),
            help=mark("Steps that have: {sends}.") if sends else mark("Ask it after a step that sends."),
        )


# --- JO117: comparisons ---------------------------------------------------------------------------------------------

_TEXTS = frozenset({VariableType.STRING, VariableType.URL, VariableType.DATE, VariableType.DATETIME})
_NUMBERS = frozenset({VariableType.NUMBER, VariableType.INTEGER})
_DATES = frozenset({VariableType.DATE, VariableType.DATETIME})

# What a literal can be compared with. Money is text with its currency: equal to another, and neither less nor more.
_FITS: Mapping[str, frozenset[VariableType]] = {
    "text": _TEXTS,
    "number": _NUMBERS,
    "truth": frozenset({VariableType.BOOLEAN}),
}
_TOLD = _TEXTS | _NUMBERS | {VariableType.BOOLEAN, VariableType.LIST}
_SAMPLES: Mapping[VariableType, str] = {
    VariableType.STRING: '"…"',
    VariableType.URL: '"https://…"',
    VariableType.DATE: '"2026-11-25"',
    VariableType.DATETIME: '"2026-11-25T18:00:00-03:00"',
    VariableType.NUMBER: "50.0",
    VariableType.INTEGER: "3",
    VariableType.BOOLEAN: "true",
    VariableType.LIST: "size(…) > 0",
}


def _never_equal(document: Document, path: KeyPath, comparison: Comparison, scope: Scope) -> Iterator[Finding]:
    message, remedy, params = _unlike(comparison, scope)
    if message:
        yield document.finding(
            path, message, help=remedy, params=params,
            code=NEVER_EQUAL.code, level=NEVER_EQUAL.level,
            offset=comparison.offset, length=len(comparison.written),
        )  # fmt: skip


def _unlike(comparison: Comparison, scope: Scope) -> tuple[str, str, dict[str, object]]:
    """Why a comparison is never true; nothing where it may be."""
    name = comparison.path
    words = scope.types_of_event(name)
    types = scope.types(name)
    if words is None and len(types) == 1:
        unlike = _unlike_its_type(comparison, *types)
        if unlike is not None:
            return unlike
    if comparison.kind != "text":
        return "", "", {}
    text = comparison.written[1:-1]
    values = sorted(words) if words is not None else _values(name, scope)
    if not text or not values or text in values:
        return "", "", {}
    hint = did_you_mean(text, values)
    params: dict[str, object] = {"field": name, "text": text, "hint": hint, "values": ", ".join(values)}
    remedy = mark("Events that can stand here: {values}.") if words is not None else mark("Events declare: {values}.")
    return mark('{field} is never "{text}"{hint}'), remedy, params


def _unlike_its_type(comparison: Comparison, type_: VariableType) -> tuple[str, str, dict[str, object]] | None:
    """The same by the type that events declare; None where more has to be asked."""
    params: dict[str, object] = {"name": comparison.path, "type": type_.value, "got": comparison.written}
    if comparison.kind == "now":
        if type_ in _DATES:
            return _TEXT_AND_NOW, _DAYS, params
        return "", "", {}
    if type_ is VariableType.MONEY and (comparison.kind != "text" or comparison.sized):
        return _TEXT_AND_SIZE, _NUMBER, params
    if type_ in _TOLD and type_ not in _FITS[comparison.kind]:
        params["sample"] = _SAMPLES[type_]
        return mark('"{name}" is of the type {type}, and never {got}'), mark("Compare it with {sample}."), params
    return None


_TEXT_AND_SIZE = mark('"{name}" is money, which is text here (129.90 BRL): {got} is neither more nor less')
_NUMBER = mark("Declare an amount that is compared as a number.")
_TEXT_AND_NOW = mark('"{name}" is of the type {type}, which is text here: it cannot be compared with now')
_DAYS = mark("Write days(now, {name}), the whole days that have passed since.")


def _values(name: str, scope: Scope) -> tuple[str, ...]:
    root, _, field = name.partition(".")
    if root != "event":
        return values_of(root, field, scope.survey.events)
    declaring = [scope.survey.events[event].model.data.get(field) for event in scope.events]
    if not all(one is not None and one.values for one in declaring):
        return ()
    return tuple(dict.fromkeys(value for one in declaring if one is not None for value in one.values))


# --- JO115, JO135: keys ---------------------------------------------------------------------------------------------


def _keys(read: Read[Journey], survey: Survey) -> Iterator[Finding]:
    """The entry key of every event that starts the journey, and what `match` names of every event that is awaited."""
    entry = read.model.entry
    if entry is not None and entry.key is not None:
        for trigger, _ in read.model.beginnings():
            found = [*_not_named(read.document, ("entry", "key"), entry.key, trigger.event, survey)]
            found = found or [*_shared(read.document, entry.key, trigger.event, survey)]
            if found:
                yield from found
                break
    for path, match, event in _matches(read.model):
        yield from _not_named(read.document, path, match, event, survey)


def _matches(journey: Journey) -> Iterator[tuple[KeyPath, str, str]]:
    for place, leaving in enumerate(journey.exit_on):
        if leaving.match is not None:
            yield ("exit_on", place, "match"), leaving.match, leaving.event
    if journey.goal is not None and journey.goal.match is not None:
        yield ("goal", "match"), journey.goal.match, journey.goal.event
    for path, step in journey.placed_steps():
        for at, awaited in awaited_at(path, step):
            if awaited.match is not None:
                yield (*at, "match"), awaited.match, awaited.event


def _not_named(document: Document, path: KeyPath, key: str, event: str | None, survey: Survey) -> Iterator[Finding]:
    """Where an event does not bring a key."""
    if key == "customer.id":
        return
    if event is None:
        yield document.finding(
            path, mark('"{path}" is not known: a schedule or a segment brings no event and no object{hint}'),
            params={"path": key, "hint": did_you_mean(key, {"customer.id"})},
            code=UNKNOWN_KEY.code, level=UNKNOWN_KEY.level,
            help=mark("Take `key` away: a run that no event begins is its customer's."),
        )  # fmt: skip
        return
    read = survey.events[event]
    known = brought_by(read.model, survey.events)
    if reaches(key, known):
        return
    kind = key.partition(".")[0]
    yield document.finding(
        path, mark('"{path}" is not brought by {event}{hint}'),
        params={
            "path": key,
            "event": event,
            "hint": did_you_mean(key, known | {"customer.id"}),
            "brought": ", ".join(sorted(name for name in known if name.startswith(f"{kind}.")) or sorted(known)),
        },
        code=UNKNOWN_KEY.code, level=UNKNOWN_KEY.level,
        help=mark("{event} brings: {brought}. Without entry, each event is a run of its own.")
        if path[0] == "entry" else mark("{event} brings: {brought}."),
    )  # fmt: skip


_TELLING = frozenset({VariableType.STRING, VariableType.INTEGER, VariableType.URL})


def _shared(document: Document, key: str, event: str | None, survey: Survey) -> Iterator[Finding]:
    """Where a key is no name of anything: an amount, a date, or one of some words."""
    kind, _, field = key.partition(".")
    setting = [
        read.model.data[field]
        for read in survey.events.values()
        if field in read.model.data and (read.model.id == event if kind == "event" else read.model.updates == kind)
    ]
    if key == "event.type" or any(one.type not in _TELLING or one.values for one in setting):
        named = survey.events[event].model.updates if event is not None else None
        yield document.finding(
            ("entry", "key"), mark('"{key}" names nothing: customers with the same value share one run'),
            params={"key": key, "known": f"{named}.id" if named else "customer.id"},
            code=SHARED_KEY.code, level=SHARED_KEY.level,
            help=mark("Write `key: {known}`, or take it away."),
        )  # fmt: skip
