"""Customers out of a file, on both ledgers: who they are, what they agreed to, and what no file may undo."""

from __future__ import annotations

import hashlib
import json
import stat

import pytest

from orchestrator.customer_file import examine
from orchestrator.customer_sheet import CustomerSheet
from orchestrator.dispatch.consents import Proof, agree, stop, withdraw
from orchestrator.dispatch.importing import Import
from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.register import Profile, register
from orchestrator.domain.customer import Address, AddressKind, Channel, ConsentState
from orchestrator.domain.errors import Conflict
from orchestrator.domain.time import rfc3339
from orchestrator.faultpoints import nowhere
from orchestrator.release import read_release
from orchestrator.store.port import ChainQuery

EMAIL, SMS = Channel.EMAIL, Channel.SMS
GRANTED, WITHDRAWN = ConsentState.GRANTED, ConsentState.WITHDRAWN
DAY_MS = 86_400_000

COLUMNS = ("id", "email", "phone", "name", "reviews", "offers", "confirmed", "at")
PROOF = {
    "method": "form",
    "source": "rodapé",
    "at": {"column": "at"},
}
SHEET = {
    "kind": "customers",
    "id": "crm",
    "title": "CRM",
    "owner": "crm",
    "source": "crm",
    "timezone": "America/Sao_Paulo",
    "columns": {"id": "external_id", "email": "email", "phone": "phone", "name": "attributes.first_name"},
    "consents": [
        {
            **PROOF,
            "topic": "reviews",
            "channels": ["email", "sms"],
            "wording": "optin_avaliacoes@1",
            "granted": {"column": "reviews", "is": ["sim"]},
            "withdrawn": {"column": "reviews", "is": ["saiu"]},
        },
        {
            **PROOF,
            "topic": "offers",
            "channels": ["email"],
            "wording": "optin_ofertas@4",
            "granted": {"column": "offers", "is": ["sim"]},
            "method": "double_opt_in",
            "evidence": {"confirmed_at": {"column": "confirmed"}},
        },
    ],
}
ANA = {"id": "1", "email": "ana@example.com", "phone": "+5511912345678", "name": "Ana", "reviews": "sim"}
BIA = {"id": "2", "email": "bia@example.com", "phone": "+5511987654321", "name": "Bia"}
MACHINE = "key:shop"


class PowerCut(Exception):
    """The process ends here."""


@pytest.fixture
def desk(store, release, clock, tmp_path):
    publish(store, release, clock.now())
    return Desk(store, release, clock, tmp_path)


def nothing(_done):
    """Nobody watches."""


class Desk:
    """Somebody who has files to import."""

    def __init__(self, store, release, clock, folder):
        self.store, self.release, self.clock, self.folder = store, release, clock, folder

    def file(self, *rows, name="pessoas.csv"):
        """A file of these rows. Who agreed did so yesterday, unless the row says otherwise."""
        yesterday = rfc3339(self.clock.now() - DAY_MS)
        lines = [";".join(({"at": yesterday} | row).get(column, "") for column in COLUMNS) for row in rows]
        path = self.folder / name
        path.write_text("\n".join([";".join(COLUMNS), *lines]) + "\n", encoding="utf-8")
        return path

    def an_import(self, path, passing=nowhere, progress=nothing, rows_per_batch=500, **sheet):
        return Import(
            store=self.store, release=self.release, clock=self.clock, file=examine(path),
            sheet=CustomerSheet.model_validate(SHEET | sheet), folder=self.folder / "quarantine", by="cli:test",
            passing=passing, progress=progress, rows_per_batch=rows_per_batch,
        )  # fmt: skip

    def brings(self, *rows, **sheet):
        """What an import of these rows counts, without what is nought."""
        return said(self.an_import(self.file(*rows), **sheet).run())

    def customers(self):
        with self.store.read() as transaction:
            return transaction.customers.page("", 1_000)

    def named(self, external_id):
        """The customer of an external id."""
        with self.store.read() as transaction:
            customer_id = transaction.customers.by_external_id([("crm", external_id)])[("crm", external_id)]
            return transaction.customers.get(customer_id)

    def consents(self, customer_id):
        with self.store.read() as transaction:
            return {key: state.value for key, state in transaction.consents.of(customer_id).items()}

    def events(self, customer_id):
        with self.store.read() as transaction:
            return [kept.event for kept in transaction.consents.history(customer_id, limit=100)]

    def said(self, work):
        with self.store.write() as transaction:
            return work(transaction)

    def known(self, **profile):
        """Somebody who is there before."""
        return self.said(lambda transaction: register(transaction, [Profile(**profile)], self.clock))[0]

    def everything(self):
        """Everybody, as far as two ledgers can be compared."""
        return sorted(
            (customer.attributes["first_name"], len(customer.addresses), len(self.consents(customer.id)))
            for customer in self.customers()
        )


def said(ended):
    return {name: count for name, count in ended.tally.numbers.items() if count}


# --- who they are -----------------------------------------------------------------------------------------------------


def test_new_people_come_in_with_addresses_and_consent_and_its_proof(desk):
    """The evidence names the line and the file's import, so that the row can be shown."""
    assert desk.brings(ANA, BIA) == {"created": 2, "granted": 2}

    ana = desk.named("1")
    assert [(one.kind, one.value) for one in ana.addresses] == [
        (AddressKind.EMAIL, "ana@example.com"),
        (AddressKind.PHONE, "+5511912345678"),
    ]
    assert ana.attributes == {"first_name": "Ana"}
    assert desk.consents(ana.id) == {("reviews", "email"): "granted", ("reviews", "sms"): "granted"}
    assert desk.consents(desk.named("2").id) == {}
    event = desk.events(ana.id)[0]
    assert (event.wording, event.method, event.source) == ("optin_avaliacoes@1", "form", "rodapé")
    assert event.evidence["line"] == 2
    assert event.actor.startswith("import:imp_")
    assert event.at == desk.clock.now() - DAY_MS


def test_an_import_is_put_on_record_with_what_it_brought(desk):
    """Who wanted it, and how much it was; each person and consent beside it."""
    desk.brings(ANA)
    with desk.store.read() as transaction:
        kinds = [entry.kind for entry in transaction.chain.unsealed(100)]

        (done,) = transaction.chain.page(ChainQuery(limit=1, kind="import.done"))

    assert kinds == ["customer.created", "consent.granted", "consent.granted", "import.done"]
    assert "cli:test" in done.payload
    assert hashlib.sha256((desk.folder / "pessoas.csv").read_bytes()).hexdigest() in done.payload


def test_the_same_file_a_second_time_does_nothing_and_says_so(desk):
    """Its counts are those of the first time."""
    path = desk.file(ANA, BIA)
    first = desk.an_import(path).run()
    again = desk.an_import(path).run()

    assert (first.repeated, again.repeated, again.id) == (False, True, first.id)
    assert said(again) == said(first)
    assert len(desk.customers()) == 2


def test_a_wording_that_is_published_later_proves_what_nothing_proved_before(desk):
    """Then the same file is worth another look: who is in stays as they are."""
    path = desk.file(ANA | {"name": "optin_avaliacoes@2"})
    consents = [SHEET["consents"][0] | {"wording": {"column": "name"}}]
    assert said(desk.an_import(path, consents=consents).run()) == {"created": 1, "unproven": 1}
    content = json.loads(desk.release.content)
    content["wordings"]["optin_avaliacoes@2"] = content["wordings"]["optin_avaliacoes@1"]
    desk.release = read_release(json.dumps(content))

    assert said(desk.an_import(path, consents=consents).run()) == {"unchanged": 1, "granted": 2}


def test_the_same_people_in_another_file_change_nothing(desk):
    """What is known before is counted, and not recorded again."""
    desk.brings(ANA, BIA)

    assert desk.brings(BIA, ANA) == {"unchanged": 2, "repeated": 2}
    assert len(desk.events(desk.named("1").id)) == 2


def test_news_about_somebody_is_added_and_takes_nothing_away(desk):
    """An older file knows fewer addresses, not better ones."""
    desk.brings(ANA)
    assert desk.brings({"id": "1", "email": "ana.nova@example.com", "name": "Ana Maria"}) == {"changed": 1}

    ana = desk.named("1")
    assert [one.value for one in ana.addresses if one.kind is AddressKind.EMAIL] == [
        "ana@example.com",
        "ana.nova@example.com",
    ]
    assert ana.attributes == {"first_name": "Ana Maria"}
    assert any(one.kind is AddressKind.PHONE for one in ana.addresses)


def test_who_is_known_by_email_gets_the_id_of_the_file(desk):
    """However the address is written."""
    owner = desk.known(emails=("ana@example.com",))

    assert desk.brings(ANA | {"email": " Ana@EXAMPLE.com "})["changed"] == 1
    assert desk.named("1").id == owner


def test_two_ids_of_one_system_are_two_people_even_with_one_address(desk):
    """A mother's e-mail stands in the accounts of her children."""
    assert desk.brings(ANA, BIA | {"email": ANA["email"]}) == {"created": 2, "granted": 2}
    assert desk.named("1").id != desk.named("2").id


def test_a_shared_phone_makes_nobody_somebody_else(desk):
    """Whoever has it alone is told by it; whoever has more is not."""
    mother = desk.known(emails=("mae@example.com",), phones=("+5511912345678",))
    son = {"phone": "+5511912345678", "name": "Davi"}

    assert desk.brings(son) == {"created": 1}
    assert desk.brings(son | {"name": "Davi Luiz"}) == {"changed": 1}
    with desk.store.read() as transaction:
        assert transaction.customers.get(mother).attributes == {}


def test_an_address_of_several_customers_is_ambiguous_without_an_id(desk):
    """Nobody guesses whose news it is."""
    desk.known(emails=("casal@example.com",))
    desk.known(emails=("casal@example.com",))
    ended = desk.an_import(desk.file({"email": "casal@example.com", "name": "Gui"})).run()

    assert said(ended) == {"quarantined": 1}
    assert list(ended.tally.kept_aside) == ["2 customers have this address. Give the row its external id."]


def test_who_stands_in_a_file_twice_is_one_person(desk):
    """By id, by e-mail, or once by either; the later row is the news."""
    desk.brings(
        ANA,
        {"id": "1", "name": "Ana B."},
        {"email": "ana@example.com", "phone": "+5511977776666"},
        {"email": "ana@example.com", "name": "Ana C."},
    )

    (ana,) = desk.customers()
    assert ana.attributes == {"first_name": "Ana C."}
    assert len(ana.addresses) == 3


def test_rows_that_reach_one_customer_by_different_names_lose_nothing(desk):
    """One by the id, one by the address, in the same batch."""
    owner = desk.known(emails=("ana@example.com",), external_ids={"crm": "1"})
    counted = desk.brings(
        {"id": "1", "phone": "+5511912345678"}, {"email": "ana@example.com", "phone": "+5511977776666"}
    )

    assert counted == {"changed": 2}
    with desk.store.read() as transaction:
        assert len(transaction.customers.get(owner).addresses) == 3


# --- what no file may undo --------------------------------------------------------------------------------------------


def test_an_opt_out_wins_over_any_import(desk):
    """Even over a file that says it was agreed to later: only the person's own new act restores."""
    desk.brings(ANA)
    ana = desk.named("1").id
    proof = Proof(method="one_click", source="link", actor="person")
    desk.said(lambda transaction: withdraw(transaction, desk.clock, [ana], "reviews", [EMAIL], proof))
    desk.clock.advance(seconds=10)

    assert desk.brings(ANA | {"at": rfc3339(desk.clock.now())}) == {"unchanged": 1, "opted_out": 1, "granted": 1}
    assert desk.consents(ana) == {("reviews", "email"): "withdrawn", ("reviews", "sms"): "granted"}


def test_an_opt_out_is_that_of_the_address_under_whatever_name(desk):
    """Whoever unsubscribed as one customer does not come back as another."""
    before = desk.known(emails=("ana@example.com",), external_ids={"crm": "old"})
    proof = Proof(method="one_click", source="link", actor="person")
    desk.said(lambda transaction: withdraw(transaction, desk.clock, [before], "reviews", None, proof))

    assert desk.brings(ANA) == {"created": 1, "opted_out": 1, "granted": 1}
    assert desk.consents(desk.named("1").id) == {("reviews", "sms"): "granted"}


def test_a_stop_wins_over_any_import(desk):
    """The address stays silent, and nothing is granted on its channel."""
    other = desk.known(phones=("+5511912345678",), external_ids={"crm": "old"})
    with desk.store.read() as transaction:
        phone = transaction.customers.get(other).addresses[0].id
    proof = Proof(method="text", source="sms", actor="person")
    desk.said(lambda transaction: stop(transaction, desk.clock, [phone], [SMS], proof))

    assert desk.brings(ANA) == {"created": 1, "granted": 1, "opted_out": 1}
    with desk.store.read() as transaction:
        standing = transaction.customers.standings([desk.named("1").id], ["reviews"])[desk.named("1").id]
    assert standing.suppressions == {(phone, "sms"): "stop"}
    assert ("reviews", "sms") not in standing.consents


def test_an_import_brings_opt_outs_of_another_system_at_once(desk):
    """Also of people whom nobody knew: then no other file says yes for them."""
    assert desk.brings(ANA | {"reviews": "saiu", "at": ""}) == {"created": 1, "withdrawn": 2}
    assert desk.brings(ANA) == {"unchanged": 1, "opted_out": 2}
    assert desk.brings(ANA | {"reviews": "saiu", "name": "A"}) == {"changed": 1, "repeated": 2}


def test_a_no_that_repeats_its_owners_is_news_to_others_with_the_address(desk):
    """Whoever said no already is told of again; the other name of the phone has not."""
    other = desk.known(phones=("+5511912345678",), external_ids={"crm": "old"})
    proof = Proof(method="form", source="site", actor="person", wording="optin_avaliacoes@1")
    desk.brings(ANA | {"reviews": "saiu", "at": ""})
    desk.said(lambda transaction: agree(transaction, desk.release, desk.clock, other, "reviews", [SMS], proof))

    assert desk.brings(ANA | {"reviews": "saiu", "at": "", "name": "A"})["repeated"] == 2
    assert desk.consents(other) == {("reviews", "sms"): "withdrawn"}


def test_the_order_of_a_yes_and_a_no_in_one_file_does_not_matter(desk):
    """No is no."""
    no = ANA | {"reviews": "saiu"}
    desk.brings(ANA, no, BIA | {"reviews": "saiu"}, BIA | {"reviews": "sim"})

    for external_id in ("1", "2"):
        assert set(desk.consents(desk.named(external_id).id).values()) == {"withdrawn"}


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("no_first", [True, False])
def test_a_no_reaches_everybody_who_has_the_address(desk, no_first, together):
    """Under whichever code, whichever row comes first, in one file or two; and on the channels of that address only."""
    no = {"id": "7", "email": ANA["email"], "reviews": "saiu"}
    rows = [no, ANA] if no_first else [ANA, no]
    for file in [rows] if together else [[row] for row in rows]:
        desk.brings(*file)

    consents = desk.consents(desk.named("1").id)
    assert consents.pop(("reviews", "email"), "never said") != "granted"
    assert consents == {("reviews", "sms"): "granted"}
    assert desk.consents(desk.named("7").id)["reviews", "email"] == "withdrawn"


def ends_everything_by_text(desk, phone):
    """They write "sair de tudo" from a phone, whoever has it."""
    proof = Proof(method="text", source="sms", actor="person")

    def work(transaction):
        new = Address(id="adr_text", kind=AddressKind.PHONE, value=phone)
        (address,) = transaction.customers.keep_addresses([new], desk.clock.now()).values()
        stop(transaction, desk.clock, [address], None, proof)

    desk.said(work)


def ends_everything_by_link(desk, phone):
    """All off, on the page of somebody who has the phone."""
    (holder, *_) = desk.said(lambda t: t.customers.by_address(AddressKind.PHONE, [phone]))[phone]
    proof = Proof(method="preference_centre", source="preferences", actor="person")
    desk.said(lambda transaction: withdraw(transaction, desk.clock, [holder], None, None, proof))


@pytest.mark.parametrize(
    ("end", "holders"),
    [
        (ends_everything_by_text, 0),
        (ends_everything_by_text, 1),
        (ends_everything_by_text, 2),
        (ends_everything_by_link, 1),
        (ends_everything_by_link, 2),
    ],
)
def test_who_said_no_to_everything_is_not_opened_by_a_file_under_another_name(desk, end, holders):
    """With the same phone and another e-mail: neither what is older than the no, nor what the file calls newer."""
    for number in range(holders):
        desk.known(emails=(f"p{number}@example.com",), phones=(ANA["phone"],))
    end(desk, ANA["phone"])
    desk.clock.advance(days=2)

    assert desk.brings(ANA) == {"created": 1, "opted_out": 2}
    assert desk.brings(ANA | {"at": rfc3339(desk.clock.now())}) == {"unchanged": 1, "opted_out": 2}
    assert "granted" not in desk.consents(desk.named("1").id).values()


@pytest.mark.parametrize(("days", "counted"), [(30, "opted_out"), (0, "granted")])
def test_what_is_older_than_a_return_stays_ended(desk, days, counted):
    """Whoever came back from a STOP for offers did not come back for what an old file says."""
    ana = desk.known(phones=("+5511912345678",), external_ids={"crm": "1"})
    with desk.store.read() as transaction:
        (phone,) = transaction.customers.get(ana).addresses
    proof = Proof(method="text", source="sms", actor="person")
    desk.said(lambda transaction: stop(transaction, desk.clock, [phone.id], [SMS], proof))
    desk.clock.advance(days=1)
    back = Proof(method="text", source="sms", actor="person", wording="optin_pesquisas@1")
    desk.said(lambda transaction: agree(transaction, desk.release, desk.clock, ana, "surveys", [SMS], back))
    desk.clock.advance(days=1)

    row = {"id": "1", "phone": "+5511912345678", "reviews": "sim", "at": rfc3339(desk.clock.now() - days * DAY_MS)}
    consents = [SHEET["consents"][0] | {"channels": ["sms"]}]
    assert desk.brings(row, consents=consents)[counted] == 1
    assert (("reviews", "sms") in desk.consents(ana)) is (counted == "granted")


def test_an_import_neither_weakens_nor_repeats_what_the_person_granted(desk):
    """A newer grant of the person's own stays the one in force."""
    ana = desk.known(emails=("ana@example.com",), phones=("+5511912345678",), external_ids={"crm": "1"})
    proof = Proof(method="form", source="site", actor=MACHINE, wording="optin_avaliacoes@1")
    desk.said(lambda t: agree(t, desk.release, desk.clock, ana, "reviews", [EMAIL], proof))
    counted = desk.brings(ANA)

    assert (counted["repeated"], counted["granted"]) == (1, 1)
    with desk.store.read() as transaction:
        assert {one.channel: one.actor for one in transaction.consents.in_force([ana])}["email"] == MACHINE


def test_an_erased_person_comes_back_suppressed(desk):
    """The digest of the address is all that is left, and enough."""
    with desk.store.write() as transaction:
        transaction.personal_data.keep_pepper("pepper")
        transaction.personal_data.remember_erased([(AddressKind.EMAIL, "ana@example.com")], "erased", 0)
    assert desk.brings(ANA, BIA)["erased"] == 1

    with desk.store.read() as transaction:
        standing = transaction.customers.standings([desk.named("1").id], [])[desk.named("1").id]
    assert [(key[1], reason) for key, reason in standing.suppressions.items()] == [("email", "erased")]


# --- proof ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"at": ""}, "Consent to reviews: nothing says when they agreed."),
        ({"at": "2031-01-01T00:00:00Z"}, "Consent to reviews: they agreed in the future."),
        ({"at": "ontem"}, "Consent to reviews: the time at which they agreed cannot be read."),
        ({"at": "1926-01-01T00:00:00Z"}, "Consent to reviews: they agreed before 1970."),
    ],
)
def test_a_row_without_proof_brings_the_person_and_no_consent(desk, row, reason):
    """And the reason says what is missing, and where first."""
    ended = desk.an_import(desk.file(BIA, ANA | row)).run()

    assert said(ended) == {"created": 2, "unproven": 1}
    assert {name: met.line for name, met in ended.tally.without_proof.items()} == {reason: 3}
    assert desk.consents(desk.named("1").id) == {}


@pytest.mark.parametrize(
    ("confirmed", "reason"),
    [
        ("", "the topic has double opt-in, and nothing shows that it was confirmed"),
        ("não", "the time at which they confirmed cannot be read"),
        ("2031-01-01 10:00:00", "they confirmed in the future"),
        ("2020-01-01 10:00:00", "they confirmed before they agreed"),
    ],
)
def test_a_confirmation_is_a_time_that_can_be_and_no_other_word(desk, confirmed, reason):
    """A column that says "no" confirms nothing."""
    row = BIA | {"offers": "sim", "confirmed": confirmed, "at": "2024-02-01 10:30:00"}
    ended = desk.an_import(desk.file(row)).run()

    assert said(ended) == {"created": 1, "unproven": 1}
    assert list(ended.tally.without_proof) == [f"Consent to offers: {reason}."]


def test_a_confirmation_is_kept_as_the_time_that_it_was(desk):
    """However the file writes times."""
    row = BIA | {"offers": "sim", "confirmed": "01/02/2024 10:35", "at": "01/02/2024 10:30"}
    assert desk.brings(row, times="%d/%m/%Y %H:%M") == {"created": 1, "granted": 1}
    (event,) = desk.events(desk.named("2").id)
    assert event.evidence["confirmed_at"] == "2024-02-01T10:35:00-03:00"


@pytest.mark.parametrize("at", ["1926-01-01T00:00:00Z", "2031-01-01T00:00:00Z"])
def test_an_opt_out_of_an_hour_that_cannot_be_is_heard_now(desk, at):
    """Nobody is written to because a clock was wrong."""
    assert desk.brings(ANA | {"reviews": "saiu", "at": at}) == {"created": 1, "withdrawn": 2}
    assert {one.at for one in desk.events(desk.named("1").id)} == {desk.clock.now()}


@pytest.mark.parametrize(
    ("word", "told"),
    [("Talvez", 'reviews: "talvez"'), ("ana@example.com", "reviews: something else than one word")],
)
def test_a_word_that_the_mapping_does_not_know_is_told_and_grants_nothing(desk, word, told):
    """It may be an opt-out; and of what looks like people's data nothing is repeated."""
    ended = desk.an_import(desk.file(BIA, ANA | {"reviews": word})).run()

    assert said(ended) == {"created": 2, "unclear": 1}
    assert ended.tally.document["not_understood"] == [{"reason": told, "count": 1, "first_line": 3}]
    assert desk.consents(desk.named("1").id) == {}


@pytest.mark.parametrize(
    ("word", "counted"),
    [("", "granted"), ("não", "granted"), ("0", "granted"), ("saiu", "withdrawn"), ("fora", "unclear")],
)
def test_a_column_of_who_left_says_so_or_not_or_something_that_nobody_knows(desk, word, counted):
    """A plain no there is no opt-out; any other word may be one, also where every row agreed."""
    consents = [SHEET["consents"][0] | {"granted": "every_row"}]
    assert set(desk.brings(ANA | {"reviews": word}, consents=consents)) == {"created", counted}


def test_the_mapping_may_keep_rows_without_proof_aside(desk):
    """Then nobody comes in half."""
    ended = desk.an_import(desk.file(ANA | {"at": ""}), without_proof="quarantine").run()

    assert said(ended) == {"quarantined": 1}
    assert desk.customers() == []


@pytest.mark.parametrize(
    ("wording", "why"),
    [("optin_nada@1", "there is no such wording"), ("optin_ofertas@4", "the wording asks for offers")],
)
def test_a_wording_of_a_column_must_exist_and_ask_for_the_topic(desk, wording, why):
    """Consent to offers is none to reviews (LGPD art. 8 §4)."""
    consents = [SHEET["consents"][0] | {"wording": {"column": "name"}}]
    ended = desk.an_import(desk.file(ANA | {"name": wording}), consents=consents).run()

    assert list(ended.tally.without_proof) == [f"Consent to reviews: {why}."]


def test_a_double_opt_in_is_proven_by_its_confirmation_and_asks_nobody(desk):
    """A file must not make us write to thousands of strangers."""
    confirmed = ANA | {"reviews": "", "offers": "sim", "confirmed": "2026-11-24T10:00:00-03:00"}
    ended = desk.an_import(desk.file(confirmed, BIA | {"offers": "sim"})).run()

    assert said(ended) == {"created": 2, "granted": 1, "unproven": 1}
    assert desk.consents(desk.named("1").id) == {("offers", "email"): "granted"}
    assert desk.consents(desk.named("2").id) == {}
    with desk.store.read() as transaction:
        assert transaction.deliveries.tally() == {}


# --- rows that stay out -----------------------------------------------------------------------------------------------


def test_dirty_rows_are_kept_aside_with_line_and_reason_for_this_user_alone(desk):
    """What could be a formula is text there, and what is in the file twice stands in it once."""
    rows = [ANA | {"id": str(number)} for number in range(3)]
    ended = desk.an_import(
        desk.file(rows[0], {"id": "x", "phone": "123", "name": "=1+1"}, rows[1] | {"email": "b@example.com"})
    ).run()

    assert said(ended)["quarantined"] == 1
    lines = ended.quarantine.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == f"jogral_line;jogral_reason;{';'.join(COLUMNS)}"
    assert lines[1].startswith("3;No phone has this number. Write it as +5511912345678.;x;;123;'=1+1;")
    assert len(lines) == 2
    assert stat.S_IMODE(ended.quarantine.stat().st_mode) == 0o600
    assert stat.S_IMODE(ended.quarantine.parent.stat().st_mode) == 0o700


def test_what_was_kept_aside_can_be_corrected_and_imported(desk):
    """With the same mapping: our columns are passed over, and the guards are taken away."""
    ended = desk.an_import(desk.file({"id": "x", "email": "ana@", "phone": "+5511912345678", "name": "Ana"})).run()
    corrected = desk.folder / "corrected.csv"
    text = ended.quarantine.read_text(encoding="utf-8-sig")
    assert ";'+5511912345678;" in text
    corrected.write_text(text.replace("ana@;", "ana@example.com;"), encoding="utf-8")

    assert said(desk.an_import(corrected).run()) == {"created": 1}
    assert [one.value for one in desk.named("x").addresses] == ["ana@example.com", "+5511912345678"]


def test_who_cannot_be_written_to_stays_out(desk):
    """Nobody knows them by their id, and the row has no address; unless they said no, which is kept for later files."""
    ended = desk.an_import(desk.file({"id": "8", "name": "Ana"}, {"id": "9", "reviews": "saiu"})).run()

    assert said(ended) == {"created": 1, "withdrawn": 2, "quarantined": 1}
    assert list(ended.tally.kept_aside) == [
        "The row has neither e-mail address nor phone, and nobody is known by its id."
    ]
    assert desk.brings(ANA | {"id": "9"}) == {"changed": 1, "opted_out": 2}


def test_an_empty_file_is_an_import_of_nobody(desk):
    """It ends, and is known afterwards."""
    path = desk.file()

    assert said(desk.an_import(path).run()) == {}
    assert desk.an_import(path).run().repeated


# --- killed, twice, rehearsed -----------------------------------------------------------------------------------------


PEOPLE = [
    {"id": str(n), "email": f"p{n}@example.com" if n % 4 else "nobody@", "name": f"P{n}", "reviews": "sim"}
    for n in range(1, 11)
]


@pytest.mark.parametrize("batch", [1, 2, 3, 4])
def test_an_import_that_is_killed_ends_as_if_it_had_not_been(desk, batch):
    """In any batch, with its rows written and not yet committed: counts, people and the quarantine are the same."""
    path = desk.file(*PEOPLE)
    passed = iter(range(1, 10))

    def killed(_point):
        if next(passed) == batch:
            raise PowerCut

    with pytest.raises(PowerCut):
        desk.an_import(path, passing=killed, rows_per_batch=3).run()
    ended = desk.an_import(path).run()

    assert said(ended) == {"created": 8, "granted": 16, "quarantined": 2}
    assert [line.partition(";")[0] for line in ended.quarantine.read_text().splitlines()[1:]] == ["5", "9"]
    assert desk.everything() == [(f"P{n}", 1, 2) for n in (1, 10, 2, 3, 5, 6, 7, 9)]


def test_two_processes_do_not_import_one_file_at_once(desk):
    """Who finds that another has moved on stops, and has changed nothing."""
    path = desk.file(*PEOPLE)

    def overtaken(done):
        if done == 3:
            desk.an_import(path).run()

    with pytest.raises(Conflict) as refused:
        desk.an_import(path, progress=overtaken, rows_per_batch=3).run()

    assert refused.value.code == "import_running"
    assert len(desk.customers()) == 8


def test_a_rehearsal_says_what_an_import_would_do_and_does_none_of_it(desk):
    """Also of people who come again later in the file."""
    path = desk.file(*PEOPLE, PEOPLE[0])
    rehearsed = desk.an_import(path, rows_per_batch=3).rehearse()

    assert (rehearsed.id, rehearsed.quarantine, desk.customers()) == (None, None, [])
    assert not (desk.folder / "quarantine").exists()
    assert said(rehearsed) == {"created": 8, "unchanged": 1, "quarantined": 2, "granted": 16}
    ended = desk.an_import(path).run()
    assert said(ended) == said(rehearsed) | {"repeated": 2}
    assert ended.tally.kept_aside == rehearsed.tally.kept_aside
