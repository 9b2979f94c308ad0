"""The waterfall as people and programs read it: a segment, less each reason, is who will be written to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.cli.terminal import DIM, STRONG
from orchestrator.dispatch.foretelling import Aside
from orchestrator.reasons import reason
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.cli.terminal import Terminal
    from orchestrator.dispatch.foretelling import Waterfall
    from orchestrator.domain.delivery import State

_WIDTH = 11

_ASIDE: Mapping[tuple[Aside, str], str] = {
    (Aside.NOT_ENTERED, "rollout"): mark("Not in the share of customers that enters."),
    (Aside.NOT_ENTERED, "again_after"): mark("In it before, and not to enter again yet."),
    (Aside.NOT_ENTERED, "entry_key"): mark("Without a value for the key of the entry."),
    (Aside.NOT_ENTERED, "exit_event"): mark("Out before it begins: what ends it has happened."),
    (Aside.SILENT, ""): mark("Through it without a message."),
}
_STANDING = mark("Waiting at {step} before anything is said.")


def show_waterfall(terminal: Terminal, segment: str, found: Waterfall) -> None:
    """Line by line; it adds up."""
    show_line(terminal, f"{found.in_segment:,}", terminal.words("in segment {segment}", segment=segment))
    for what, code, count in found.left_out:
        show_line(terminal, f"−{count:,}", _why(terminal, what, code), code)  # noqa: RUF001  # a minus sign
    show_line(terminal, f"{found.will_be_sent:,}", terminal.words("will be sent"), style=STRONG)
    for what, code, count in found.later:
        words = terminal.words("{count} of them later: {why}", count=f"{count:,}", why=_why(terminal, what, code))
        show_line(terminal, "", words, code)


def show_line(terminal: Terminal, number: str, words: str, code: str = "", *, style: str = "none") -> None:
    """A number and what it counts; `code` is what programs call it."""
    terminal.show((f"{number:>{_WIDTH}}  ", style), (words, style), (f"  {code}" if code else "", DIM))


def waterfall_document(found: Waterfall) -> dict[str, Any]:
    """The same for programs."""
    listed = [("left_out", found.left_out), ("later", found.later)]
    return {
        "in_segment": found.in_segment,
        **{
            name: [{"state": what.value, "reason": code, "customers": count} for what, code, count in lines]
            for name, lines in listed
        },
        "will_be_sent": found.will_be_sent,
    }


def _why(terminal: Terminal, what: State | Aside, code: str) -> str:
    if not isinstance(what, Aside):
        return reason(what, code, terminal.translate).sentence
    if what is Aside.STANDING:
        return terminal.words(_STANDING, step=code)
    return terminal.translate(_ASIDE[what, code])
