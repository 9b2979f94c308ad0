"""What pydantic found wrong, as sentences for a person who writes YAML, at paths through their data.

A pydantic `loc` also names union members and validators; only its parts that exist in the data lead anywhere.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.documents.fields import KeyPath, all_keys, known_keys, telling_keys
from orchestrator.documents.source import MISSING_KEY, UNKNOWN_KEY, WRONG_VALUE
from orchestrator.documents.wording import (
    A_LIST,
    A_MAPPING,
    TEXT,
    called,
    either,
    listed_words,
    quoted,
    subject,
    within,
)
from orchestrator.domain.errors import Phrase, Unfit, Word, did_you_mean, mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

_WANTED: Mapping[str, Word] = {
    **dict.fromkeys(("string_type", "string_sub_type"), TEXT),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), Word(mark("a whole number"))),
    **dict.fromkeys(
        ("float_type", "float_parsing", "decimal_type", "decimal_parsing", "finite_number"), Word(mark("a number"))
    ),
    **dict.fromkeys(("bool_type", "bool_parsing"), Word(mark("true or false"))),
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type", "iterable_type"), A_LIST),
    **dict.fromkeys(("dict_type", "mapping_type", "model_type", "model_attributes_type", "dataclass_type"), A_MAPPING),
    "none_required": Word(mark("empty")),
    **dict.fromkeys(
        ("date_type", "date_parsing", "date_from_datetime_parsing"), Word(mark("a date such as 2026-11-30"))
    ),
    "date_from_datetime_inexact": Word(mark("a date without a time")),
    **dict.fromkeys(("time_type", "time_parsing"), Word(mark("a time such as 21:00"))),
    **dict.fromkeys(
        ("datetime_type", "datetime_parsing", "datetime_from_date_parsing"),
        Word(mark("a date and time such as 2026-11-30T21:00:00-03:00")),
    ),
    "timezone_aware": Word(mark("a date and time with its offset, such as 2026-11-30T21:00:00-03:00")),
    **dict.fromkeys(
        ("url_type", "url_parsing", "url_syntax_violation"), Word(mark("a URL such as https://casalume.example/"))
    ),
}
_COLLECTIONS = frozenset({A_LIST, A_MAPPING})

_TRUTHS: Mapping[str, Word] = {"True": Word(mark("true")), "False": Word(mark("false"))}

# Filled with pydantic's context, which names the limit.
_MUST: Mapping[str, str] = {
    "string_too_short": mark("must have at least {min_length} characters"),
    "string_too_long": mark("must have at most {max_length} characters"),
    "string_pattern_mismatch": mark("is not written as it must be (pattern {pattern})"),
    "too_short": mark("must have at least {min_length} entries, not {actual_length}"),
    "too_long": mark("must have at most {max_length} entries"),
    "greater_than": mark("must be more than {gt}"),
    "greater_than_equal": mark("must be at least {ge}"),
    "less_than": mark("must be less than {lt}"),
    "less_than_equal": mark("must be at most {le}"),
    "multiple_of": mark("must be a multiple of {multiple_of}"),
    "decimal_max_places": mark("must have at most {decimal_places} decimal places"),
    "decimal_max_digits": mark("must have at most {max_digits} digits"),
    "decimal_whole_digits": mark("must have at most {whole_digits} digits before the point"),
    "url_scheme": mark("must begin with one of {expected_schemes}"),
}

_LISTED_KEYS_MAX = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One thing wrong at a path. A path that leaves the document names what is missing there.

    `meant` is the key that a misspelt one is surely meant to be.
    """

    path: KeyPath
    code: str
    message: Phrase
    help: Phrase | None = None
    on_key: bool = False
    meant: str | None = None


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
        elif not any(
            len(path) > len(fault.path) and path[: len(fault.path)] == fault.path for path in paths
        ) and not any(isinstance(one, Fault) and one.path == fault.path for one in found):
            # Where something deeper or more is wrong, another member had the right type: this one says nothing.
            wanted[fault.path].append(fault)
    return list(dict.fromkeys([*_without_echoes(told), *(_merged(group) for group in wanted.values())]))


def _without_echoes(told: list[Fault]) -> Iterator[Fault]:
    """A misspelt key is one mistake: that the right one is missing then says nothing new."""
    meant = {(*fault.path[:-1], fault.meant) for fault in told if fault.meant}
    return (fault for fault in told if fault.code != MISSING_KEY or fault.path not in meant)


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
    elif kind == "literal_error" and context["expected"] in _TRUTHS:
        yield _Wanted(path=path, wanted=(_TRUTHS[context["expected"]],), got=details["input"])
    elif kind in {"literal_error", "enum"}:
        words = listed_words(str(context["expected"]))
        yield _Wanted(path=path, wanted=tuple(map(quoted, words)), words=words, got=details["input"])
    elif kind == "too_short" and len(details["input"]) >= context["min_length"]:
        return  # its entries are there, and wrong themselves: pydantic counts only those that are right
    elif kind in _WANTED:
        yield _Wanted(path=path, wanted=(_WANTED[kind],), got=details["input"])
    elif kind in _MUST:
        yield _wrong(path, Phrase(_MUST[kind], **context), details)
    else:
        yield _wrong((*path, *_further(details)), _own_words(details), details)


def _further(details: ErrorDetails) -> KeyPath:
    """From what a validator looked at to the part of it that it found wrong."""
    error = details.get("ctx", {}).get("error")
    return error.path if isinstance(error, Unfit) else ()


def _own_words(details: ErrorDetails) -> Phrase:
    """What a validator said; pydantic only puts "Value error, " before it."""
    error = details.get("ctx", {}).get("error")
    if isinstance(error, Unfit):
        return error.said
    return Phrase("{why}", why=details["msg"] if error is None else str(error))


def _missing(path: KeyPath, key: str) -> Fault:
    message = Phrase('Key "{key}" is missing{where}', key=key, where=within(path))
    return Fault(path=(*path, key), code=MISSING_KEY, message=message)


def _unknown(path: KeyPath, known: Sequence[str], mapping: Mapping[str, Any]) -> Fault:
    key = str(path[-1])
    meant = did_you_mean(key, [word for word in known if word not in mapping])
    listed = not meant and 0 < len(known) <= _LISTED_KEYS_MAX
    return Fault(
        path=path,
        code=UNKNOWN_KEY,
        message=Phrase('Unknown key "{key}"{hint}', key=key, hint=meant),
        help=_known_here(known) if listed else None,
        on_key=True,
        meant=meant.near or None,
    )


def _no_member(
    context: Mapping[str, Any], model: type[BaseModel], path: KeyPath, value: object
) -> Iterator[Fault | _Wanted]:
    """A union found none of its members: by the key that tells them apart, or by a function that looks at all keys."""
    if not isinstance(value, dict):
        yield _Wanted(path=path, wanted=(A_MAPPING,), got=value)
        return
    told_apart_by = listed_words(str(context.get("discriminator", "")))
    if told_apart_by and told_apart_by[0] in value:
        key, words = told_apart_by[0], listed_words(str(context.get("expected_tags", "")))
        yield _Wanted(path=(*path, key), wanted=tuple(map(quoted, words)), words=words, got=value[key])
    elif told_apart_by:
        yield _missing(path, told_apart_by[0])
    else:
        yield from _no_form(model, path, value)


def _no_form(model: type[BaseModel], path: KeyPath, value: Mapping[str, Any]) -> Iterator[Fault]:
    """A mapping says by one of its keys what it is, and this one by none of them, or by several."""
    forms, known = telling_keys(model, path), all_keys(model, path)
    said = [key for key in value if key in forms]
    unknown = [key for key in value if key not in known]
    if said[1:]:
        first, second = said[:2]
        message = Phrase('{subject} cannot be both "{first}" and "{second}"', subject=subject(path),
                         first=first, second=second)  # fmt: skip
        help_ = Phrase("Make two of it, one after the other.")
        yield Fault(path=(*path, second), code=WRONG_VALUE, message=message, help=help_, on_key=True)
        return
    for key in unknown:
        # The key that says what it is was meant, if it is missing and this one is near to one of them.
        yield _unknown((*path, key), forms if did_you_mean(key, forms) else known, value)
    if not unknown:
        message = Phrase("{subject} does not say what it is", subject=subject(path))
        yield Fault(path=path, code=WRONG_VALUE, message=message,
                    help=Phrase("Write one of: {known}.", known=", ".join(forms)))  # fmt: skip


def _known_here(known: Sequence[str]) -> Phrase:
    return Phrase("Known here: {known}.", known=", ".join(known))


def _wrong(path: KeyPath, said: Phrase, details: ErrorDetails) -> Fault:
    """What is said in lower case ("must be a path") goes on about the key."""
    message = Phrase("{subject} {said}", subject=subject(path), said=said) if said[:1].islower() else said
    return Fault(path=path, code=WRONG_VALUE, message=message, on_key=details["loc"][-1:] == ("[key]",))


def _merged(group: Sequence[_Wanted]) -> Fault:
    """What every member of a union wanted, in one sentence."""
    first = group[0]
    wanted = list(dict.fromkeys(phrase for one in group for phrase in one.wanted))
    words = [word for one in group for word in one.words]
    meant = did_you_mean(first.got, words) if isinstance(first.got, str) else ""
    got = called(first.got, quote=not _COLLECTIONS.issuperset(wanted))
    quotable = TEXT in wanted and isinstance(first.got, bool | int | float)
    return Fault(
        path=first.path,
        code=WRONG_VALUE,
        message=Phrase(
            "{subject} must be {wanted}, not {got}{hint}",
            subject=subject(first.path),
            wanted=either(wanted),
            got=got,
            hint=meant,
        ),
        help=Phrase("Put it in quotes.") if quotable else None,
    )
