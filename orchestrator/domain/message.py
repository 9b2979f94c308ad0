"""A message, said on one channel: what the customer will read, and what it promises."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.claim import StatedClaim
    from orchestrator.domain.customer import Channel


class Purpose(StrEnum):
    """Why we write. It decides the lane, whether consent must have been given, and what happens in doubt."""

    TRANSACTIONAL = "transactional"
    MARKETING = "marketing"


# A lane is a queue of its own; there is one for each purpose.
LANES: tuple[str, ...] = (Purpose.TRANSACTIONAL.value, Purpose.MARKETING.value)


@dataclass(frozen=True, kw_only=True, slots=True)
class Button:
    """A thing to tap under a message: a link (`url`), or an answer (`emit`, the event it causes)."""

    label: str
    url: str | None = None
    emit: str | None = None


@dataclass(frozen=True, slots=True)
class Masked:
    """A text as read-back sees it: one U+FFFC for each value that came from data, and the claims it states, in order.

    The words of claims are in the text; `claims` are their names. Of an HTML part, `text` is what its reader sees.
    `pieces` are the texts between the data as they were rendered, each in one or more parts that follow directly.
    """

    text: str
    claims: tuple[str, ...]
    pieces: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendered:
    """One message in one voice. `text` is what the customer reads on every channel; the rest is the channel's own.

    Preview, send, simulator and support reply all hold this same value (invariant I8). `masked` holds, for each text
    that a customer reads (text, subject, html, button_0_label…), what read-back compares with the claims.

    `template` is the WhatsApp template that says the same, as plain JSON: `name` (the one that Meta knows) and `base`
    (the file's), `language`, `category`, the words of each parameter in `body` and in order, and in `buttons` what
    each of them is sent with (`index`, `type`, and `suffix`, `payload` or `code`). `header` (`type`: image, video,
    document or text; `link` and `filename`, or `values`) and `ttl_seconds` are there where it has them.
    """

    message: str
    channel: Channel
    locale: str
    text: str
    subject: str = ""
    preheader: str = ""
    html: str = ""
    title: str = ""
    url: str = ""
    buttons: tuple[Button, ...] = ()
    template: Mapping[str, Any] | None = None
    encoding: str = ""
    units: int = 0
    segments: int = 0
    claims: tuple[StatedClaim, ...] = ()
    masked: Mapping[str, Masked] = dataclasses.field(default_factory=dict, compare=False, repr=False)

    def field(self, name: str) -> str:
        """A text by the name that `masked` has for it."""
        if name.startswith("button_"):
            return self.buttons[int(name.split("_")[1])].label
        text: str = getattr(self, name)
        return text
