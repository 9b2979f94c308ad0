"""What one file says of another: topics, messages, events and channels that nobody declared."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from orchestrator.documents.source import WRONG_VALUE
from orchestrator.domain.errors import did_you_mean, mark
from orchestrator.domain.time import zone_info
from orchestrator.journeys.asking import askings
from orchestrator.journeys.naming import events_named
from orchestrator.journeys.steps import Channels

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from orchestrator.catalog.model import Message
    from orchestrator.documents import Document
    from orchestrator.domain.errors import Finding
    from orchestrator.events import EventType
    from orchestrator.journeys.model import Journey
    from orchestrator.mapping import Mapping as RowMapping
    from orchestrator.project.survey import Read
    from orchestrator.release import ProjectFile
    from orchestrator.replies.model import Reply
    from orchestrator.wordings import Wordings

UNKNOWN_TOPIC = "CO101"
UNKNOWN_JOURNEY = "JO110"
UNKNOWN_EVENT = "JO111"
UNKNOWN_MESSAGE = "JO112"
SILENT_CHANNEL = "JO113"
UNKNOWN_FIELD = "JO116"

_NO_EVENT = mark('Unknown event "{name}"{hint}')
_EVENTS = mark("Events are declared in templates/events/.")
NO_TOPIC = mark('Unknown topic "{name}"{hint}')
TOPICS = mark("Topics are declared in templates/project.yaml.")
_NO_MESSAGE = mark('Unknown message "{name}"{hint}')
_MESSAGES = mark("Messages are declared in templates/messages/.")

KeyPath = tuple[str | int, ...]


def unknown_places(settings: Read[ProjectFile]) -> Iterator[Finding]:
    """A time zone, a country or a part of it that nobody has: dates would be counted wrong, or not at all."""
    project, document = settings.model, settings.document
    try:
        zone_info(project.timezone)
    except (KeyError, ValueError, OSError):
        yield document.finding(
            ("timezone",),
            mark('There is no time zone "{name}"{hint}'),
            code=WRONG_VALUE,
            help=mark("Write its IANA name, such as America/Sao_Paulo."),
            params=_named(project.timezone, available_timezones()),
        )
    if project.holidays is not None:
        fault = project.calendar.fault()
        if fault:
            yield document.finding(("holidays",), fault.template, params=fault.params, code=WRONG_VALUE)


def unknown_topics(
    settings: ProjectFile,
    files: Mapping[str, Read[Message]] | Mapping[str, Read[Journey]] | Mapping[str, Read[Reply]],
) -> Iterator[Finding]:
    """Messages, journeys and replies of topics that the project does not have."""
    for read in files.values():
        if read.model.topic not in settings.topics:
            yield read.document.finding(
                ("topic",),
                NO_TOPIC,
                code=UNKNOWN_TOPIC,
                help=TOPICS,
                params=_named(read.model.topic, settings.topics),
            )


def unknown_topics_of_rules(settings: Read[ProjectFile]) -> Iterator[Finding]:
    """Quiet hours, caps and suppress rules about topics that the project does not have."""
    topics = settings.model.topics
    for rules in ("quiet_hours", "frequency_caps", "suppress_rules"):
        for place, rule in enumerate(getattr(settings.model, rules)):
            for number, topic in enumerate(rule.topics):
                if topic not in topics:
                    yield settings.document.finding(
                        (rules, place, "topics", number),
                        NO_TOPIC,
                        code=UNKNOWN_TOPIC,
                        help=TOPICS,
                        params=_named(topic, topics),
                    )


def unknown_in_wordings(read: Read[Wordings], settings: ProjectFile) -> Iterator[Finding]:
    """Wordings that ask for topics which the project does not have."""
    for name, wording in read.model.wordings.items():
        if wording.topic not in settings.topics:
            yield read.document.finding(
                ("wordings", name, "topic"),
                NO_TOPIC,
                code=UNKNOWN_TOPIC,
                help=TOPICS,
                params=_named(wording.topic, settings.topics),
            )


def unknown_messages(settings: Read[ProjectFile], named_messages: Collection[str]) -> Iterator[Finding]:
    """Messages that answer what people say about consent, or ask about their data, and that have no file."""
    for section, keys in _ANSWERS.items():
        for key in keys:
            name = getattr(getattr(settings.model, section), key, None)
            if name is not None and name not in named_messages:
                yield settings.document.finding(
                    (section, key),
                    _NO_MESSAGE,
                    code=UNKNOWN_MESSAGE,
                    help=_MESSAGES,
                    params=_named(name, named_messages),
                )


# Where project.yaml names messages that Jogral itself asks for.
_ANSWERS: Mapping[str, tuple[str, ...]] = {
    "consents": ("confirmation", "opt_out", "choices"),
    "privacy": ("verification", "completed"),
}


def unknown_in_journey(
    read: Read[Journey],
    messages: Mapping[str, Read[Message]],
    named_messages: Collection[str],
    named_events: Collection[str],
) -> Iterator[Finding]:
    """Events and messages that a journey names and that have no file, and channels on which its messages say nothing.

    A file that could not be read has its own finding, so it counts as named.
    """
    for path, event in events_named(read.model):
        if event not in named_events:
            yield read.document.finding(
                path,
                _NO_EVENT,
                code=UNKNOWN_EVENT,
                help=_EVENTS,
                params=_named(event, named_events),
            )
    for asking in askings(read.model):
        path = (*asking.path, "send")
        if asking.message not in named_messages:
            yield read.document.finding(
                path,
                _NO_MESSAGE,
                code=UNKNOWN_MESSAGE,
                help=_MESSAGES,
                params=_named(asking.message, named_messages),
            )
        elif asking.message in messages and isinstance(asking.channels, Channels):
            yield from _silent_channels(messages[asking.message].model, asking.channels, path, read.document)


def _silent_channels(message: Message, channels: Channels, path: KeyPath, document: Document) -> Iterator[Finding]:
    for _, candidates in channels.slots():
        for channel in candidates:
            if channel not in message.said_on:
                yield document.finding(
                    path,
                    mark('"{message}" says nothing on {channel}, where this step sends it'),
                    code=SILENT_CHANNEL,
                    help=mark("Give it copy under channels.{channel}, or send it elsewhere."),
                    params={"message": message.id, "channel": str(channel)},
                )


def unknown_in_mapping(
    mapping: RowMapping, document: Document, journeys: Collection[str], events: Mapping[str, EventType]
) -> Iterator[Finding]:
    """Journeys, events and their fields that a mapping names and that nobody declared."""
    for place, journey in enumerate(mapping.journeys):
        if journey not in journeys:
            yield document.finding(
                ("journeys", place),
                mark('Unknown journey "{name}"{hint}'),
                code=UNKNOWN_JOURNEY,
                help=mark("Journeys are declared in templates/journeys/."),
                params=_named(journey, journeys),
            )
    for place, event in enumerate(mapping.events):
        event_type = events.get(event.type)
        if event_type is None:
            yield document.finding(
                ("events", place, "type"),
                _NO_EVENT,
                code=UNKNOWN_EVENT,
                help=_EVENTS,
                params=_named(event.type, events),
            )
            continue
        for name in event.data:
            if name not in event_type.data:
                yield document.finding(
                    ("events", place, "data", name),
                    mark('Unknown field "{name}" of {event}{hint}'),
                    code=UNKNOWN_FIELD,
                    params={"event": event.type, **_named(name, event_type.data)},
                    on_key=True,
                )


def _named(name: str, known: Collection[str]) -> dict[str, object]:
    return {"name": name, "hint": did_you_mean(name, known)}
