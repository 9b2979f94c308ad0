"""What every YAML model shares: strict, frozen, and the scalars that a writer can type."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


class Schema(BaseModel):
    """A part of a YAML file. Unknown keys are refused: a misspelt one would be silence."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, arbitrary_types_allowed=False)


_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")
_DOTTED = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")


def _identifier(value: str) -> str:
    if not _IDENTIFIER.fullmatch(value):
        raise ValueError("must be lower-case letters, digits and _, beginning with a letter")
    return value


def _dotted(value: str) -> str:
    if not _DOTTED.fullmatch(value):
        raise ValueError('must be a path such as "order.number"')
    return value


Identifier = Annotated[str, Field(max_length=80), AfterValidator(_identifier)]
"""The id of a thing and the name of its file."""

Dotted = Annotated[str, Field(max_length=120), AfterValidator(_dotted)]
"""A path into the data, such as `order.number`, or an event type, such as `order.placed`."""


class Money(Schema):
    """An amount with its currency: `129.90 BRL` in YAML, `{"amount": "129.90", "currency": "BRL"}` in JSON."""

    amount: Decimal
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]


def parse_money(value: Any, default_currency: str = "") -> Money:
    """Money from what a person or a system writes. A bare number takes the default currency. ValueError if neither."""
    if isinstance(value, Money):
        return value
    if isinstance(value, dict):
        return Money.model_validate(value)
    amount, _, currency = str(value).strip().partition(" ")
    try:
        return Money(amount=Decimal(amount), currency=currency.strip() or default_currency)
    except (InvalidOperation, ValueError) as error:
        raise ValueError(f'must be an amount and a currency, such as "129.90 BRL", not "{value}"') from error


def _percent(value: Any) -> Any:
    if isinstance(value, str) and value.endswith("%"):
        return Decimal(value[:-1].strip())
    return value


Percent = Annotated[Decimal, BeforeValidator(_percent)]
"""`20%` in YAML; held as the number before the sign."""


class VariableType(StrEnum):
    """What a value is; it decides how it is checked and written."""

    STRING = "string"
    URL = "url"
    DATE = "date"
    DATETIME = "datetime"
    MONEY = "money"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
