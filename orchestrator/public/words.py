"""Words that the shop wrote itself, in the language that comes nearest to the reader's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.catalog.locales import negotiate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.release import Release
    from orchestrator.store.port import Transaction


@dataclass(frozen=True, slots=True)
class Own:
    """Words of the shop's, and the language that they are in."""

    text: str
    locale: str


def topic_called(release: Release, topic: str, language: str) -> Own:
    """What a topic is called; one that the project has no more, by its id."""
    known, home = release.project.topics.get(topic), release.project.locale
    if known is None:
        return Own(topic, home)
    locale = negotiate(language, known.titles, home)
    return Own(known.titles.get(locale, known.title), locale)


def message_called(release: Release, message: str, language: str) -> Own:
    """What a message or a support reply is called."""
    home = release.voice.locale
    if message in release.messages:
        published = release.messages[message]
        locale = negotiate(language, published.translations, home)
        return Own(published.translations.get(locale, published).message.title, locale)
    if message in release.replies:
        reply = release.replies[message]
        locale = negotiate(language, reply.translations, home)
        return Own(reply.translations.get(locale, reply.reply).title, locale)
    return Own(message, home)


def words_of(transaction: Transaction, release: Release, wording: str | None, language: str) -> str:
    """The text of a wording, whether the project still has it or not; nothing where none was named."""
    if wording is None:
        return ""
    known = release.wordings.get(wording) or transaction.consents.wordings([wording]).get(wording)
    return "" if known is None else in_language(known.texts, language, release.project.locale)


def in_language(texts: Mapping[str, str], language: str, otherwise: str) -> str:
    """The text that comes nearest to a language; the shop's own where none does."""
    return texts.get(negotiate(language, texts, otherwise)) or next(iter(texts.values()), "")
