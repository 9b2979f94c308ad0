"""Header, body and footer of a template: how long they are, and how variables stand in them."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from orchestrator.catalog.whatsapp import limits
from orchestrator.catalog.whatsapp.parts import PARAMETER_NAME, POSITION, RISK_OF_REVIEW, VARIABLE, Part, Violation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_LENGTHS: Mapping[str, tuple[int, str]] = {
    "HEADER": (limits.HEADER_LENGTH_MAX, "header_too_long"),
    "BODY": (limits.BODY_LENGTH_MAX, "body_too_long"),
    "FOOTER": (limits.FOOTER_LENGTH_MAX, "footer_too_long"),
}
_WORD = re.compile(r"\w+")


def text_violations(
    parts: Mapping[str, Part], category: str, parameter_format: object, value_fault: Callable[[str], str | None]
) -> Iterator[Violation]:
    """What is wrong with the texts. A misspelt variable has no place and no example to speak of."""
    yield from _sizes(parts, category)
    spoken = [parts[kind] for kind in ("HEADER", "BODY") if kind in parts]
    misspelt = {part.kind: [*_spelling(part)] for part in spoken}
    for part in spoken:
        yield from misspelt[part.kind] or _placing(part, value_fault)
    if not any(misspelt.values()):
        yield from _formats(spoken, parameter_format)


def _sizes(parts: Mapping[str, Part], category: str) -> Iterator[Violation]:
    body, footer = parts.get("BODY"), parts.get("FOOTER")
    # The body of a one-time code is Meta's own.
    if category != "AUTHENTICATION" and (body is None or not body.text.strip()):
        yield Violation(code="missing_body", pointer="#/components" if body is None else f"{body.pointer}/text")
    for kind, (length_max, code) in _LENGTHS.items():
        part = parts.get(kind)
        if part is not None and len(part.text) > length_max:
            params = {"found": len(part.text), "max": length_max}
            yield Violation(code=code, pointer=f"{part.pointer}/text", params=params)
    if footer is not None and VARIABLE.search(footer.text):
        yield Violation(code="footer_variable", pointer=f"{footer.pointer}/text", occurrence=0)


# --- how variables are written --------------------------------------------------------------------------------------


def _spelling(part: Part) -> Iterator[Violation]:
    pointer, names = f"{part.pointer}/text", VARIABLE.findall(part.text)
    if stray := re.search("[{}]", VARIABLE.sub("", part.text)):
        yield Violation(code="bad_braces", pointer=pointer, params={"found": stray[0]})
    bad = [
        (occurrence, name)
        for occurrence, name in enumerate(names)
        if not POSITION.fullmatch(name) and not PARAMETER_NAME.fullmatch(name)
    ]
    for occurrence, name in bad:
        yield Violation(code="bad_parameter_name", pointer=pointer, params={"found": name[:40]}, occurrence=occurrence)
    positions = {int(name) for name in names if POSITION.fullmatch(name)}
    if bad or not positions:
        return
    if len(positions) < len(set(names)):
        yield Violation(code="mixed_formats", pointer=pointer)
    elif max(positions) != len(positions):
        missing = next(number for number in range(1, max(positions)) if number not in positions)
        yield Violation(code="not_sequential", pointer=pointer, params={"found": max(positions), "missing": missing})


def _formats(spoken: Sequence[Part], said: object) -> Iterator[Violation]:
    """Header and body agree with each other, and with what the template says of itself."""
    names = {name for part in spoken for name in VARIABLE.findall(part.text)}
    kinds = {"POSITIONAL" if POSITION.fullmatch(name) else "NAMED" for name in names}
    if len(kinds) > 1 or (kinds and said is not None and {str(said).upper()} != kinds):
        yield Violation(code="mixed_formats", pointer="#/parameter_format")
    elif kinds == {"NAMED"} and said is None:
        yield Violation(code="missing_parameter_format", pointer="#/parameter_format")


# --- where they stand -----------------------------------------------------------------------------------------------


def _placing(part: Part, value_fault: Callable[[str], str | None]) -> Iterator[Violation]:
    text, pointer, is_body = part.text.strip(), f"{part.pointer}/text", part.kind == "BODY"
    found = list(VARIABLE.finditer(text))
    names = dict.fromkeys(match[1] for match in found)
    if not is_body and len(names) > limits.HEADER_VARIABLES_MAX:
        params = {"found": len(names), "max": limits.HEADER_VARIABLES_MAX}
        yield Violation(code="header_too_many_variables", pointer=pointer, params=params, occurrence=1)
    if found:
        yield from _edges(text, found, pointer, is_body=is_body)
    for occurrence, (before, after) in enumerate(pairwise(found), start=1):
        if not text[before.end() : after.start()].strip():
            yield Violation(code="adjacent_variables", pointer=pointer, occurrence=occurrence)
    words, wanted = len(_WORD.findall(VARIABLE.sub(" ", text))), len(found) * limits.WORDS_PER_VARIABLE_MIN
    if is_body and words < wanted:
        params = {"found": len(found), "words": words, "min": wanted}
        yield Violation(code="too_many_variables", pointer=pointer, params=params)
    yield from _examples(part, list(names), value_fault)


def _edges(text: str, found: Sequence[re.Match[str]], pointer: str, *, is_body: bool) -> Iterator[Violation]:
    last, after = len(found) - 1, text[found[-1].end() :]
    if not found[0].start():
        yield Violation(code="variable_at_start", pointer=pointer, occurrence=0)
    if not after:
        yield Violation(code="variable_at_end", pointer=pointer, occurrence=last)
    elif is_body and not _WORD.search(after):
        yield Violation(code=RISK_OF_REVIEW, pointer=pointer, occurrence=last)


# --- examples -------------------------------------------------------------------------------------------------------


def _examples(part: Part, names: Sequence[str], value_fault: Callable[[str], str | None]) -> Iterator[Violation]:
    """Every variable has one, and it could be a value."""
    pointer = f"{part.pointer}/example"
    named = any(not POSITION.fullmatch(name) for name in names)
    given = _named_examples(part) if named else _positional_examples(part)
    if names and sorted(given) != sorted(names):
        params = {"found": len(given), "wanted": len(names)}
        yield Violation(code="example_count", pointer=pointer, params=params)
    for name, value in given.items():
        if fault := value_fault(value):
            yield Violation(code="bad_example_value", pointer=pointer, params={"name": name, "why": fault})


def _named_examples(part: Part) -> dict[str, str]:
    pairs = _given(part, "_named_params")
    return {str(one.get("param_name")): str(one.get("example", "")) for one in pairs if isinstance(one, dict)}


def _positional_examples(part: Part) -> dict[str, str]:
    values = _given(part, "")
    if part.kind == "BODY":  # a list in a list: Meta allows for several sets
        values = values[0] if values and isinstance(values[0], list) else []
    return {str(place): str(value) for place, value in enumerate(values, start=1)}


def _given(part: Part, suffix: str) -> list[object]:
    examples = part.content.get("example")
    found = examples.get(f"{part.kind.lower()}_text{suffix}") if isinstance(examples, dict) else None
    return found if isinstance(found, list) else []
