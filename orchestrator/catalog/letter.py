"""The e-mail's HTML, made once for a message: Markdown into the MJML layout, laid out, styles inlined.

The places for data travel through Markdown, MJML and CSS as plain words, so that none of them can read an underscore
or a brace as its own, and come back as Jinja at the end.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import css_inline
import mrml
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from orchestrator.catalog.copy import email_body
from orchestrator.catalog.text import light_markdown
from orchestrator.domain.customer import Channel

if TYPE_CHECKING:
    from orchestrator.catalog.model import Message
    from orchestrator.catalog.voice import Voice

_PLACE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_MARKDOWN = light_markdown()
_INLINER = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)
_LAYOUTS = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


def lay_out(message: Message, voice: Voice, layout: str) -> str:
    """The Jinja source of a message's HTML part, or an empty string where it is not an e-mail.

    Args:
        message: its e-mail copy, content and call to action.
        voice: greeting and sign-off.
        layout: MJML with the slots lang, title, preheader, headline, body, cta_label and cta_url.

    Raises:
        ValueError: the layout is not valid MJML, or names a slot that does not exist.
    """
    copy = message.channels.email
    if copy is None:
        return ""
    places = _Places()
    action = message.content.cta
    slots = {
        "lang": voice.locale,
        "title": html.escape(places.hide(copy.subject)),
        "preheader": html.escape(places.hide(copy.preheader)),
        "headline": html.escape(places.hide(message.content.headline)),
        "body": _MARKDOWN.render(places.hide(email_body(message, voice.habits(Channel.EMAIL)))),
        "cta_label": html.escape(places.hide(action.label)) if action else "",
        "cta_url": html.escape(places.hide(action.url)) if action else "",
    }
    mjml = _LAYOUTS.from_string(layout).render(slots)
    return places.restore(_INLINER.inline(mrml.to_html(mjml).content))


class _Places:
    """Remembers the places for data while the text around them is being turned into HTML."""

    def __init__(self) -> None:
        self._sources: list[str] = []

    def hide(self, source: str) -> str:
        return _PLACE.sub(self._word, source)

    def restore(self, text: str) -> str:
        return re.sub(r"jogralplace(\d+)x", lambda found: self._sources[int(found[1])], text)

    def _word(self, found: re.Match[str]) -> str:
        self._sources.append(found[0])
        return f"jogralplace{len(self._sources) - 1}x"
