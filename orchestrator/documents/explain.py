"""What pydantic found wrong, as sentences for a person who writes YAML, at paths through their data.

A pydantic `loc` also names union members and validators; only its parts that exist in the data lead anywhere.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.documents.fields import KeyPath, all_keys, known_keys
from orchestrator.documents.source import MISSING_KEY, UNKNOWN_KEY, WRONG_VALUE
from orchestrator.domain.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

_WANTED: Mapping[str, str] = {
    **dict.fromkeys(("string_type", "string_sub_type"), "text"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), "a whole number"),
    **dict.fromkeys(("float_type", "float_parsing", "decimal_type", "decimal_parsing", "finite_number"), "a number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "true or false"),
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type", "iterable_type"), "a list"),
    **dict.fromkeys(
        ("dict_type", "mapping_type", "model_type", "model_attributes_type", "dataclass_type"), "a mapping"
    ),
    "none_required": "empty",
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing"), "a date such as 2026-11-30"),
    "date_from_datetime_inexact": "a date without a time",
    **dict.fromkeys(("time_type", "time_parsing"), "a time such as 21:00"),
    **dict.fromkeys(
        ("datetime_type", "datetime_parsing", "datetime_from_date_parsing"),
        "a date and time such as 2026-11-30T21:00:00-03:00",
    ),
    "timezone_aware": "a date and time with its offset, such as 2026-11-30T21:00:00-03:00",
    **dict.fromkeys(("url_type", "url_parsing", "url_syntax_violation"), "a URL such as https://casalume.example/"),
}
_COLLECTIONS = frozenset({"a list", "a mapping"})

# Filled with pydantic's context, which names the limit.
_MUST: Mapping[str, str] = {
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "is not written as it must be (pattern {pattern})",
    "too_short": "must have at least {min_length} entries, not {actual_length}",
    "too_long": "must have at most {max_length} entries",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "multiple_of": "must be a multiple of {multiple_of}",
    "decimal_max_places": "must have at most {decimal_places} decimal places",
    "decimal_max_digits": "must have at most {max_digits} digits",
    "decimal_whole_digits": "must have at most {whole_digits} digits before the point",
    "url_scheme": "must begin with one of {expected_schemes}",
}

_CALLED: Mapping[type, str] = {type(None): "nothing", str: "text", list: "a list", dict: "a mapping"}
_QUOTED_MAX = 40
_LISTED_KEYS_MAX = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One thing wrong at a path. A path that leaves the document names what is missing there."""

    path: KeyPath
    code: str
    message: str
    help: str = ""
    on_key: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class _Wanted:
    """A value that should have been another. A union asks several times at one path; the answers become one fault."""

    path: KeyPath
    wanted: tuple[str, ...]
    got: Any
    words: tuple[str, ...] = ()


def faults(error: ValidationError, model: type[BaseModel], data: Mapping[str, Any]) -> list[Fault]:
    """Every fault once, in no particular order."""
    found = [
        fault
        for details in error.errors(include_url=False)
        for fault in _faults(details, model, _path(data, details["loc"], details["input"]), data)
    ]
    paths = [fault.path for fault in found]
    wanted: dict[KeyPath, list[_Wanted]] = defaultdict(list)
    told: list[Fault] = []
    for fault in found:
        if isinstance(fault, Fault):
            told.append(fault)
        elif not any(len(path) > len(fault.path) and path[: len(fault.path)] == fault.path for path in paths):
            # Where something deeper is wrong, another member of the union had the right type: this one says nothing.
            wanted[fault.path].append(fault)
    return list(dict.fromkeys([*told, *(_merged(group) for group in wanted.values())]))


# --- where ----------------------------------------------------------------------------------------------------------


def _path(data: object, loc: Iterable[str | int], rejected: object) -> KeyPath:
    """The parts of a loc that lead through the data: to the rejected value if any do, and as far as they can.

    A union tag may also be a key (`send` of a step), so every way to read the loc is followed.
    """
    reached: dict[KeyPath, object] = {(): data}
    for part in loc:
        for path, value in list(reached.items()):
            if isinstance(value, dict) and str(part) in value:
                reached[*path, str(part)] = value[str(part)]
            elif isinstance(value, list) and isinstance(part, int) and part < len(value):
                reached[*path, part] = value[part]
    return max(reached, key=lambda path: (reached[path] is rejected, len(path)))


def _value_at(data: Any, path: KeyPath) -> Any:  # any YAML value
    for part in path:
        data = data[part]
    return data


# --- what -----------------------------------------------------------------------------------------------------------


def _faults(
    details: ErrorDetails, model: type[BaseModel], path: KeyPath, data: Mapping[str, Any]
) -> Iterator[Fault | _Wanted]:
    kind, context = details["type"], details.get("ctx", {})
    if kind == "missing":
        yield _missing(path, str(details["loc"][-1]))
    elif kind == "extra_forbidden":
        holder = path[:-1] if path[-1:] == details["loc"][-1:] else path  # a validator may have made the mapping
        mapping = _value_at(data, holder)
        keys = mapping if isinstance(mapping, dict) else {}
        yield _unknown((*holder, str(details["loc"][-1])), known_keys(model, holder, keys), keys)
    elif kind in {"union_tag_invalid", "union_tag_not_found"}:
        yield from _no_member(context, model, path, details["input"])
    elif kind in {"literal_error", "enum"}:
        words = _words(str(context["expected"]))
        yield _Wanted(path=path, wanted=tuple(f'"{word}"' for word in words), words=words, got=details["input"])
    elif kind in _WANTED:
        yield _Wanted(path=path, wanted=(_WANTED[kind],), got=details["input"])
    elif kind in _MUST:
        yield _wrong(path, f"{_subject(path)} {_MUST[kind].format_map(context)}", details)
    else:
        # A validator's own words; pydantic only puts "Value error, " before them.
        said = str(context["error"]) if "error" in context else details["msg"]
        yield _wrong(path, f"{_subject(path)} {said}" if said[:1].islower() else said, details)


def _missing(path: KeyPath, key: str) -> Fault:
    return Fault(path=(*path, key), code=MISSING_KEY, message=f'Key "{key}" is missing{_of(path)}')


def _unknown(path: KeyPath, known: Sequence[str], mapping: Mapping[str, Any]) -> Fault:
    key = str(path[-1])
    meant = did_you_mean(key, [word for word in known if word not in mapping])
    listed = "" if meant or not known or len(known) > _LISTED_KEYS_MAX else f"Known here: {', '.join(known)}."
    return Fault(path=path, code=UNKNOWN_KEY, message=f'Unknown key "{key}"{meant}', help=listed, on_key=True)


def _no_member(
    context: Mapping[str, Any], model: type[BaseModel], path: KeyPath, value: object
) -> Iterator[Fault | _Wanted]:
    """A union found none of its members: by the key that tells them apart, or by a function that looks at all keys."""
    if not isinstance(value, dict):
        yield _Wanted(path=path, wanted=("a mapping",), got=value)
        return
    told_apart_by = _words(str(context.get("discriminator", "")))
    if told_apart_by and told_apart_by[0] in value:
        key, words = told_apart_by[0], _words(str(context.get("expected_tags", "")))
        yield _Wanted(path=(*path, key), wanted=tuple(f'"{word}"' for word in words), words=words, got=value[key])
    elif told_apart_by:
        yield _missing(path, told_apart_by[0])
    else:
        known = all_keys(model, path)
        unknown = [key for key in value if key not in known]
        for key in unknown:
            yield _unknown((*path, key), known, value)
        if not unknown:
            message = f"{_subject(path)} has none of the forms that can stand here"
            yield Fault(path=path, code=WRONG_VALUE, message=message, help=f"Known here: {', '.join(known)}.")


def _wrong(path: KeyPath, message: str, details: ErrorDetails) -> Fault:
    return Fault(path=path, code=WRONG_VALUE, message=message, on_key=details["loc"][-1:] == ("[key]",))


def _merged(group: Sequence[_Wanted]) -> Fault:
    """What every member of a union wanted, in one sentence."""
    first = group[0]
    wanted = list(dict.fromkeys(phrase for one in group for phrase in one.wanted))
    words = [word for one in group for word in one.words]
    alternatives = " or ".join(filter(None, (", ".join(wanted[:-1]), wanted[-1])))
    meant = did_you_mean(first.got, words) if isinstance(first.got, str) else ""
    got = called(first.got, quote=not _COLLECTIONS.issuperset(wanted))
    quotable = "text" in wanted and isinstance(first.got, bool | int | float)
    return Fault(
        path=first.path,
        code=WRONG_VALUE,
        message=f"{_subject(first.path)} must be {alternatives}, not {got}{meant}",
        help="Put it in quotes." if quotable else "",
    )


# --- words ----------------------------------------------------------------------------------------------------------


def _subject(path: KeyPath) -> str:
    """`"body"`, `Item 2 of "steps"`."""
    if not path:
        return "The file"
    if isinstance(path[-1], str):
        return f'"{path[-1]}"'
    return f"Item {path[-1] + 1}{_of(path[:-1])}"


def _of(path: KeyPath) -> str:
    """` in "sms"`, or nothing at the top."""
    if not path:
        return ""
    subject = _subject(path)
    return f" in {subject[0].lower()}{subject[1:]}"


def called(value: object, *, quote: bool = False) -> str:
    """A value as its writer would call it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str) and quote and len(value) <= _QUOTED_MAX and "\n" not in value:
        return f'"{value}"'
    return _CALLED.get(type(value), "this")


def _words(quoted: str) -> tuple[str, ...]:
    """Pydantic's `'a', 'b' or 'c'` as words; numbers come without quotes."""
    return tuple(re.findall(r"'([^']*)'", quoted)) or tuple(re.findall(r"-?\d+", quoted))
