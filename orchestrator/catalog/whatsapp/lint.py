"""What Meta refuses in a WhatsApp template, found before it is submitted: a template's JSON in, violations out.

The rules are those of Meta's template reference and of its review; the numbers are in `limits`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from orchestrator.catalog.whatsapp import limits
from orchestrator.catalog.whatsapp.buttons import button_violations
from orchestrator.catalog.whatsapp.parts import Part, Violation, type_of
from orchestrator.catalog.whatsapp.review import review_violations
from orchestrator.catalog.whatsapp.texts import text_violations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def violations(template: Mapping[str, Any]) -> tuple[Violation, ...]:
    """Everything that is wrong with a template, as it would be sent to `POST /{WABA_ID}/message_templates`."""
    return tuple(_violations(template))


def is_valid(found: Sequence[Violation]) -> bool:
    """Whether Meta's API would take the template: warnings do not count."""
    return all(violation.level != "error" for violation in found)


def value_fault(value: str) -> str | None:
    """Why Meta refuses a parameter's value when a message is sent (132018), as a code; None where it does not."""
    if not value.strip():
        return "empty_value"
    return next((code for code, pattern in _VALUE_FAULTS if pattern.search(value)), None)


_VALUE_FAULTS = (
    ("new_line_in_value", re.compile(r"[\n\r]")),
    ("tab_in_value", re.compile(r"\t")),
    ("spaces_in_value", re.compile(rf" {{{limits.SPACES_IN_A_ROW_MAX + 1},}}")),
)


def _violations(template: Mapping[str, Any]) -> Iterator[Violation]:
    yield from _identity(template)
    components = template.get("components")
    if not isinstance(components, list):
        yield Violation(code="bad_shape", pointer="#/components")
        return
    parts: dict[str, Part] = {}
    for place, component in enumerate(components):
        pointer, kind = f"#/components/{place}", type_of(component)
        if kind not in limits.COMPONENTS:
            yield Violation(code="unknown_component", pointer=pointer, params={"found": kind})
        elif kind in parts:
            yield Violation(code="repeated_component", pointer=pointer, params={"found": kind})
        else:
            parts[kind] = Part(kind=kind, pointer=pointer, content=component)
    category = str(template.get("category", ""))
    yield from text_violations(parts, category, template.get("parameter_format"), value_fault)
    yield from button_violations(parts, category)
    yield from review_violations(parts, category)


# --- name, language, category ---------------------------------------------------------------------------------------

_NAME = re.compile(rf"[a-z0-9_]{{1,{limits.NAME_LENGTH_MAX}}}")


def _identity(template: Mapping[str, Any]) -> Iterator[Violation]:
    name, language, category = (str(template.get(key, "")) for key in ("name", "language", "category"))
    if not _NAME.fullmatch(name):
        yield Violation(code="bad_name", pointer="#/name", params={"found": name[:40], "max": limits.NAME_LENGTH_MAX})
    if language not in limits.LANGUAGES:
        params = {"found": language, "near": _nearest_language(language)}
        yield Violation(code="unknown_language", pointer="#/language", params=params)
    if category not in limits.CATEGORIES:
        yield Violation(code="unknown_category", pointer="#/category", params={"found": category})
        return
    seconds, (least, most) = template.get("message_send_ttl_seconds"), limits.TTL_SECONDS[category]
    if isinstance(seconds, int) and not least <= seconds <= most:
        params = {"found": str(seconds), "min": str(least), "max": str(most)}
        yield Violation(code="bad_ttl", pointer="#/message_send_ttl_seconds", params=params)


def _nearest_language(language: str) -> str:
    """`pt-BR` is nearly always meant as `pt_BR`; where Meta does not know the country, the language alone is left."""
    tag, _, country = language.replace("-", "_").partition("_")
    wanted = (f"{tag.lower()}_{country.upper()}", tag.lower())
    return next((code for code in wanted if code in limits.LANGUAGES), "pt_BR")
