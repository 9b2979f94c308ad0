"""A shop to which all happens that bears on consent, and the truth beside it, which hears the same in another way."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.customer_file import examine
from orchestrator.customer_sheet import CustomerSheet
from orchestrator.decide import Circumstances, Rules, decide
from orchestrator.dispatch import consents, identity, pauses, privacy
from orchestrator.dispatch.importing import Import
from orchestrator.dispatch.inbound import InboundText, hear_text
from orchestrator.dispatch.pauses import WantedPause
from orchestrator.domain.customer import ADDRESS_KINDS, Channel
from orchestrator.domain.delivery import Request
from orchestrator.domain.message import Purpose
from orchestrator.domain.pause import PauseScope
from orchestrator.domain.privacy import RequestKind
from orchestrator.domain.time import rfc3339
from orchestrator.domain.verdict import Send
from tests.contract.truth import Truth
from tests.contract.world import EMAIL, KEYRING, SMS, WHATSAPP

if TYPE_CHECKING:
    from orchestrator.store.sql import SqlStore
    from orchestrator.testing import FakeClock

# One topic that is confirmed and one that is not, with the words that ask for each.
OFFERS, REVIEWS, BOUGHT = "offers", "reviews", "order_updates"
WORDINGS = {OFFERS: "optin_ofertas@4", REVIEWS: "optin_avaliacoes@1"}
CHANNELS = (EMAIL, SMS, WHATSAPP)
PHONES = (SMS, WHATSAPP)
MINUTE_MS, DAY_MS = 60_000, 86_400_000
LONG_AGO = 400 * DAY_MS // MINUTE_MS

# Ana and Bia share a phone, as families do; Bia has one of her own too, which comes first.
PEOPLE = {
    "cus_ana": (("ana@example.com",), ("+5511912345678",)),
    "cus_bia": (("bia@example.com",), ("+5511987654321", "+5511912345678")),
    "cus_caio": (("caio@example.com",), ("+5521987654321",)),
}
NUMBERS = ("+5511912345678", "+5511987654321", "+5521987654321")

SHEET = CustomerSheet.model_validate({
    "kind": "customers", "id": "crm", "title": "CRM", "owner": "crm", "source": "crm", "timezone": "America/Sao_Paulo",
    "columns": {"id": "external_id", "email": "email", "phone": "phone"},
    "consents": [
        {
            "topic": topic, "channels": ["email", "sms"], "granted": {"column": topic, "is": ["sim"]},
            "withdrawn": {"column": topic, "is": ["sair"]}, "wording": wording, "method": "form", "source": "loja",
            "at": {"column": "when"},
        }
        for topic, wording in WORDINGS.items()
    ],
})  # fmt: skip


@dataclass
class Shop:
    """The ledger and the truth, to both of which everything happens."""

    store: SqlStore
    release: object
    clock: FakeClock
    folder: object
    truth: Truth = field(init=False)
    merges: list[str] = field(default_factory=list)
    _numbers: itertools.count = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self):
        self.truth = Truth(double=frozenset({OFFERS}), now=self.clock.now)

    # --- what people do -----------------------------------------------------------------------------------------------

    def agree(self, who, topic, channel, actor, minutes_ago=0):
        """A grant that a person makes, or that somebody tells us of, perhaps late."""
        said_at = self.clock.now() - minutes_ago * MINUTE_MS
        proof = consents.Proof(
            method="form", source="checkout", actor=actor, wording=WORDINGS[topic], at=said_at if minutes_ago else None
        )
        with self.store.write() as transaction:
            agreed = consents.agree(transaction, self.release, self.clock, who, topic, [channel], proof)
            owner = self._owner(transaction, who)
            reached, everywhere = self._reached(transaction, owner, channel), self._everywhere(transaction, [owner])
        if actor == consents.PERSON:
            self.truth.agree(owner, topic, channel, reached)
            assert not agreed.left_out
        elif not self.truth.told(
            owner, topic, channel, reached, said_at, everywhere=everywhere, in_a_file=proof.imported
        ):
            assert agreed.left_out
            assert not agreed.events

    def confirm(self, who, topic, channel):
        """A click on the link of the question, at the address that it came to."""
        proof = consents.Proof(method=consents.DOUBLE_OPT_IN, source="link", actor=consents.PERSON)
        with self.store.write() as transaction:
            owner = self._owner(transaction, who)
            reached = [one for one in self._customer(transaction, owner) if one.kind is ADDRESS_KINDS[channel]]
            if not reached:  # nobody got a question there
                return
            address = reached[0]
            subject = {"customer": owner, "address": address.id, "topic": topic}
            consents.confirm(transaction, self.release, self.clock, subject, proof)
        on = [one for one in CHANNELS if ADDRESS_KINDS[one] is address.kind]
        self.truth.confirm(owner, topic, address.value, on)

    def withdraw(self, who, topic, channel):
        proof = consents.Proof(method="preferences", source="link", actor=consents.PERSON)
        on = None if channel is None else [channel]
        with self.store.write() as transaction:
            owner = self._owner(transaction, who)
            consents.withdraw(transaction, self.clock, [who], topic, on, proof)
            everywhere = self._everywhere(transaction, [owner])
        if topic is None and on is None:
            self.truth.end_everything(everywhere)
        self.truth.withdraw(owner, WORDINGS if topic is None else [topic], on or CHANNELS)

    def text(self, number, channel, words):
        """What somebody writes to us from a phone."""
        heard = InboundText(
            source="sms", source_id=str(next(self._numbers)), channel=channel, sender=number, text=words
        )
        with self.store.write() as transaction:
            holders = self._holders(transaction, number)
            everywhere = {number, *self._everywhere(transaction, holders)}
            hear_text(transaction, self.release, self.clock, heard)
        match words:
            case "SAIR":
                self.truth.stop(number, [channel], holders)
            case "sair de tudo":
                self.truth.stop_everything(number, PHONES, holders)
                self.truth.end_everything(everywhere)
            case "VOLTAR":
                self.truth.come_back(number, channel, holders, PHONES)

    def pause(self, who, days):
        until = self.clock.now() + days * DAY_MS
        with self.store.write() as transaction:
            owner = self._owner(transaction, who)
            wanted = WantedPause(scope=PauseScope.CUSTOMER, subject=owner, until=until)
            pauses.pause(transaction, self.release, self.clock, wanted, by=consents.PERSON)
        self.truth.pause(owner, until)

    def resume(self, who):
        with self.store.write() as transaction:
            owner = self._owner(transaction, who)
            pauses.resume(transaction, self.release, self.clock, PauseScope.CUSTOMER, owner, by=consents.PERSON)
        self.truth.pause(owner, 0)

    def wait(self, days):
        self.clock.advance(days=days)

    # --- what the shop does -------------------------------------------------------------------------------------------

    def merge(self, pair):
        kept, merged = pair
        with self.store.write() as transaction:
            one, other = self._owner(transaction, kept), self._owner(transaction, merged)
            done = identity.merge(transaction, self.release, self.clock, one, other, by="cli:bia")
        self.merges.append(done.id)
        self.truth.merge(one, other)

    def undo(self):
        if not self.truth.merges:
            return
        with self.store.write() as transaction:
            identity.undo(transaction, self.clock, self.merges[-1], by="cli:bia")
        self.merges.pop()
        self.truth.undo()

    def read_file(self, who, said, minutes_ago=LONG_AGO):
        """A row of a file, about somebody whom we may know, or have forgotten."""
        emails, phones = PEOPLE[who]
        name, number = who.removeprefix("cus_"), next(self._numbers)
        said_at = self.clock.now() - minutes_ago * MINUTE_MS
        file = self.folder / f"{number}.csv"
        said_of = dict(zip(WORDINGS, said, strict=True))
        file.write_text(
            f"id;email;phone;when;number;{';'.join(said_of)}\n"
            f"{name};{emails[0]};{phones[0]};{rfc3339(said_at)};{number};{';'.join(said_of.values())}\n"
        )
        Import(
            store=self.store, release=self.release, clock=self.clock, file=examine(file), sheet=SHEET,
            folder=self.folder, by="cli:bia",
        ).run()  # fmt: skip
        with self.store.read() as transaction:
            owner = transaction.customers.by_external_id([("crm", name)]).get(("crm", name))
            if owner is None:
                return
            reached = {channel: self._reached(transaction, owner, channel) for channel in (EMAIL, SMS)}
            everywhere = self._everywhere(transaction, [owner])
            sharing = {
                channel: self._sharing(transaction, channel, value)
                for channel, value in ((EMAIL, emails[0]), (SMS, phones[0]))
            }
        for (topic, word), (channel, addresses) in itertools.product(said_of.items(), reached.items()):
            if word == "sair":
                for one in {owner, *sharing[channel]}:
                    self.truth.withdraw(one, [topic], [channel], said_at)
            elif word == "sim":
                self.truth.told(
                    owner, topic, channel, addresses, said_at, everywhere=everywhere, in_a_file=True,
                    sharing=sharing[channel],
                )  # fmt: skip

    def erase(self, who):
        desk = privacy.PrivacyDesk(
            release=self.release, clock=self.clock, keyring=KEYRING, public_url="https://loja.example",
            quarantine=self.folder,
        )  # fmt: skip
        with self.store.write() as transaction:
            owner = self._owner(transaction, who)
            theirs = self._customer(transaction, owner)
            own = [one for one in theirs if not self._shared(transaction, one)]
            wanted = privacy.WantedRequest(kind=RequestKind.ERASE, customer_id=owner, vouched="seen")
            request = privacy.ask(transaction, desk, wanted, by="cli:bia")
        privacy.finish(self.store, desk, request.id, by="cli:bia")
        lost = [place for place, one in enumerate(self.truth.merges) if owner in {one.kept, one.merged}]
        self.merges = [one for place, one in enumerate(self.merges) if place not in lost]
        self.truth.erase(owner, [one.value for one in own], [one.value for one in theirs])

    # --- what may be sent ---------------------------------------------------------------------------------------------

    def sent(self):
        """Everything that the gate would send now: whom, of what, where, and to which address."""
        standings, circumstances = self._everybody()
        found = set()
        for who, topic, channel in itertools.product(standings, [*WORDINGS, BOUGHT], CHANNELS):
            request = wish(who, topic, channel, self.clock.now())
            decision = decide(request, standings[who], RULES, self.clock.now(), circumstances=circumstances)
            if isinstance(decision.verdict, Send):
                found.add((who, topic, channel, decision.verdict.address.value))
        return found

    def check(self):
        sent = self.sent()
        for who, topic, channel, address in sent:
            assert topic == BOUGHT or self.truth.may(who, topic, channel, address)
        reachable = {
            (who, channel)
            for who, standing in self._everybody()[0].items()
            for channel in CHANNELS
            for one in standing.customer.addresses
            if one.kind is ADDRESS_KINDS[channel] and not self._erased(standing, one, channel)
        }
        assert {(who, channel) for who, topic, channel, _ in sent if topic == BOUGHT} == reachable

    def _everybody(self):
        """What the gate reads of them, and what stands in the way of each."""
        with self.store.read() as transaction:
            ids = [one.id for one in transaction.customers.page("", 100)]
            standings = transaction.customers.standings(ids, [*WORDINGS, BOUGHT])
            return standings, Circumstances(pauses=transaction.pauses.active(self.clock.now(), ids))

    def _owner(self, transaction, who):
        """By whatever id somebody knows them."""
        return transaction.customers.whose([who]).get(who, who)

    def _customer(self, transaction, who):
        found = transaction.customers.get(who)
        return () if found is None else found.addresses

    def _reached(self, transaction, who, channel):
        return [one.value for one in self._customer(transaction, who) if one.kind is ADDRESS_KINDS[channel]]

    def _everywhere(self, transaction, people):
        """All addresses that they have."""
        return {one.value for who in people for one in self._customer(transaction, who)}

    def _erased(self, standing, address, channel):
        """Whether nothing goes to this customer there, because somebody who had the address was erased."""
        return address.value in self.truth.left and standing.suppressions.get((address.id, channel)) == "erased"

    def _shared(self, transaction, address):
        return len(transaction.customers.holders([address.id])) > 1

    def _sharing(self, transaction, channel, value):
        return transaction.customers.by_address(ADDRESS_KINDS[channel], [value]).get(value, [])

    def _holders(self, transaction, number):
        ids = self._sharing(transaction, SMS, number)
        return {who: {channel: self._reached(transaction, who, channel) for channel in PHONES} for who in ids}


def wish(who, topic, channel, now):
    purpose = Purpose.TRANSACTIONAL if topic == BOUGHT else Purpose.MARKETING
    return Request(
        id="msg", message="m", customer_id=who, topic=topic, purpose=purpose, candidates=(channel,), objects={},
        data={}, locale=None, priority="normal", due_at=now, not_after=None, accepted_at=now,
    )  # fmt: skip


RULES = Rules(accounts=dict.fromkeys(Channel, "main"), said_on={"m": frozenset(Channel)})
