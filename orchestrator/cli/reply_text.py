"""Replies for a person's eyes: what was found, and one as the customer would read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.cli.channel_names import NAMES
from orchestrator.cli.terminal import BAD, DIM, GOOD, STRONG

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.api.models.replies import RenderedReply, ReplyShown
    from orchestrator.cli.terminal import Terminal


def show_found(terminal: Terminal, found: Sequence[ReplyShown]) -> None:
    """A line each: shortcut, title, id, and what the agent will be asked for."""
    if not found:
        terminal.say("No reply is about that.")
        return
    wide, title = max(len(one.shortcut) for one in found), max(len(one.title) for one in found)
    for one in found:
        asks = ", ".join(ask.path for ask in one.ask)
        terminal.show(
            (f"{one.shortcut:<{wide}}", STRONG), f"  {one.title:<{title}}  ", (one.id, DIM), f"  {asks}" if asks else ""
        )


def show_reply(terminal: Terminal, reply: RenderedReply) -> None:
    """The text, what is missing, what it promises, and what this customer was promised before."""
    about = f"{reply.reply} · {terminal.translate(NAMES[reply.channel])} · {reply.locale}"
    terminal.show((about, STRONG))
    if reply.text:
        terminal.show()
        terminal.show(reply.text)
    for missing in reply.missing:
        terminal.show(("✖ ", BAD), f"{missing.path}  {missing.why}")
    if reply.would_send is False and not (reply.missing and reply.reason == "missing_variable"):
        terminal.show(("✖ ", BAD), terminal.words("It would not be sent now: {why}", why=reply.why))
    if reply.claims or reply.contradictions or reply.warnings or reply.already_promised:
        terminal.show()
    for claim in reply.claims:
        terminal.show(("✔ ", GOOD), f"{claim.name}  {claim.text}  ", (claim.fact, DIM))
    for one in reply.contradictions:
        terminal.show(("✖ ", BAD), one.detail)
    for advice in reply.warnings:
        terminal.show(("! ", STRONG), f"{advice.message}  ", (advice.rule, DIM))
    if reply.already_promised:
        terminal.say("Already promised to this customer:")
    for made in reply.already_promised:
        holds = terminal.words("still holds") if made.status == "current" else terminal.words("no longer holds")
        terminal.show(
            f"  {made.when[:16]}  {terminal.translate(NAMES[made.channel])}  {made.message}  {made.text}  ",
            (holds, DIM if made.status == "current" else BAD),
        )
