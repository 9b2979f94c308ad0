"""What is the same for every customer: a message on one channel in one language, ready to be filled many times."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from orchestrator.catalog.copy import sources
from orchestrator.catalog.links import DECLARED
from orchestrator.catalog.locales import negotiate
from orchestrator.catalog.refusals import SilentChannel
from orchestrator.catalog.script import read_script
from orchestrator.catalog.templates import CLAIMS, LETTER_LENGTH_MAX, Choice, Loop, Place, walk
from orchestrator.catalog.text import no_whatsapp_marks, strip_controls
from orchestrator.domain.customer import Channel
from orchestrator.schema import VariableType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from orchestrator.catalog.copy import Sources
    from orchestrator.catalog.model import Claim, Message, PublishedMessage, Variable
    from orchestrator.catalog.script import Script
    from orchestrator.catalog.sms import Policy
    from orchestrator.catalog.templates import Filter, Parts
    from orchestrator.catalog.voice import Voice


@dataclass(frozen=True, slots=True)
class Slot:
    """A place's key and what is done to the value there."""

    key: str
    filters: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class UsedVariable:
    """A variable that is printed, and its slots. `optional`: some {% if %} asks for it, so it may be absent."""

    name: str
    path: tuple[str, ...]
    variable: Variable
    optional: bool
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class UsedField:
    """A field of a loop's items, its slots, and the key of the answer where an {% if %} asks for it (`optional`)."""

    name: str
    type: VariableType
    slots: tuple[Slot, ...]
    asked: str
    optional: bool


@dataclass(frozen=True, slots=True)
class UsedList:
    """A list that a loop goes through. `key` is the loop's."""

    key: str
    name: str
    path: tuple[str, ...]
    optional: bool
    fields: tuple[UsedField, ...]


@dataclass(frozen=True, slots=True)
class UsedClaim:
    """A claim that the channel states. `fallback` is that of the variable it is read from."""

    name: str
    claim: Claim
    path: tuple[str, ...]
    fallback: Any


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """One message on one channel in one language. It is itself and nothing else: a key for what is read back once."""

    message: Message
    voice: Voice
    locale: str
    channel: Channel
    style: str
    accents: Policy
    clean: Callable[[str], str]
    scripts: tuple[tuple[str, Script], ...]
    flat: bool
    variables: tuple[UsedVariable, ...]
    lists: tuple[UsedList, ...]
    claims: tuple[UsedClaim, ...]


@lru_cache(maxsize=8_192)
def prepare(message: PublishedMessage, voice: Voice, locale: str, channel: Channel) -> Prepared:
    """Everything that does not depend on the customer. Raises SilentChannel."""
    locale = negotiate(locale, message.translations, voice.locale)
    published = message.translations.get(locale, message)
    entry, voice = published.message, voice.in_locale(locale)
    found = sources_of(published, voice, channel)
    scripts = tuple(
        (name, read_script(source, blocks=channel is Channel.EMAIL, length_max=LETTER_LENGTH_MAX))
        for name, source in found.items()
    )
    parts = tuple(part for _, script in scripts for part in script.parts)
    habits = voice.habits(channel)
    return Prepared(
        message=entry,
        voice=voice,
        locale=locale,
        channel=channel,
        style=habits.date_style,
        accents="ascii" if habits.accents == "strip" else "keep",
        clean=_clean_for_whatsapp if channel is Channel.WHATSAPP else strip_controls,
        scripts=scripts,
        flat=all(script.flat for _, script in scripts),
        variables=tuple(_variables(parts, {**DECLARED, **entry.variables})),
        lists=tuple(_lists(parts, entry.variables)),
        claims=tuple(_claims(parts, entry)),
    )


def sources_of(message: PublishedMessage, voice: Voice, channel: Channel) -> Sources:
    """The Jinja sources of every field of a channel, the e-mail's HTML and footer among them. Raises SilentChannel."""
    found = sources(message.message, voice, channel)
    if found is None:
        raise SilentChannel(
            '"{message}" is not said on {channel}.',
            remedy="It is said on: {known}.",
            message=message.message.id,
            channel=channel.value,
            known=", ".join(one.value for one in message.message.said_on),
        )
    if channel is not Channel.EMAIL:
        return found
    if message.footer:
        found |= {"text": f"{found['text']}\n\n{message.footer}"}
    return found | {"html": message.letter} if message.letter else found


def _clean_for_whatsapp(value: str) -> str:
    return no_whatsapp_marks(strip_controls(value))


def _variables(parts: Parts, variables: Mapping[str, Variable]) -> Iterator[UsedVariable]:
    asked = {part.name for part, _ in walk(parts) if isinstance(part, Choice)}
    slots = _slots(parts)
    for name, variable in variables.items():
        if (name in slots or name in asked) and variable.type is not VariableType.LIST:
            yield UsedVariable(name, tuple(name.split(".")), variable, name in asked, slots.get(name, ()))


def _lists(parts: Parts, variables: Mapping[str, Variable]) -> Iterator[UsedList]:
    asked = {part.name for part, _ in walk(parts) if isinstance(part, Choice)}
    loops: dict[str, list[Loop]] = {}
    for part, _ in walk(parts):
        if isinstance(part, Loop):
            loops.setdefault(part.key, []).append(part)
    for key, alike in loops.items():
        name, item = alike[0].name, alike[0].item
        slots = _slots(tuple(inner for loop in alike for inner in loop.body))
        fields = tuple(
            UsedField(field, kind, slots.get(f"{item}.{field}", ()), f"if {item}.{field}", f"{item}.{field}" in asked)
            for field, kind in variables[name].of.items()
        )
        yield UsedList(key, name, tuple(name.split(".")), name in asked, fields)
    for name in asked - {loop.name for alike in loops.values() for loop in alike}:
        if name in variables and variables[name].type is VariableType.LIST:
            yield UsedList(f"for _ in {name}", name, tuple(name.split(".")), optional=True, fields=())


def _slots(parts: Parts) -> dict[str, tuple[Slot, ...]]:
    """Name → the different things that are printed of it."""
    found: dict[str, dict[str, Slot]] = {}
    for part, _ in walk(parts):
        if isinstance(part, Place):
            found.setdefault(part.name, {})[part.key] = Slot(part.key, part.filters)
    return {name: tuple(slots.values()) for name, slots in found.items()}


def _claims(parts: Parts, message: Message) -> Iterator[UsedClaim]:
    stated = {part.name for part, _ in walk(parts) if isinstance(part, Place) and part.name.startswith(CLAIMS)}
    for name, claim in message.claims.items():
        if CLAIMS + name in stated:
            variable = message.variables.get(claim.from_)
            yield UsedClaim(name, claim, tuple(claim.from_.split(".")), variable.fallback if variable else None)
