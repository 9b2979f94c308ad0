"""Segments as SQL: one query that says which customers a filter fits, counted, paged or sampled by the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, assert_never

from sqlalchemy import and_, func, not_, or_, select

from orchestrator.domain.customer import REMAINS
from orchestrator.domain.delivery import Mode, State
from orchestrator.schema import parse_duration
from orchestrator.segments.model import AllOf, AnyOf, Consented, Engaged, FieldTest, Happened, Not, Owns
from orchestrator.store.segment_values import VALUES, compared
from orchestrator.store.tables import consent_state, customers, deliveries, events, objects

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import ColumnElement, Connection, Select

    from orchestrator.domain.time import Instant
    from orchestrator.segments.model import Filter
    from orchestrator.store.port import Audience

# What came at least so far. A message that bounced or that somebody complained about was sent all the same.
_REACHED: Mapping[str, tuple[str, ...]] = {
    "delivered": ("delivered", "read", "clicked"),
    "read": ("read", "clicked"),
    "clicked": ("clicked",),
}

# Fields of a customer that have a column of their own.
_COLUMNS = ("id", "locale", "time_zone")


class SqlSegments:
    """See `port.Segments`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count(self, audience: Audience) -> int:
        size: int = self._connection.scalars(self._members(audience, func.count())).one()
        return size

    def page(self, audience: Audience, after: str, limit: int) -> list[str]:
        wanted = self._members(audience, customers.c.id).where(customers.c.id > after)
        return list(self._connection.scalars(wanted.order_by(customers.c.id).limit(limit)))

    def sample(self, audience: Audience, limit: int) -> list[str]:
        place = (func.row_number().over(order_by=customers.c.id) - 1).label("place")
        counted = func.count().over().label("size")
        members = self._members(audience, customers.c.id, place, counted).subquery()
        # Where place * limit / size reaches another whole number: members at equal distances.
        first = members.c.place * limit // members.c.size != (members.c.place - 1) * limit // members.c.size
        spread = or_(members.c.place == 0, members.c.size <= limit, first)
        wanted = select(members.c.id).where(spread).order_by(members.c.id).limit(limit)
        return list(self._connection.scalars(wanted))

    def among(self, audience: Audience, customer_ids: Collection[str]) -> set[str]:
        wanted = self._members(audience, customers.c.id).where(customers.c.id.in_(sorted(customer_ids)))
        return set(self._connection.scalars(wanted))

    def _members(self, audience: Audience, *columns: Any) -> Select[Any]:
        return select(*columns).select_from(customers).where(fitting(self._connection, audience))


def fitting(connection: Connection, audience: Audience) -> ColumnElement[bool]:
    """Whether a row of `customers` is in it: somebody who is still one of their own, and was not erased."""
    question = _Question(connection.dialect.name, audience.now, audience.zone)
    remains = customers.c.id.startswith(f"{REMAINS}_", autoescape=True)
    return and_(customers.c.merged_into.is_(None), ~remains, question.fits(audience.where))


@dataclass(frozen=True, slots=True)
class _Question:
    """A filter on its way to becoming a condition of one row of `customers`."""

    dialect: str
    now: Instant
    zone: str

    def fits(self, part: Filter, data: ColumnElement[Any] | None = None) -> ColumnElement[bool]:
        """True or false, and never NULL. With `data`, of one event or one object of the customer's."""
        match part:
            case AllOf():
                return and_(*(self.fits(one, data) for one in part.all))
            case AnyOf():
                return or_(*(self.fits(one, data) for one in part.any))
            case Not():
                return not_(self.fits(part.not_, data))
            case FieldTest():
                document = self._profile(part) if data is None else data
                return compared(VALUES[self.dialect](document, part.keys), part, self.now, self.zone)
        return self._told(part)

    def _told(self, part: Happened | Owns | Consented | Engaged) -> ColumnElement[bool]:
        match part:
            case Happened():
                return self._happened(part)
            case Owns():
                return self._owns(part)
            case Consented():
                return self._consented(part)
            case Engaged():
                return self._engaged(part)
        assert_never(part)

    def _profile(self, test: FieldTest) -> ColumnElement[Any]:
        if len(test.keys) > 1 or test.keys[0] not in _COLUMNS:
            return customers.c.attributes
        build = func.json_object if self.dialect == "sqlite" else func.jsonb_build_object
        return build(test.keys[0], customers.c[test.keys[0]])

    def _happened(self, part: Happened) -> ColumnElement[bool]:
        theirs = [events.c.customer_id == customers.c.id, events.c.type == part.event, events.c.occurred_at <= self.now]
        if part.within is not None:
            theirs.append(events.c.occurred_at > self._since(part.within))
        if part.where is not None:
            theirs.append(self.fits(part.where, events.c.data))
        return _as_many(part.at_least, events.c.id, theirs)

    def _owns(self, part: Owns) -> ColumnElement[bool]:
        theirs = [objects.c.customer_id == customers.c.id, objects.c.kind == part.object]
        if part.where is not None:
            theirs.append(self.fits(part.where, objects.c.data))
        return _as_many(part.at_least, objects.c.id, theirs)

    def _consented(self, part: Consented) -> ColumnElement[bool]:
        said = [
            consent_state.c.customer_id == customers.c.id,
            consent_state.c.topic == part.consent,
            consent_state.c.state == part.state.value,
        ]
        if part.channel is not None:
            said.append(consent_state.c.channel == part.channel.value)
        return select(consent_state.c.topic).where(*said).correlate(customers).exists()

    def _engaged(self, part: Engaged) -> ColumnElement[bool]:
        sent = [
            deliveries.c.customer_id == customers.c.id,
            deliveries.c.state == State.SENT.value,
            deliveries.c.mode != Mode.TEST.value,  # it reached nobody
        ]
        if part.engaged in _REACHED:
            sent.append(deliveries.c.receipt.in_(_REACHED[part.engaged]))
        for column, wanted in ((deliveries.c.message, part.message), (deliveries.c.topic, part.topic)):
            if wanted is not None:
                sent.append(column == wanted)
        if part.channel is not None:
            sent.append(deliveries.c.channel == part.channel.value)
        if part.within is not None:
            sent.append(deliveries.c.due_at > self._since(part.within))
        return select(deliveries.c.id).where(*sent).correlate(customers).exists()

    def _since(self, within: str) -> Instant:
        return self.now - parse_duration(within).milliseconds


def _as_many(at_least: int, row: ColumnElement[str], conditions: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    if at_least == 1:
        return select(row).where(*conditions).correlate(customers).exists()
    counted = select(func.count()).select_from(row.table).where(*conditions).correlate(customers)
    return counted.scalar_subquery() >= at_least
