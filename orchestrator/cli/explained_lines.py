"""Lines of an explanation, set to the terminal's width."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from rich.text import Text

from orchestrator.cli.channel_names import NAMES
from orchestrator.console.teller import Teller

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.cli.terminal import Terminal
    from orchestrator.dispatch.explain.values import Explanation
    from orchestrator.domain.customer import Channel

_ROOM_MIN = 20


class Lines:
    """What each part of one explanation is written with."""

    def __init__(self, terminal: Terminal, explanation: Explanation) -> None:
        self.terminal = terminal
        self.why = explanation
        self.teller = Teller(terminal.language, terminal.translate, explanation.zone, explanation.at)

    def by(self, told: str, channel: Channel | None) -> str:
        if channel is None:
            return told
        return self.terminal.words("{told} by {channel}", told=told, channel=self.named([channel]))

    def named(self, channels: Iterable[Channel]) -> str:
        return ", ".join(self.terminal.translate(NAMES[channel]) for channel in channels)

    def paragraph(self, told: str, style: str = "") -> None:
        self.hanging(Text(""), told, style)

    def hanging(self, lead: Text, told: str, style: str = "") -> None:
        """Words behind a lead, and further lines under their beginning."""
        room = max(self.terminal.width - len(lead), _ROOM_MIN)
        lines = textwrap.wrap(told, room, break_long_words=False, break_on_hyphens=False) or [""]
        self.terminal.show(lead, (lines[0], style))
        for line in lines[1:]:
            self.terminal.show(" " * len(lead), (line, style))
