"""The e-mail's layout, applied once for a message: Markdown into MJML, laid out, styles inlined; and a footer of text.

The places for data travel through Markdown, MJML and CSS as plain words, so that none of them can read an underscore
or a brace as its own, and come back as Jinja at the end.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import css_inline
import mrml

from orchestrator.catalog.blocks import free_tags
from orchestrator.catalog.copy import email_body
from orchestrator.catalog.links import DECLARED
from orchestrator.catalog.script import read_script
from orchestrator.catalog.templates import names_of
from orchestrator.catalog.text import light_markdown
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.catalog.model import Message
    from orchestrator.catalog.script import Script, Values
    from orchestrator.catalog.voice import Voice

_PLACE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
# Tags get words of their own, because they must not stay in a paragraph.
_TAG_WORD = r"jograltag\d+x"
_MARKDOWN = light_markdown()
_INLINER = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)
_LANGUAGE = "lang_"


def lay_out(message: Message, voice: Voice, layout: str) -> str:
    """The Jinja source of a message's HTML part, or an empty string where it is not an e-mail.

    Args:
        message: its e-mail copy, content and call to action.
        voice: greeting and sign-off.
        layout: MJML with the slots lang, title, preheader, headline, body, cta_label and cta_url, and places for
            links ({{ links.unsubscribe }}). It may ask {% if cta_url %}, and {% if lang_en %} for words of its own; it
            is admitted as copy is.

    Raises:
        ValueError: the layout is not valid MJML, is not admitted, or names a slot that does not exist.
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
        "body": _body(places.hide(email_body(message, voice.habits(Channel.EMAIL)))),
        "cta_label": html.escape(places.hide(action.label)) if action else "",
        "cta_url": html.escape(places.hide(action.url)) if action else "",
    }
    links = {name: places.hide(f"{{{{ {name} }}}}") for name in DECLARED}
    mjml = _filled(read_script(layout, blocks=True), slots | links)
    return places.restore(_INLINER.inline(mrml.to_html(mjml).content))


def footer_of(message: Message, voice: Voice, layout: str) -> str:
    """The Jinja source of what stands under the text part of an e-mail, or an empty string where it is none.

    Args:
        message: whose e-mail it is.
        voice: in whose language.
        layout: text that may hold places for links, and ask {% if lang_en %}.

    Raises:
        ValueError: as `lay_out`.
    """
    if message.channels.email is None:
        return ""
    links = {name: f"{{{{ {name} }}}}" for name in DECLARED}
    return _filled(read_script(layout, blocks=True), {"lang": voice.locale, **links}).strip()


def _filled(layout: Script, slots: Mapping[str, str]) -> str:
    spoken = slots["lang"].partition("-")[0].lower()
    answers: Values = {f"if {name}": bool(value) for name, value in slots.items()}
    for name in names_of(layout.parts):
        if name.startswith(_LANGUAGE):
            answers[f"if {name}"] = name == f"{_LANGUAGE}{spoken}"
    try:
        return layout.fill({**slots, **answers})
    except KeyError as unknown:
        slot = str(unknown.args[0]).removeprefix("if ")
        raise ValueError(f'has no slot "{slot}"{did_you_mean(slot, slots)}') from None


def _body(markdown: str) -> str:
    return _CLAIMS_OF_IMAGE.sub("", free_tags(_MARKDOWN.render(markdown), _TAG_WORD))


# ![Oferta](banner.jpg "claims: discount") tells us what the image shows; readers would see it as a tooltip.
_CLAIMS_OF_IMAGE = re.compile(r' title="claims:[^"]*"')


class _Places:
    """Remembers the places for data while the text around them is being turned into HTML."""

    def __init__(self) -> None:
        self._sources: list[str] = []

    def hide(self, source: str) -> str:
        return _PLACE.sub(self._word, source)

    def restore(self, text: str) -> str:
        return re.sub(r"jogral(?:place|tag)(\d+)x", self._source, text)

    def _word(self, found: re.Match[str]) -> str:
        self._sources.append(found[0])
        kind = "tag" if found[0].startswith("{%") else "place"
        return f"jogral{kind}{len(self._sources) - 1}x"

    def _source(self, found: re.Match[str]) -> str:
        """What the word stands for; itself, where a writer wrote a word like ours."""
        number = int(found[1])
        return self._sources[number] if number < len(self._sources) else found[0]
