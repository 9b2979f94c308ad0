"""No order of grant, confirmation, withdrawal, pause, STOP, merge, undo, import and erasure lets marketing through.

After every step the real gate is asked about everybody, every topic and every channel, with what the ledger says. What
it sends must be allowed by `truth.Truth`, which hears the same steps and keeps them in another way. What was bought is
told all the while.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from orchestrator.customer_file import examine
from orchestrator.customer_sheet import CustomerSheet
from orchestrator.decide import Circumstances, Rules, decide
from orchestrator.dispatch import consents, identity, pauses, privacy
from orchestrator.dispatch.importing import Import
from orchestrator.dispatch.inbound import InboundText, hear_text
from orchestrator.dispatch.pauses import WantedPause
from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.register import Profile, register
from orchestrator.dispatch.sealing import chain_keys, check_chain, seal_chain
from orchestrator.domain.customer import ADDRESS_KINDS, Channel
from orchestrator.domain.delivery import Request
from orchestrator.domain.errors import JogralError
from orchestrator.domain.message import Purpose
from orchestrator.domain.pause import PauseScope
from orchestrator.domain.privacy import RequestKind
from orchestrator.domain.verdict import Send
from orchestrator.store.migrate import upgrade
from orchestrator.store.sql import SqlStore
from orchestrator.testing import FakeClock
from tests.contract.truth import Truth
from tests.contract.world import EMAIL, KEYRING, SMS, WHATSAPP

# One topic that is confirmed and one that is not, with the words that ask for each.
OFFERS, REVIEWS, BOUGHT = "offers", "reviews", "order_updates"
WORDINGS = {OFFERS: "optin_ofertas@4", REVIEWS: "optin_avaliacoes@1"}
CHANNELS = (EMAIL, SMS, WHATSAPP)
PHONES = (SMS, WHATSAPP)
DAY_MS = 86_400_000

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
LONG_AGO = "2025-03-01 10:00:00"


@pytest.fixture(scope="module")
def published(tmp_path_factory, release):
    """The file of a ledger in which Casa Lume is published and three people are known."""
    file = tmp_path_factory.mktemp("published") / "ledger.db"
    store = SqlStore(f"sqlite:///{file}")
    upgrade(store)
    clock = FakeClock(1_800_000_000_000)
    publish(store, release, clock.now())
    profiles = [
        Profile(id=who, emails=emails, phones=phones, external_ids={"crm": who.removeprefix("cus_")})
        for who, (emails, phones) in PEOPLE.items()
    ]
    with store.write() as transaction:
        register(transaction, profiles, clock)
    store.close()
    return file


@dataclass
class Shop:
    """The ledger and the truth, to both of which everything happens."""

    store: SqlStore
    release: object
    clock: FakeClock
    folder: object
    truth: Truth = field(default_factory=lambda: Truth(double=frozenset({OFFERS})))
    merges: list[str] = field(default_factory=list)
    _numbers: itertools.count = field(default_factory=lambda: itertools.count(1))

    # --- what people do -----------------------------------------------------------------------------------------------

    def agree(self, who, topic, channel, actor):
        proof = consents.Proof(method="form", source="checkout", actor=actor, wording=WORDINGS[topic])
        with self.store.write() as transaction:
            consents.agree(transaction, self.release, self.clock, who, topic, [channel], proof)
            owner = self._owner(transaction, who)
            (address, *_) = self._reached(transaction, owner, channel) or [""]
        self.truth.agree(owner, topic, channel, address, themselves=actor == consents.PERSON)

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
        self.truth.withdraw(owner, WORDINGS if topic is None else [topic], on or CHANNELS)

    def text(self, number, channel, words):
        """What somebody writes to us from a phone."""
        heard = InboundText(
            source="sms", source_id=str(next(self._numbers)), channel=channel, sender=number, text=words
        )
        with self.store.write() as transaction:
            holders = self._holders(transaction, number)
            hear_text(transaction, self.release, self.clock, heard)
        match words:
            case "SAIR":
                self.truth.stop(number, [channel], holders)
            case "sair de tudo":
                self.truth.stop_everything(number, PHONES, holders)
            case "VOLTAR":
                self.truth.come_back(number, channel, holders)

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

    def read_file(self, who, said):
        """A row of last year's file, about somebody whom we may know, or have forgotten."""
        emails, phones = PEOPLE[who]
        name, number = who.removeprefix("cus_"), next(self._numbers)
        file = self.folder / f"{number}.csv"
        said_of = dict(zip(WORDINGS, said, strict=True))
        file.write_text(
            f"id;email;phone;when;number;{';'.join(said_of)}\n"
            f"{name};{emails[0]};{phones[0]};{LONG_AGO};{number};{';'.join(said_of.values())}\n"
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
        for topic, word in said_of.items():
            if word == "sair":
                self.truth.withdraw(owner, [topic], (EMAIL, SMS))
            elif word == "sim":
                for channel, addresses in reached.items():
                    self.truth.imported(owner, topic, channel, addresses)

    def erase(self, who):
        desk = privacy.PrivacyDesk(
            release=self.release, clock=self.clock, keyring=KEYRING, public_url="https://loja.example",
            quarantine=self.folder,
        )  # fmt: skip
        with self.store.write() as transaction:
            owner = self._owner(transaction, who)
            own = [one for one in self._customer(transaction, owner) if not self._shared(transaction, one)]
            wanted = privacy.WantedRequest(kind=RequestKind.ERASE, customer_id=owner, vouched="seen")
            request = privacy.ask(transaction, desk, wanted, by="cli:bia")
        privacy.finish(self.store, desk, request.id, by="cli:bia")
        lost = [place for place, one in enumerate(self.truth.merges) if owner in {one.kept, one.merged}]
        self.merges = [one for place, one in enumerate(self.merges) if place not in lost]
        self.truth.erase(owner, [one.value for one in own])

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
            assert topic == BOUGHT or self.truth.may(who, topic, channel, address, self.clock.now())
        reachable = {
            (who, channel)
            for who, standing in self._everybody()[0].items()
            for channel in CHANNELS
            for one in standing.customer.addresses
            if one.kind is ADDRESS_KINDS[channel] and one.value not in self.truth.erased
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

    def _shared(self, transaction, address):
        return len(transaction.customers.holders([address.id])) > 1

    def _holders(self, transaction, number):
        ids = transaction.customers.by_address(ADDRESS_KINDS[SMS], [number]).get(number, [])
        return {who: {channel: self._reached(transaction, who, channel) for channel in PHONES} for who in ids}


def wish(who, topic, channel, now):
    purpose = Purpose.TRANSACTIONAL if topic == BOUGHT else Purpose.MARKETING
    return Request(
        id="msg", message="m", customer_id=who, topic=topic, purpose=purpose, candidates=(channel,), objects={},
        data={}, locale=None, priority="normal", due_at=now, not_after=None, accepted_at=now,
    )  # fmt: skip


RULES = Rules(accounts=dict.fromkeys(Channel, "main"), said_on={"m": frozenset(Channel)})


@pytest.fixture(scope="module")
def shops(published, release, tmp_path_factory):
    """Shops of one's own, each in a folder of its own."""
    folder, numbers = tmp_path_factory.mktemp("shops"), itertools.count()

    def open_shop():
        own = folder / str(next(numbers))
        own.mkdir()
        store = SqlStore(f"sqlite:///{shutil.copy(published, own / 'ledger.db')}")
        return Shop(store, release, FakeClock(1_800_000_100_000), own)

    return open_shop


# --- one order --------------------------------------------------------------------------------------------------------


def test_one_story_is_told_as_it_should_be(shops):
    """What may be sent is sent, so that the other test is not content with a gate that never opens."""
    shop = shops()
    ana, mail, phone = "cus_ana", "ana@example.com", NUMBERS[0]

    def marketing(*left_out):
        shop.check()
        return {one for one in shop.sent() if one[1] != BOUGHT} - set(left_out)

    assert marketing() == set()
    shop.agree(ana, REVIEWS, EMAIL, "key:key_1")
    shop.agree(ana, REVIEWS, SMS, consents.PERSON)
    shop.agree(ana, OFFERS, EMAIL, consents.PERSON)
    reviews = {(ana, REVIEWS, EMAIL, mail), (ana, REVIEWS, SMS, phone)}
    assert marketing() == reviews
    shop.confirm(ana, OFFERS, EMAIL)
    offers = {(ana, OFFERS, EMAIL, mail)}
    assert marketing() == reviews | offers

    shop.pause(ana, 30)
    assert marketing() == set()
    shop.wait(31)
    assert marketing() == reviews | offers

    shop.text(phone, SMS, "cancelar meu pedido")
    assert marketing() == reviews | offers
    shop.text(phone, SMS, "SAIR")
    by_mail = marketing()
    assert by_mail == {(ana, REVIEWS, EMAIL, mail)} | offers
    shop.agree(ana, REVIEWS, SMS, "key:key_1")
    assert marketing() == by_mail
    shop.read_file(ana, ("sim", "sim"))
    assert marketing() == by_mail
    shop.text(phone, SMS, "VOLTAR")
    assert marketing() == reviews | offers

    shop.merge(("cus_bia", ana))
    assert {(topic, channel) for _, topic, channel, _ in marketing()} == {
        (REVIEWS, EMAIL),
        (REVIEWS, SMS),
        (OFFERS, EMAIL),
    }
    shop.withdraw("cus_bia", OFFERS, None)
    assert {topic for _, topic, *_ in marketing()} == {REVIEWS}
    shop.undo()
    assert marketing() == reviews

    shop.erase(ana)
    assert marketing() == set()
    shop.read_file(ana, ("sim", "sim"))
    # The phone is Bia's as well, so it was hers to keep.
    assert {address for *_, address in marketing()} <= {phone}
    shop.store.close()


def test_a_no_of_one_is_not_undone_by_the_return_of_the_other(shops):
    """Who became one with somebody may have withdrawn what the STOP of the other only ended."""
    shop = shops()
    ana, caio, phone = "cus_ana", "cus_caio", NUMBERS[2]
    shop.agree(caio, REVIEWS, SMS, consents.PERSON)
    shop.clock.advance(minutes=1)
    shop.withdraw(ana, REVIEWS, SMS)
    shop.clock.advance(minutes=1)
    shop.text(phone, SMS, "SAIR")
    shop.merge((ana, caio))
    shop.clock.advance(minutes=1)
    shop.text(phone, SMS, "VOLTAR")
    assert not [one for one in shop.sent() if one[1] == REVIEWS]
    shop.check()
    shop.store.close()


# --- any order --------------------------------------------------------------------------------------------------------

# Stories are mostly about Ana, one topic and one channel: what nobody speaks of twice contradicts nothing.
people = st.sampled_from([*["cus_ana"] * 5, "cus_bia", "cus_caio"])
pairs = st.sampled_from([pair for pair in itertools.permutations(PEOPLE, 2) if "cus_ana" in pair])
topics = st.sampled_from([*[REVIEWS] * 3, OFFERS])
channels = st.sampled_from([*[SMS] * 5, EMAIL, WHATSAPP])
numbers = st.sampled_from([*[NUMBERS[0]] * 3, *NUMBERS[1:]])
phones = st.sampled_from([*[SMS] * 4, WHATSAPP])

# How many are tried; JOGRAL_TEST_STORIES=2000 looks longer.
STORIES = int(os.environ.get("JOGRAL_TEST_STORIES", "40"))

# An explanation of what all failing stories share takes minutes, and says less than the shortest of them.
PHASES = [phase for phase in Phase if phase is not Phase.explain]


def step(name, *arguments):
    return st.tuples(st.just(name), st.tuples(*arguments))


steps = st.one_of(
    *(step("agree", people, topics, channels, st.just(who)) for who in (consents.PERSON, "key:key_1", "import:imp_1")),
    step("agree", st.sampled_from(tuple(PEOPLE)), topics, channels, st.just(consents.PERSON)),
    step("confirm", people, st.just(OFFERS), channels),
    step("withdraw", people, st.none() | topics, st.none() | channels),
    step("withdraw", st.sampled_from(tuple(PEOPLE)), topics, channels),
    step("text", numbers, phones, st.just("SAIR")),
    step("text", numbers, phones, st.just("VOLTAR")),
    step("text", numbers, phones, st.sampled_from(["SAIR", "sair de tudo", "cancelar meu pedido"])),
    step("pause", people, st.integers(1, 30)),
    step("resume", people),
    step("wait", st.integers(1, 31)),
    *[step("merge", pairs)] * 2,
    step("undo"),
    step("read_file", people, st.tuples(*[st.sampled_from(["sim", "sair", ""])] * 2)),
    step("erase", people),
)


@settings(max_examples=STORIES, phases=PHASES, suppress_health_check=[HealthCheck.too_slow])
@given(story=st.lists(steps, min_size=8, max_size=24))
def test_nothing_that_happens_lets_marketing_through_without_consent(shops, story):
    """And the audit chain of all of it holds."""
    shop = shops()
    try:
        for name, arguments in story:
            shop.clock.advance(minutes=1)
            with contextlib.suppress(JogralError):  # refused, and nothing of it stored: what may be sent is as it was
                getattr(shop, name)(*arguments)
            shop.check()
        key, *_ = chain_keys(KEYRING)
        seal_chain(shop.store, key)
        assert check_chain(shop.store, [key], []).found.holds
    finally:
        shop.store.close()
