"""Event types: what may happen, what it carries, whose it is, and which object it changes."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

from orchestrator.domain.errors import FieldError, did_you_mean
from orchestrator.schema import Dotted, Identifier, Schema, Typed, VariableType, parse_money

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


class EventField(Typed):
    """One field of an event's data. A `list` says in `of` what each of its items holds."""

    required: bool = False
    values: tuple[str, ...] = ()
    example: str | int | float | bool | tuple[dict[Identifier, str | int | float | bool], ...] | None = None


class EventType(Schema):
    """`templates/events/<type>.yaml`.

    `updates` names the kind of object that the data changes and `key` where its id is (`data.order_id`). `customer` is
    `event` when the event names the person itself, or `via order` when the order that it names knows whose it is.
    """

    kind: Literal["event"]
    id: Dotted
    title: str
    owner: str
    updates: Identifier | None = None
    key: Dotted | None = None
    customer: str = "event"
    data: dict[Identifier, EventField] = {}

    @property
    def via(self) -> str | None:
        """The kind of object that knows the customer, or None when the event does."""
        kind, _, name = self.customer.partition(" ")
        return name.strip() or None if kind == "via" else None

    def object_id(self, data: Mapping[str, Any]) -> str | None:
        """The id of the object that the event is about."""
        if self.key is None:
            return None
        value = data.get(self.key.removeprefix("data."))
        return None if value is None else str(value)

    def objects(self, data: Mapping[str, Any]) -> dict[str, str]:
        """The objects that the event touches: kind → id, the one that it updates first."""
        found: dict[str, str] = {}
        own = self.object_id(data)
        if self.updates and own is not None:
            found[self.updates] = own
        if self.via:
            other = data.get(f"{self.via}_id", own)
            if other is not None:
                found.setdefault(self.via, str(other))
        return found


def faults(event_type: EventType, data: Mapping[str, Any]) -> Iterator[FieldError]:
    """Everything that is wrong with an event's data, each with the JSON pointer of the field."""
    return _faults_in(event_type.data, data, "#/data")


def fits(field: EventField, value: Any) -> bool:
    """Whether a field may have a value: of its type, and one of its `values` where it has some."""
    return not _fault(field, value)[0]


def _faults_in(fields: Mapping[str, EventField], data: Mapping[str, Any], pointer: str) -> Iterator[FieldError]:
    for name in data:
        if name not in fields:
            yield FieldError(
                pointer=_within(pointer, name),
                code="unknown_field",
                template="Unknown field{hint}",
                params={"hint": did_you_mean(name, fields)},
            )
    for name, field in fields.items():
        if data.get(name) is None:
            if field.required:
                yield FieldError(pointer=f"{pointer}/{name}", code="missing_field", template="This field is required")
            continue
        template, params = _fault(field, data[name])
        if template:
            yield FieldError(
                pointer=f"{pointer}/{name}", code=f"{field.type.value}_format", template=template, params=params
            )
        elif field.type is VariableType.LIST:
            item_fields = {key: EventField(type=kind, required=True) for key, kind in field.of.items()}
            for place, item in enumerate(data[name]):
                yield from _faults_in(item_fields, item, f"{pointer}/{name}/{place}")


def _within(pointer: str, name: str) -> str:
    """A name that its source made up may hold the signs of RFC 6901 itself."""
    return f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"


def _fault(field: EventField, value: Any) -> tuple[str, dict[str, object]]:
    try:
        _READERS[field.type](value)
    except (ValueError, TypeError):
        return _WANTED[field.type], {"got": repr(str(value)[:60])}
    if field.values and value not in field.values:
        return _ONE_OF, {"known": ", ".join(field.values), "hint": did_you_mean(str(value), field.values)}
    return "", {}


def _string(value: Any) -> None:
    if not isinstance(value, str):
        raise TypeError


def _url(value: Any) -> None:
    if not isinstance(value, str) or not value.startswith(("https://", "http://")):
        raise ValueError


def _number(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError


def _integer(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError


def _boolean(value: Any) -> None:
    if not isinstance(value, bool):
        raise TypeError


def _list(value: Any) -> None:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise TypeError


_READERS: dict[VariableType, Callable[[Any], object]] = {
    VariableType.STRING: _string,
    VariableType.URL: _url,
    VariableType.DATE: date.fromisoformat,
    VariableType.DATETIME: datetime.fromisoformat,
    VariableType.MONEY: parse_money,
    VariableType.NUMBER: _number,
    VariableType.INTEGER: _integer,
    VariableType.BOOLEAN: _boolean,
    VariableType.LIST: _list,
}

_ONE_OF = "Use one of {known}{hint}"

_WANTED: dict[VariableType, str] = {
    VariableType.STRING: "Use a text, got {got}",
    VariableType.URL: "Use an http or https address, got {got}",
    VariableType.DATE: "Use YYYY-MM-DD, got {got}",
    VariableType.DATETIME: "Use YYYY-MM-DDThh:mm:ss with an offset, got {got}",
    VariableType.MONEY: 'Use "129.90 BRL" or {{"amount": "129.90", "currency": "BRL"}}, got {got}',
    VariableType.NUMBER: "Use a number, got {got}",
    VariableType.INTEGER: "Use a whole number, got {got}",
    VariableType.BOOLEAN: "Use true or false, got {got}",
    VariableType.LIST: "Use a list of objects, got {got}",
}
