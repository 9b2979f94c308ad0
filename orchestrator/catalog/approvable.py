"""What of a WhatsApp message Meta approves once, and what is filled in for each customer.

The text is that of the one `render`, with its places open: what is approved is what is sent. The name under which it
goes to Meta ends in six digits of its content, because two texts cannot share a name and a language there: new copy is
a new template, and the old one goes on until it is approved (decisions, section 3).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from orchestrator.catalog.templates import CLAIMS, Place, parse_copy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.catalog.model import HeaderCopy, TemplateName, WhatsAppCopy
    from orchestrator.catalog.prepare import Prepared
    from orchestrator.catalog.script import Values
    from orchestrator.catalog.templates import Parts

DIGITS_OF_CONTENT = 6


@dataclass(frozen=True, eq=False)
class Approvable:
    """A template without what changes from customer to customer, and without the examples that reviewers read.

    `components` are those of Meta's JSON. `names` says how a place of the body is called there; a button's address has
    at most one variable, `{{1}}`, and `addresses` gives the literal text before it.
    """

    template: TemplateName
    header: HeaderCopy | None
    components: tuple[dict[str, Any], ...]
    names: Mapping[str, str]
    addresses: Mapping[int, str]
    payloads: Mapping[int, str]

    @cached_property
    def name(self) -> str:
        """The name under which it is sent: the file's, `_`, and six hexadecimal digits of what is approved."""
        content = {"category": self.template.category, "components": self.components}
        digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
        return f"{self.template.name}_{digest[:DIGITS_OF_CONTENT]}"

    def filled(self, values: Values, texts: Mapping[str, str]) -> dict[str, Any]:
        """What an adapter needs to send it to one customer, as plain JSON: see `Rendered.template`.

        Args:
            values: what stands in the places.
            texts: the fields of the message, filled.
        """
        buttons: list[dict[str, Any]] = [
            {"index": number, "type": "url", "suffix": texts[f"button_{number}_url"].removeprefix(literal)}
            for number, literal in self.addresses.items()
        ]
        buttons += [
            {"index": number, "type": "quick_reply", "payload": payload} for number, payload in self.payloads.items()
        ]
        return {
            "name": self.name,
            "base": self.template.name,
            "language": self.template.language,
            "category": self.template.category,
            **({"header": self._above(texts["header_url"])} if self.header is not None else {}),
            "body": {name: values[key] for key, name in self.names.items()},
            "buttons": sorted(buttons, key=lambda button: button["index"]),
            **({"ttl_seconds": seconds} if (seconds := self.template.ttl_seconds) is not None else {}),
        }

    def _above(self, link: str) -> dict[str, str]:
        assert self.header is not None
        named = {"filename": self.header.filename} if self.header.filename else {}
        return {"type": self.header.type, "link": link, **named}


@lru_cache(maxsize=8_192)
def approvable_of(prepared: Prepared) -> Approvable | None:
    """That of a message that is ready to be filled; None where it has no template."""
    copy = prepared.message.channels.whatsapp
    return approvable(copy, {name: script.parts for name, script in prepared.scripts}) if copy is not None else None


def approvable(copy: WhatsAppCopy, written: Mapping[str, Parts]) -> Approvable | None:
    """What goes to Meta of a message's fields (`text`, `button_0_url`…); None where it has no template."""
    if copy.template is None:
        return None
    names = _names(written["text"])
    components: list[dict[str, Any]] = []
    if copy.header is not None:
        components.append({"type": "HEADER", "format": copy.header.type.upper()})
    components.append({"type": "BODY", "text": _with_variables(written["text"], names.__getitem__)})
    if copy.buttons:
        components.append({"type": "BUTTONS", "buttons": [*_buttons(copy, written)]})
    return Approvable(
        template=copy.template,
        header=copy.header,
        components=tuple(components),
        names=names,
        addresses={
            number: _literal(written[f"button_{number}_url"])
            for number, button in enumerate(copy.buttons)
            if button.type == "url" and keys_of(written[f"button_{number}_url"])
        },
        payloads={
            number: payload(number, button.emit)
            for number, button in enumerate(copy.buttons)
            if button.type == "quick_reply"
        },
    )


def payload(number: int, emit: str | None) -> str:
    """What a tap on a button brings back: the event that it causes, or else its place. Never the words on it."""
    return emit or f"button_{number}"


def keys_of(parts: Parts) -> list[str]:
    """The places of a field, in order, each once."""
    return list(dict.fromkeys(part.key for part in parts if isinstance(part, Place)))


def parsed(written: Mapping[str, str]) -> dict[str, Parts]:
    """The parts of every field of a message."""
    return {name: parse_copy(source) for name, source in written.items()}


def _names(parts: Parts) -> dict[str, str]:
    """Place → parameter: `order.number` is `order_number`, `claims.new_date` is `new_date`. No two share a name."""
    names: dict[str, str] = {}
    for place in parts:
        if not isinstance(place, Place) or place.key in names:
            continue
        plain = "_".join([place.name.removeprefix(CLAIMS).replace(".", "_"), *(one.name for one in place.filters)])
        name, number = plain, 1
        while name in names.values():
            number += 1
            name = f"{plain}_{number}"
        names[place.key] = name
    return names


def _buttons(copy: WhatsAppCopy, written: Mapping[str, Parts]) -> list[dict[str, Any]]:
    """A URL's variable is `{{1}}` always: Meta has no names there."""
    buttons: list[dict[str, Any]] = []
    for number, button in enumerate(copy.buttons):
        label = _numbered(written[f"button_{number}_label"])
        if button.type == "quick_reply":
            buttons.append({"type": "QUICK_REPLY", "text": label})
        else:
            buttons.append({"type": "URL", "text": label, "url": _numbered(written[f"button_{number}_url"])})
    return buttons


def _numbered(parts: Parts) -> str:
    keys = keys_of(parts)
    return _with_variables(parts, lambda key: str(keys.index(key) + 1))


def _with_variables(parts: Parts, name: Callable[[str], str]) -> str:
    return "".join(f"{{{{{name(part.key)}}}}}" if isinstance(part, Place) else str(part) for part in parts)


def _literal(parts: Parts) -> str:
    """The text before the first place."""
    return parts[0] if isinstance(parts[0], str) else ""
