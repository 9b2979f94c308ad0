"""Our message as the template that Meta is asked to approve: named parameters, each with an example.

The text is that of the one `render`, with its places open: what is approved is what is sent.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from orchestrator.catalog.approvable import approvable, keys_of, parsed
from orchestrator.catalog.copy import sources
from orchestrator.catalog.examples import complete_data
from orchestrator.catalog.model import example_data
from orchestrator.catalog.render import render
from orchestrator.catalog.templates import Place
from orchestrator.domain.customer import Channel
from orchestrator.schema import merged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from orchestrator.catalog.approvable import Approvable
    from orchestrator.catalog.model import Message, PublishedMessage
    from orchestrator.catalog.templates import Parts
    from orchestrator.catalog.voice import Voice

# Two examples are parted as two paragraphs are: no value has a line end in it.
_BETWEEN = "\n\n"


def template_document(
    published: PublishedMessage, voice: Voice, locale: str, data: Mapping[str, Any] | None = None
) -> dict[str, Any] | None:
    """The JSON for `POST /{WABA_ID}/message_templates`, or None where a message has no WhatsApp template.

    Its name is the one under which the message is sent: `Approvable.name`.

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
    written_parts = parsed(written)
    form = approvable(copy, written_parts)
    assert form is not None
    places = {part.key: part for parts in written_parts.values() for part in parts if isinstance(part, Place)}
    examples = _examples(published, voice, locale, places.values(), data or {})
    return {
        "name": form.name,
        "language": copy.template.language,
        "category": copy.template.category.upper(),
        **({"parameter_format": "NAMED"} if form.names else {}),
        **({"message_send_ttl_seconds": seconds} if (seconds := copy.template.ttl_seconds) is not None else {}),
        "components": [_with_examples(one, form, written_parts, examples) for one in form.components],
    }


def _with_examples(
    component: Mapping[str, Any], form: Approvable, written: Mapping[str, Parts], examples: Mapping[str, str]
) -> dict[str, Any]:
    """A component as reviewers want it: with an example for every variable."""
    if component["type"] == "BUTTONS":
        addresses = (keys_of(written[f"button_{number}_url"]) for number in range(len(component["buttons"])))
        buttons = [
            {**button, "example": [examples[key] for key in keys]} if keys else dict(button)
            for button, keys in zip(component["buttons"], addresses, strict=True)
        ]
        return {**component, "buttons": buttons}
    if component["type"] == "HEADER":
        return {**component, "example": {"header_handle": [_address_of_example(written["header_url"], examples)]}}
    if not form.names:
        return dict(component)
    pairs = [{"param_name": name, "example": examples[key]} for key, name in form.names.items()]
    return {**component, "example": {"body_text_named_params": pairs}}


def _address_of_example(parts: Parts, examples: Mapping[str, str]) -> str:
    """Where the picture is that a reviewer sees. Meta wants a handle of an upload: who submits it puts that there."""
    return "".join(examples[part.key] if isinstance(part, Place) else str(part) for part in parts)


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
    alone = {"body": _BETWEEN.join(map(_source, places)), "buttons": (), "header": None}
    only_places = channels.whatsapp.model_copy(update=alone)
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
