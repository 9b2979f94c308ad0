"""WA: WhatsApp templates. Each message is made into Meta's JSON and judged as `jogral whatsapp check` judges that."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.catalog.whatsapp import template_document, violations
from orchestrator.catalog.whatsapp.words import WORDS
from orchestrator.check.reach import all_read
from orchestrator.check.samples import facts_for, spoken
from orchestrator.check.whatsapp_rules import CATEGORY, LANGUAGE, MARKETING, NO_EVENT, RULE_OF, RULES, SAME_TEXT
from orchestrator.check.wording import CLAIMS, heard_on, readings
from orchestrator.domain.claim import ClaimKind
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import InputError, did_you_mean, mark
from orchestrator.domain.message import Purpose

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from typing import Any

    from orchestrator.catalog.model import TemplateName
    from orchestrator.catalog.whatsapp import Violation
    from orchestrator.check.samples import Spoken
    from orchestrator.check.wording import KeyPath
    from orchestrator.domain.errors import Finding
    from orchestrator.project import Survey

__all__ = ["RULES", "findings"]

_TEMPLATE: KeyPath = ("channels", "whatsapp", "template")
_BUTTONS: KeyPath = ("channels", "whatsapp", "buttons")
_PLACE = re.compile(r"\{\{.*?\}\}", re.DOTALL)

# Meta's key → ours, where they differ.
_OUR_WORDS = {"message_send_ttl_seconds": "ttl"}
_OF_OFFERS = frozenset({ClaimKind.DISCOUNT, ClaimKind.COUPON})


def findings(survey: Survey) -> Iterator[Finding]:
    """What Meta would refuse or reclassify, and buttons that nobody answers."""
    said: dict[tuple[str, str], Spoken] = {}
    every_event_read = all_read(survey, "events")
    for one in spoken(survey):
        if every_event_read:
            yield from _unknown_events(one, survey.events)
        copy = one.message.channels.whatsapp
        if copy is None or copy.template is None:
            continue
        mistaken = [*_category(survey, one, copy.template)]
        yield from mistaken
        yield from _language(one, copy.template)
        try:
            document = template_document(
                one.published, survey.voice.model, one.locale, facts_for(survey, one.message, {}, one.locale)
            ) if survey.voice is not None else None  # fmt: skip
        except InputError:
            continue  # rules of variables and claims say why it cannot be rendered
        if document is not None:
            yield from _refused(one, document, told_of_category=bool(mistaken))
            yield from _said_before(one, document, said)


# --- what Meta refuses ----------------------------------------------------------------------------------------------


def _refused(one: Spoken, document: Mapping[str, Any], *, told_of_category: bool) -> Iterator[Finding]:
    told: set[tuple[str, KeyPath]] = set()
    for violation in violations(document):
        path = _path(violation, one, document)
        rule = RULE_OF[violation.code]
        inherited = not one.original and path not in one.own() and rule is not LANGUAGE
        if inherited or (violation.code, path) in told or (told_of_category and rule is CATEGORY):
            continue
        told.add((violation.code, path))
        message, remedy = WORDS[violation.code]
        offset, length = _span(violation, one, path)
        yield one.document.finding(
            path, message, params=violation.params, help=remedy, code=rule.code, level=rule.level,
            offset=offset, length=length,
        )  # fmt: skip


def _path(violation: Violation, one: Spoken, document: Mapping[str, Any]) -> KeyPath:
    """Where in our file the words stand that became this part of the template."""
    _, key, *rest = violation.pointer.split("/")
    if key != "components":
        return (*_TEMPLATE, _OUR_WORDS.get(key, key))
    if rest and document["components"][int(rest[0])]["type"] == "BUTTONS":
        if len(rest) <= len(("component", "buttons")):
            return _BUTTONS
        return (*_BUTTONS, int(rest[2]), "label" if rest[-1] == "text" else "url")
    if violation.code == "bad_example_value":
        name = violation.params["name"]
        named = (path for path in one.message.variables if path.replace(".", "_") == name)
        return next((("variables", path, "example") for path in named), _TEMPLATE)
    return _body_path(one)


def _body_path(one: Spoken) -> KeyPath:
    return next((path for path, _ in heard_on(Channel.WHATSAPP, one.message) if path[-1] == "body"), _TEMPLATE)


def _span(violation: Violation, one: Spoken, path: KeyPath) -> tuple[int, int] | tuple[None, None]:
    """The variable or the words that it is about, in our text: greeting and marks make it differ from Meta's."""
    text = dict(heard_on(Channel.WHATSAPP, one.message)).get(path, "")
    typed = _PLACE.sub(lambda place: " " * len(place[0]), text)
    found = violation.params.get("found")
    if isinstance(found, str) and found and found in typed:
        return typed.index(found), len(found)
    if violation.occurrence is None:
        return None, None
    places = [*_PLACE.finditer(text)]
    place = violation.occurrence - _places_before(one, path)
    return (places[place].start(), len(places[place][0])) if 0 <= place < len(places) else (None, None)


def _places_before(one: Spoken, path: KeyPath) -> int:
    """How many variables the voice's greeting has, which stands before content.body."""
    greeting = one.voice.habits(Channel.WHATSAPP).greeting if path[0] == "content" else ""
    return len([*readings(greeting)])


# --- what a tap begins ----------------------------------------------------------------------------------------------


def _unknown_events(one: Spoken, events: Collection[str]) -> Iterator[Finding]:
    for path, event in one.own().items():
        if path[: len(_BUTTONS)] == _BUTTONS and path[-1] == "emit" and event not in events:
            yield one.document.finding(
                path, mark('Unknown event "{name}"{hint}'), params={"name": event, "hint": did_you_mean(event, events)},
                code=NO_EVENT.code, level=NO_EVENT.level, help=mark("Events are declared in templates/events/."),
            )  # fmt: skip


# --- language -------------------------------------------------------------------------------------------------------


def _language(one: Spoken, template: TemplateName) -> Iterator[Finding]:
    """A translation that keeps the original's code would be approved as what it is not."""
    wanted = one.locale.replace("-", "_")
    if re.split("[-_]", template.language)[0].lower() != wanted.partition("_")[0].lower():
        yield one.document.finding(
            (*_TEMPLATE, "language"), mark('The text is in {locale}, and its template says "{language}"'),
            params={"locale": one.locale, "language": template.language, "wanted": wanted},
            code=LANGUAGE.code, level=LANGUAGE.level, help=mark("Write language: {wanted}."),
        )  # fmt: skip


# --- category and topic ---------------------------------------------------------------------------------------------


def _category(survey: Survey, one: Spoken, template: TemplateName) -> Iterator[Finding]:
    topic = survey.settings.model.topics.get(one.message.topic) if survey.settings is not None else None
    path = (*_TEMPLATE, "category")
    if one.original and topic is not None and topic.purpose is Purpose.MARKETING and template.category == "utility":
        yield one.document.finding(
            path, mark('The template says it is utility, and its topic "{topic}" is marketing'),
            params={"topic": one.message.topic}, code=CATEGORY.code, level=CATEGORY.level,
            help=mark("Write category: marketing."),
        )  # fmt: skip
    elif template.category == "utility":
        yield from _offers(one)
    elif (
        one.original
        and topic is not None
        and topic.purpose is Purpose.TRANSACTIONAL
        and template.category == "marketing"
    ):
        yield one.document.finding(
            path, mark('The template says it is marketing, and its topic "{topic}" is transactional'),
            params={"topic": one.message.topic}, code=MARKETING.code, level=MARKETING.level,
            help=mark("Write category: utility, or give the message a marketing topic."),
        )  # fmt: skip


def _offers(one: Spoken) -> Iterator[Finding]:
    """Discounts, coupons and whatever else is read from an offer. The price of one's own order is no promotion."""
    for path, text in heard_on(Channel.WHATSAPP, one.message):
        for reading in readings(text) if path in one.own() else ():
            name = reading.name.removeprefix(CLAIMS)
            claim = one.message.claims.get(name) if reading.name.startswith(CLAIMS) else None
            if claim is not None and (claim.kind in _OF_OFFERS or claim.from_.startswith("offers.")):
                yield one.document.finding(
                    path, mark('A utility template states the claim "{name}", which is an offer'),
                    params={"name": name}, code=CATEGORY.code, level=CATEGORY.level,
                    offset=reading.offset, length=len(reading.name),
                    help=mark("Make the template marketing, or leave the offer out."),
                )  # fmt: skip


# --- the same twice -------------------------------------------------------------------------------------------------


def _said_before(one: Spoken, document: Mapping[str, Any], said: dict[tuple[str, str], Spoken]) -> Iterator[Finding]:
    body = next(part for part in document["components"] if part["type"] == "BODY")
    key = document["language"], body["text"]
    first = said.setdefault(key, one)
    if first is not one and document["category"] != "AUTHENTICATION":
        yield one.document.finding(
            _body_path(one), mark('The template of "{other}" says the same'), params={"other": first.message.id},
            code=SAME_TEXT.code, level=SAME_TEXT.level,
            help=mark("Say it differently, or let both journeys send one message."),
        )  # fmt: skip
