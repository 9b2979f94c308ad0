"""Hear a person: what they write to us is kept once, and what it asks of our messages is done before we answer.

Whoever has the phone may end what comes to it, so a STOP needs no other proof, and is in force for everybody who gave
that address. To come back is another matter: only what a STOP ended, and only where one person can have meant it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from orchestrator.dispatch.inbound.confirming import say_yes
from orchestrator.dispatch.inbound.hearing import Done, Hearing, hearing_of
from orchestrator.dispatch.inbound.returning import come_back
from orchestrator.dispatch.inbound.stopping import erase, pause, silence, stop
from orchestrator.stop_words import Meaning, Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.dispatch.inbound.hearing import Act, InboundText
    from orchestrator.domain.time import Clock
    from orchestrator.release import Release
    from orchestrator.store.port import KeptText, Transaction

log = structlog.get_logger()

# What a text means → what is done about it. All else is kept, and changes nothing.
_ACTS: Mapping[Meaning, Callable[[Hearing], Act]] = {
    Meaning.OPT_OUT: stop,
    Meaning.OPT_OUT_ALL: stop,
    Meaning.ERASURE: erase,
    Meaning.WRONG_PERSON: silence,
    Meaning.PAUSE: pause,
    Meaning.OPT_IN: come_back,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """What became of a text. `holders` gave the address that it came from; `confirmation` answers them.

    `repeated`: it came before, and this is what was done then.
    """

    id: str
    reading: Reading
    done: Done
    holders: tuple[str, ...] = ()
    confirmation: str | None = None
    repeated: bool = False


def hear_text(transaction: Transaction, release: Release, clock: Clock, text: InboundText) -> Heard:
    """Keep a text, and do what it asks: stop, pause, come back, or confirm. What is about something else is only kept.

    Raises:
        InvalidAddress: nobody can be reached at the address that it names.
    """
    kept = transaction.inbound.known(text.source, text.source_id)
    if kept is not None:
        return _as_before(kept, tuple(sorted(transaction.customers.holders([kept.address_id]))))
    hearing = hearing_of(transaction, release, clock, text)
    act = say_yes if hearing.reading.agrees else _ACTS.get(hearing.reading.kind)
    done, confirmation = (Done.NOTHING, None) if act is None else act(hearing)
    hearing.keep(done, confirmation)
    log.info("text_heard", channel=text.channel.value, reading=hearing.reading.kind.value, done=done.value)
    return Heard(id=hearing.id, reading=hearing.reading, done=done, holders=hearing.holders, confirmation=confirmation)


def _as_before(kept: KeptText, holders: tuple[str, ...]) -> Heard:
    said = kept.reading
    return Heard(
        id=kept.id,
        reading=Reading(kind=Meaning(said["kind"]), language=said["language"], matched=said["matched"]),
        done=Done(said["done"]),
        holders=holders,
        confirmation=said.get("confirmation"),
        repeated=True,
    )
