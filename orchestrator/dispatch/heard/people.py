"""What people said, as a provider tells it: in force before anybody answers, each in a transaction of its own.

So one text that nobody can read keeps no STOP beside it from being heard. A choice is its payload, which is ours; the
label of a button is never read. Somebody whom the provider calls by an id of its own, and nobody knows, is kept until
it says whose the id is.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import structlog

from orchestrator.dispatch.accept import Accepted, CustomerReference, EventDesk, IncomingEvent
from orchestrator.dispatch.heard.letters import stop_where_it_went
from orchestrator.dispatch.heard.users import Users, users_in
from orchestrator.dispatch.heard.words import words_in
from orchestrator.dispatch.inbound import (
    BUTTON,
    TEXT,
    Done,
    Heard,
    InboundText,
    hear_text,
    stored_addresses,
)
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import InputError, JogralError, Overtaken, Unavailable
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.stop_words import Reading, read_text
from orchestrator.store.port import FORWARD, KeptText

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.channels import Received, UserNews
    from orchestrator.dispatch.heard.words import Words
    from orchestrator.domain.time import Clock
    from orchestrator.release import Release
    from orchestrator.store.port import Store, Transaction

log = structlog.get_logger()

# What was said to us, and is answered by somebody where nothing automatic does.
_ANSWERED = frozenset({TEXT, BUTTON})

# Compared with what is kept, which is cut there: see `inbound.hearing`.
_COMPARED_LENGTH = 10_000


@dataclass
class Said:
    """What became of it all.

    `waiting`: texts of ours are on their way because of it; `unanswered`: ids of words that nobody automatic has dealt
    with; `lost`: how many could not be heard; `alarms`: of them, those that ended something.
    """

    heard: list[Heard] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    waiting: bool = False
    lost: int = 0
    alarms: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Ear:
    """Who listens: an account, what it speaks on, and what our shop says."""

    store: Store
    release: Release
    clock: Clock
    account: str
    channel: Channel
    quarantines: bool = False
    # What is done, in the same transaction, about words that nobody automatic has dealt with.
    forward: Callable[[Transaction, Heard], None] = lambda _transaction, _heard: None
    # The message whose link a token is of; nothing where it is none of ours.
    named: Callable[[str], str] = lambda _token: ""

    def hear(self, received: Received) -> Said:
        """Hear everything that people said, in the order in which they said it.

        Raises:
            Unavailable: the ledger cannot keep it now; the provider has to come again. What was heard stays heard.
        """
        said = Said()
        failures: list[Exception] = []
        for news in users_in(received):
            if not self._users.is_known(news):
                self._guarded(said, failures, partial(self._user, said, failures, news))
        for one in words_in(received, self.release):
            self._guarded(said, failures, partial(self._words, said, one), ends=one.ends)
        if failures:
            # Everything else was heard: what is wrong with these is ours, and the provider tells them again.
            raise failures[0]
        return said

    def _guarded(self, said: Said, failures: list[Exception], work: Callable[[], None], *, ends: bool = False) -> None:
        """One that cannot be heard keeps nobody else from it; a STOP among those is an alarm."""
        try:
            _as_often_as_overtaken(work)
        except Unavailable:
            raise
        except JogralError as error:
            said.lost += 1
            said.alarms += ends
            tell = log.error if ends else log.warning
            tell("words_not_heard", account=self.account, code=error.code, ends_marketing=ends)
        except Exception as error:  # noqa: BLE001  # raised again once the others were heard
            failures.append(error)

    @property
    def _users(self) -> Users:
        return Users(store=self.store, clock=self.clock, account=self.account, channel=self.channel)

    def _user(self, said: Said, failures: list[Exception], news: UserNews) -> None:
        for words in self._users.learn(news):
            self._guarded(said, failures, partial(self._words, said, words), ends=words.ends)

    # --- words --------------------------------------------------------------------------------------------------------

    def _words(self, said: Said, words: Words) -> None:
        if self.channel is Channel.EMAIL and words.about and words.speaks and words.ends:
            # By itself: who hears two addresses takes the locks of one after those of the other.
            with self.store.write() as transaction:
                stop_where_it_went(transaction, self.clock, self.account, words)
        with self.store.write() as transaction:
            sender = words.sender or self._users.sender(transaction, words.user_id)
            if not sender:
                self._keep_for_later(transaction, said, words)
                return
            if words.kept:
                # In the transaction that hears it: whatever happens, it is heard or still waits.
                transaction.inbound.forget(words.kept)
            heard = self._spoken(transaction, words, sender)
            emitted = not heard.repeated and self._emit(transaction, words, heard)
            handled = heard.repeated or emitted or heard.confirmation is not None or heard.done is not Done.NOTHING
            # What answers a forward comes from whoever answers people: to them it must not go round.
            unanswered = words.method in _ANSWERED and not handled and not words.about.lower().startswith(FORWARD)
            if unanswered:
                self.forward(transaction, heard)
        said.heard.append(heard)
        if unanswered:
            said.unanswered.append(heard.id)
        asked = heard.confirmation is not None or heard.done is Done.ASKED
        said.waiting = said.waiting or emitted or (asked and not heard.repeated)

    def _spoken(self, transaction: Transaction, words: Words, sender: str) -> Heard:
        """What they said, and that they said it: it opens a conversation, and proves that somebody is there."""
        addresses = stored_addresses(transaction, self.clock, self.channel, sender)
        # It locks whoever has the addresses, and everything of theirs comes after that.
        heard = hear_text(transaction, self.release, self.clock, self._text(transaction, words, sender, addresses))
        if words.speaks:
            transaction.conversations.heard(self.account, addresses, min(words.at, self.clock.now()))
            transaction.rests.end([(one, self.channel.value) for one in addresses])
        return heard

    def _text(
        self, transaction: Transaction, words: Words, sender: str, addresses: tuple[str, ...] = ()
    ) -> InboundText:
        return InboundText(
            source=self.account, source_id=self._source_id(transaction, words, addresses), channel=self.channel,
            sender=sender, text=words.text, at=words.at, by=f"provider:{self.account}", meaning=words.meaning,
            method=words.method,
        )  # fmt: skip

    def _source_id(self, transaction: Transaction, words: Words, addresses: tuple[str, ...]) -> str:
        """The provider's id of it; of other words under the same id, one that is theirs: none is passed over."""
        kept = transaction.inbound.known(self.account, words.key)
        if kept is None:
            return words.key
        by_them = kept.address_id in addresses if kept.address_id else kept.user_id == words.user_id
        if by_them and kept.text == words.text[:_COMPARED_LENGTH]:
            return words.key
        who = ",".join(addresses) or words.user_id
        return f"{words.key}#{hashlib.sha256(f'{who}|{words.text}'.encode()).hexdigest()[:16]}"

    def _emit(self, transaction: Transaction, words: Words, heard: Heard) -> bool:
        """Say the event of a button of ours, where we know who tapped it."""
        who = self._who(transaction, words, heard) if words.event else None
        if who is None:
            return False
        desk = EventDesk(release=self.release, clock=self.clock, quarantines=self.quarantines)
        event = IncomingEvent(
            source=self.account, id=words.key, type=words.event, occurred_at=min(words.at, self.clock.now()), data={},
            customer=CustomerReference(id=who),
        )  # fmt: skip
        (result,) = desk.accept(transaction, [event])
        if isinstance(result, InputError):
            log.warning("tap_means_nothing", account=self.account, code=result.code)
        return isinstance(result, Accepted)

    def _who(self, transaction: Transaction, words: Words, heard: Heard) -> str | None:
        """Who has the phone; of a family, whose message it was."""
        if len(heard.holders) == 1:
            return heard.holders[0]
        found = transaction.receipts.whose(self.account, words.about) if words.about else None
        return found if found in heard.holders else None

    # --- what waits ---------------------------------------------------------------------------------------------------

    def _keep_for_later(self, transaction: Transaction, said: Said, words: Words) -> None:
        """Nobody knows whose words these are. They are kept until the provider says it, and a STOP is told loudly.

        Who answers people sees them at once: the provider may never say it. Once it does, they see whose they were.
        """
        key = self._source_id(transaction, words, ())
        if transaction.inbound.known(self.account, key) is not None:
            return
        meaning = words.meaning or read_text(words.text).kind
        reading = {
            "kind": meaning.value, "language": "", "matched": "",
            "done": Done.NOTHING.value, "method": words.method, "event": words.event, "speaks": words.speaks,
        }  # fmt: skip
        now = self.clock.now()
        heard = Heard(id=new_id("inb", now, self.clock.entropy(ENTROPY_SIZE)), reading=Reading(kind=meaning),
                      done=Done.NOTHING)  # fmt: skip
        transaction.inbound.add(
            KeptText(
                id=heard.id, source=self.account, source_id=key,
                channel=self.channel.value, address_id="", text=words.text[:_COMPARED_LENGTH], reading=reading,
                at=min(words.at, now), received_at=now, user_id=words.user_id,
            )
        )  # fmt: skip
        if words.method in _ANSWERED:
            self.forward(transaction, heard)
        said.lost += 1
        if words.ends:
            said.alarms += 1
            log.error(
                "opt_out_of_unknown_person", account=self.account, kept=True,
                remedy="Their messages go on until the provider says whose id it is: look for them by hand.",
            )  # fmt: skip


# Who hears the same at the same moment finds, the second time, what the other one has kept.
_TRIES = 3


def _as_often_as_overtaken(work: Callable[[], None]) -> None:
    """Do it; and again where somebody else wrote the same meanwhile. Raises Unavailable: they always do."""
    for _ in range(_TRIES):
        try:
            return work()
        except Overtaken:
            continue
    raise Unavailable("The same is being heard elsewhere.", remedy="Send the notice again.")
