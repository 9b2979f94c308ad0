"""VA: variables. Every value that a message prints is brought by somebody, and fits its type."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from orchestrator.catalog import formats
from orchestrator.catalog.copy import sources
from orchestrator.check.copies import written
from orchestrator.check.literals import MOST
from orchestrator.check.reach import all_read, attributes_of, reaches
from orchestrator.check.rule import Rule
from orchestrator.check.scope import declared
from orchestrator.check.ways import begun, brought_on, joined, stops
from orchestrator.check.wording import CLAIMS, copy_of, readings
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import did_you_mean, mark
from orchestrator.journeys.naming import events_named
from orchestrator.journeys.steps import SendStep
from orchestrator.schema import VariableType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.catalog.model import Message, Variable
    from orchestrator.catalog.voice import Voice
    from orchestrator.check.copies import Copy
    from orchestrator.check.ways import Here, Way
    from orchestrator.check.wording import KeyPath
    from orchestrator.domain.errors import Finding
    from orchestrator.events import EventType
    from orchestrator.facts.sheet import FactSheet
    from orchestrator.journeys.model import Journey
    from orchestrator.project import Read, Survey
    from orchestrator.replies.model import Reply

_LOOK_ALIKE = Rule(
    code="VA112",
    level="error",
    title=mark("Copy has what only looks like a place for a value"),
    why=mark("Other tools write `{x}`, `[[x]]` or `${x}`; here that is text, and customers would read it."),
    bad="""\
content:
  body: Recebemos seu pedido {order.number}.
""",
    good="""\
content:
  body: Recebemos seu pedido {{ order.number }}.
""",
    fixable=True,
)
_NOT_BROUGHT = Rule(
    code="VA130",
    level="error",
    title=mark("A journey sends a message without a value that it needs"),
    why=mark(
        "On one way at least, no event that moved the run brings this value or an object that holds it, and there is "
        "no fallback: such a message would fail with missing_variable instead of reaching the customer."
    ),
    bad="""\
# templates/journeys/orders.yaml is triggered by order.placed, which knows no shipment
variables:
  shipment.carrier: {type: string, example: Rápido Sul}
""",
    good="""\
variables:
  shipment.carrier: {type: string, example: Rápido Sul, fallback: a transportadora}
""",
)
_UNFIT = Rule(
    code="VA140",
    level="error",
    title=mark("A fallback or an example does not fit its variable's type"),
    why=mark("A preview shows the example, and a customer reads the fallback: one that cannot be written stops both."),
    bad="""\
variables:
  order.promised_date: {type: date, example: 25/11/2026}
""",
    good="""\
variables:
  order.promised_date: {type: date, example: 2026-11-25}
""",
)
_UNUSED = Rule(
    code="VA150",
    level="warn",
    title=mark("A variable is declared and never used"),
    why=mark("Whoever sends the message would bring a value for nothing; often it is what a misspelt place has left."),
    bad="""\
variables:
  order.number: {type: string, example: "10234"}
  order.total:  {type: money, example: 129.90 BRL}
content:
  body: Recebemos seu pedido {{ order.number }}.
""",
    good="""\
variables:
  order.number: {type: string, example: "10234"}
content:
  body: Recebemos seu pedido {{ order.number }}.
""",
)
RULES = (_LOOK_ALIKE, _NOT_BROUGHT, _UNFIT, _UNUSED)


def findings(survey: Survey) -> Iterator[Finding]:
    """Everything that is wrong with variables."""
    for copy in written(survey):
        yield from islice(_look_alikes(copy), MOST)
    if all_read(survey, "events", "personas", "mappings", "facts"):
        yield from _not_brought(survey)
    for message_id, read in survey.messages.items():
        overlays = survey.translations.get(message_id, {})
        for one in (read, *overlays.values()):
            yield from _unfit(one, survey.voice)
        # Where names are wrong, the misspelt one leaves the right one unused: one fault, told once.
        if message_id in survey.published:
            yield from _unused(read, overlays, survey.voice)
    for reply_id, reply in survey.replies.items():
        for answer in (reply, *survey.replies_translated.get(reply_id, {}).values()):
            yield from _unfit(answer, survey.voice)


# --- VA112 ----------------------------------------------------------------------------------------------------------

_NAME = r"\s*(?P<{}>[A-Za-z_]\w*(?:\.\w+)+(?:\s*\|[^{{}}\[\]]{{0,80}})?)\s*"
_LIKE_A_PLACE = re.compile(rf"\$?\{{{_NAME.format('braced')}\}}\}}?|\[\[{_NAME.format('bracketed')}\]\]")


def _look_alikes(copy: Copy) -> Iterator[Finding]:
    for found in _LIKE_A_PLACE.finditer(copy.masked):
        value = " ".join((found["braced"] or found["bracketed"]).split())
        name, place, start = value.partition("|")[0].strip(), f"{{{{ {value} }}}}", found.start()
        known = copy.message is not None and (
            name in copy.message.variables or name.removeprefix(CLAIMS) in copy.message.claims
        )
        # A text that is not quoted may begin with `$`, but not with `{`.
        mend = known and not (start == 0 and copy.text.startswith("$"))
        yield copy.document.finding(
            copy.path, mark('"{text}" is printed as it stands'),
            code=_LOOK_ALIKE.code, level=_LOOK_ALIKE.level, offset=start, length=len(found[0]),
            help=mark("Write {place}."), params={"text": found[0], "place": place},
            fix=copy.document.fix(copy.path, place, offset=start, length=len(found[0])) if mend else None,
        )  # fmt: skip


# --- VA130 ----------------------------------------------------------------------------------------------------------


def _not_brought(survey: Survey) -> Iterator[Finding]:
    """One finding for each variable, whichever way of whichever journey shows it first."""
    always = attributes_of(survey) | {*survey.sheet.known_paths()}
    told: set[tuple[str, str]] = set()
    for journey, way, message in _sendings(survey):
        known = always | (brought_on(way, survey.events) - {"event.type"})
        for name, place in _needed(message.model, survey.sheet):
            if (message.model.id, name) in told or reaches(name, known):
                continue
            told.add((message.model.id, name))
            kind, _, field = name.partition(".")
            event = survey.events[way.event] if way.event is not None else None
            yield message.document.finding(
                place,
                _NOTHING_BRINGS if event is not None else _SCHEDULE_BRINGS_NOT,
                params={
                    "name": name,
                    "journey": journey,
                    "event": way.event or "",
                    "hint": did_you_mean(name, known),
                    "file": event.document.file if event is not None else "",
                    "kind": kind,
                    "field": field,
                },
                code=_NOT_BROUGHT.code,
                level=_NOT_BROUGHT.level,
                help=_remedy(kind, way, event.model if event is not None else None),
                on_key=True,
            )


_NOTHING_BRINGS = mark('Nothing brings "{name}" to journey {journey}, which sends this message on {event}{hint}')
_SCHEDULE_BRINGS_NOT = mark(
    'Nothing brings "{name}" to journey {journey}, which sends this message on a schedule{hint}'
)


def _sendings(survey: Survey) -> Iterator[tuple[str, Way, Read[Message]]]:
    """Each journey with a message that it sends, and each way on which it may come to that."""
    for journey in survey.journeys.values():
        if not declared(survey, frozenset(name for _, name in events_named(journey.model))):
            continue
        for here, name in _asked(journey.model, survey):
            if name in survey.messages:
                yield from ((journey.model.id, way, survey.messages[name]) for way in here.ways)


def _asked(journey: Journey, survey: Survey) -> Iterator[tuple[Here, str]]:
    """Each message that a journey sends, with what is known there. An exit may end a run wherever it stands."""
    for stop in stops(journey, survey.events):
        if isinstance(stop.step, SendStep):
            yield stop.here, stop.step.send
    beginnings = joined(begun(trigger.event, survey.events) for trigger, _ in journey.beginnings())
    for leaving in journey.exit_on:
        if leaving.send is not None:
            yield beginnings.moved(leaving.event, "", survey.events), leaving.send


def _remedy(kind: str, way: Way, event: EventType | None) -> str:
    """What to write, by who could bring the value."""
    if kind == "customer":
        return mark('Write "fallback: …" beside its type: not every customer has it.')
    if event is None and kind not in way.kinds:
        return mark('A schedule knows no {kind}. Write "fallback: …" here, or send the message on an event that does.')
    if event is not None and kind in ("event", event.updates):
        return mark('Declare {field} under data in {file} and send it with the event, or write "fallback: …" here.')
    if kind in way.kinds:
        return mark('Declare {field} under data of an event that updates {kind}, or write "fallback: …" here.')
    return mark('{event} knows no {kind}. Write "fallback: …" here, or send the message on an event that does.')


def _needed(message: Message, sheet: FactSheet) -> Iterator[tuple[str, KeyPath]]:
    """Names whose absence stops the message, and where they are asked for.

    Variables without a fallback that no {% if %} asks for first; and for a delivery promise, when the order was placed.
    """
    asked = {one.name for _, text in copy_of(message) for one in readings(text) if one.asked}
    for name, variable in message.variables.items():
        if variable.fallback is None and name not in asked:
            yield name, ("variables", name)
    for claim_name, claim in message.claims.items():
        promise = sheet.delivery.get(claim.from_.removeprefix("promises.delivery."))
        if promise is not None and "." in promise.counts_from:
            yield promise.counts_from, ("claims", claim_name)


# --- VA140 ----------------------------------------------------------------------------------------------------------

# A value of each type as it is written; types that are not here hold more than one thing.
_SAMPLES: Mapping[VariableType, str] = {
    VariableType.URL: "https://shop.example/p/10234",
    VariableType.DATE: "2026-11-25",
    VariableType.DATETIME: "2026-11-25T18:00:00-03:00",
    VariableType.MONEY: "129.90 BRL",
    VariableType.NUMBER: "2.5",
    VariableType.INTEGER: "3",
    VariableType.BOOLEAN: "true",
}


def _unfit(read: Read[Message] | Read[Reply], voice: Read[Voice] | None) -> Iterator[Finding]:
    own = read.document.data.get("variables")
    if voice is None or not isinstance(own, dict):
        return
    for name, said in own.items():
        variable = read.model.variables.get(name)
        if variable is None or variable.type not in _SAMPLES or not isinstance(said, dict):
            continue
        for key in ("fallback", "example"):
            if said.get(key) is not None and not _fits(variable, said[key], voice.model):
                yield read.document.finding(
                    ("variables", name, key),
                    mark('The {key} of "{name}" is "{value}", which is not of the type {type}'),
                    params={
                        "key": key,
                        "name": name,
                        "value": said[key],
                        "type": variable.type.value,
                        "sample": _SAMPLES[variable.type],
                    },
                    code=_UNFIT.code,
                    level=_UNFIT.level,
                    help=mark("Write it as {key}: {sample}, or change the type."),
                )


def _fits(variable: Variable, value: object, voice: Voice) -> bool:
    if variable.type is VariableType.BOOLEAN:
        return isinstance(value, bool) or value in ("true", "false")
    try:
        if variable.type is VariableType.DATETIME:
            return "T" in str(value) and bool(datetime.fromisoformat(str(value)))
        formats.write(variable.type, value, voice.formats, "long", voice.locale)
    except ValueError:
        return False
    return True


# --- VA150 ----------------------------------------------------------------------------------------------------------


def _unused(read: Read[Message], overlays: Mapping[str, Read[Message]], voice: Read[Voice] | None) -> Iterator[Finding]:
    message = read.model
    used = {claim.from_ for claim in message.claims.values()}
    for spoken in (message, *(overlay.model for overlay in overlays.values())):
        used |= {one.name for _, text in copy_of(spoken) for one in readings(text)}
    if voice is not None:
        used |= set(_voice_reads(message, voice.model))
    for name in message.variables:
        if name not in used:
            yield read.document.finding(
                ("variables", name),
                mark('"{name}" is declared and never used'),
                params={"name": name, "place": f"{{{{ {name} }}}}"},
                code=_UNUSED.code,
                level=_UNUSED.level,
                help=mark("Delete the line, or write {place} where the value belongs."),
                on_key=True,
            )


def _voice_reads(message: Message, voice: Voice) -> Iterator[str]:
    """What greeting and sign-off read, where this message has them."""
    for channel in Channel:
        for source in (sources(message, voice, channel) or {}).values():
            yield from (one.name for one in readings(source))
