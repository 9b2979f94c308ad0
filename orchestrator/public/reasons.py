"""What stood behind a message, in words for the person who got it. Those for the shop are in `orchestrator.reasons`."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from orchestrator.domain.customer import ADDRESS_KINDS, AddressKind, Channel
from orchestrator.domain.message import Purpose
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.public.reader import Reader
    from orchestrator.release import Release

# Legal basis → why that is enough, and where the law says so.
_BASES: Final[Mapping[str, tuple[str, str]]] = {
    "consent": (mark("You agreed to receive it, and can take that back at any time."), "LGPD, art. 7, I"),
    "contract": (
        mark("It belongs to what you bought from us, asked of us or told us to do: we could not do that without it."),
        "LGPD, art. 7, V",
    ),
    "legitimate_interest": (
        mark("We have a legitimate interest in telling you, and you can object at any time."),
        "LGPD, art. 7, IX",
    ),
    "legal_duty": (mark("The law obliges us to tell you."), "LGPD, art. 7, II"),
}

CHECKS: Final[Mapping[Purpose, Mapping[str, str]]] = {
    Purpose.MARKETING: {
        "suppression": mark("You had not asked us to stop writing to this address."),
        "consent": mark("Your agreement to this topic was in force."),
        "pauses": mark("You were not taking a break from our messages."),
        "suppress_rules": mark("Nothing was going on that such a message would disturb, such as a late order."),
        "quiet_hours": mark("It was not at an hour at which we leave people in peace."),
        "caps": mark("You had not had as many messages as we allow ourselves."),
    },
    Purpose.TRANSACTIONAL: {
        "consent": mark("You had not switched off this topic."),
    },
}
"""What each gate had looked at, as far as it concerns the person."""

# How somebody agreed. What a shop calls otherwise comes as the shop calls it.
_METHODS: Final[Mapping[str, str]] = {
    "double_opt_in": mark("You agreed on {day}, and confirmed it by the link that we sent to you."),
    "form": mark("You agreed on {day}, in a form."),
    "preference_centre": mark("You agreed on {day}, on the page on which you choose what you receive."),
    "text": mark("You agreed on {day}, by writing to us."),
    "checkout": mark("You agreed on {day}, when you bought something."),
}
_OTHERWISE: Final = mark("You agreed on {day} ({method}).")

# Whose the data is that a message reads, by the first word of its names.
_KINDS: Final[Mapping[str, str]] = {
    "customer": mark("Your profile"),
    "order": mark("Your order"),
    "cart": mark("Your cart"),
    "shipment": mark("Your delivery"),
    "refund": mark("Your refund"),
    "ticket": mark("Your request to our support"),
    "product": mark("The product"),
    "consent": mark("Your choices"),
    "request": mark("Your request"),
}

_FIELDS: Final[Mapping[str, str]] = {
    "first_name": mark("first name"),
    "last_name": mark("last name"),
    "name": mark("name"),
    "number": mark("number"),
    "code": mark("number"),
    "url": mark("link"),
    "tracking_url": mark("link to follow it"),
    "total": mark("total"),
    "amount": mark("amount"),
    "items": mark("what it holds"),
    "first_item": mark("what it holds"),
    "items_count": mark("how many things it holds"),
    "promised_date": mark("promised date"),
    "estimated_date": mark("expected date"),
    "title": mark("topic"),
}

_ADDRESSES: Final[Mapping[AddressKind, str]] = {
    AddressKind.EMAIL: mark("e-mail address"),
    AddressKind.PHONE: mark("phone number"),
    AddressKind.PUSH_TOKEN: mark("device that you registered"),
}


def legal_basis(basis: str, reader: Reader) -> tuple[str, str]:
    """Why the law allows it, and the article."""
    words, article = _BASES[basis]
    return reader.say(words), article


def method(name: str, day: str, reader: Reader) -> str:
    """How and when somebody agreed."""
    return reader.say(_METHODS.get(name, _OTHERWISE)).format(day=day, method=name.replace("_", " "))


def data_used(release: Release, message: str, channel: Channel, reader: Reader) -> tuple[tuple[str, str], ...]:
    """The person's data that a message reads, by name and never by value: whose they are, and which."""
    address = reader.say(_ADDRESSES[ADDRESS_KINDS[channel]])
    names = {("customer", reader.say(mark("language"))), *(_named(path, reader) for path in _paths(release, message))}
    listed = [("customer", address), *sorted(names)]
    order = [*_KINDS]
    listed.sort(key=lambda one: order.index(one[0]) if one[0] in order else len(order))
    return tuple(
        (reader.say(_KINDS.get(kind, kind)), ", ".join(dict.fromkeys(field for _, field in fields)))
        for kind, fields in groupby(listed, key=lambda one: one[0])
    )


def _paths(release: Release, message: str) -> tuple[str, ...]:
    if message in release.messages:
        return tuple(release.messages[message].message.variables)
    if message in release.replies:
        return tuple(release.replies[message].reply.variables)
    return ()


def _named(path: str, reader: Reader) -> tuple[str, str]:
    kind, _, field = path.partition(".")
    words = _FIELDS.get(field)
    return kind, field.replace("_", " ") if words is None else reader.say(words)
