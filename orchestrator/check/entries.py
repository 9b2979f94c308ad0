"""Everything that is said to customers, one entry each: messages, and variants of replies as the messages they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.project import Read
from orchestrator.replies.model import spoken
from orchestrator.replies.read import as_message

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.catalog.model import Message, PublishedMessage
    from orchestrator.project import Survey


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One message or variant, its translations by locale, and what is published of it where nothing is wrong.

    The document of a variant takes the paths of a message, and its findings stand in the reply's file.
    """

    read: Read[Message]
    translations: Mapping[str, Read[Message]]
    published: PublishedMessage | None
    is_reply: bool = False


def entries(survey: Survey) -> Iterator[Entry]:
    """All messages, then all variants of replies."""
    for message_id, read in survey.messages.items():
        yield Entry(
            read=read,
            translations=survey.translations.get(message_id, {}),
            published=survey.published.get(message_id),
        )
    for reply_id in survey.replies:
        yield from variants(survey, reply_id)


def variants(survey: Survey, reply_id: str) -> Iterator[Entry]:
    """The variants of one reply, in their order."""
    read, translated = survey.replies[reply_id], survey.replies_translated.get(reply_id, {})
    answer = survey.answers.get(reply_id)
    said = {locale: spoken(one.model) for locale, one in translated.items()}
    for place, own in enumerate(spoken(read.model)):
        published = None if answer is None else answer.spoken[place]
        elsewhere = {} if published is None else published.translations
        message = own if published is None else published.message
        yield Entry(
            read=Read(model=message, document=as_message(read.document, message, place)),
            translations={
                locale: Read(
                    model=(one := elsewhere[locale].message if locale in elsewhere else said[locale][place]),
                    document=as_message(translation.document, one, place),
                )
                for locale, translation in translated.items()
            },
            published=published,
            is_reply=True,
        )
