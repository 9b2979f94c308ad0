"""Where a person gets no marketing, in words: a STOP is no withdrawal, and would otherwise be seen nowhere."""

from collections.abc import Mapping

from orchestrator.cli.channel_names import NAMES
from orchestrator.cli.terminal import Terminal
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import State
from orchestrator.reasons import reason


def tell_silence(terminal: Terminal, silent: Mapping[Channel, str]) -> None:
    """A line for each channel."""
    for channel, code in silent.items():
        why = reason(State.BLOCKED, code, terminal.translate).sentence
        name = terminal.translate(NAMES[channel])
        terminal.say("{channel}: no marketing is sent there. {why}", channel=name, why=why)
