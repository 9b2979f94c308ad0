"""Where people's data is: every table that holds some, which of its rows are a person's, and what an erasure leaves.

One table for both rights, so that what is shown to a person is what is erased. A test holds it against the schema: a
new table is named here, or among those that hold nobody's data.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, String, and_, cast, exists, false, func, literal, or_, select

from orchestrator.domain.customer import AddressKind
from orchestrator.domain.pause import OF_A_CUSTOMER
from orchestrator.journeys.run import Ending
from orchestrator.store import bulk
from orchestrator.store.people_tables import (
    audit_entries,
    inbound_texts,
    merges,
    privacy_requests,
    profile_values,
    quarantined_events,
    returns,
)
from orchestrator.store.tables import (
    addresses,
    alerts,
    consent_events,
    consent_state,
    conversations,
    customer_addresses,
    customer_ids,
    customers,
    decisions,
    deliveries,
    events,
    exit_marks,
    forwards,
    handoffs,
    idempotency,
    inbox,
    objects,
    pauses,
    promises,
    provider_caps,
    provider_users,
    receipts,
    renderings,
    rests,
    runs,
    segment_members,
    suppressions,
    timers,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection, Table

    from orchestrator.store.port.privacy import Person


@dataclass(frozen=True, slots=True)
class Search:
    """A person, asked for on one connection: both databases take many values in their own way."""

    connection: Connection
    person: Person

    def customers(self, column: ColumnElement[str]) -> ColumnElement[bool]:
        """The column names the person."""
        return self._among(column, self.person.customer_ids)

    def own(self, column: ColumnElement[str]) -> ColumnElement[bool]:
        """The column names an address that nobody else has."""
        return self._among(column, self.person.own)

    def any_address(self, column: ColumnElement[str]) -> ColumnElement[bool]:
        """The column names an address of theirs, a family's too."""
        return self._among(column, (*self.person.own, *self.person.shared))

    def users(self, column: ColumnElement[str]) -> ColumnElement[bool]:
        """The column is an id by which a provider calls the person."""
        return self._among(column, self.person.users)

    def values(self, column: ColumnElement[str]) -> ColumnElement[bool]:
        """The column is an address of their own, as it is written."""
        return self._among(column, [value for _, value in self.person.values])

    def deliveries(self, column: ColumnElement[str]) -> ColumnElement[bool]:
        """The column names a message to the person."""
        return column.in_(select(deliveries.c.id).where(self.customers(deliveries.c.customer_id)))

    def spelled_out(self, column: ColumnElement[str]) -> ColumnElement[bool]:
        """The text holds, as a JSON string, an id or an address of theirs."""
        return or_(false(), *(column.contains(bulk.dumps(word), autoescape=True) for word in self._words()))

    def mentioned(self, column: ColumnElement[str]) -> ColumnElement[bool]:
        """The text holds an id or an address of theirs, between whatever else."""
        return or_(false(), *(column.contains(word, autoescape=True) for word in self._words()))

    def externals(self, column: ColumnElement[str]) -> ColumnElement[bool]:
        """The column is the person's name in another system: `shop:4711`."""
        names = customer_ids.c.source.concat(":").concat(customer_ids.c.external_id)
        return column.in_(select(names).where(self.customers(customer_ids.c.customer_id)))

    def objects_in(self, column: ColumnElement[str]) -> ColumnElement[bool]:
        """The text holds, as a JSON string, the id of an order or a cart of theirs."""
        named = literal('"').concat(objects.c.id).concat('"')
        return exists().where(self.customers(objects.c.customer_id), column.contains(named))

    def addressed(self, column: ColumnElement[str]) -> ColumnElement[bool]:
        """The text holds an address of their own, in whatever way it is written."""
        lowered, digits = func.lower(column), _without_signs(column)
        return or_(
            false(),
            *(
                digits.contains(value[-_PHONE_DIGITS:])
                if kind is AddressKind.PHONE
                else lowered.contains(value.lower(), autoescape=True)
                for kind, value in self.person.values
            ),
        )

    def _words(self) -> list[str]:
        return [*self.person.customer_ids, *(value for _, value in self.person.values), *self.person.users]

    def _among(self, column: ColumnElement[str], values: Any) -> ColumnElement[bool]:
        return bulk.among(self.connection, column, values)


# Of a phone, the digits that are the same however its country and its trunk prefix were written.
_PHONE_DIGITS = 8


def _without_signs(column: ColumnElement[str]) -> ColumnElement[str]:
    """A text without what people put between the digits of a phone."""
    found = column
    for sign in " -().":
        found = func.replace(found, sign, "")
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Holding:
    """A table with people's data.

    `leaves` is what an erasure writes over what says anything of the person, where the row itself counts; without it
    the row goes. `owner` is the column that names the customer, where the row stays. A person is shown the rows of
    `shown`, without the columns of `hidden`, which are about our machine and not about them.
    """

    table: Table
    theirs: Callable[[Search], ColumnElement[bool]]
    leaves: Mapping[str, Any] | None = None
    owner: str | None = None
    shown: Callable[[Search], ColumnElement[bool]] | None = None
    hidden: frozenset[str] = field(default_factory=frozenset)
    exported: bool = True


def _erased(column: ColumnElement[Any]) -> ColumnElement[str]:
    """A name that is unique, because it is made of the row's own id, and says nothing else."""
    return literal("erased/").concat(cast(column, String))


def _is_about(search: Search) -> ColumnElement[bool]:
    """An event that names the person, or was known to be theirs when it came."""
    named = quarantined_events.c.named
    return or_(
        search.customers(quarantined_events.c.customer_id),
        search.customers(named),
        search.values(named),
        search.externals(named),
    )


def _wrote(search: Search) -> ColumnElement[bool]:
    """A text from an address of theirs, or by an id that a provider calls them by."""
    return or_(search.own(inbound_texts.c.address_id), search.users(inbound_texts.c.user_id))


# One that stood somewhere is over: nobody is left to go on.
RUN_IS_OVER: Mapping[str, Any] = {
    "position": None,
    "ended_at": func.coalesce(runs.c.ended_at, runs.c.since),
    "ending": func.coalesce(runs.c.ending, Ending.ERASED.value),
    "note": "",
    "state": {},
}

# In the order of an erasure: a row goes before the one that it points to, and whoever is found through another row
# before that one changes its owner.
HOLDINGS = (
    Holding(
        table=renderings,
        theirs=lambda search: search.deliveries(renderings.c.delivery_id),
        leaves={"content": "{}", "claims": "[]"},
    ),
    Holding(
        table=promises,
        theirs=lambda search: search.deliveries(promises.c.delivery_id),
        leaves={"value": "", "text": ""},
    ),
    Holding(table=decisions, theirs=lambda search: search.deliveries(decisions.c.delivery_id), leaves={"trace": "[]"}),
    Holding(
        table=receipts,
        theirs=lambda search: search.deliveries(receipts.c.delivery_id),
        leaves={"event_key": _erased(receipts.c.seq), "reference": None, "provider_id": None, "detail": ""},
    ),
    Holding(
        table=inbox,
        # A forward of what they wrote goes to who answers, and quotes them.
        theirs=lambda search: or_(
            search.customers(inbox.c.customer_id),
            search.values(inbox.c.address),
            and_(inbox.c.customer_id == "", inbox.c.object_id.in_(select(inbound_texts.c.id).where(_wrote(search)))),
        ),
    ),
    Holding(
        table=deliveries,
        theirs=lambda search: search.customers(deliveries.c.customer_id),
        leaves={
            "identity": _erased(deliveries.c.id),
            "objects": {},
            "data": {},
            "detail": "",
            "lease": None,
            "address_id": None,
            "pinned_address_id": None,
            "provider_id": None,
        },
        owner="customer_id",
        hidden=frozenset({"lease", "identity", "lane", "next_action_at"}),
    ),
    Holding(table=timers, theirs=lambda search: search.customers(timers.c.customer_id)),
    Holding(table=alerts, theirs=lambda search: search.customers(alerts.c.customer_id)),
    Holding(table=handoffs, theirs=lambda search: search.customers(handoffs.c.customer_id)),
    Holding(table=segment_members, theirs=lambda search: search.customers(segment_members.c.customer_id)),
    Holding(table=exit_marks, theirs=lambda search: search.customers(exit_marks.c.customer_id)),
    Holding(
        table=runs,
        theirs=lambda search: search.customers(runs.c.customer_id),
        leaves={"key": _erased(runs.c.id), **RUN_IS_OVER},
        owner="customer_id",
        hidden=frozenset({"moves", "beginning"}),
    ),
    Holding(
        table=events,
        theirs=lambda search: search.customers(events.c.customer_id),
        leaves={"source_id": _erased(events.c.id), "objects": {}, "data": {}, "body_hash": ""},
        owner="customer_id",
        hidden=frozenset({"body_hash"}),
    ),
    Holding(
        # Nobody understood what stands in these: one row too many is lost rather than one too few.
        table=quarantined_events,
        theirs=lambda search: or_(
            _is_about(search),
            search.spelled_out(quarantined_events.c.content),
            search.objects_in(quarantined_events.c.content),
            search.addressed(quarantined_events.c.content),
        ),
        shown=_is_about,
    ),
    Holding(table=objects, theirs=lambda search: search.customers(objects.c.customer_id)),
    Holding(
        table=consent_events,
        theirs=lambda search: search.customers(consent_events.c.customer_id),
        leaves={"method": "", "source": "", "evidence": {}, "actor": ""},
        owner="customer_id",
    ),
    Holding(table=consent_state, theirs=lambda search: search.customers(consent_state.c.customer_id)),
    Holding(
        # It holds no word; it goes before the text that it names.
        table=forwards,
        theirs=lambda search: forwards.c.inbound_id.in_(select(inbound_texts.c.id).where(_wrote(search))),
        hidden=frozenset({"next_action_at"}),
    ),
    Holding(
        table=inbound_texts,
        theirs=_wrote,
    ),
    Holding(table=conversations, theirs=lambda search: search.own(conversations.c.address_id)),
    Holding(
        table=provider_users,
        theirs=lambda search: or_(search.own(provider_users.c.address_id), search.users(provider_users.c.user_id)),
    ),
    Holding(table=provider_caps, theirs=lambda search: search.own(provider_caps.c.address_id)),
    Holding(table=rests, theirs=lambda search: search.own(rests.c.address_id)),
    Holding(table=profile_values, theirs=lambda search: search.customers(profile_values.c.customer_id)),
    Holding(
        table=merges,
        theirs=lambda search: or_(search.customers(merges.c.kept_id), search.customers(merges.c.merged_id)),
    ),
    Holding(
        table=pauses,
        theirs=lambda search: and_(pauses.c.scope.in_(OF_A_CUSTOMER), search.customers(pauses.c.subject)),
    ),
    Holding(
        # What else is in these answers may be about others: they are not shown. Keys are the caller's own words, and
        # some make them of what they send; what is wrong with an event repeats what stood in it.
        table=idempotency,
        theirs=lambda search: or_(
            search.spelled_out(idempotency.c.answer),
            search.mentioned(idempotency.c.key),
            and_(idempotency.c.answer.contains('"problem"'), search.addressed(idempotency.c.answer)),
        ),
        exported=False,
    ),
    Holding(
        # What an erasure leaves is said by `audit_chain`: the payload and its salt go together.
        table=audit_entries,
        theirs=lambda search: search.customers(audit_entries.c.customer_id),
        leaves={"customer_id": None, "payload": None, "salt": None},
        hidden=frozenset({"salt", "digest", "key_id", "place", "mac"}),
    ),
    Holding(table=customer_ids, theirs=lambda search: search.customers(customer_ids.c.customer_id)),
    Holding(
        table=returns,
        theirs=lambda search: or_(search.customers(returns.c.customer_id), search.own(returns.c.address_id)),
    ),
    Holding(
        table=suppressions,
        theirs=lambda search: search.own(suppressions.c.address_id),
        shown=lambda search: search.any_address(suppressions.c.address_id),
    ),
    Holding(table=customer_addresses, theirs=lambda search: search.customers(customer_addresses.c.customer_id)),
    Holding(
        table=addresses,
        theirs=lambda search: search.own(addresses.c.id),
        shown=lambda search: search.any_address(addresses.c.id),
    ),
    Holding(table=customers, theirs=lambda search: search.customers(customers.c.id)),
)

# Told apart in `SqlPrivacyRequests.about`, and emptied by whoever completes the erasure.
KEPT_WITHOUT_IDENTITY = frozenset({privacy_requests.name})

# Tables that hold nobody's data.
NOBODYS = frozenset({
    "account_shares", "api_keys", "closed_accounts", "current_facts", "erased_addresses", "facts", "imports", "ledger",
    "provider_templates", "releases", "schedules", "watches", "wordings",
})  # fmt: skip
