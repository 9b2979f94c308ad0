"""What bodies share: the base, times, addresses, and how a customer is named."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from orchestrator.addresses import InvalidAddress, normalise
from orchestrator.api.faults import fault
from orchestrator.dispatch.accept import CustomerReference
from orchestrator.domain.customer import AddressKind
from orchestrator.domain.time import Instant, instant, zone_info


class Body(BaseModel):
    """A part of what a caller sends. Unknown fields are refused: a misspelt one would be silence."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Document(BaseModel):
    """A part of what we answer."""

    model_config = ConfigDict(frozen=True)


# --- scalars ----------------------------------------------------------------------------------------------------------

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
YEARS = range(1970, 3000)
_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2}|-\d{3})?", re.ASCII)


def _instant(value: Any) -> Instant:  # whatever the caller sent
    if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
        fault("time_format")
    try:
        moment = datetime.fromisoformat(value.upper())
    except ValueError:
        fault("time_format")
    if moment.year not in YEARS:
        fault("time_range", first=YEARS.start, last=YEARS.stop - 1)
    return instant(moment)


def time_zone(value: str, otherwise: str = "time_zone_format") -> str:
    """The name of a zone that there is; the fault `otherwise` for any other."""
    try:
        zone_info(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # A folder of the zone database and a path out of it raise other errors than an unknown name.
        fault(otherwise)
    return value


def _locale(value: str) -> str:
    return value if _LOCALE.fullmatch(value) else fault("locale_format")


def _address(kind: AddressKind) -> AfterValidator:
    def checked(value: str) -> str:
        try:
            return normalise(kind, value)
        except InvalidAddress:
            fault(f"{kind.value}_format")

    return AfterValidator(checked)


def _subscription_as_text(value: Any) -> Any:  # whatever the caller sent
    return json.dumps(value) if isinstance(value, dict) else value


_TOKEN_OR_SUBSCRIPTION = {
    "anyOf": [
        {"type": "string", "minLength": 8, "maxLength": 4096, "description": "A device's token."},
        {
            "type": "object",
            "description": "A browser's subscription, as PushSubscription.toJSON() gives it.",
            "properties": {
                "endpoint": {"type": "string", "format": "uri"},
                "keys": {
                    "type": "object",
                    "properties": {"p256dh": {"type": "string"}, "auth": {"type": "string"}},
                    "required": ["p256dh", "auth"],
                },
            },
            "required": ["endpoint", "keys"],
        },
    ]
}

Time = Annotated[
    Instant,
    BeforeValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-25T09:12:00-03:00"]}),
]
"""RFC 3339 with an offset; held as an instant."""

Shown = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""RFC 3339 with the project's offset."""

TimeZone = Annotated[str, Field(max_length=60, examples=["America/Sao_Paulo"]), AfterValidator(time_zone)]
Locale = Annotated[str, Field(max_length=20, examples=["pt-BR"]), AfterValidator(_locale)]
Id = Annotated[str, Field(min_length=1, max_length=100, pattern="^[A-Za-z0-9_.:-]+$")]
Word = Annotated[str, Field(min_length=1, max_length=200)]
Email = Annotated[str, Field(max_length=254, examples=["ana@example.com"]), _address(AddressKind.EMAIL)]
Phone = Annotated[str, Field(max_length=40, examples=["+5511912345678"]), _address(AddressKind.PHONE)]
PushToken = Annotated[
    str,
    Field(max_length=4096),
    BeforeValidator(_subscription_as_text),
    _address(AddressKind.PUSH_TOKEN),
    WithJsonSchema(_TOKEN_OR_SUBSCRIPTION),
]
"""A token, or a browser's push subscription: the object itself, or its text."""


# --- naming a customer ------------------------------------------------------------------------------------------------


class CustomerNamed(Body):
    """A customer, named in exactly one way."""

    id: Annotated[Id | None, Field(description="Our id, such as cus_ana.")] = None
    email: Annotated[Email | None, Field(description="An e-mail address of theirs.")] = None
    phone: Annotated[Phone | None, Field(description="A phone of theirs; without a country code it is Brazilian.")] = (
        None
    )
    external_id: Annotated[Word | None, Field(description="Their id in another system; `source` names it.")] = None
    source: Annotated[Word | None, Field(description="The system that `external_id` belongs to, such as shop.")] = None

    @model_validator(mode="after")
    def _once(self) -> Self:
        ways = [way for way in (self.id, self.email, self.phone, self.external_id) if way is not None]
        if len(ways) != 1 or (self.external_id is None) != (self.source is None):
            fault("customer_named_once")
        return self

    @property
    def reference(self) -> CustomerReference:
        """The customer as the core looks for them."""
        external = None
        if self.external_id is not None and self.source is not None:
            external = (self.source, self.external_id)
        return CustomerReference(id=self.id, email=self.email, phone=self.phone, external=external)


# --- errors -----------------------------------------------------------------------------------------------------------


class WrongField(Document):
    """One field that is wrong."""

    pointer: Annotated[str, Field(description="Where it is: an RFC 6901 pointer, or ?name in the query.")]
    code: Annotated[str, Field(description="What kind of mistake; stable.")]
    detail: Annotated[str, Field(description="What to write instead, in the caller's language.")]


class Problem(Document):
    """What went wrong (RFC 9457)."""

    type: Annotated[str, Field(description="The code as a URI; stable.")]
    title: Annotated[str, Field(description="The kind of problem, in the caller's language.")]
    status: Annotated[int, Field(description="The HTTP status.")]
    code: Annotated[str, Field(description="The kind of problem; stable.")]
    detail: Annotated[str, Field(description="What happened and what to do, in the caller's language.")]
    instance: Annotated[str, Field(description="The path that was asked for.")]
    request_id: Annotated[str | None, Field(description="For an internal error: what to look for in the log.")] = None
    errors: Annotated[tuple[WrongField, ...], Field(description="The fields that are wrong.")] = ()
