"""Who lives through a scenario: a persona with what is given, as the ledger would know them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.addresses import normalise
from orchestrator.caps import day_of
from orchestrator.domain.customer import (
    ADDRESS_KINDS,
    Address,
    AddressKind,
    CapUse,
    Channel,
    ConsentState,
    Customer,
    Standing,
)
from orchestrator.domain.fact import LiveFact
from orchestrator.domain.object import Object
from orchestrator.scenarios.times import instant_of
from orchestrator.zones import zone_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.domain.time import Instant
    from orchestrator.mapping import Persona
    from orchestrator.release import Release
    from orchestrator.scenarios.model import Consents, Given

GIVEN = "scenario"
"""The source of what a scenario says of live facts."""

_ADDRESSES = {"email": AddressKind.EMAIL, "phone": AddressKind.PHONE, "push_token": AddressKind.PUSH_TOKEN}
_BESIDE = frozenset({"id", "locale", "timezone", *_ADDRESSES})

_STATES = {
    "granted": ConsentState.GRANTED,
    "pending": ConsentState.PENDING,
    "withdrawn": ConsentState.WITHDRAWN,
    "denied": None,
}


def customer_of(persona: Persona, given: Given) -> Customer:
    """The person, with what is given over what their file says; null takes a value away.

    Raises InvalidAddress for an address that cannot be written to.
    """
    said = {name: value for name, value in {**persona.customer, **given.customer}.items() if value is not None}
    return Customer(
        id=str(said.get("id") or f"cus_{persona.id}"),
        locale=said.get("locale"),
        time_zone=said.get("timezone"),
        attributes={name: value for name, value in said.items() if name not in _BESIDE},
        addresses=tuple(
            Address(id=f"adr_{name}", kind=kind, value=normalise(kind, str(said[name])))
            for name, kind in _ADDRESSES.items()
            if name in said
        ),
    )


def standing_of(persona: Persona, given: Given, release: Release, start: Instant) -> Standing:
    """All that a gate knows of them when the case begins."""
    customer = customer_of(persona, given)
    zone = zone_of(customer, release.project.timezone)
    return Standing(
        customer=customer,
        consents=agreed(agreed({}, dict(persona.consent)), given.consent),
        suppressions={
            (address.id, channel): reason
            for channel, reason in given.suppressed.items()
            for address in addresses_on(customer, channel)
        },
        uses=tuple(_uses(given, release, start, zone)),
    )


def agreed(before: Mapping[tuple[str, str], ConsentState], said: Consents) -> dict[tuple[str, str], ConsentState]:
    """Consents by topic and channel, after more was said: of all channels where none is named."""
    found = dict(before)
    for topic, word in said.items():
        for channel, one in (word if isinstance(word, dict) else dict.fromkeys(Channel, word)).items():
            state = _STATES[one]
            if state is None:
                found.pop((topic, channel.value), None)
            else:
                found[topic, channel.value] = state
    return found


def addresses_on(customer: Customer, channel: Channel) -> list[Address]:
    """Where a channel reaches somebody."""
    return [address for address in customer.addresses if address.kind is ADDRESS_KINDS[channel]]


def objects_of(persona: Persona, given: Given, release: Release, start: Instant) -> Iterator[Object]:
    """What the shop knows of the person's things before the first event."""
    for kind, over in given.objects.items():
        own = persona.data.get(kind)
        data = {**(own if isinstance(own, dict) else {}), **(over or {})}
        object_id = str(data.pop("id", None) or _id_of(kind, persona, release))
        known = {name: value for name, value in data.items() if value is not None}
        yield Object(
            kind=kind,
            id=object_id,
            customer_id=customer_of(persona, given).id,
            data=known,
            field_times=dict.fromkeys(known, start),
        )


def live_facts(given: Given, start: Instant) -> dict[str, LiveFact]:
    """The live facts that a case gives, as their first versions."""
    return {
        path: LiveFact(path=path, value=value, version=1, source=GIVEN, as_of=start, recorded_at=start)
        for path, value in given.facts.items()
    }


def _uses(given: Given, release: Release, start: Instant, zone: str) -> Iterator[CapUse]:
    for one in given.sent:
        at, topic = instant_of(one.at, start, zone), release.messages[one.message].message.topic
        yield CapUse(at, day_of(at, zone), release.purpose(topic), one.channel, topic)


def _id_of(kind: str, persona: Persona, release: Release) -> Any:
    """The id of a thing that has none of its own: a shipment is named by its order."""
    for event_type in release.events.values():
        if event_type.updates == kind and event_type.key is not None:
            field = event_type.key.removeprefix("data.")
            other = persona.data.get(field.removesuffix("_id"))
            found = other.get("id") if isinstance(other, dict) else None
            return found or event_type.data[field].example or kind
    return kind
