"""Mappings: rows of somebody's file into events, by CEL expressions; and personas, the people of previews and tests."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field

from orchestrator.domain.errors import JogralError
from orchestrator.domain.time import at_wall, instant, moment, zone_info
from orchestrator.expressions import ExpressionError, compile_expression, evaluate
from orchestrator.schema import Dotted, Identifier, Schema, TimeZone

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as Values

    from orchestrator.domain.time import Instant


def _expression(source: str) -> str:
    compile_expression(source)
    return source


Expression = Annotated[str, AfterValidator(_expression)]


class CustomerMapping(Schema):
    """Where a row says who the customer is. `attributes` become `customer.<name>` in copy."""

    id: Expression
    email: Expression | None = None
    phone: Expression | None = None
    push_token: Expression | None = None
    locale: Expression | None = None
    timezone: Expression | None = None
    attributes: dict[Identifier, Expression] = {}


class EventMapping(Schema):
    """One event that a row may tell of; without `when`, every row does."""

    type: Dotted
    id: Expression
    time: Expression
    when: Expression | None = None
    data: dict[Identifier, Expression] = {}


class Mapping(Schema):
    """`templates/mappings/<id>.yaml`."""

    kind: Literal["mapping"]
    id: Identifier
    title: str
    owner: str
    source: str
    timezone: TimeZone
    times: str = "%Y-%m-%d %H:%M:%S"
    journeys: tuple[Identifier, ...]
    customer: CustomerMapping
    events: Annotated[tuple[EventMapping, ...], Field(min_length=1)]


class Persona(Schema):
    """`templates/personas/<id>.yaml`: somebody to preview and test with. Further keys are objects (order, cart)."""

    model_config = Schema.model_config | {"extra": "allow"}

    kind: Literal["persona"]
    id: Identifier
    title: str
    customer: dict[str, Any]
    consent: dict[Identifier, Literal["granted", "pending", "withdrawn", "denied"]] = {}

    @property
    def data(self) -> dict[str, Any]:
        """What a message reads of the persona."""
        return {"customer": self.customer, **(self.model_extra or {})}


# --- a row --------------------------------------------------------------------------------------------------------


class UnmappableRow(JogralError):
    """A row that the mapping cannot make sense of; the replay quarantines it with this reason."""

    code = "unmappable_row"
    exit_code = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class MappedCustomer:
    """Who a row is about."""

    id: str
    email: str | None
    phone: str | None
    push_token: str | None
    locale: str | None
    timezone: str | None
    attributes: Values[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class MappedEvent:
    """What a row tells."""

    type: str
    id: str
    occurred_at: Instant
    data: Values[str, Any]


def map_row(mapping: Mapping, row: Values[str, str]) -> tuple[MappedCustomer, tuple[MappedEvent, ...]]:
    """The customer and the events of one row (column → text). Raises UnmappableRow with the expression at fault."""
    functions = _functions(mapping)
    data = {"row": dict(row)}

    def value(source: str, where: str) -> Any:
        try:
            return evaluate(compile_expression(source), data, functions)
        except ExpressionError as error:
            raise UnmappableRow("{error}", where=where, error=error) from error

    def text(source: str | None, where: str) -> str | None:
        found = value(source, where) if source is not None else None
        return None if found is None or found == "" else str(found)

    person = mapping.customer
    customer_id = text(person.id, "customer.id")
    if customer_id is None:
        raise UnmappableRow("This is empty.", where="customer.id")
    customer = MappedCustomer(
        id=customer_id,
        email=text(person.email, "customer.email"),
        phone=text(person.phone, "customer.phone"),
        push_token=text(person.push_token, "customer.push_token"),
        locale=text(person.locale, "customer.locale"),
        timezone=text(person.timezone, "customer.timezone"),
        attributes={
            name: found
            for name, source in person.attributes.items()
            if (found := value(source, f"customer.attributes.{name}")) not in (None, "")
        },
    )
    events = tuple(
        _event(one, f"events.{one.type}", value)
        for one in mapping.events
        if one.when is None or value(one.when, f"events.{one.type}.when") is True
    )
    return customer, events


def _event(one: EventMapping, where: str, value: Callable[[str, str], Any]) -> MappedEvent:
    occurred = value(one.time, f"{where}.time")
    if not isinstance(occurred, datetime):
        raise UnmappableRow("This is not a time.", where=f"{where}.time")
    return MappedEvent(
        type=one.type,
        id=str(value(one.id, f"{where}.id")),
        occurred_at=instant(occurred),
        data={
            name: found
            for name, source in one.data.items()
            if (found := value(source, f"{where}.data.{name}")) not in (None, "")
        },
    )


# --- functions of a mapping's expressions -----------------------------------------------------------------------------


def _functions(mapping: Mapping) -> dict[str, Callable[..., Any]]:
    zone = mapping.timezone
    return {
        "time": lambda text: _utc(datetime.strptime(text, mapping.times), zone),  # noqa: DTZ007  # a wall time
        "date": lambda moment: moment.astimezone(zone_info(zone)).date().isoformat(),
        "at": lambda day, days, clock: _utc(
            datetime.combine(date.fromisoformat(day) + timedelta(days=days), time.fromisoformat(clock)), zone
        ),
        "digits": _digits,
        "first": lambda text, length: text[:length],
        "lower": lambda text: text.lower(),
        "upper": lambda text: text.upper(),
        "number": float,
    }


def _utc(wall: datetime, zone: str) -> datetime:
    """In UTC, because the CEL library takes no zone of its own."""
    return moment(at_wall(wall, zone))


def _digits(text: str, length: int) -> str:
    """Digits that are always the same for a text, and say nothing of it: made-up phones."""
    number = int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")
    return str(number)[-length:].zfill(length)
