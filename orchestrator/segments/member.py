"""One customer against a filter, in Python: whether it fits them, and when time alone may change that.

A database answers for a shop. Here somebody is asked about who lives in memory only, in a simulation, and a test holds
both against each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, assert_never

from orchestrator.domain.time import at_wall
from orchestrator.schema import parse_duration
from orchestrator.segments.model import AllOf, AnyOf, Consented, Engaged, FieldTest, Happened, Not, Owns
from orchestrator.segments.operators import AGES, EARLIER, bound_of, seconds_of, wall_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from orchestrator.domain.customer import Channel
    from orchestrator.domain.time import Instant
    from orchestrator.segments.model import Filter

SECOND_MS = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class SentTo:
    """A message that the customer was sent, and how far it came: nothing said, `delivered`, `read` or `clicked`."""

    message: str
    topic: str
    channel: Channel
    due_at: Instant
    reached: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """What filters ask about one customer.

    `profile` holds the columns of their own too: id, locale, time_zone. Of each event: its type, when it happened, and
    its data; of each object, its kind and data; of consents, what was said of (topic, channel).
    """

    profile: Mapping[str, Any]
    events: Sequence[tuple[str, Instant, Mapping[str, Any]]] = ()
    objects: Sequence[tuple[str, Mapping[str, Any]]] = ()
    consents: Mapping[tuple[str, str], str] = field(default_factory=dict)
    messages: Sequence[SentTo] = ()


def fits(where: Filter, member: Member, now: Instant, zone: str) -> bool:
    """Whether a filter fits a customer. `now` is business time, `zone` the project's."""
    return _Eye(member, now, zone).sees(where)


def turns_after(where: Filter, member: Member, now: Instant, zone: str) -> Instant | None:
    """The first instant after `now` at which time alone may make the filter fit a customer, or not; None for never."""
    return min((at for at in _turns(where, member, zone) if at > now), default=None)


# --- whether it fits ------------------------------------------------------------------------------------------------

# What came at least so far. See `store.segments`.
_REACHED: Mapping[str, frozenset[str]] = {
    "delivered": frozenset({"delivered", "read", "clicked"}),
    "read": frozenset({"read", "clicked"}),
    "clicked": frozenset({"clicked"}),
}


@dataclass(frozen=True, slots=True)
class _Eye:
    """Looks at one customer at one moment."""

    member: Member
    now: Instant
    zone: str

    def sees(self, part: Filter, data: Mapping[str, Any] | None = None) -> bool:
        """With `data`, of one event or one object of the customer's."""
        match part:
            case AllOf():
                return all(self.sees(one, data) for one in part.all)
            case AnyOf():
                return any(self.sees(one, data) for one in part.any)
            case Not():
                return not self.sees(part.not_, data)
            case FieldTest():
                return self._compares(part, value_at(self.member.profile if data is None else data, part.keys))
        return self._told(part)

    def _told(self, part: Happened | Owns | Consented | Engaged) -> bool:
        match part:
            case Happened():
                return self._happened(part)
            case Owns():
                owned = (of for kind, of in self.member.objects if kind == part.object)
                return sum(part.where is None or self.sees(part.where, of) for of in owned) >= part.at_least
            case Consented():
                return any(
                    topic == part.consent and state == part.state.value and part.channel in (None, channel)
                    for (topic, channel), state in self.member.consents.items()
                )
            case Engaged():
                return any(self._engaged(part, sent) for sent in self.member.messages)
        assert_never(part)

    def _happened(self, part: Happened) -> bool:
        theirs = (
            data
            for kind, at, data in self.member.events
            if kind == part.event and at <= self.now and self._lately(part.within, at)
        )
        return sum(part.where is None or self.sees(part.where, data) for data in theirs) >= part.at_least

    def _engaged(self, part: Engaged, sent: SentTo) -> bool:
        return (
            (part.engaged not in _REACHED or sent.reached in _REACHED[part.engaged])
            and part.message in (None, sent.message)
            and part.topic in (None, sent.topic)
            and part.channel in (None, sent.channel)
            and self._lately(part.within, sent.due_at)
        )

    def _lately(self, within: str | None, at: Instant) -> bool:
        return within is None or at > self.now - parse_duration(within).milliseconds

    def _compares(self, test: FieldTest, value: Any) -> bool:
        if value is None:
            return False
        compare = _COMPARISONS.get(test.op)
        return compare(value, test.value) if compare is not None else self._at_time(test, value)

    def _at_time(self, test: FieldTest, value: Any) -> bool:
        bound, seconds, wall = bound_of(test.op, test.value, self.now, self.zone), seconds_of(value), wall_of(value)
        if seconds is not None:
            return seconds < bound.seconds if test.op in EARLIER else seconds >= bound.seconds
        if wall is not None:
            return wall < bound.wall if test.op in EARLIER else wall >= bound.wall
        return False


def value_at(document: Mapping[str, Any], keys: Sequence[str]) -> Any:
    """What stands in a document at the end of a way; None where it ends before."""
    found: Any = document
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _same(value: Any, wanted: Any) -> bool:
    """By their own kind: true is no number, and a number no text."""
    if isinstance(wanted, (bool, str)):
        return type(value) is type(wanted) and bool(value == wanted)
    return _is_number(value) and bool(value == wanted)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "exists": lambda _value, _wanted: True,
    "is": _same,
    "is_not": lambda value, wanted: not _same(value, wanted),
    "one_of": lambda value, wanted: any(_same(value, one) for one in wanted),
    "contains": lambda value, wanted: isinstance(value, (str, list)) and wanted in value,
    "at_least": lambda value, wanted: _is_number(value) and value >= wanted,
    "more_than": lambda value, wanted: _is_number(value) and value > wanted,
    "at_most": lambda value, wanted: _is_number(value) and value <= wanted,
    "less_than": lambda value, wanted: _is_number(value) and value < wanted,
}
"""Operator → how it compares a value that is there. Those that are missing here compare times."""


# --- when it may turn -----------------------------------------------------------------------------------------------


def _turns(
    part: Filter, member: Member, zone: str, documents: Sequence[Mapping[str, Any]] | None = None
) -> Iterator[Instant]:
    """Every instant at which a part may become true or false without anything happening, and perhaps some more.

    With `documents`, of events or objects of the customer's.
    """
    match part:
        case AllOf() | AnyOf() | Not():
            for _, inner in part.parts():
                yield from _turns(inner, member, zone, documents)
        case FieldTest() if part.op in AGES:
            for document in [member.profile] if documents is None else documents:
                yield from _ages(part, value_at(document, part.keys), zone)
        case Happened():
            yield from _passes(part, member, zone)
        case Owns() if part.where is not None:
            yield from _turns(part.where, member, zone, [of for kind, of in member.objects if kind == part.object])
        case Engaged(within=str(within)):
            yield from (sent.due_at + parse_duration(within).milliseconds for sent in member.messages)


def _passes(part: Happened, member: Member, zone: str) -> Iterator[Instant]:
    """When an event that is said to come has come, and when it is too long ago."""
    theirs = [(at, data) for kind, at, data in member.events if kind == part.event]
    lasts = [0] if part.within is None else [0, parse_duration(part.within).milliseconds]
    yield from (at + last for at, _ in theirs for last in lasts)
    if part.where is not None:
        yield from _turns(part.where, member, zone, [data for _, data in theirs])


def _ages(test: FieldTest, value: Any, zone: str) -> Iterator[Instant]:
    """When a time becomes older than so long: in its second, or in the next one."""
    seconds, wall = seconds_of(value), wall_of(value)
    if seconds is None and wall is not None:
        try:
            seconds = at_wall(datetime.fromisoformat(wall), zone) // SECOND_MS
        except ValueError:
            return  # a day that no calendar has: it never grows old
    if seconds is not None:
        at = seconds * SECOND_MS + parse_duration(test.value).milliseconds
        yield from (at, at + SECOND_MS)
