"""A rendering as the document of a frame: a letter as it is, or a phone drawn around a text; its claims are marked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from orchestrator.console.bubble import as_on_the_phone
from orchestrator.console.preview_marks import Marks
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import InputError

if TYPE_CHECKING:
    from orchestrator.assets import Assets
    from orchestrator.console.pages import Pages
    from orchestrator.console.reader import Calendar
    from orchestrator.console.shop import Shop
    from orchestrator.domain.message import Rendered
    from orchestrator.domain.time import Instant
    from orchestrator.previews import Preview

Theme = Literal["auto", "light", "dark"]
THEMES: tuple[Theme, ...] = get_args(Theme)

_STYLES = ("frames.css", "preview_frame.css")

# What a letter asks of the reader's device, and the answer where the theme is chosen here.
_ASKS = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)")
_YES, _NO = "(min-width: 0)", "(max-width: 0)"


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One channel of a preview: its document, why there is none (`trouble`), or neither where it is silent."""

    channel: Channel
    said: Rendered | None
    trouble: InputError | None
    document: str


@dataclass(frozen=True, kw_only=True)
class Framing:
    """How documents are made. `calendar` has the reader's language and the shop's zone."""

    pages: Pages
    assets: Assets
    shop: Shop
    calendar: Calendar
    now: Instant
    theme: Theme = "auto"

    def frames(self, preview: Preview) -> list[Frame]:
        """Every channel, in the order of the channels."""
        return [self._frame(channel, said) for channel, said in preview.said.items()]

    def _frame(self, channel: Channel, said: Rendered | InputError | None) -> Frame:
        if said is None or isinstance(said, InputError):
            return Frame(channel=channel, said=None, trouble=said, document="")
        document = self._letter(said) if said.html else self._screen(said)
        return Frame(channel=channel, said=said, trouble=None, document=document)

    def _letter(self, said: Rendered) -> str:
        style = f"<style>{self._light(said)}{self._scheme()}</style>"
        letter = themed(Marks(said).letter(), self.theme)
        head, end, rest = letter.partition("</head>")
        return f"{head}{style}{end}{rest}" if end else style + letter

    def _screen(self, said: Rendered) -> str:
        marks = Marks(said)
        hour, day = self.calendar.lock_screen(self.now, said.locale)
        return self.pages.render(
            "preview_frame",
            self.calendar.language,
            style="".join(map(self.assets.text, _STYLES)) + self._light(said) + self._scheme(),
            said=said,
            title=marks.text("title"),
            text=marks.text("text", as_on_the_phone) if said.channel is Channel.WHATSAPP else marks.text("text"),
            shop=self.shop,
            hour=hour,
            day=day,
        )

    def _light(self, said: Rendered) -> str:
        """A claim that the address of the frame ends with is lit, wherever the frame states it. No script is needed."""
        lit = "background:#ffdf6b;color:#1c1a26;box-shadow:0 0 0 1px #8a5a00"
        names = dict.fromkeys(claim.name for claim in said.claims)
        return "".join(
            [
                "mark[data-claim]{background:none;color:inherit;border-bottom:2px dotted;scroll-margin:6rem}",
                f"mark[data-lit]{{{lit}}}",
                *(f'body:has(#claim-{name}:target) mark[data-claim="{name}"]{{{lit}}}' for name in names),
            ]
        )

    def _scheme(self) -> str:
        return "" if self.theme == "auto" else f":root{{color-scheme:{self.theme}}}"


def marks_around(frame: Frame) -> Marks | None:
    """The claims in what stands around a frame: an e-mail's subject and preview line. Links lead into frames only."""
    return Marks(frame.said, targets=False) if frame.said is not None else None


def themed(html: str, theme: Theme) -> str:
    """A letter as a device of that theme shows it; `auto` asks the device, as a mail program does."""
    if theme == "auto":
        return html
    return _ASKS.sub(lambda asked: _YES if asked[1] == theme else _NO, html)
