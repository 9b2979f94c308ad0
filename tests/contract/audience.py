"""Who is in a segment, found by looking at every person: what the database has to answer, said in plain Python.

It reads filters as YAML says them and shares no code with what compiles them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
FURTHER = {
    "sent": ("", "delivered", "read", "clicked", "bounced"),
    "delivered": ("delivered", "read", "clicked"),
    "read": ("read", "clicked"),
    "clicked": ("clicked",),
}
JOINED = {
    "all": lambda sees, parts: all(map(sees, parts)),
    "any": lambda sees, parts: any(map(sees, parts)),
    "not": lambda sees, part: not sees(part),
}
MISSING = object()


@dataclass
class Person:
    """Everything that is known of one customer. Times are milliseconds."""

    profile: dict
    events: list = field(default_factory=list)  # (type, at, data)
    objects: list = field(default_factory=list)  # (kind, data)
    consents: dict = field(default_factory=dict)  # (topic, channel) -> state
    messages: list = field(default_factory=list)  # (message, topic, channel, state, receipt, due_at)
    merged: bool = False


def members(people, where, now, zone):
    """The ids of those whom a filter fits."""
    return {
        person.profile["id"] for person in people if not person.merged and Eye(person, now, ZoneInfo(zone)).sees(where)
    }


@dataclass
class Eye:
    """Looks at one person."""

    person: Person
    now: int
    zone: ZoneInfo

    def sees(self, part):
        kind = next(kind for kind in (*JOINED, "field", "event", "object", "consent", "engaged") if kind in part)
        if kind in JOINED:
            return JOINED[kind](self.sees, part[kind])
        return getattr(self, f"sees_{kind}")(part)

    def sees_field(self, part):
        return self.compares(part, self.person.profile)

    def sees_event(self, part):
        found = [
            data
            for kind, at, data in self.person.events
            if kind == part["event"] and at <= self.now and at > self.since(part) and self.inside(part, data)
        ]
        return len(found) >= part.get("at_least", 1)

    def sees_object(self, part):
        found = [data for kind, data in self.person.objects if kind == part["object"] and self.inside(part, data)]
        return len(found) >= part.get("at_least", 1)

    def sees_consent(self, part):
        return any(
            topic == part["consent"]
            and channel == part.get("channel", channel)
            and state == part.get("state", "granted")
            for (topic, channel), state in self.person.consents.items()
        )

    def sees_engaged(self, part):
        return any(
            state == "sent"
            and receipt in FURTHER[part["engaged"]]
            and message == part.get("message", message)
            and topic == part.get("topic", topic)
            and channel == part.get("channel", channel)
            and due_at > self.since(part)
            for message, topic, channel, state, receipt, due_at in self.person.messages
        )

    def inside(self, part, data):
        return "where" not in part or self.about(part["where"], data)

    def about(self, part, data):
        kind = next((kind for kind in JOINED if kind in part), None)
        if kind is None:
            return self.compares(part, data)
        return JOINED[kind](lambda one: self.about(one, data), part[kind])

    def since(self, part):
        return self.now - milliseconds(part["within"]) if "within" in part else -1

    def compares(self, test, document):
        value = document
        for key in test["field"].split(".")[1:]:
            value = value.get(key, MISSING) if isinstance(value, dict) else MISSING
        if value is MISSING or value is None:
            return False
        return COMPARISONS[test["op"]](value, test.get("value"), self)


def milliseconds(text):
    return int(text[:-1]) * UNITS[text[-1]] // timedelta(milliseconds=1)


def same(value, wanted, _eye=None):
    kinds = [(bool,), (str,), (int, float)]
    kind = next(kind for kind in kinds if isinstance(wanted, kind))
    alike = isinstance(value, kind) and (kind == (bool,) or not isinstance(value, bool))
    return alike and value == wanted


def number(compare):
    def compared(value, wanted, _eye):
        return isinstance(value, (int, float)) and not isinstance(value, bool) and compare(value, wanted)

    return compared


def contains(value, wanted, _eye):
    return isinstance(value, (str, list)) and wanted in value


def earlier(value, wanted, eye):
    at = time_of(value, eye.zone)
    return at is not None and at < bound(wanted, eye)


def later(value, wanted, eye):
    at = time_of(value, eye.zone)
    return at is not None and at >= bound(wanted, eye)


def bound(wanted, eye):
    """The moment that a test names, cut to the second as walls are."""
    if wanted[-1] in UNITS and wanted[:-1].isdigit():
        at = datetime.fromtimestamp((eye.now - milliseconds(wanted)) // 1000, tz=UTC)
    else:
        at = time_of(wanted, eye.zone)
    return at


def time_of(value, zone):
    """When that is: a date is its midnight on the wall of the zone. None for what is no time."""
    if not isinstance(value, str) or len(value) not in {10, 19, 20, 25}:
        return None
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        return None
    return read if read.tzinfo is not None else read.replace(tzinfo=zone)


COMPARISONS = {
    "is": same,
    "is_not": lambda value, wanted, _eye: not same(value, wanted),
    "one_of": lambda value, wanted, _eye: any(same(value, one) for one in wanted),
    "contains": contains,
    "at_least": number(lambda value, wanted: value >= wanted),
    "more_than": number(lambda value, wanted: value > wanted),
    "at_most": number(lambda value, wanted: value <= wanted),
    "less_than": number(lambda value, wanted: value < wanted),
    "before": earlier,
    "older_than": earlier,
    "since": later,
    "newer_than": later,
    "exists": lambda _value, _wanted, _eye: True,
}
