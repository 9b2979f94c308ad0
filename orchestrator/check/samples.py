"""Messages as customers would get them: every published one, in every language it is written in, for every persona."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING, Any

from orchestrator.catalog.examples import complete_data
from orchestrator.catalog.locales import negotiate
from orchestrator.catalog.render import render
from orchestrator.catalog.templates import RefusedTemplate
from orchestrator.check.entries import entries
from orchestrator.check.wording import copy_in
from orchestrator.domain.errors import InputError, Word, mark
from orchestrator.domain.time import at_wall
from orchestrator.facts.book import FactBook
from orchestrator.schema import merged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.catalog.model import Message, PublishedMessage
    from orchestrator.catalog.voice import Voice
    from orchestrator.check.wording import KeyPath
    from orchestrator.documents import Document
    from orchestrator.domain.customer import Channel
    from orchestrator.domain.message import Rendered
    from orchestrator.project import Survey


# Whom a rendering is for where it is nobody's.
THE_EXAMPLES = Word(mark("the examples"))


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """One message in one language. `document` is the file that says it so: the message's, or the translation's.

    `is_reply`: it is a variant of a reply.
    """

    locale: str
    published: PublishedMessage
    message: Message
    document: Document
    voice: Voice
    is_reply: bool = False

    @property
    def original(self) -> bool:
        """Whether this is the message itself, not a translation."""
        return self.message is self.published.message

    @property
    def letter(self) -> str:
        """Its e-mail's HTML with the places open."""
        return (self.published if self.original else self.published.translations[self.locale]).letter

    def own(self) -> dict[KeyPath, str]:
        """The texts that this file writes itself: a translation's others are the original's, and judged there."""
        return dict(copy_in(self.document.data))


def spoken(survey: Survey) -> Iterator[Spoken]:
    """Every message and every variant of a reply in which nothing is wrong, in every language."""
    if survey.voice is None:
        return
    voice = survey.voice.model
    for entry in entries(survey):
        published = entry.published
        if published is None:
            continue
        yield Spoken(
            locale=voice.locale, published=published, message=published.message,
            document=entry.read.document, voice=voice, is_reply=entry.is_reply,
        )  # fmt: skip
        for locale, translated in published.translations.items():
            yield Spoken(
                locale=locale, published=published, message=translated.message,
                document=entry.translations[locale].document, voice=voice.in_locale(locale), is_reply=entry.is_reply,
            )  # fmt: skip


def renderings(survey: Survey, one: Spoken, channel: Channel) -> Iterator[tuple[str, Rendered]]:
    """What each persona of the language would get on a channel, and what the examples give (under an empty name)."""
    if survey.voice is None or channel not in one.message.said_on:
        return
    for name, data in _people(survey, one):
        try:
            complete = complete_data(one.message, merged(data, facts_for(survey, one.message, data, one.locale)))
            yield name, render(one.published, survey.voice.model, one.locale, channel, complete, today=survey.today)
        except (InputError, RefusedTemplate):
            continue  # rules of variables and claims say why; a letter that is no template is too long, see CH112


def facts_for(survey: Survey, message: Message, data: Mapping[str, Any], locale: str) -> dict[str, Any]:
    """The values of the facts that a message claims, as files alone know them on the day of the survey."""
    settings = survey.settings.model if survey.settings is not None else None
    if settings is None:
        return {}
    book = FactBook(survey.sheet, {}, settings.calendar, settings.timezone)
    now = at_wall(datetime.combine(survey.today, time()), settings.timezone)
    return book.nested([claim.from_ for claim in message.claims.values()], data, now, locale=locale)


def _people(survey: Survey, one: Spoken) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "", {}
    translations = one.published.translations
    default = one.locale if one.original else survey.voice.model.locale if survey.voice is not None else one.locale
    for name, read in survey.personas.items():
        wanted = str(read.model.customer.get("locale") or default)
        if negotiate(wanted, translations, default) == one.locale:
            yield name, read.model.data
