"""What `jogral channels receive` says of a callback: what it would do, in words and to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.cli.explained_words import RECEIPTS, STANDS
from orchestrator.cli.terminal import BAD, GOOD, STRONG, Terminal
from orchestrator.dispatch.inbound import Done
from orchestrator.domain.delivery import State
from orchestrator.stop_words import Meaning
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.channels import Received
    from orchestrator.dispatch.heard.rehearsal import Would
    from orchestrator.dispatch.inbound import Heard

_DONE: Mapping[Done, str] = {
    Done.NOTHING: mark("{who} wrote: it would be kept for people to read, and end nothing"),
    Done.STOPPED: mark("{who} wrote: marketing to them would stop"),
    Done.SILENCED: mark("{who} wrote: nothing at all would be sent to this address any more"),
    Done.PAUSED: mark("{who} wrote: marketing to them would pause"),
    Done.RESTORED: mark("{who} wrote: what they had stopped would come back"),
    Done.ASKED: mark("{who} wrote: they would be asked to confirm that they want to come back"),
    Done.CONFIRMED: mark("{who} wrote: what they were asked to confirm would be confirmed"),
}
# Most words end marketing where they were written, and nowhere else.
_STOPPED_HERE = mark("{who} wrote: marketing to them would stop on this channel")
_AGAIN = mark("{who} wrote: it came before, and would change nothing")
_ANSWERED = mark("and they would get an answer")
_NOBODY = mark("Somebody whom we do not know")
_WAITING_ONE = mark("1 receipt is about no message of this ledger: it would wait a day.")
_WAITING = mark("{count} receipts are about no message of this ledger: they would wait a day.")
_LOST_ONE = mark("1 text would not be heard: nobody knows who wrote it.")
_LOST = mark("{count} texts would not be heard: nobody knows who wrote them.")
_PASSED_ONE = mark("1 piece of news would be passed over: {words}")
_PASSED = mark("{count} pieces of news would be passed over: {words}")


def show_received(terminal: Terminal, received: Received, would: Would) -> None:
    """Its lines. Whoever wrote is told by their ids: a callback is often shown to somebody else."""
    terminal.show((terminal.words("It is genuine."), GOOD))
    _messages(terminal, would, waiting=len(received.receipts) - len(would.matches))
    for one in would.heeded.heard:
        terminal.show(_said(terminal, one))
    lost = would.heeded.lost
    if lost:
        told = terminal.words(_LOST_ONE if lost == 1 else _LOST, count=lost)
        terminal.show((told, BAD))
    for news in received.templates:
        terminal.show((news.name, STRONG), f"  {news.language}  ", news.status or news.category or news.quality)
    for alarm in received.alarms:
        terminal.show((alarm, BAD))
    over = received.passed_over
    if over:
        terminal.say(_PASSED_ONE if over == 1 else _PASSED, count=over, words=", ".join(received.unknown))
    terminal.note("Nothing was changed.")


def _messages(terminal: Terminal, would: Would, *, waiting: int) -> None:
    for name, (before, after) in would.deliveries.items():
        stood, stands = _stands(terminal, *before), _stands(terminal, *after)
        told = f"{stood} → {stands}" if stood != stands else terminal.words("it stays as it is: {how}", how=stands)
        terminal.show((name, STRONG), "  ", told)
    if waiting:
        terminal.say(_WAITING_ONE if waiting == 1 else _WAITING, count=waiting)


def _stands(terminal: Terminal, state: str, receipt: str) -> str:
    """How a message stands, and the furthest that is known of it."""
    stands = terminal.translate(STANDS[State(state)]) if state else ""
    told = terminal.translate(RECEIPTS.get(receipt, receipt)) if receipt else ""
    return ", ".join(dict.fromkeys(filter(None, (stands, told))))


def _said(terminal: Terminal, one: Heard) -> str:
    who = ", ".join(one.holders) or terminal.translate(_NOBODY)
    here = one.done is Done.STOPPED and one.reading.kind is Meaning.OPT_OUT
    told = terminal.words(_AGAIN if one.repeated else _STOPPED_HERE if here else _DONE[one.done], who=who)
    answered = one.confirmation is not None and not one.repeated
    return f"{told}, {terminal.translate(_ANSWERED)}." if answered else f"{told}."
