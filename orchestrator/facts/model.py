"""The YAML of facts: offers, delivery promises and policies. What is written stays text, as the writer wrote it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from orchestrator.domain.errors import Unfit
from orchestrator.facts.moments import as_moment
from orchestrator.schema import Duration, FactPath, Identifier, Schema, parse_money

# --- scalars ----------------------------------------------------------------------------------------------------------

_INVENTORY = re.compile(r"inventory(\.[^.]+){2}")
_CODE = re.compile(r"[A-Za-z0-9_-]+")
_AMOUNT = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,2})? [A-Z]{3}")
_PERCENT = re.compile(r"[0-9]{1,3}(?:\.[0-9]+)?%")
_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_CALENDAR = re.compile(r"[A-Z]{2}(?:-[A-Z0-9]{1,3})?")


def as_amount(value: Any) -> str:
    """The text of an amount of money. ValueError for anything else, and for a third decimal: it would not be said."""
    text = str(value)
    if parse_money(text).amount <= 0 or not _AMOUNT.fullmatch(text):
        raise Unfit('must be more than nothing, with at most two decimals, not "{text}"', text=text)
    return text


def as_percentage(value: Any) -> str:
    """The text of a percentage. ValueError for anything else."""
    text = str(value)
    if not _PERCENT.fullmatch(text) or not 0 < parse_percent(text) <= 100:  # noqa: PLR2004  # a percentage
        raise Unfit('must be a percentage such as 20%, not "{text}"', text=text)
    return text


def parse_percent(text: str) -> Decimal:
    """The number before the sign of a percentage."""
    return Decimal(text.removesuffix("%"))


def as_code(value: Any) -> str:
    """The text of a coupon or SKU. ValueError for what could not stand in a path."""
    text = str(value)
    if not _CODE.fullmatch(text):
        raise Unfit('must be letters, digits, - and _, not "{text}"', text=text)
    return text


def _clock(value: str) -> str:
    if not _CLOCK.fullmatch(value):
        raise Unfit('must be an hour such as "14:00", not "{value}"', value=value)
    return value


def _web_address(value: str) -> str:
    if not value.startswith(("https://", "http://")):
        raise Unfit("must be an http or https address")
    return value


def _inventory(value: str) -> str:
    if not _INVENTORY.fullmatch(value):
        raise Unfit('must be a live path such as inventory.KIT-BANHO-04.available, not "{value}"', value=value)
    return value


def _calendar(value: str) -> str:
    if not _CALENDAR.fullmatch(value):
        raise Unfit('must be a country such as BR, or a part of one, BR-SP, not "{value}"', value=value)
    return value


def _start(value: str) -> str:
    if value != "now" and "." not in value:
        raise Unfit('must be a path into the data such as order.placed_at, or now, not "{value}"', value=value)
    return value


Amount = Annotated[str, BeforeValidator(as_amount)]
"""`129.90 BRL`."""

Percentage = Annotated[str, BeforeValidator(as_percentage)]
"""`20%`."""

Code = Annotated[str, AfterValidator(as_code)]
"""A coupon or a SKU: what can stand in a path."""

Moment = Annotated[str, AfterValidator(as_moment)]
"""`2026-11-30`, or `2026-11-30T18:00`, in the project's zone unless an offset is written."""

InventoryPath = Annotated[FactPath, AfterValidator(_inventory)]


class Live(Schema):
    """A value that moves while we run: the API and `jogral facts set` give it, never a file."""

    live: InventoryPath


def _form(value: Any) -> str:
    return "live" if isinstance(value, (dict, Live)) else "written"


T = TypeVar("T")

OrLive = Annotated[Annotated[T, Tag("written")] | Annotated[Live, Tag("live")], Discriminator(_form)]
"""A value, or the live path that it is read from."""

# --- offers -----------------------------------------------------------------------------------------------------------


class Stock(Live):
    """How many are left, and when to stop promising them: `reserve` is never promised."""

    reserve: Annotated[int, Field(ge=0)] = 0
    hold_sends_below: Annotated[int, Field(ge=0)] = 0


class Offer(Schema):
    """What a customer may buy for less. A plain date as an end means through the end of that day.

    `valid_for` counts from the moment it is sent to each customer; beside `ends_at`, what ends first counts.
    """

    title: str
    sku: Code | None = None
    price: OrLive[Amount] | None = None
    was_price: OrLive[Amount] | None = None
    discount: OrLive[Percentage] | None = None
    coupon: OrLive[Code] | None = None
    starts_at: OrLive[Moment] | None = None
    ends_at: OrLive[Moment] | None = None
    valid_for: Duration | None = None
    stock: Stock | None = None
    landing_page: Annotated[str, AfterValidator(_web_address)] | None = None
    same_on: tuple[str, ...] = ()


class Offers(Schema):
    """`templates/facts/<any name>.yaml` of the kind offers. `approvers` must agree before an offer is sent."""

    kind: Literal["offers"]
    owner: str
    approvers: tuple[str, ...] = ()
    offers: dict[Identifier, Offer]


# --- promises ---------------------------------------------------------------------------------------------------------


class DeliveryPromise(Schema):
    """When an order arrives: orders after `cutoff` count as the next business day's.

    `counts_from` and `region` name where the data says when and to where the order was placed; `now` counts from the
    moment of sending. `carrier_calendar` says whose holidays the carrier has; without it, the project's.
    """

    cutoff: Annotated[str, AfterValidator(_clock)] | None = None
    business_days: Annotated[dict[str, Annotated[int, Field(ge=0, le=120)]], Field(min_length=1)]
    carrier_calendar: Annotated[str, AfterValidator(_calendar)] | None = None
    counts_from: Annotated[str, AfterValidator(_start)] = "order.placed_at"
    region: str = "order.state"


class Policy(Schema):
    """What we always do: a value for checks and conditions, and the approved words that customers read.

    `texts` are the approved words in other languages, by locale: `{en: 7 calendar days after delivery}`.
    """

    value: Duration
    hours: Literal["business"] | None = None
    basis: str = ""
    text: Annotated[str, Field(min_length=1)]
    texts: dict[str, Annotated[str, Field(min_length=1)]] = {}


class Promises(Schema):
    """`templates/facts/<any name>.yaml` of the kind promises."""

    kind: Literal["promises"]
    owner: str
    delivery: dict[Identifier, DeliveryPromise] = {}
    policies: dict[Identifier, Policy] = {}
