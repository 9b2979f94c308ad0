"""The words of a message's file: where each text stands, which names it reads, and on which channels it is heard."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.domain.customer import Channel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.catalog.model import Message

KeyPath = tuple[str | int, ...]

# Where a name is read: printed, or only asked for ({% if %}, {% for %}). Names of loops' items come out too.
_NAME = r"[A-Za-z_][\w.]*"
_READS = re.compile(
    rf"\{{\{{-?\s*(?P<printed>{_NAME})"
    rf"|\{{%-?\s*(?:if\s+(?:not\s+)?(?P<asked>{_NAME})|for\s+\w+\s+in\s+(?P<listed>{_NAME}))"
)

CLAIMS = "claims."


@dataclass(frozen=True, slots=True)
class Reading:
    """One name in a text. `asked`: the text says something only where the value is there."""

    name: str
    offset: int
    asked: bool = False


def texts(data: object, path: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    """Every text in plain data, with its path, in the order in which it is written."""
    if isinstance(data, str):
        yield path, data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from texts(value, (*path, key))
    elif isinstance(data, list | tuple):
        for place, value in enumerate(data):
            yield from texts(value, (*path, place))


def texts_under(data: Mapping[str, Any], *keys: str) -> Iterator[tuple[KeyPath, str]]:
    """Every text under some of a document's keys."""
    for key in keys:
        yield from texts(data.get(key), (key,))


def copy_in(data: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    """Every text that a message or an overlay writes for customers."""
    return texts_under(data, "content", "channels")


def copy_of(message: Message) -> tuple[tuple[KeyPath, str], ...]:
    """The same of a message as it is said, which for an overlay is more than its file writes."""
    return tuple(copy_in(message.model_dump(include={"content", "channels"})))


def readings(text: str) -> Iterator[Reading]:
    """The names that a text reads, in order."""
    for found in _READS.finditer(text):
        group = found.lastgroup or "printed"
        yield Reading(found[group], found.start(group), asked=group == "asked")


def heard_on(channel: Channel, message: Message) -> Iterator[tuple[KeyPath, str]]:
    """The texts that are read or heard on one channel: its own, and the content that it does not replace."""
    own = message.channels.on(channel)
    if own is None:
        return
    for path, text in copy_of(message):
        if path[0] == "channels":
            heard = path[1] == channel.value
        elif path[1] == "body":
            heard = channel is not Channel.PUSH and own.body is None
        else:  # headline and call to action are the letter's
            heard = channel is Channel.EMAIL
        if heard:
            yield path, text
