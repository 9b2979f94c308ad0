"""From a customer's data to what stands in the places: typed, formatted, cleaned for the channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from orchestrator.catalog import formats
from orchestrator.catalog.plurals import choose
from orchestrator.catalog.refusals import MissingVariable, RenderError
from orchestrator.schema import VariableType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from orchestrator.catalog.prepare import Prepared, UsedClaim, UsedList, UsedVariable
    from orchestrator.catalog.script import Values
    from orchestrator.catalog.templates import Filter

# No order has more lines than an e-mail can show.
LIST_LENGTH_MAX = 1_000


def values_of(prepared: Prepared, data: Mapping[str, Any]) -> Values:
    """The words of every place but those of claims. Raises MissingVariable or RenderError."""
    values: Values = {}
    for used in prepared.variables:
        _put(values, prepared, used, look_up(data, used.path))
    for one in prepared.lists:
        values[one.key] = _items(prepared, one, look_up(data, one.path))
        values[f"if {one.name}"] = bool(values[one.key])
    return values


def words_of(
    prepared: Prepared, used: UsedClaim, data: Mapping[str, Any], today: date | None = None
) -> tuple[str, str]:
    """A claim's canonical value and its words. Raises MissingVariable or RenderError."""
    value = look_up(data, used.path)
    if value is None:
        value = used.fallback
        if value is None:
            missing(prepared, used.claim.from_)
    try:
        canonical, words = formats.state(
            used.claim.kind, value, prepared.voice.formats, prepared.style, prepared.locale, today=today
        )
    except formats.UnfitValue as error:
        raise _unfit(prepared, used.claim.from_, error) from error
    return canonical, prepared.clean(words)


def look_up(data: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """What the data holds at a path; an empty text is nothing."""
    place: Any = data
    for part in path:
        try:
            place = place[part]
        except (KeyError, TypeError, IndexError):
            return None
    return None if place == "" else place


def missing(prepared: Prepared, name: str) -> NoReturn:
    """Say which value is missing."""
    raise MissingVariable(
        'message "{message}" needs {path}, and the data does not have it.',
        remedy="Send it with the event, or give the variable a fallback.",
        message=prepared.message.id,
        path=name,
    )


def _put(values: Values, prepared: Prepared, used: UsedVariable, value: Any) -> None:
    # A name of nothing but blanks and zero widths is no name either.
    written = _written(prepared, used.name, used.variable.type, value)
    if not written:
        value = used.variable.fallback
        written = _written(prepared, used.name, used.variable.type, value)
    if used.optional:
        values[f"if {used.name}"] = bool(written and value)
    if not written:
        if used.optional:
            return
        missing(prepared, used.name)
    for slot in used.slots:
        values[slot.key] = _filtered(prepared, slot.filters, written, value) if slot.filters else written


def _items(prepared: Prepared, used: UsedList, value: Any) -> list[Values]:
    if value is None:
        if used.optional:
            return []
        missing(prepared, used.name)
    if not isinstance(value, list | tuple) or len(value) > LIST_LENGTH_MAX:
        raise _unfit(prepared, used.name, ValueError(f"must be a list of at most {LIST_LENGTH_MAX} items"))
    return [_item(prepared, used, place, one) for place, one in enumerate(value)]


def _item(prepared: Prepared, used: UsedList, place: int, item: Any) -> Values:
    values: Values = {}
    for field in used.fields:
        name = f"{used.name}.{place}.{field.name}"
        value = look_up(item, (field.name,))
        written = _written(prepared, name, field.type, value)
        values[field.asked] = bool(written and value)
        if written:
            for slot in field.slots:
                values[slot.key] = _filtered(prepared, slot.filters, written, value) if slot.filters else written
        elif field.slots and not field.optional:
            missing(prepared, name)
    return values


def _written(prepared: Prepared, name: str, kind: VariableType, value: Any) -> str:
    """A value as the copy prints it, or nothing where there is nothing to see."""
    if value is None:
        return ""
    try:
        written = formats.write(kind, value, prepared.voice.formats, prepared.style, prepared.locale)
    except formats.UnfitValue as error:
        raise _unfit(prepared, name, error) from error
    cleaned = prepared.clean(written) if kind is VariableType.STRING else written
    return cleaned if cleaned.strip() else ""


_CHANGES: Mapping[str, Callable[[str], str]] = {
    "capitalize": str.capitalize,
    "lower": str.lower,
    "trim": str.strip,
    "upper": str.upper,
}


def _filtered(prepared: Prepared, filters: tuple[Filter, ...], written: str, value: Any) -> str:
    for one in filters:
        if one.name == "plural":
            try:
                written = choose(value, dict(one.words), prepared.locale)
            except formats.UnfitValue as error:
                raise _unfit(prepared, "plural", error) from error
        else:
            written = _CHANGES[one.name](written)
    return written


def _unfit(prepared: Prepared, name: str, error: ValueError) -> RenderError:
    return RenderError('message "{message}": {path} {error}', message=prepared.message.id, path=name, error=error)
