"""Whether an offer's own numbers agree: its price, the price before, and the discount between them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from orchestrator.domain.errors import mark
from orchestrator.facts.model import Live, parse_percent
from orchestrator.schema import parse_money

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.facts.model import Offer

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What does not agree: `template` filled with `params`, and the part of the offer that it is about."""

    part: str
    template: str
    params: Mapping[str, object]


_CURRENCIES_DIFFER = mark("The price is in {price_currency}, the price before in {was_currency}")
_NO_REDUCTION = mark("The price before, {was_price}, is not more than the price, {price}")
_DISCOUNT_DIFFERS = mark("{discount} off {was_price} is {expected}, not {price}")


def contradiction(offer: Offer) -> Contradiction | None:
    """The first thing that does not agree, or None. Live values are not known before they are told.

    A discount may differ from the price by what rounding to the cent explains, and by no more: a customer who
    computes it finds what we said.
    """
    if not isinstance(offer.price, str) or not isinstance(offer.was_price, str):
        return None
    price, before = parse_money(offer.price), parse_money(offer.was_price)
    if price.currency != before.currency:
        return Contradiction(
            "was_price", _CURRENCIES_DIFFER, {"price_currency": price.currency, "was_currency": before.currency}
        )
    if before.amount <= price.amount:
        return Contradiction("was_price", _NO_REDUCTION, {"was_price": offer.was_price, "price": offer.price})
    if offer.discount is None or isinstance(offer.discount, Live):
        return None
    exact = before.amount * (100 - parse_percent(offer.discount)) / 100
    if abs(exact - price.amount) < _CENT:
        return None
    expected = f"{exact.quantize(_CENT)} {price.currency}"
    return Contradiction(
        "discount",
        _DISCOUNT_DIFFERS,
        {"discount": offer.discount, "was_price": offer.was_price, "expected": expected, "price": offer.price},
    )
