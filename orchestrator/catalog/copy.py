"""What each channel will say, as Jinja sources: the voice's greeting, the content, and the channel's own words.

Everything that does not depend on the customer happens here, once for a message; `render` only fills the places.
The functions read side by side are the specification of how the channels differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.catalog.blocks import close_up, set_apart
from orchestrator.catalog.text import markdown_to_text, markdown_to_whatsapp, one_line
from orchestrator.domain.customer import Channel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.catalog.model import Message
    from orchestrator.catalog.voice import ChannelHabits, Voice

# Field of the rendered message → Jinja source.
Sources = dict[str, str]


def sources(message: Message, voice: Voice, channel: Channel) -> Sources | None:
    """The sources of every field of one channel, or None where the message is deliberately silent on it."""
    if channel not in message.said_on:
        return None
    return _CHANNELS[channel](message, voice.habits(channel))


def email_body(message: Message, habits: ChannelHabits) -> str:
    """The e-mail's body in Markdown, greeting and sign-off included. Lines of {% if %} and {% for %} stand apart."""
    copy = message.channels.email
    if copy is not None and copy.body is not None:
        return set_apart(copy.body)
    return _wrapped(message, habits)


def _email(message: Message, habits: ChannelHabits) -> Sources:
    copy = message.channels.email
    assert copy is not None
    action = message.content.cta
    text = _paragraphs(
        close_up(markdown_to_text(email_body(message, habits))),
        f"{action.label}: {action.url}" if action else "",
    )
    return {"subject": one_line(copy.subject), "preheader": one_line(copy.preheader), "text": text}


def _whatsapp(message: Message, habits: ChannelHabits) -> Sources:
    copy = message.channels.whatsapp
    assert copy is not None
    body = copy.body if copy.body is not None else _wrapped(message, habits)
    found = {"text": markdown_to_whatsapp(body).strip()}
    if copy.header is not None:
        found["header_url"] = copy.header.url.strip()
    for number, button in enumerate(copy.buttons):
        found[f"button_{number}_label"] = button.label
        found[f"button_{number}_url"] = button.url or ""
    return found


def _sms(message: Message, habits: ChannelHabits) -> Sources:
    copy = message.channels.sms
    assert copy is not None
    return {"text": one_line(habits.prefix + (copy.body or markdown_to_text(message.content.body)))}


def _push(message: Message, habits: ChannelHabits) -> Sources:
    copy = message.channels.push
    assert copy is not None
    title = f"{habits.prefix}{copy.title}"
    return {"title": one_line(title), "text": one_line(copy.body), "url": copy.url.strip()}


_CHANNELS: Mapping[Channel, Callable[[Message, ChannelHabits], Sources]] = {
    Channel.EMAIL: _email,
    Channel.WHATSAPP: _whatsapp,
    Channel.SMS: _sms,
    Channel.PUSH: _push,
}


def _wrapped(message: Message, habits: ChannelHabits) -> str:
    """Greeting, content, sign-off. Two spaces keep a signature's lines apart: in Markdown a newline is a space."""
    sign_off = habits.sign_off.strip().replace("\n", "  \n")
    return _paragraphs(habits.greeting, message.content.body, sign_off)


def _paragraphs(*parts: str) -> str:
    return "\n\n".join(part.strip() for part in parts if part.strip())
