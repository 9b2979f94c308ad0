"""Our message as the template that Meta is asked to approve: named parameters, each with an example.

The text is that of the one `render`, with its places open: what is approved is what is sent.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from orchestrator.catalog.copy import sources
from orchestrator.catalog.examples import complete_data
from orchestrator.catalog.model import example_data
from orchestrator.catalog.render import render
from orchestrator.catalog.templates import CLAIMS, Place, parse_copy
from orchestrator.domain.customer import Channel
from orchestrator.schema import merged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from orchestrator.catalog.copy import Sources
    from orchestrator.catalog.model import Message, PublishedMessage, WhatsAppCopy
    from orchestrator.catalog.voice import Voice

# Two examples are parted as two paragraphs are: no value has a line end in it.
_BETWEEN = "\n\n"


def template_document(
    published: PublishedMessage, voice: Voice, locale: str, data: Mapping[str, Any] | None = None
) -> dict[str, Any] | None:
    """The JSON for `POST /{WABA_ID}/message_templates`, or None where a message has no WhatsApp template.

    Args:
        published: the message, with its translations.
        voice: the brand voice; its greeting stands in the template too.
        locale: which translation.
        data: what the examples are taken from; what it lacks comes from the message's own examples.

    Raises:
        MissingVariable, RenderError: the data does not fit.
    """
    own = published.translations.get(locale, published)
    copy = own.message.channels.whatsapp
    if copy is None or copy.template is None:
        return None
    written = sources(own.message, voice.in_locale(locale), Channel.WHATSAPP)
    assert written is not None
    places = {part.key: part for source in written.values() for part in parse_copy(source) if isinstance(part, Place)}
    examples = _examples(published, voice, locale, places.values(), data or {})
    names = _names(written["text"])
    components = [_body(written["text"], names, examples)]
    if copy.buttons:
        components.append({"type": "BUTTONS", "buttons": _buttons(copy, written, examples)})
    return {
        "name": copy.template.name,
        "language": copy.template.language,
        "category": copy.template.category.upper(),
        **({"parameter_format": "NAMED"} if names else {}),
        "components": components,
    }


def _names(source: str) -> dict[str, str]:
    """Place → parameter: `order.number` is `order_number`, `claims.new_date` is `new_date`. No two share a name."""
    names: dict[str, str] = {}
    for place in parse_copy(source):
        if not isinstance(place, Place) or place.key in names:
            continue
        plain = "_".join([place.name.removeprefix(CLAIMS).replace(".", "_"), *(one.name for one in place.filters)])
        name, number = plain, 1
        while name in names.values():
            number += 1
            name = f"{plain}_{number}"
        names[place.key] = name
    return names


def _body(source: str, names: Mapping[str, str], examples: Mapping[str, str]) -> dict[str, Any]:
    body: dict[str, Any] = {"type": "BODY", "text": _with_variables(source, names.__getitem__)}
    if names:
        pairs = [{"param_name": name, "example": examples[key]} for key, name in names.items()]
        body["example"] = {"body_text_named_params": pairs}
    return body


def _buttons(copy: WhatsAppCopy, written: Sources, examples: Mapping[str, str]) -> list[dict[str, Any]]:
    """A URL's variable is `{{1}}` always: Meta has no names there."""
    buttons: list[dict[str, Any]] = []
    for number, button in enumerate(copy.buttons):
        label = _numbered(written[f"button_{number}_label"])
        if button.type == "quick_reply":
            buttons.append({"type": "QUICK_REPLY", "text": label})
            continue
        url = written[f"button_{number}_url"]
        keys = _keys(url)
        example = {"example": [examples[key] for key in keys]} if keys else {}
        buttons.append({"type": "URL", "text": label, "url": _numbered(url), **example})
    return buttons


def _numbered(source: str) -> str:
    keys = _keys(source)
    return _with_variables(source, lambda key: str(keys.index(key) + 1))


def _keys(source: str) -> list[str]:
    return list(dict.fromkeys(part.key for part in parse_copy(source) if isinstance(part, Place)))


def _with_variables(source: str, name: Callable[[str], str]) -> str:
    return "".join(f"{{{{{name(part.key)}}}}}" if isinstance(part, Place) else str(part) for part in parse_copy(source))


# --- examples -------------------------------------------------------------------------------------------------------


def _examples(
    published: PublishedMessage, voice: Voice, locale: str, places: Iterable[Place], data: Mapping[str, Any]
) -> dict[str, str]:
    """Place → what a customer would read there: a message of nothing but its places, rendered."""
    places = list(places)
    if not places:
        return {}
    own = published.translations.get(locale, published)
    channels = own.message.channels
    assert channels.whatsapp is not None
    only_places = channels.whatsapp.model_copy(update={"body": _BETWEEN.join(map(_source, places)), "buttons": ()})
    message = own.message.model_copy(update={"channels": channels.model_copy(update={"whatsapp": only_places})})
    stand_in = own.model_copy(update={"message": message, "letter": "", "translations": {}})
    if own is not published:
        stand_in = published.model_copy(update={"translations": {locale: stand_in}})
    rendered = render(stand_in, voice, locale, Channel.WHATSAPP, _example_first(own.message, data))
    return dict(zip((place.key for place in places), rendered.text.split(_BETWEEN), strict=True))


def _example_first(message: Message, data: Mapping[str, Any]) -> dict[str, Any]:
    """A reviewer should see a name where there may be one, not what is said where there is none."""
    return complete_data(message, merged(example_data(message), dict(data)))


def _source(place: Place) -> str:
    written = place.name
    for one in place.filters:
        words = ", ".join(f"{word}={json.dumps(text, ensure_ascii=False)}" for word, text in one.words)
        written += f" | {one.name}({words})" if words else f" | {one.name}"
    return f"{{{{ {written} }}}}"
