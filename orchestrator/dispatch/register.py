"""Customers come in: a new person, or news about one that we know."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from orchestrator.addresses import normalise
from orchestrator.dispatch.whose import lock_customer
from orchestrator.domain.customer import Address, AddressKind, Customer
from orchestrator.domain.errors import AlreadyExists, NotFound
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.identity import ADDRESS_FIELDS, ATTRIBUTES, PLAIN_FIELDS, Stated, fields_of, prevails, standing
from orchestrator.store.port import FieldValue

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from orchestrator.domain.time import Clock, Instant
    from orchestrator.store.port import Transaction


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """A customer as a door describes them. What is None is not said, and stays as it is when they are known.

    `source` is the system that says it, and `at` when it knew; without a source it was changed by hand, without a time
    it is said now.
    """

    id: str | None = None
    external_ids: Mapping[str, str] = field(default_factory=dict)
    locale: str | None = None
    time_zone: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    emails: tuple[str, ...] | None = None
    phones: tuple[str, ...] | None = None
    push_tokens: tuple[str, ...] | None = None
    source: str = ""
    at: Instant | None = None

    def check(self) -> None:
        """Raise InvalidAddress for an address that cannot be written to, before anything is stored."""
        for kind, values in _given(self):
            for value in values or ():
                normalise(kind, value)


def register(transaction: Transaction, profiles: Sequence[Profile], clock: Clock) -> list[str]:
    """Store new customers; their ids, in order. Those with an id that exists are left as they are."""
    now = clock.now()
    customers = [_customer(profile, clock) for profile in profiles]
    known = transaction.customers.known([customer.id for customer in customers])
    fresh = {
        customer.id: (customer, profile)
        for customer, profile in zip(customers, profiles, strict=True)
        if customer.id not in known
    }
    _refuse_taken(transaction, [profile for _, profile in fresh.values()])
    transaction.customers.add(
        [customer for customer, _ in fresh.values()],
        {customer.id: profile.external_ids for customer, profile in fresh.values() if profile.external_ids},
        now,
    )
    _take_devices(transaction, [(customer.id, profile) for customer, profile in fresh.values()])
    transaction.identity.write_down(
        [
            FieldValue(customer.id, name, profile.source, value, True, now if profile.at is None else profile.at)
            for customer, profile in fresh.values()
            if profile.source
            for name, value in fields_of(customer).items()
        ]
    )
    return [customer.id for customer in customers]


def revise(
    transaction: Transaction, customer_id: str, profile: Profile, clock: Clock, *, sources: Sequence[str] = ()
) -> Customer:
    """Change what the profile says, under the customer's lock, where no better of the `sources` said otherwise.

    Who was merged is changed where they are now. What does not stand is kept all the same. Raises NotFound.
    """
    owner = lock_customer(transaction, customer_id)
    # After the lock: a message whose gate was waited for was decided first, and its time says so.
    now = clock.now()
    existing = transaction.customers.get(owner) if owner is not None else None
    if existing is None:
        raise NotFound('There is no customer "{customer}".', customer=customer_id)
    customer_id = existing.id
    profile = _as_it_stands(transaction, existing, profile, now, sources)
    changed = replace(
        existing,
        locale=profile.locale or existing.locale,
        time_zone=profile.time_zone or existing.time_zone,
        attributes=_merged(existing.attributes, profile.attributes),
        addresses=_revised_addresses(existing, profile, clock),
    )
    transaction.customers.change(changed, now)
    _take_devices(transaction, [(customer_id, profile)])
    fresh = {
        source: external_id
        for source, external_id in profile.external_ids.items()
        if transaction.customers.external_ids(customer_id).get(source) != external_id
        # Of two who became one, each brought an id of the same system.
        and transaction.customers.by_external_id([(source, external_id)]).get((source, external_id)) != customer_id
    }
    _refuse_taken(transaction, [replace(profile, external_ids=fresh)])
    transaction.customers.add_external_ids(customer_id, fresh)
    return changed


def _as_it_stands(
    transaction: Transaction, existing: Customer, profile: Profile, now: Instant, sources: Sequence[str]
) -> Profile:
    """What of a profile takes the place of what was there; all that would change anything is written down."""
    before, told = fields_of(existing), _told(profile)
    news = {name: value for name, value in told.items() if before.get(name) != value}
    if not news and not profile.source:
        return profile
    stated = transaction.identity.stated([existing.id]).get(existing.id, {})
    stands = standing(before, stated)
    at = now if profile.at is None else profile.at
    values, lost = [], set()
    for name, value in told.items():
        new, old = Stated(source=profile.source, value=value, at=at), stands.get(name)
        won = prevails(new, old, sources)
        if name in news and not won:
            lost.add(name)
        if name in news or (won and old is not None and new.source != old.source):
            if old is not None and name not in stated:
                values.append(FieldValue(existing.id, name, old.source, old.value, True, old.at))
            values.append(FieldValue(existing.id, name, new.source, value, won, at))
    transaction.identity.write_down(values)
    return _without(profile, lost)


def _told(profile: Profile) -> dict[str, Any]:
    """What a profile says, field by field, as `identity.fields_of` names them; None is said to be nothing."""
    found: dict[str, Any] = {
        ADDRESS_FIELDS[kind]: list(dict.fromkeys(normalise(kind, value) for value in values)) or None
        for kind, values in _given(profile)
        if values is not None
    }
    found |= {name: value for name in PLAIN_FIELDS if (value := getattr(profile, name)) is not None}
    return found | {f"{ATTRIBUTES}{name}": value for name, value in profile.attributes.items()}


def _without(profile: Profile, lost: Collection[str]) -> Profile:
    """The profile without the fields in which another source stands."""
    gone: dict[str, Any] = {name: None for name in (*PLAIN_FIELDS, *ADDRESS_FIELDS.values()) if name in lost}
    attributes = {name: value for name, value in profile.attributes.items() if f"{ATTRIBUTES}{name}" not in lost}
    return replace(profile, attributes=attributes, **gone)


def _take_devices(transaction: Transaction, profiles: Sequence[tuple[str, Profile]]) -> None:
    """A device belongs to whoever registered it last: what is sent to its former owner must not be shown on it."""
    owners = {
        normalise(AddressKind.PUSH_TOKEN, value): customer_id
        for customer_id, profile in profiles
        for value in profile.push_tokens or ()
    }
    if owners:
        stored = transaction.customers.address_ids(AddressKind.PUSH_TOKEN, owners)
        transaction.customers.hand_over_devices({stored[value]: owner for value, owner in owners.items()})


def _customer(profile: Profile, clock: Clock) -> Customer:
    return Customer(
        id=profile.id or new_id("cus", clock.now(), clock.entropy(ENTROPY_SIZE)),
        locale=profile.locale,
        time_zone=profile.time_zone,
        attributes=profile.attributes,
        addresses=tuple(_address(kind, value, clock) for kind, values in _given(profile) for value in values or ()),
    )


def _given(profile: Profile) -> tuple[tuple[AddressKind, tuple[str, ...] | None], ...]:
    return (
        (AddressKind.EMAIL, profile.emails),
        (AddressKind.PHONE, profile.phones),
        (AddressKind.PUSH_TOKEN, profile.push_tokens),
    )


def _merged(existing: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """What is said wins; what is said to be nothing goes (RFC 7396)."""
    return {name: value for name, value in {**existing, **said}.items() if value is not None}


def _revised_addresses(existing: Customer, profile: Profile, clock: Clock) -> tuple[Address, ...]:
    """A list that is given replaces the addresses of its kind; one that is not leaves them."""
    kept = {kind for kind, values in _given(profile) if values is None}
    return (
        *(address for address in existing.addresses if address.kind in kept),
        *(_address(kind, value, clock) for kind, values in _given(profile) for value in values or ()),
    )


def _address(kind: AddressKind, value: str, clock: Clock) -> Address:
    return Address(id=new_id("adr", clock.now(), clock.entropy(ENTROPY_SIZE)), kind=kind, value=normalise(kind, value))


def _refuse_taken(transaction: Transaction, profiles: Sequence[Profile]) -> None:
    pairs = [pair for profile in profiles for pair in profile.external_ids.items()]
    taken = transaction.customers.by_external_id(pairs) if pairs else {}
    if taken:
        (source, external_id), owner = next(iter(taken.items()))
        raise AlreadyExists(
            'The {source} id "{external_id}" belongs to customer {owner} already.',
            remedy="Change that customer instead.",
            code="external_id_taken",
            source=source,
            external_id=external_id,
            owner=owner,
        )
