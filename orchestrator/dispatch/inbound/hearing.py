"""One text that is being heard: what it was taken for, who may have written it, and what it proves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from orchestrator.addresses import sender_forms
from orchestrator.dispatch.consents import ADDRESS_ID, PERSON, Proof
from orchestrator.domain.customer import ADDRESS_KINDS, Address, Channel
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.stop_words import Meaning, Reading, read_text
from orchestrator.store.port import KeptText

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.time import Clock, Instant
    from orchestrator.release import Release
    from orchestrator.store.port import Transaction

    # What was done, and the id of the delivery that tells the person so.
    Act = tuple["Done", str | None]

TEXT = "text"
"""The method of what was said in a text."""

BUTTON = "button"
"""The method of what was said by a tap on a button of ours."""

PREFERENCE = "preference"
"""The method of what was said in a setting of the provider's own, which it told us of."""

# What was said to us. Whoever said it to the provider was answered there.
_SAID_TO_US = frozenset({TEXT, BUTTON})

# A longer letter is kept up to here: it is proof of what was asked, not a mailbox.
_KEPT_LENGTH_MAX = 10_000
_QUOTED_LENGTH_MAX = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class InboundText:
    """A text that somebody wrote. (source, source id) is what makes it the same text.

    Args:
        source: where it came in: a provider's account, or another system's name.
        source_id: its id there.
        channel: on what; there is nobody to write to us by push.
        sender: the address that it came from, as it was given.
        text: what it says.
        at: when it was written; None: now.
        by: who brought it, for the record: `key:<key id>`, `provider:<account>`.
        meaning: what it means, where that is not read from its words: a button of ours, a setting of the provider's.
        method: how it was said: TEXT, BUTTON or PREFERENCE.
    """

    source: str
    source_id: str
    channel: Channel
    sender: str
    text: str
    at: Instant | None = None
    by: str = PERSON
    meaning: Meaning | None = None
    method: str = TEXT


class Done(StrEnum):
    """What was done about a text.

    `silenced`: nothing at all is sent there any more. `asked`: they are asked to confirm that they want to come back.
    `confirmed`: what they were asked is agreed to.
    """

    NOTHING = "nothing"
    STOPPED = "stopped"
    SILENCED = "silenced"
    PAUSED = "paused"
    RESTORED = "restored"
    ASKED = "asked"
    CONFIRMED = "confirmed"


_STOPS = frozenset({Done.STOPPED, Done.SILENCED})
_TURNS = _STOPS | {Done.RESTORED, Done.ASKED, Done.CONFIRMED}


@dataclass(frozen=True, kw_only=True, slots=True)
class Hearing:
    """A text with everybody who may have written it, under their locks.

    `addresses` are the forms of the sender that are stored, that of a customer first; `holders` gave one of them.
    """

    transaction: Transaction
    release: Release
    clock: Clock
    text: InboundText
    id: str
    at: Instant
    now: Instant
    addresses: tuple[str, ...]
    holders: tuple[str, ...]
    reading: Reading

    @property
    def channels(self) -> tuple[Channel, ...]:
        """All on which the address is reached: whoever has a phone has it on SMS and on WhatsApp."""
        kind = ADDRESS_KINDS[self.text.channel]
        return tuple(channel for channel in Channel if ADDRESS_KINDS[channel] is kind)

    def proof(self, wording: str | None = None) -> Proof:
        """The text itself shows what was said, from the address itself."""
        return Proof(
            method=self.text.method,
            source=self.text.source,
            actor=PERSON,
            wording=wording,
            evidence={
                "inbound": self.id,
                "text": self.text.text[:_QUOTED_LENGTH_MAX],
                "told_by": self.text.by,
                ADDRESS_ID: self.addresses[0],
            },
            at=self.at,
        )

    @property
    def said_to_us(self) -> bool:
        """Whether they wait for a word of ours, or have a provider's."""
        return self.text.method in _SAID_TO_US

    def turns_since(self, since: Instant) -> list[KeptText]:
        """Earlier texts from there on this channel that ended something or brought it back, newest first."""
        return [one for one in self._lately(since) if one.reading["done"] in _TURNS]

    def answered_alike_since(self, since: Instant) -> bool:
        """Whether a text from there on this channel that meant the same was answered."""
        alike = (one.reading for one in self._lately(since) if one.reading["kind"] == self.reading.kind)
        return any("confirmation" in one for one in alike)

    def keep(self, done: Done, confirmation: str | None) -> None:
        """Keep the text, with what it was taken for and what was done."""
        told = {} if confirmation is None else {"confirmation": confirmation}
        how = {} if self.text.method == TEXT else {"method": self.text.method}
        reading: Mapping[str, Any] = {
            "kind": self.reading.kind.value,
            "language": self.reading.language,
            "matched": self.reading.matched,
            "done": done.value,
            **how,
            **told,
        }
        self.transaction.inbound.add(
            KeptText(
                id=self.id,
                source=self.text.source,
                source_id=self.text.source_id,
                channel=self.text.channel.value,
                address_id=self.addresses[0],
                text=self.text.text[:_KEPT_LENGTH_MAX],
                reading=reading,
                at=self.at,
                received_at=self.now,
            )
        )

    def _lately(self, since: Instant) -> list[KeptText]:
        return self.transaction.inbound.lately(self.addresses, self.text.channel.value, since)


def hearing_of(transaction: Transaction, release: Release, clock: Clock, text: InboundText) -> Hearing:
    """Read a text, and lock whoever may have written it. Raises InvalidAddress."""
    addresses = _stored(transaction, clock, text)
    holders = tuple(sorted(transaction.customers.holders(addresses)))
    # From here on, what a gate may send and what is said now come one after the other.
    transaction.customers.lock(holders)
    now = clock.now()
    return Hearing(
        transaction=transaction,
        release=release,
        clock=clock,
        text=text,
        id=new_id("inb", now, clock.entropy(ENTROPY_SIZE)),
        # A provider's clock that is ahead must not make a STOP something of the future.
        at=now if text.at is None else min(text.at, now),
        now=now,
        addresses=addresses,
        holders=holders,
        reading=_read(text, _locale(transaction, release, holders)),
    )


def _read(text: InboundText, locale: str) -> Reading:
    """What it means: the words of a button are what we called it, and nobody's own."""
    return read_text(text.text, locale) if text.meaning is None else Reading(kind=text.meaning)


def stored_addresses(transaction: Transaction, clock: Clock, channel: Channel, sender: str) -> tuple[str, ...]:
    """The ids of a sender's addresses, a customer's first; a stranger's is stored. Raises InvalidAddress."""
    return _stored(transaction, clock, InboundText(source="", source_id="", channel=channel, sender=sender, text=""))


def is_stop(kept: KeptText) -> bool:
    """Whether an earlier text ended our marketing."""
    return kept.reading["done"] in _STOPS


def _stored(transaction: Transaction, clock: Clock, text: InboundText) -> tuple[str, ...]:
    """The sender's addresses. A stranger's is stored, so that what they say holds when somebody gives it to us."""
    kind, forms = ADDRESS_KINDS[text.channel], sender_forms(text.channel, text.sender)
    known = transaction.customers.address_ids(kind, forms)
    if known:
        given = transaction.customers.by_address(kind, forms)
        return tuple(known[form] for form in sorted(known, key=lambda form: (form not in given, forms.index(form))))
    now = clock.now()
    stranger = Address(id=new_id("adr", now, clock.entropy(ENTROPY_SIZE)), kind=kind, value=forms[0])
    return tuple(transaction.customers.keep_addresses([stranger], now).values())


def _locale(transaction: Transaction, release: Release, holders: tuple[str, ...]) -> str:
    """The language of the thread: that of whoever has the address, else the project's."""
    known = (transaction.customers.get(holder) for holder in holders)
    return next((one.locale for one in known if one is not None and one.locale), release.project.locale)
