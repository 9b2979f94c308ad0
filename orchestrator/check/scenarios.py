"""TE100 to TE104: scenarios name what there is. What they expect is looked at in `scenario_lines`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.addresses import InvalidAddress, normalise
from orchestrator.check import scenario_rules as rules
from orchestrator.check.reach import all_read
from orchestrator.check.scenario_lines import expected_in
from orchestrator.domain.customer import AddressKind
from orchestrator.domain.errors import did_you_mean, mark
from orchestrator.domain.time import zone_info
from orchestrator.events import fits
from orchestrator.scenarios import model as kinds
from orchestrator.scenarios.naming import Named, Thing, named_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from orchestrator.check.rule import Rule
    from orchestrator.domain.errors import Finding
    from orchestrator.project import Read, Survey
    from orchestrator.scenarios.model import Scenario
    from orchestrator.scenarios.naming import KeyPath

RULES = (
    rules.UNKNOWN_JOURNEY,
    rules.UNKNOWN_EVENT,
    rules.UNKNOWN_MESSAGE,
    rules.UNKNOWN_STEP,
    rules.UNKNOWN_VALUE,
    rules.SAYS_NOTHING,
    rules.UNFIT_CUSTOMER,
)


def findings(survey: Survey) -> Iterator[Finding]:
    """Every scenario that could not be lived through, and every expectation that says nothing."""
    known = _known(survey)
    for read in survey.scenarios.values():
        for named in named_in(read.model):
            there_are = known[named.thing]
            if there_are is not None and named.name not in there_are:
                yield _unknown(read, named, there_are)
        yield from _facts(survey, read)
        yield from _people(read)
        if all_read(survey, "events"):
            yield from _events(survey, read)
        if all_read(survey, "journeys", "messages"):
            yield from expected_in(survey, read)


# Thing → its rule, what is said of an unknown one, and what to do.
_SAID: Mapping[Thing, tuple[Rule, str, str]] = {
    Thing.JOURNEY: (
        rules.UNKNOWN_JOURNEY,
        mark('Unknown journey "{name}"{hint}'),
        mark("Journeys are declared in templates/journeys/."),
    ),
    Thing.PERSONA: (
        rules.UNKNOWN_JOURNEY,
        mark('There is no persona "{name}"{hint}'),
        mark("Personas are declared in templates/personas/."),
    ),
    Thing.EVENT: (
        rules.UNKNOWN_EVENT,
        mark('Unknown event "{name}"{hint}'),
        mark("Events are declared in templates/events/."),
    ),
    Thing.OBJECT: (
        rules.UNKNOWN_EVENT,
        mark('No event updates "{name}"{hint}'),
        mark("Declare one in templates/events/ with updates: {name}."),
    ),
    Thing.MESSAGE: (
        rules.UNKNOWN_MESSAGE,
        mark('Unknown message "{name}"{hint}'),
        mark("Messages are declared in templates/messages/."),
    ),
    Thing.TOPIC: (
        rules.UNKNOWN_VALUE,
        mark('Unknown topic "{name}"{hint}'),
        mark("Topics are declared in templates/project.yaml."),
    ),
    Thing.FACT: (
        rules.UNKNOWN_VALUE,
        mark('There is no fact "{name}"{hint}'),
        mark("Facts are declared in templates/facts/."),
    ),
}


def _known(survey: Survey) -> Mapping[Thing, Collection[str] | None]:
    """All that there is; None where files cannot be read that would say it, which is another finding."""
    project, settings = survey.project, survey.settings
    updated = {read.model.updates for read in survey.events.values() if read.model.updates is not None}
    return {
        Thing.JOURNEY: project.names("journeys"),
        Thing.PERSONA: project.names("personas"),
        Thing.EVENT: [path.stem for path in project.files("events")],
        Thing.OBJECT: updated if all_read(survey, "events") else None,
        Thing.MESSAGE: project.names("messages"),
        Thing.TOPIC: settings.model.topics if settings is not None else None,
        Thing.FACT: survey.sheet.known_paths() if all_read(survey, "facts") else None,
    }


def _unknown(read: Read[Scenario], named: Named, known: Collection[str]) -> Finding:
    rule, message, remedy = _SAID[named.thing]
    return read.document.finding(
        named.path,
        message,
        code=rule.code,
        level=rule.level,
        help=remedy,
        params={"name": named.name, "hint": did_you_mean(named.name, known)},
        on_key=named.on_key,
    )


# --- live facts -------------------------------------------------------------------------------------------------------


def _facts(survey: Survey, read: Read[Scenario]) -> Iterator[Finding]:
    """Facts that no door could change to that."""
    sheet = survey.sheet
    for at, path, value in _values(read.model):
        if path not in sheet.known_paths():
            continue
        other = sheet.live.get(path)
        params: dict[str, object] = {"path": path, "live": other, "value": value}
        if other is not None:
            message, remedy = mark("{path} is read from {live}"), mark("Give {live} the value.")
        elif sheet.static(path):
            message = mark("{path} is not live: a file says its value")
            remedy = mark("Change it in the file: a scenario tries what the files say.")
        elif sheet.unfit(path, value) is not None:
            message = mark('{path} cannot be "{value}"')
            remedy = mark("Write a value as the shop would send it.")
        else:
            continue
        yield read.document.finding(
            at, message, code=rules.UNKNOWN_VALUE.code, level=rules.UNKNOWN_VALUE.level, help=remedy, params=params
        )


def _values(scenario: Scenario) -> Iterator[tuple[KeyPath, str, object]]:
    for place, case in enumerate(scenario.cases):
        at: KeyPath = ("cases", place)
        yield from (((*at, "given", "facts", path), path, value) for path, value in case.given.facts.items())
        for number, happening in enumerate(case.when):
            if isinstance(happening, kinds.FactsChange):
                for path, value in happening.facts.items():
                    yield (*at, "when", number, "facts", path), path, value


# --- the customer -----------------------------------------------------------------------------------------------------

_ADDRESSES = {"email": AddressKind.EMAIL, "phone": AddressKind.PHONE, "push_token": AddressKind.PUSH_TOKEN}


def _people(read: Read[Scenario]) -> Iterator[Finding]:
    """Customers who could not be written to, or whose clock is nowhere."""
    for place, case in enumerate(read.model.cases):
        for name, value in case.given.customer.items():
            if value is not None and not _may_be(name, str(value)):
                yield read.document.finding(
                    ("cases", place, "given", "customer", name),
                    mark('A customer cannot have that as "{name}"'),
                    code=rules.UNFIT_CUSTOMER.code,
                    level=rules.UNFIT_CUSTOMER.level,
                    help=mark("Write it as a persona has it, or null to take it away."),
                    params={"name": name},
                )


def _may_be(name: str, value: str) -> bool:
    try:
        if name in _ADDRESSES:
            normalise(_ADDRESSES[name], value)
        elif name == "timezone":
            zone_info(value)
    except (InvalidAddress, KeyError, ValueError, OSError):
        return False
    return True


# --- events -----------------------------------------------------------------------------------------------------------


def _events(survey: Survey, read: Read[Scenario]) -> Iterator[Finding]:
    for place, case in enumerate(read.model.cases):
        for number, happening in enumerate(case.when):
            if isinstance(happening, kinds.EventHappens) and happening.event in survey.events:
                at: KeyPath = ("cases", place, "when", number, "data")
                yield from _data(survey, read, at, happening.event, happening.data)


def _data(survey: Survey, read: Read[Scenario], at: KeyPath, event: str, data: Mapping[str, Any]) -> Iterator[Finding]:
    """Fields that the event does not have, and values that they cannot have. What is missing is filled in."""
    fields = survey.events[event].model.data
    rule = rules.UNKNOWN_EVENT
    for name, value in data.items():
        params: dict[str, object] = {"event": event, "name": name, "hint": did_you_mean(name, fields)}
        if name not in fields:
            yield read.document.finding(
                (*at, name),
                mark('Unknown field "{name}" of {event}{hint}'),
                code=rule.code,
                level=rule.level,
                help=mark("It has: {fields}."),
                params=params | {"fields": ", ".join(fields)},
                on_key=True,
            )
        elif value is None and fields[name].required:
            yield read.document.finding(
                (*at, name),
                mark('{event} must have "{name}": without it the shop refuses the event'),
                code=rule.code,
                level=rule.level,
                help=mark("Take the line away, and the case fills it in."),
                params=params,
            )
        elif value is not None and not fits(fields[name], value):
            yield read.document.finding(
                (*at, name),
                mark('"{name}" of {event} cannot be that'),
                code=rule.code,
                level=rule.level,
                help=mark("It is declared as {declared}."),
                params=params | {"declared": ", ".join(fields[name].values) or fields[name].type.value},
            )
