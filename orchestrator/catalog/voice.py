"""The brand voice: how the company greets, signs, writes dates and money, and what it never says."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_serializer, model_validator

from orchestrator.domain.customer import Channel
from orchestrator.schema import Identifier, Schema, merged


class ReadingLevel(Schema):
    """How long a sentence may be, in words."""

    max_sentence_words: Annotated[int, Field(ge=5)] = 22


class Character(Schema):
    """Who is speaking."""

    traits: tuple[str, ...] = ()
    address_customer_as: str = ""
    formality: str = ""
    reading_level: ReadingLevel = ReadingLevel()


Severity = Literal["error", "warning", "info"]
"""What breaking a rule means: an error is not sent, a warning is for the writer to weigh, info is good to know."""


class Term(Schema):
    """A preferred word and those that it replaces."""

    use: str
    instead_of: tuple[str, ...]
    level: Severity = "error"


class Rule(Schema):
    """A rule of copy, in the shapes of the Vale prose linter; `catalog/prose.py` applies it.

    In `message`, `%s` is what was found. `exceptions` are phrases in which a token may stand. `bad` and `good` are a
    text that breaks the rule and one that does not: `jogral check` tries the rule on both.
    """

    id: Identifier
    extends: Literal["existence", "substitution", "occurrence", "conditional"]
    level: Severity = "error"
    message: str
    bad: str = ""
    good: str = ""
    purposes: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    token: str = ""
    max: int | None = None
    swap: dict[str, str] = {}
    when_tag: str = ""
    require: tuple[str, ...] = ()
    unless_claim: str = ""


class Format(Schema):
    """How one kind of claim is written: by `pattern`, or by date patterns (CLDR) for each style."""

    pattern: str = ""
    long: str = ""
    short: str = ""
    time: str = ""


class Formats(Schema):
    """How every claim is written, on every channel."""

    price: Format = Format()
    discount: Format = Format(pattern="{percent}%")
    delivery_date: Format = Format(long="EEEE, d MMMM", short="dd/MM")
    deadline: Format = Format(long="d MMMM", short="dd/MM", time="HH:mm")
    coupon: Format = Format(pattern="{code}")
    policy: Format = Format(pattern="{text}")


class EmojiHabit(Schema):
    """How many emoji one message may carry; as many as it likes where the voice does not say."""

    max: Annotated[int, Field(ge=0)] | None = None


class ChannelHabits(Schema):
    """What the voice does on one channel.

    `greeting` and `sign_off` wrap the content's body; `prefix` always comes first; `accents: strip` writes plain
    letters where one accent would double the price of an SMS.
    """

    greeting: str = ""
    sign_off: str = ""
    prefix: str = ""
    emoji: EmojiHabit = EmojiHabit()
    accents: Literal["keep", "strip"] = "keep"
    date_style: Literal["long", "short"] = "long"


class VoiceElsewhere(Schema):
    """What the voice does differently in another language; what is not said here stays.

    Words do not: `terms` and `rules` are of one language, and another has only those that are written here.
    """

    terms: tuple[Term, ...] = ()
    rules: tuple[Rule, ...] = ()
    formats: Formats = Formats()
    channels: dict[Channel, ChannelHabits] = {}

    @model_serializer
    def _only_what_was_said(self) -> dict[str, Any]:
        """A default that was never written must not overrule the voice's own words when this is read again."""
        return {
            "terms": [term.model_dump(mode="json") for term in self.terms],
            "rules": [rule.model_dump(mode="json") for rule in self.rules],
            "formats": self.formats.model_dump(exclude_unset=True),
            "channels": {name.value: habits.model_dump(exclude_unset=True) for name, habits in self.channels.items()},
        }


class Voice(Schema):
    """brand_voice.yaml. `locales` says what is different in another language (`en`)."""

    kind: Literal["brand_voice"]
    id: Identifier
    locale: str
    owner: str
    reviewed_by: tuple[str, ...] = ()
    voice: Character = Character()
    terms: tuple[Term, ...] = ()
    rules: tuple[Rule, ...] = ()
    tones: dict[str, str] = {}
    formats: Formats = Formats()
    channels: dict[Channel, ChannelHabits] = {}
    locales: dict[str, VoiceElsewhere] = {}

    # See PublishedMessage: a voice is a key for what is prepared with it.
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    def habits(self, channel: Channel) -> ChannelHabits:
        """What the voice does on a channel; nothing special where the file says nothing."""
        return self.channels.get(channel, _NO_HABITS)

    def in_locale(self, locale: str) -> Voice:
        """The voice as it speaks in a locale. Of its words, none are for a language that `locales` does not have."""
        return self if locale == self.locale else _elsewhere(self, locale)

    @model_validator(mode="after")
    def _writes_prices_as_the_locale_does(self) -> Self:
        """The price pattern is an example that a writer can read, so it must be what the locale prints."""
        from orchestrator.catalog.formats import refuse_price_pattern  # noqa: PLC0415  # formats reads voices

        refuse_price_pattern(self.formats.price.pattern, self.locale)
        for locale, elsewhere in self.locales.items():
            refuse_price_pattern(elsewhere.formats.price.pattern, locale)
        return self


_NO_HABITS = ChannelHabits()


@lru_cache(maxsize=64)
def _elsewhere(voice: Voice, locale: str) -> Voice:
    own = voice.model_dump(mode="json", exclude={"locales"})
    own["formats"]["price"]["pattern"] = ""  # an example in another language; Babel knows this one's
    own["terms"] = own["rules"] = []
    elsewhere = voice.locales.get(locale, VoiceElsewhere())
    return Voice.model_validate({**merged(own, elsewhere.model_dump(mode="json")), "locale": locale})
