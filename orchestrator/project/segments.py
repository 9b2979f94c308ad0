"""What journeys say of segments, and segments of other files: names that nobody declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.errors import did_you_mean, mark
from orchestrator.journeys.naming import beginning_at
from orchestrator.project.references import NO_TOPIC, TOPICS, UNKNOWN_TOPIC
from orchestrator.segments.model import CUSTOMER, Consented, Engaged, FieldTest, Happened, Owns

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from orchestrator.domain.errors import Finding
    from orchestrator.events import EventType
    from orchestrator.journeys.model import Journey
    from orchestrator.project.survey import Read
    from orchestrator.release import ProjectFile, Topic
    from orchestrator.segments.model import Filter, Segment

UNKNOWN_SEGMENT = "JO150"
UNKNOWN_IN_SEGMENT = "JO151"

KeyPath = tuple[str | int, ...]


def unknown_segments(journeys: Iterable[Read[Journey]], named: Collection[str]) -> Iterator[Finding]:
    """Segments that triggers name and that have no file."""
    for read in journeys:
        yield from _unknown_segments(read, named)


def unknown_in_segments(
    segments: Iterable[Read[Segment]],
    events: Mapping[str, EventType],
    named_messages: Collection[str],
    settings: Read[ProjectFile] | None,
) -> Iterator[Finding]:
    """Events, objects, their fields, messages and topics that segments ask for and that nobody declared."""
    for read in segments:
        yield from _unknown_names(read, events, named_messages)
        # Settings that could not be read have findings of their own.
        yield from () if settings is None else _unknown_topics(read, settings.model.topics)


def _unknown_segments(read: Read[Journey], named: Collection[str]) -> Iterator[Finding]:
    for place, (trigger, _) in enumerate(read.model.beginnings()):
        for key, name in (("segment", trigger.segment), ("enters", trigger.enters)):
            if name is not None and name not in named:
                yield read.document.finding(
                    (*beginning_at(read.model, place), key),
                    mark('Unknown segment "{name}"{hint}'),
                    code=UNKNOWN_SEGMENT,
                    help=mark("Segments are declared in templates/segments/."),
                    params={"name": name, "hint": did_you_mean(name, named)},
                )


def _unknown_names(
    read: Read[Segment], events: Mapping[str, EventType], named_messages: Collection[str]
) -> Iterator[Finding]:
    around: dict[KeyPath, Filter] = {}
    for path, part, root in read.model.placed():
        around[path] = part
        for key, name, known, sentence, remedy in _names(part, events, named_messages):
            if name is not None and name not in known:
                yield read.document.finding(
                    (*path, key),
                    sentence,
                    code=UNKNOWN_IN_SEGMENT,
                    help=remedy,
                    params={"name": name, "hint": did_you_mean(name, known)},
                )
        if isinstance(part, FieldTest) and root != CUSTOMER:
            yield from _unknown_field(read, path, part, _holder(around, path), events)


def _names(
    part: Filter, events: Mapping[str, EventType], messages: Collection[str]
) -> Iterator[tuple[str, str | None, Collection[str], str, str]]:
    """(key, name, what is known, what to say of an unknown one, what to do) of what a part names."""
    match part:
        case Happened():
            sentence, remedy = mark('Unknown event "{name}"{hint}'), mark("Events are declared in templates/events/.")
            yield "event", part.event, events, sentence, remedy
        case Owns():
            kinds = {one.updates for one in events.values() if one.updates is not None}
            sentence = mark('No event makes an object "{name}"{hint}')
            yield "object", part.object, kinds, sentence, mark("An event makes one with `updates: {name}`.")
        case Engaged():
            sentence = mark('Unknown message "{name}"{hint}')
            yield "message", part.message, messages, sentence, mark("Messages are declared in templates/messages/.")


def _unknown_topics(read: Read[Segment], topics: Mapping[str, Topic]) -> Iterator[Finding]:
    for path, part, _ in read.model.placed():
        for kind, key in ((Consented, "consent"), (Engaged, "topic")):
            said = getattr(part, key) if isinstance(part, kind) else None
            if said is not None and said not in topics:
                params = {"name": said, "hint": did_you_mean(said, topics)}
                yield read.document.finding((*path, key), NO_TOPIC, code=UNKNOWN_TOPIC, help=TOPICS, params=params)


def _holder(around: Mapping[KeyPath, Filter], path: KeyPath) -> Filter:
    """The event or the object in whose `where` a field stands."""
    cut = len(path) - 1 - path[::-1].index("where")
    return around[path[:cut]]


def _unknown_field(
    read: Read[Segment], path: KeyPath, test: FieldTest, holder: Filter, events: Mapping[str, EventType]
) -> Iterator[Finding]:
    """A field that the event, or every event that changes the object, lacks."""
    if isinstance(holder, Happened):
        declaring = [events[holder.event]] if holder.event in events else []
    else:
        declaring = [one for one in events.values() if isinstance(holder, Owns) and one.updates == holder.object]
    fields = {name for one in declaring for name in one.data}
    if not declaring or test.keys[0] in fields:
        return
    thing = holder.event if isinstance(holder, Happened) else test.root
    near = did_you_mean(test.keys[0], fields)
    yield read.document.finding(
        (*path, "field"),
        mark('{thing} has no "{name}"{hint}'),
        code=UNKNOWN_IN_SEGMENT,
        help=mark("Its fields are: {known}."),
        params={"thing": thing, "name": test.keys[0], "hint": near, "known": ", ".join(sorted(fields))},
    )
