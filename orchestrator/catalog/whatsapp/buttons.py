"""The buttons of a template: how many, in which order, what stands on them and where they lead."""

from __future__ import annotations

import re
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from orchestrator.catalog.whatsapp import limits
from orchestrator.catalog.whatsapp.parts import VARIABLE, Part, Violation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_TOO_MANY_OF_A_TYPE: Mapping[str, str] = {
    "URL": "too_many_url_buttons",
    "PHONE_NUMBER": "too_many_phone_buttons",
    "COPY_CODE": "too_many_copy_code_buttons",
}

# Quick replies, and all others.
_GROUPS_MAX = 2


def button_violations(parts: Mapping[str, Part], category: str) -> Iterator[Violation]:
    """What is wrong with the buttons."""
    if "BUTTONS" not in parts:
        return
    buttons, pointer = parts["BUTTONS"].buttons, f"{parts['BUTTONS'].pointer}/buttons"
    yield from _counts(buttons, pointer)
    if len([*groupby(button.kind == "QUICK_REPLY" for button in buttons)]) > _GROUPS_MAX:
        yield Violation(code="quick_replies_not_grouped", pointer=pointer)
    for button in buttons:
        if button.kind not in limits.BUTTONS or (button.kind == "OTP" and category != "AUTHENTICATION"):
            yield Violation(code="unknown_button", pointer=button.pointer, params={"found": button.kind})
            continue
        yield from _label(button)
        if button.kind in _OF_A_TYPE:
            yield from _OF_A_TYPE[button.kind](button)


def _counts(buttons: Sequence[Part], pointer: str) -> Iterator[Violation]:
    if len(buttons) > limits.BUTTONS_MAX:
        params = {"found": len(buttons), "max": limits.BUTTONS_MAX}
        yield Violation(code="too_many_buttons", pointer=pointer, params=params)
    counted = Counter(button.kind for button in buttons)
    for kind, count_max in limits.BUTTONS_OF_A_TYPE_MAX.items():
        if counted[kind] > count_max:
            params = {"found": counted[kind], "max": count_max}
            yield Violation(code=_TOO_MANY_OF_A_TYPE[kind], pointer=pointer, params=params)


def _label(button: Part) -> Iterator[Violation]:
    pointer = f"{button.pointer}/text"
    if limits.BUTTONS[button.kind] and not button.text.strip():
        yield Violation(code="button_text_missing", pointer=pointer)
    if len(button.text) > limits.BUTTON_TEXT_LENGTH_MAX:
        params = {"found": len(button.text), "max": limits.BUTTON_TEXT_LENGTH_MAX}
        yield Violation(code="button_text_too_long", pointer=pointer, params=params)
    if VARIABLE.search(button.text):
        yield Violation(code="button_variable", pointer=pointer, occurrence=0)


# --- by type --------------------------------------------------------------------------------------------------------

_ADDRESS = re.compile(r"https?://[^/\s{}]+(?:/\S*)?")


def _url(button: Part) -> Iterator[Violation]:
    """Literal text, then at most one variable, which is `{{1}}` in a template of named ones too."""
    url, pointer = str(button.content.get("url", "")), f"{button.pointer}/url"
    literal = VARIABLE.sub("", url)
    if len(url) > limits.URL_LENGTH_MAX:
        params = {"found": len(url), "max": limits.URL_LENGTH_MAX}
        yield Violation(code="url_too_long", pointer=pointer, params=params)
    if not _ADDRESS.fullmatch(url):
        yield Violation(code="bad_url", pointer=pointer, params={"found": url[:80]})
    elif stray := re.search("[{}]", literal):
        yield Violation(code="bad_braces", pointer=pointer, params={"found": stray[0]})
    elif literal != url:
        if VARIABLE.findall(url) != ["1"] or not url.endswith("{{1}}"):
            yield Violation(code="url_variable_not_at_end", pointer=pointer, occurrence=0)
        elif len(examples := _listed(button)) != 1:
            params = {"found": len(examples), "wanted": 1}
            yield Violation(code="example_count", pointer=f"{button.pointer}/example", params=params)


def _copy_code(button: Part) -> Iterator[Violation]:
    pointer, examples = f"{button.pointer}/example", _listed(button)
    if len(examples) != 1:
        yield Violation(code="example_count", pointer=pointer, params={"found": len(examples), "wanted": 1})
    elif len(examples[0]) > limits.COUPON_LENGTH_MAX:
        params = {"found": len(examples[0]), "max": limits.COUPON_LENGTH_MAX}
        yield Violation(code="coupon_example_too_long", pointer=pointer, params=params)


_OF_A_TYPE: Mapping[str, Callable[[Part], Iterator[Violation]]] = {"URL": _url, "COPY_CODE": _copy_code}


def _listed(button: Part) -> list[str]:
    """Meta takes one example bare, or in a list."""
    example = button.content.get("example")
    return [str(one) for one in (example if isinstance(example, list) else [example]) if one not in (None, "")]
