"""Whose the ids are by which a provider calls people: their address, and what they said before anybody knew it.

Who said STOP under an id, or at a number, has said it under the next one: nothing that ends anything is left behind.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.addresses import InvalidAddress, sender_forms
from orchestrator.channels import UserNews
from orchestrator.consent import STOP, WRONG_PERSON
from orchestrator.dispatch.heard.telling import opt_out
from orchestrator.dispatch.heard.words import said_again
from orchestrator.dispatch.inbound import stored_addresses
from orchestrator.domain.customer import Channel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.channels import InboundMessage, Preference, Received
    from orchestrator.dispatch.heard.words import Words
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.store.port import Store, Transaction

# Suppressions that are a person's own word, and go with them; and what is left of it where they were erased.
_ENDED_BY_THEM = frozenset({STOP, WRONG_PERSON, "complaint", "erased"})


def users_in(received: Received) -> Iterator[UserNews]:
    """Whose ids are: what the provider tells of them, and what they say who are named with their phone."""
    yield from received.users
    told = {(one.user_id, one.phone) for one in received.users}
    said: tuple[InboundMessage | Preference, ...] = (*received.inbound, *received.preferences)
    for one in said:
        if one.sender and one.user_id and (one.user_id, one.sender) not in told:
            told.add((one.user_id, one.sender))
            yield UserNews(user_id=one.user_id, phone=one.sender, at=one.at)


@dataclass(frozen=True, kw_only=True, slots=True)
class Users:
    """The people of an account."""

    store: Store
    clock: Clock
    account: str
    channel: Channel

    def sender(self, transaction: Transaction, user_id: str) -> str:
        """The address of somebody whom the provider calls by an id, as it would write it."""
        address_id = transaction.provider_users.address_of(self.account, user_id) if user_id else None
        return "" if address_id is None else _sender_at(transaction, address_id)

    def is_known(self, news: UserNews) -> bool:
        """Whether it says again what is kept, as each text of theirs does, and nothing waits for it."""
        if news.former or not (news.user_id and news.phone):
            return False
        with self.store.read() as transaction:
            address_id = transaction.provider_users.address_of(self.account, news.user_id)
            if address_id is None or transaction.inbound.waits(self.account, news.user_id):
                return False
            kept = transaction.customers.addresses([address_id])[address_id].value
        with contextlib.suppress(InvalidAddress):
            return kept in sender_forms(self.channel, news.phone)
        return False

    def learn(self, news: UserNews) -> list[Words]:
        """Keep whose an id is; what they said before anybody knew, to be heard now."""
        with self.store.write() as transaction:
            users = transaction.provider_users
            former = users.address_of(self.account, news.former) if news.former else None
            if news.phone:
                address_id: str | None = stored_addresses(transaction, self.clock, self.channel, news.phone)[0]
            else:
                address_id = former
            self._erased_before(transaction, news, address_id)
            if address_id is None:
                # Still nobody's, under another id.
                transaction.inbound.call(self.account, news.former, news.user_id)
                return []
            known = users.address_of(self.account, news.user_id) if news.user_id else None
            earlier = {former or self._phone_of(transaction, news.former), known} - {address_id}
            for before in sorted(filter(None, earlier)):
                self._carry_stop(transaction, before, address_id, news.at)
            if news.former and news.former != news.user_id:
                users.end(self.account, news.former)
            if news.user_id:
                users.put(self.account, news.user_id, address_id, news.at)
            ids = sorted({news.former, news.user_id} - {""})
            waiting = [one for user_id in ids for one in transaction.inbound.waiting(self.account, user_id)]
            sender = _sender_at(transaction, address_id)
        return [said_again(one, sender) for one in waiting]

    def _erased_before(self, transaction: Transaction, news: UserNews, address_id: str | None) -> None:
        """Who was erased under an id, when nobody knew their address, is written to by nobody who learns it."""
        ids = sorted({news.former, news.user_id} - {""})
        if not transaction.personal_data.comes_back(ids):
            return
        if address_id is None:
            transaction.personal_data.remember_users(sorted({news.user_id} - {""}), self.clock.now())
            return
        opt_out(transaction, self.clock, account=self.account, channel=self.channel, address_id=address_id,
                at=news.at, delivery="")  # fmt: skip

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


def _sender_at(transaction: Transaction, address_id: str) -> str:
    """As the provider would write it, without the sign: Brazilian mobiles are looked for in both of their forms."""
    return transaction.customers.addresses([address_id])[address_id].value.removeprefix("+")
