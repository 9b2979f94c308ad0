"""What every YAML model shares: strict, frozen, and the scalars that a writer can type."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from orchestrator.domain.errors import Unfit, did_you_mean
from orchestrator.domain.time import zone_info

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic_core import CoreSchema


class Schema(BaseModel):
    """A part of a YAML file. Unknown keys are refused: a misspelt one would be silence."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, arbitrary_types_allowed=False)


_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")
_DOTTED = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
_FACT_PATH = re.compile(r"[a-z]+(\.[A-Za-z0-9_-]+)+")
DURATION = re.compile(r"([1-9][0-9]{0,3})(m|h|d|w|bd)")
_CLOCK_DURATION = re.compile(r"([1-9][0-9]{0,3})(m|h|d|w)")


@dataclass(frozen=True, slots=True)
class Spelled:
    """How a text is spelled, said in the JSON Schema; its validator says it to people in a sentence instead."""

    pattern: re.Pattern[str]

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Pydantic's own hook."""
        return {**handler(schema), "pattern": f"^(?:{self.pattern.pattern})$"}


@dataclass(frozen=True, slots=True)
class OrShort:
    """What may be written short, and how: its validator makes the mapping of it."""

    pattern: re.Pattern[str]

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Pydantic's own hook."""
        short = {"type": "string", "pattern": f"^(?:{self.pattern.pattern})$"}
        return {"anyOf": [handler(schema), short]}


def _identifier(value: str) -> str:
    if not _IDENTIFIER.fullmatch(value):
        raise Unfit("must be lower-case letters, digits and _, beginning with a letter")
    return value


def _dotted(value: str) -> str:
    if not _DOTTED.fullmatch(value):
        raise Unfit('must be a path such as "order.number"')
    return value


Identifier = Annotated[str, Field(max_length=80), AfterValidator(_identifier), Spelled(_IDENTIFIER)]
"""The id of a thing and the name of its file."""

Dotted = Annotated[str, Field(max_length=120), AfterValidator(_dotted), Spelled(_DOTTED)]
"""A path into the data, such as `order.number`, or an event type, such as `order.placed`."""


def _fact_path(value: str) -> str:
    if not _FACT_PATH.fullmatch(value):
        raise Unfit('must be the path of a fact, such as "offers.banho_lume20.price"')
    return value


FactPath = Annotated[str, Field(max_length=200), AfterValidator(_fact_path), Spelled(_FACT_PATH)]
"""Where a fact stands: its kind, its id and the part of it. A SKU in it may have capitals and dashes."""


@dataclass(frozen=True, slots=True)
class Span:
    """A duration taken apart: how many of which unit (`m`, `h`, `d`, `w`, or `bd` for business days)."""

    count: int
    unit: str

    @property
    def milliseconds(self) -> int:
        """On the clock. How long business days are is known to a calendar only: KeyError."""
        return self.count * _MILLISECONDS[self.unit]


_MILLISECONDS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


def parse_duration(text: str) -> Span:
    """`7d`, `2h`, `30m`, `2w` or `5bd`. ValueError for anything else."""
    found = DURATION.fullmatch(text)
    if found is None:
        raise Unfit('must be a duration such as 7d, 2h, 30m, 2w or 5bd (business days), not "{text}"', text=text)
    return Span(int(found[1]), found[2])


def _duration(value: Any) -> str:
    text = str(value)
    parse_duration(text)
    return text


Duration = Annotated[str, BeforeValidator(_duration), Spelled(DURATION)]
"""How long something holds, kept as it is written: `7d`, `2h`, `5bd`."""


def _clock_duration(value: Any) -> str:
    text = str(value)
    if not _CLOCK_DURATION.fullmatch(text):
        raise Unfit('must be a duration such as 7d, 2h, 30m or 2w, not "{text}"', text=text)
    return text


ClockDuration = Annotated[str, BeforeValidator(_clock_duration), Spelled(_CLOCK_DURATION)]
"""A duration that is equally long on every calendar: without business days."""


def _time_zone(value: str) -> str:
    try:
        zone_info(value)
    except (KeyError, ValueError, OSError):
        # A folder of the zone database and a path out of it raise other errors than an unknown name.
        hint = did_you_mean(value, available_timezones())
        raise Unfit('is no time zone: "{name}"{hint}', name=value, hint=hint) from None
    return value


TimeZone = Annotated[str, AfterValidator(_time_zone)]
"""Whose clock it is: `America/Sao_Paulo`."""


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
        raise Unfit(
            'must be an amount and a currency, such as "129.90 BRL", not "{value}"', value=str(value)
        ) from error


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
    LIST = "list"


class Typed(Schema):
    """A value with a type. A `list` says in `of` what each of its items holds."""

    type: VariableType
    of: dict[Identifier, VariableType] = {}

    @model_validator(mode="after")
    def _lists_say_of_what(self) -> Self:
        if (self.type is VariableType.LIST) != bool(self.of):
            raise Unfit("must say in `of` what each item holds, and only a list has one: {{name: string}}")
        if VariableType.LIST in self.of.values():
            raise Unfit("cannot hold a list in a list")
        return self


def nest(nested: dict[str, Any], path: str, value: Any) -> None:
    """Put a value where a dotted path leads, making the mappings on the way."""
    *parents, leaf = path.split(".")
    for parent in parents:
        nested = nested.setdefault(parent, {})
    nested[leaf] = value


def merged(original: Any, overlay: Any) -> Any:
    """Plain data with an overlay's: mappings merge, lists item by item, anything else is replaced."""
    if isinstance(original, dict) and isinstance(overlay, dict):
        return original | {key: merged(original.get(key), value) for key, value in overlay.items()}
    if isinstance(original, list) and isinstance(overlay, list):
        rest = original[len(overlay) :]
        return [
            merged(original[place] if place < len(original) else None, value) for place, value in enumerate(overlay)
        ] + rest
    return overlay
