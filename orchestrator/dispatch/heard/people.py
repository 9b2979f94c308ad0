"""What people said, as a provider tells it: in force before anybody answers, each in a transaction of its own.

So one text that nobody can read keeps no STOP beside it from being heard. A choice is its payload, which is ours; the
label of a button is never read. Somebody whom the provider calls by an id of its own, and nobody knows, is kept until
it says whose the id is.
"""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import structlog

from orchestrator.addresses import InvalidAddress
from orchestrator.channels import InboundKind
from orchestrator.consent import STOP, WRONG_PERSON
from orchestrator.dispatch.accept import Accepted, CustomerReference, EventDesk, IncomingEvent
from orchestrator.dispatch.heard.telling import TOLD_TO_PROVIDER, opt_out
from orchestrator.dispatch.inbound import (
    BUTTON,
    PREFERENCE,
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
from orchestrator.stop_words import Meaning, Reading, read_text
from orchestrator.stop_words.meaning import ENDING
from orchestrator.store.port import KeptText

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.channels import InboundMessage, Preference, Received, UserNews
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.release import Release
    from orchestrator.store.port import Store, Transaction

log = structlog.get_logger()

OPTOUT_MARKETING = "OPTOUT_MARKETING"
"""What a button of ours says that ends marketing where it is tapped."""

# What was said to us, and is answered by somebody where nothing automatic does.
_ANSWERED = frozenset({TEXT, BUTTON})

# Suppressions that are a person's own word, and go with them.
_ENDED_BY_THEM = frozenset({STOP, WRONG_PERSON, "complaint"})

# Compared with what is kept, which is cut there: see `inbound.hearing`.
_COMPARED_LENGTH = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """One thing that somebody said: in a message, by a tap, or in a setting of the provider's.

    `speaks`: it opens a conversation. `kept` is the id under which it has waited for its writer to be known.
    """

    key: str
    at: Instant
    sender: str
    user_id: str
    text: str
    meaning: Meaning | None
    method: str
    event: str = ""
    about: str = ""
    speaks: bool = True
    kept: str = ""

    @property
    def ends(self) -> bool:
        """Whether it ends our marketing."""
        return (self.meaning or read_text(self.text).kind) in ENDING


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
        for news in received.users:
            self._guarded(said, failures, partial(self._user, said, failures, news))
        words = [_message(one, self.release) for one in received.inbound]
        words += [_preference(one) for one in received.preferences]
        for one in sorted(words, key=lambda one: one.at):
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

    # --- words --------------------------------------------------------------------------------------------------------

    def _words(self, said: Said, words: Words) -> None:
        with self.store.write() as transaction:
            sender = words.sender or self._known_sender(transaction, words.user_id)
            if not sender:
                self._keep_for_later(transaction, said, words)
                return
            if words.kept:
                # In the transaction that hears it: whatever happens, it is heard or still waits.
                transaction.inbound.forget(words.kept)
            heard = self._spoken(transaction, words, sender)
            emitted = not heard.repeated and self._emit(transaction, words, heard)
            handled = heard.repeated or emitted or heard.confirmation is not None or heard.done is not Done.NOTHING
            unanswered = words.method in _ANSWERED and not handled
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
        if words.sender and words.user_id:
            transaction.provider_users.put(self.account, words.user_id, addresses[0], words.at)
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

    # --- whose it is --------------------------------------------------------------------------------------------------

    def _known_sender(self, transaction: Transaction, user_id: str) -> str:
        """The address of somebody whom the provider calls by an id, as it would write it."""
        address_id = transaction.provider_users.address_of(self.account, user_id) if user_id else None
        if address_id is None:
            return ""
        # Without the sign: Brazilian mobiles are looked for in both of their forms.
        return transaction.customers.addresses([address_id])[address_id].value.removeprefix("+")

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

    def _user(self, said: Said, failures: list[Exception], news: UserNews) -> None:
        """Whose an id is. What they said before anybody knew is heard now."""
        with self.store.write() as transaction:
            users = transaction.provider_users
            former = users.address_of(self.account, news.former) if news.former else None
            if news.phone:
                address_id: str | None = stored_addresses(transaction, self.clock, self.channel, news.phone)[0]
            else:
                address_id = former
            if address_id is not None:
                known = users.address_of(self.account, news.user_id) if news.user_id else None
                earlier = {former or self._phone_of(transaction, news.former), known} - {address_id}
                for before in sorted(filter(None, earlier)):
                    self._carry_stop(transaction, before, address_id, news.at)
            if news.former and news.former != news.user_id:
                users.end(self.account, news.former)
            if address_id is None or not news.user_id:
                return
            users.put(self.account, news.user_id, address_id, news.at)
            waiting = transaction.inbound.waiting(self.account, news.user_id)
        for words in map(_again, waiting):
            self._guarded(said, failures, partial(self._words, said, words), ends=words.ends)

    def _phone_of(self, transaction: Transaction, former: str) -> str | None:
        """The address of a phone that somebody had before."""
        if former.lstrip("+").isdigit():
            with contextlib.suppress(InvalidAddress):
                return stored_addresses(transaction, self.clock, self.channel, former)[0]
        return None

    def _carry_stop(self, transaction: Transaction, former: str, address_id: str, at: Instant) -> None:
        """Who said STOP and has another number now has not taken it back."""
        holders = transaction.customers.holders([former])
        # Before anything is read: who came back meanwhile, or said it just now, is known by then.
        transaction.customers.lock(sorted(holders | transaction.customers.holders([address_id])))
        standings = transaction.customers.standings(sorted(holders), ()).values()
        # A stranger has said it, too: nobody has their address, and it holds where they are now.
        said = [one.suppressions for one in standings] or [transaction.consents.reasons([former])]
        for channel in Channel:
            if any(one.get((former, channel)) in _ENDED_BY_THEM for one in said):
                opt_out(transaction, self.clock, account=self.account, channel=channel, address_id=address_id,
                        at=at, delivery="")  # fmt: skip


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


def _message(message: InboundMessage, release: Release) -> Words:
    meaning, method, event = None, TEXT, ""
    match message.kind:
        case InboundKind.CHOICE:
            method, event = BUTTON, message.choice if message.choice in release.emitted else ""
            meaning = Meaning.OPT_OUT if message.choice == OPTOUT_MARKETING else Meaning.NONE
        case InboundKind.OTHER:
            # What is written under a picture may end something; else it is for whoever looks at the picture.
            read = read_text(message.text).kind
            meaning = read if read in ENDING else Meaning.NONE
    if message.opt_out:
        # It has stopped there, and answered them: whatever their words are, less than that they do not mean.
        read = read_text(message.text).kind
        meaning, method = read if read in ENDING else Meaning.OPT_OUT, TOLD_TO_PROVIDER
    return Words(
        key=message.event_key, at=message.at, sender=message.sender, user_id=message.user_id,
        text=_storable(message.text), meaning=meaning, method=method, event=event, about=message.about,
    )  # fmt: skip


def _preference(preference: Preference) -> Words:
    meaning = Meaning.OPT_IN if preference.wanted else Meaning.OPT_OUT
    return Words(
        key=preference.event_key, at=preference.at, sender=preference.sender, user_id=preference.user_id, text="",
        meaning=meaning, method=PREFERENCE, speaks=False,
    )  # fmt: skip


def _again(kept: KeptText) -> Words:
    said = kept.reading
    return Words(
        key=kept.source_id, at=kept.at, sender="", user_id=kept.user_id, text=kept.text,
        meaning=None if said["method"] == TEXT else Meaning(said["kind"]), method=said["method"], event=said["event"],
        speaks=said["speaks"],
        kept=kept.id,
    )  # fmt: skip


def _storable(text: str) -> str:
    """A person may write anything, and two kinds of character are kept by no database."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
