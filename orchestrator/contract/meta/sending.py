"""A rendered message as the body of `POST /{PHONE_NUMBER_ID}/messages`: a template, a text, or something to tap.

Nothing is dropped silently: what a free-form message cannot hold is sent as the template, and where there is none, an
address goes into the text; anything else is an error of the message, with what to do.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from orchestrator.domain.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from orchestrator.domain.delivery import Delivery
    from orchestrator.domain.message import Button, Rendered

TEXT_LENGTH_MAX = 4096
INTERACTIVE_LENGTH_MAX = 1024
CAPTION_LENGTH_MAX = 1024
REPLIES_MAX = 3
REPLY_LENGTH_MAX = 20
ROWS_MAX = 10
ROW_LENGTH_MAX = 24
CALLBACK_DATA_LENGTH_MAX = 512

# What opens a list of answers, by language.
_OPEN_THE_LIST: Mapping[str, str] = {"pt": "Ver opções", "en": "See options", "es": "Ver opciones"}

# A business-scoped id, `BR.13491208655302741918`: it names a person without a phone, and is never read as digits.
SCOPED_ID = re.compile(r"[A-Z]{2}\.[0-9A-Za-z.]{1,140}")


def message_to(delivery: Delivery) -> dict[str, Any]:
    """The whole body, without what an endpoint adds.

    Raises:
        InputError: it cannot be said as it is.
    """
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **_recipient(delivery.address.value),
        "biz_opaque_callback_data": delivery.reference[:CALLBACK_DATA_LENGTH_MAX],
        **_content(delivery),
    }


def _recipient(address: str) -> dict[str, str]:
    if SCOPED_ID.fullmatch(address):
        return {"recipient": address}
    digits = address.removeprefix("+")
    if not digits.isascii() or not digits.isdigit():
        raise InputError("The address is no phone number that WhatsApp knows.", code="invalid_address")
    return {"to": digits}


def _content(delivery: Delivery) -> dict[str, Any]:
    rendered = delivery.rendered
    free = _free(rendered) if delivery.conversing or rendered.template is None else None
    if free is not None and delivery.conversing:
        return free
    if rendered.template is not None:
        return {"type": "template", "template": template(rendered.template)}
    if not delivery.conversing:
        raise InputError(
            '"{message}" has no WhatsApp template, and the person has not written to us within 24 hours.',
            message=rendered.message,
            remedy="Give it channels.whatsapp.template.",
        )
    raise InputError(
        '"{message}" does not fit into a WhatsApp message: its text, or the words on its buttons, are too long.',
        message=rendered.message,
        remedy="With buttons the text has at most 1024 characters, a button 20, and an answer of a list 24.",
    )


# --- a template -----------------------------------------------------------------------------------------------------


def template(said: Mapping[str, Any]) -> dict[str, Any]:
    """The `template` of a message, from `Rendered.template`. Raises InputError for a value that Meta refuses."""
    return {
        "name": said["name"],
        "language": {"code": str(said["language"]).replace("-", "_")},
        "components": [*_components(said)],
    }


def _components(said: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if header := said.get("header"):
        yield {"type": "header", "parameters": [*_header(header)]}
    if body := said.get("body"):
        yield {"type": "body", "parameters": [*_named(body)]}
    for button in said.get("buttons", ()):
        parameter = _BUTTON_PARAMETERS[button["type"]]
        yield {
            "type": "button",
            "sub_type": button["type"],
            "index": str(button["index"]),
            "parameters": [{"type": parameter[0], parameter[1]: value_for_meta(button[parameter[2]])}],
        }


# Type of a button → type of its parameter, that one's key, and ours. An address is positional in named templates too.
_BUTTON_PARAMETERS: Mapping[str, tuple[str, str, str]] = {
    "url": ("text", "text", "suffix"),
    "quick_reply": ("payload", "payload", "payload"),
    "copy_code": ("coupon_code", "coupon_code", "code"),
}


def _header(header: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    kind = header["type"]
    if kind == "text":
        yield from _named(header["values"])
        return
    file_name = {"filename": header["filename"]} if kind == "document" and header.get("filename") else {}
    yield {"type": kind, kind: {"link": header["link"], **file_name}}


def _named(values: Mapping[str, str]) -> Iterator[dict[str, str]]:
    for name, value in values.items():
        yield {"type": "text", "parameter_name": name, "text": value_for_meta(value)}


_REFUSED_BLANKS = re.compile("[\n\r\t\v\f]+| {5,}")


def value_for_meta(value: str) -> str:
    """A parameter's value without what Meta refuses (132018): line ends, tabs, five spaces in a row.

    Raises:
        InputError: nothing is left.
    """
    cleaned = _REFUSED_BLANKS.sub(" ", value).strip()
    if not cleaned:
        raise InputError("A value of the WhatsApp template is empty, which Meta refuses.", remedy="Give it a fallback.")
    return cleaned


# --- while the conversation is open ---------------------------------------------------------------------------------


def _free(rendered: Rendered) -> dict[str, Any] | None:
    """Text, or a picture, and buttons; None where it cannot hold all that is said."""
    media = _media(rendered)
    if media is None:
        return None
    links = [button for button in rendered.buttons if button.url]
    replies = [(place, button) for place, button in enumerate(rendered.buttons) if not button.url]
    if replies:
        return _tappable(_with_links(rendered.text, links), replies, rendered.locale, media)
    if len(links) == 1 and len(rendered.text) <= INTERACTIVE_LENGTH_MAX and len(links[0].label) <= REPLY_LENGTH_MAX:
        return _interactive(rendered.text, "cta_url", _link(links[0]), media)
    return _plain(_with_links(rendered.text, links), media)


def _media(rendered: Rendered) -> dict[str, Any] | None:
    """What stands above the text: a picture, a film, a file, or nothing; None where it is words, which need bold."""
    header = rendered.template.get("header") if rendered.template is not None else None
    if not header:
        return {}
    if header["type"] == "text":
        return None
    (media,) = _header(header)
    return media


def _plain(text: str, media: Mapping[str, Any]) -> dict[str, Any] | None:
    if not media:
        fits = len(text) <= TEXT_LENGTH_MAX
        return {"type": "text", "text": {"body": text, "preview_url": True}} if fits else None
    if len(text) > CAPTION_LENGTH_MAX:
        return None
    kind = media["type"]
    return {"type": kind, kind: {**media[kind], "caption": text}}


def _with_links(text: str, links: Sequence[Button]) -> str:
    """Only one address fits on a button of a free-form message: the others stand in the text."""
    return "\n\n".join([text, *(f"{button.label}: {button.url}" for button in links)])


def _link(button: Button) -> dict[str, Any]:
    return {"name": "cta_url", "parameters": {"display_text": button.label, "url": button.url}}


def _tappable(
    text: str, replies: Sequence[tuple[int, Button]], locale: str, media: Mapping[str, Any]
) -> dict[str, Any] | None:
    labels = [button.label for _, button in replies]
    longest = max(map(len, labels))
    if len(text) > INTERACTIVE_LENGTH_MAX or len(set(labels)) < len(labels):  # Meta takes no two alike
        return None
    if len(replies) <= REPLIES_MAX and longest <= REPLY_LENGTH_MAX:
        buttons = [{"type": "reply", "reply": {"id": _payload(*one), "title": one[1].label}} for one in replies]
        return _interactive(text, "button", {"buttons": buttons}, media)
    if len(replies) > ROWS_MAX or longest > ROW_LENGTH_MAX or media:  # a list shows no picture
        return None
    rows = [{"id": _payload(*one), "title": one[1].label} for one in replies]
    opens = _OPEN_THE_LIST.get(locale[:2].lower(), _OPEN_THE_LIST["en"])
    return _interactive(text, "list", {"button": opens, "sections": [{"rows": rows}]}, media)


def _payload(place: int, button: Button) -> str:
    """What a tap brings back: the same as from the template's button. Never the words on it."""
    return button.emit or f"button_{place}"


def _interactive(text: str, kind: str, action: dict[str, Any], media: Mapping[str, Any]) -> dict[str, Any]:
    header = {"header": dict(media)} if media else {}
    return {"type": "interactive", "interactive": {"type": kind, **header, "body": {"text": text}, "action": action}}
