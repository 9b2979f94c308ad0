"""Data subjects' requests, on both ledgers: what is shown, what is erased, and what stays of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from orchestrator.dispatch import privacy
from orchestrator.dispatch.consents import PERSON
from orchestrator.dispatch.privacy import WantedRequest
from orchestrator.dispatch.register import Profile
from orchestrator.domain.customer import AddressKind, ConsentState
from orchestrator.domain.errors import Conflict, InputError, NotFound
from orchestrator.domain.privacy import RequestKind, RequestState, WaitsFor
from orchestrator.store.holdings import HOLDINGS, KEPT_WITHOUT_IDENTITY, NOBODYS
from orchestrator.store.people_tables import metadata
from orchestrator.tokens import TokenPurpose
from tests.contract.world import EMAIL, after_the_claim, before_settling, placed
from tests.saying import tell

EXPORT, ERASE, RECTIFY, UNSUBSCRIBE = RequestKind
DAY_MS = 86_400_000

# Nothing of this person is anybody else's, so that one word finds all of them.
CANARY = Profile(
    id="cus_canario",
    emails=("canario@example.com",),
    phones=("+5511987650001",),
    push_tokens=("token-canario",),
    attributes={"first_name": "Canário"},
    external_ids={"shop": "loja-canario"},
)
# `canário` too, however JSON writes it.
TRACES = ("canario", "Can\\u00e1rio", "Canário", "987650001")


@pytest.fixture
def canary(world):
    """Somebody with something in every corner of the ledger."""
    world.register(CANARY)
    with world.store.write() as transaction:
        tell(
            transaction, world.clock, ["cus_canario"], ConsentState.GRANTED,
            source="canario", evidence={"form": "canario"},
        )  # fmt: skip
    world.accept(placed("ord_canario", at=world.clock.now(), customer="cus_canario", event_id="canario/1"))
    world.ask(customer_id="cus_canario", message="order_confirmed")
    world.drain()
    world.revise(Profile(id="cus_canario", emails=("antigo.canario@example.com",)))
    world.revise(Profile(id="cus_canario", emails=CANARY.emails))
    return "cus_canario"


def ask(world, desk, kind, **wanted):
    with world.store.write() as transaction:
        return privacy.ask(transaction, desk, WantedRequest(kind=kind, **wanted), by="cli:bia")


def vouched(world, desk, kind, customer_id="cus_canario", **wanted):
    return ask(world, desk, kind, customer_id=customer_id, vouched="by phone", **wanted)


def erase(world, desk, customer_id="cus_canario"):
    done = privacy.finish(world.store, desk, vouched(world, desk, ERASE, customer_id).id, by="cli:bia")
    assert privacy.overwrite(world.store)
    return done


def request(world, request_id):
    with world.store.read() as transaction:
        return transaction.privacy_requests.get(request_id)


def everything(world):
    """Every value of every table, as one text."""
    with world.store.engine.connect() as connection:
        rows = [row for table in metadata.sorted_tables for row in connection.execute(table.select())]
    return json.dumps([list(row) for row in rows], ensure_ascii=False, default=str)


def test_every_table_says_whether_people_are_in_it():
    """A table that nobody thought of would keep what was to be erased."""
    named = {holding.table.name for holding in HOLDINGS} | KEPT_WITHOUT_IDENTITY | NOBODYS
    assert named == set(metadata.tables)


# --- erasure ----------------------------------------------------------------------------------------------------------


def test_nothing_of_an_erased_person_is_left(world, desk, canary):
    """No name, no address, no id in any row; what counts is still counted."""
    assert any(trace in everything(world) for trace in TRACES)
    before = world.tally()
    done = erase(world, desk, canary)

    assert done.state is RequestState.DONE
    assert [trace for trace in TRACES if trace in everything(world)] == []
    assert world.tally() == before
    assert request(world, done.id).result["overwritten"]


def test_others_keep_everything(world, desk, canary):
    """The erasure of one changes no row of another, whoever shares a phone with them."""
    world.register(Profile(id="cus_mae", emails=("mae@example.com",), phones=("+5511987650001",)))
    world.ask(customer_id="cus_mae")
    world.drain()
    erase(world, desk, canary)
    with world.store.read() as transaction:
        mother = transaction.customers.get("cus_mae")
        standing = transaction.customers.standings(["cus_mae"], ["reviews"])["cus_mae"]
    assert [one.value for one in mother.addresses] == ["mae@example.com", "+5511987650001"]
    assert standing.suppressions == {}
    assert world.tally()["order_confirmed"]["sent"] == 3


def test_the_erased_stay_unwritten_to(world, desk, canary):
    """Their address comes back suppressed, by whatever door, and not even what they bought is told there."""
    erase(world, desk, canary)
    world.register(Profile(id="cus_novo", emails=("canario@example.com",)))
    asked = world.ask(customer_id="cus_novo")
    world.drain()
    assert world.ended(asked) == ("blocked", "suppressed:erased")


def test_who_comes_back_by_themselves_is_written_to_again(world, desk, canary):
    """A new customer with an old address would never hear of their order; somebody here lets the address in again."""
    erase(world, desk, canary)
    world.register(Profile(id="cus_novo", emails=("canario@example.com",)))
    address = (AddressKind.EMAIL, "canario@example.com")
    with world.store.write() as transaction:
        assert privacy.readmit(transaction, desk, address, by="cli:bia", vouched="ticket 9001")
        assert not privacy.readmit(transaction, desk, address, by="cli:bia", vouched="ticket 9001")
    asked = world.ask(customer_id="cus_novo")
    world.drain()
    assert world.ended(asked) == ("sent", "")


def test_a_callers_key_that_names_them_goes_too(world, desk, canary):
    """Callers make idempotency keys of what they send; those of others stay."""
    kept = "INSERT INTO idempotency (scope, key, body_hash, status, answer, at) VALUES ('k', :key, 'x', 202, '{}', 0)"
    with world.store.engine.begin() as connection:
        for key in ("order/cus_canario/7", "canario@example.com", "order/cus_ana/7"):
            connection.execute(text(kept), {"key": key})
    erase(world, desk, canary)
    with world.store.engine.connect() as connection:
        assert connection.scalars(text("SELECT key FROM idempotency WHERE scope = 'k'")).all() == ["order/cus_ana/7"]


def test_what_was_on_its_way_is_stopped(world, desk, canary):
    """What waits for its hour is not sent."""
    waiting = world.ask(customer_id=canary)
    erase(world, desk, canary)
    world.drain()
    assert world.ended(waiting) == ("skipped", "cancelled")


def test_an_erasure_waits_for_what_is_being_sent(world, desk, canary):
    """Its worker still writes down how it ended; the timer erases the person after that."""
    asked = world.ask(customer_id=canary)
    opened, states = vouched(world, desk, ERASE), []

    def erased():
        if not states:
            states.append(privacy.finish(world.store, desk, opened.id, by="cli:bia").state)

    world.provider.calls.clear()
    world.drain(before_settling(world.provider, erased))
    assert states == [RequestState.VERIFIED]
    assert world.ended(asked) == ("sent", "")
    assert privacy.attend(world.store, desk) == 1
    assert [trace for trace in TRACES if trace in everything(world)] == []


def test_a_worker_that_has_claimed_finds_nobody(world, desk, canary):
    """Between its look and the gate the person is erased: nothing leaves, and nothing breaks."""
    asked = world.ask(customer_id=canary)
    calls = len(world.provider.calls)
    world.drain(after_the_claim(lambda: erase(world, desk, canary)))
    assert len(world.provider.calls) == calls
    assert world.ended(asked) == ("skipped", "cancelled")


def test_the_certificate_names_nobody(world, desk, canary):
    """It says how many rows went, and carries a seal that only we could make."""
    certificate = erase(world, desk, canary).result[privacy.CERTIFICATE]
    assert certificate["rows"]["deliveries"] == 2
    assert certificate["addresses_erased"] == 4
    assert not any(trace in json.dumps(certificate, ensure_ascii=False) for trace in TRACES)
    assert privacy.is_ours(desk, certificate)
    assert not privacy.is_ours(desk, {**certificate, "addresses_erased": 3})


def test_quarantine_files_lose_their_rows(world, desk, canary):
    """In whatever spelling the address stands there; the rows of others stay as they were."""
    desk.quarantine.mkdir()
    file = desk.quarantine / "import.csv"
    rows = ["nome;fone\n", '"Can\nário";(11) 98765-0001\n', "Ana;11 91234-5678\n", "x;CANARIO@example.com\n"]
    file.write_text("".join(rows), encoding="utf-8")
    erase(world, desk, canary)
    assert file.read_text(encoding="utf-8") == rows[0] + rows[2]


def test_the_bytes_of_the_file_hold_nothing_either(world, desk):
    """Neither SQLite's file nor its log of changes, with a crowd around the person that moved their rows about."""
    if world.store.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL overwrites what it vacuums")
    for crowd in range(3):
        people = [Profile(id=f"cus_{crowd}_{one}", emails=(f"p{one}.{crowd}@example.com",)) for one in range(150)]
        world.register(*people[:70], *([CANARY] if crowd == 1 else []), *people[70:])
        if crowd:
            world.accept(placed(f"ord_canario{crowd}", at=world.clock.now(), customer="cus_canario"))
            for one in people:
                world.ask(customer_id=one.id)
            world.ask(customer_id="cus_canario")
            world.revise(Profile(id="cus_canario", attributes={"note": "canario " * (300 * crowd)}))
        world.drain()
    erase(world, desk)
    folder = Path(world.store.engine.url.database)
    found = b"".join(file.read_bytes() for file in folder.parent.glob(f"{folder.name}*"))
    assert [trace for trace in TRACES if trace.encode() in found] == []


# --- export -----------------------------------------------------------------------------------------------------------


def exported(world, desk, customer_id):
    with world.store.read() as transaction:
        return privacy.export(transaction, desk, transaction.personal_data.person([customer_id]))


def test_an_export_holds_every_row_and_nothing_of_others(world, desk, canary):
    """Each table in which the person is found; times as people read them, and a page that says the same."""
    document = exported(world, desk, canary)
    text = json.dumps(document, ensure_ascii=False)
    assert "ana@example.com" not in text
    assert "cus_ana" not in text
    tables = document["tables"]
    assert {row["value"] for row in tables["addresses"]} == {
        "canario@example.com", "antigo.canario@example.com", "+5511987650001", "token-canario",
    }  # fmt: skip
    assert tables["consent_events"][0]["evidence"] == {"form": "canario"}
    assert tables["deliveries"][0]["accepted_at"] == "2026-11-25T09:00:00-03:00"
    assert tables["decisions"][0]["trace"][0]["gate"]
    page = privacy.export_page(document, "en")
    assert "canario@example.com" in page
    assert "<script" not in page
    assert page.count("<dl>") == sum(len(rows) for rows in tables.values())


def test_a_shared_phone_is_shown_as_theirs_alone(world, desk, canary):
    """Who else has it is not said, and neither is what came from it: nobody knows who wrote that."""
    world.register(Profile(id="cus_mae", phones=("+5511987650001",)))
    text = json.dumps(exported(world, desk, canary))
    assert "+5511987650001" in text
    assert "cus_mae" not in text


def test_markup_in_a_value_is_words(world, desk):
    """What somebody called themselves runs nothing in the page."""
    world.register(Profile(id="cus_x", attributes={"first_name": "<img src=x onerror=alert(1)>"}))
    assert "<img" not in privacy.export_page(exported(world, desk, "cus_x"), "pt-BR")


# --- asking and proving -----------------------------------------------------------------------------------------------


def contact(text="canario@example.com"):
    return privacy.read_contact(text)


def test_a_request_is_proven_by_its_address_and_carried_out(world, desk, canary):
    """The link goes to the address that asked; once it is opened, the timer does the rest and says so."""
    opened = ask(world, desk, EXPORT, contact=contact(), locale="pt-BR")
    assert (opened.state, opened.customer_ids) == (RequestState.OPENED, (canary,))
    assert (opened.due_at - opened.opened_at, opened.legal_due_at - opened.opened_at) == (3 * DAY_MS, 15 * DAY_MS)
    assert privacy.attend(world.store, desk) == 0

    token = desk.proof_link(opened).rpartition("/")[2]
    with world.store.write() as transaction:
        found = privacy.requested(transaction, desk, TokenPurpose.VERIFY, token, lock=True)
        privacy.prove(transaction, desk, found, by=PERSON, method="link")
    assert privacy.attend(world.store, desk) == 1
    done = request(world, opened.id)
    assert (done.state, done.contact, done.result["told"]) == (RequestState.DONE, None, True)
    world.drain()
    assert (world.tally()["privacy_verify"], world.tally()["privacy_done"]) == ({"sent": 1}, {"sent": 1})


def test_somebody_unknown_leaves_no_trace_but_a_digest(world, desk):
    """Nothing is sent, and nothing is due: nobody can prove it. In a month it is gone."""
    opened = ask(world, desk, ERASE, contact=contact("nobody@example.com"))
    assert (opened.customer_ids, opened.contact) == ((), None)
    assert request(world, opened.id).state is RequestState.EXPIRED
    assert request(world, opened.id).waits_for is None
    world.clock.advance(days=31)
    assert privacy.tidy(world.store, world.clock.now()) == 1


def test_nobody_can_vouch_for_somebody_unknown(world, desk):
    """It would stand among what is due, and nobody could ever carry it out."""
    with pytest.raises(NotFound, match="Nobody has this address"):
        ask(world, desk, EXPORT, contact=contact("nobody@example.com"), vouched="by phone")


@pytest.mark.usefixtures("canary")
@pytest.mark.parametrize(
    ("kind", "proven", "state", "result"),
    [
        (ERASE, True, RequestState.DONE, "done_with"),
        (EXPORT, True, RequestState.REFUSED, "reason"),
        (ERASE, False, RequestState.EXPIRED, None),
    ],
)
def test_what_a_person_proved_stays_told_when_they_are_erased_by_hand(world, desk, kind, proven, state, result):
    """An erasure that somebody carried out is done, and was not "never proven"."""
    theirs = ask(world, desk, kind, contact=contact())
    if proven:
        with world.store.write() as transaction:
            privacy.prove(transaction, desk, theirs, by=PERSON, method="link")
    done = erase(world, desk)
    left = request(world, theirs.id)
    assert (left.state, left.customer_ids, left.contact) == (state, (), None)
    assert (left.verified_at is not None) is proven
    assert left.result.get(result) == {"done_with": done.id, "reason": "erased", None: None}[result]


@pytest.mark.usefixtures("canary")
def test_a_request_says_whose_turn_it_is(world, desk):
    """The person's who has to prove it, the timer's, or that of somebody here."""
    assert ask(world, desk, EXPORT, contact=contact()).waits_for is WaitsFor.PROOF
    assert vouched(world, desk, EXPORT).waits_for is WaitsFor.TIMER
    assert vouched(world, desk, RECTIFY).waits_for is WaitsFor.PERSON
    world.register(Profile(id="cus_mae", emails=("canario@example.com",)))
    assert ask(world, desk, EXPORT, contact=contact(), vouched="by phone").waits_for is WaitsFor.PERSON
    assert ask(world, desk, UNSUBSCRIBE, contact=contact(), vouched="by phone").waits_for is WaitsFor.TIMER


@pytest.mark.usefixtures("canary")
def test_forms_are_no_way_to_flood_a_mailbox(world, desk):
    """Three links a day; whoever asks again is told the same, and nothing is sent."""
    for _ in range(5):
        ask(world, desk, EXPORT, contact=contact())
    world.drain()
    assert world.tally()["privacy_verify"] == {"sent": 3}


def test_an_address_of_a_family_needs_a_person_to_choose(world, desk, canary):
    """It proves that somebody of them asks, and not who: nothing is done by itself, and nothing of one told another."""
    world.register(Profile(id="cus_mae", emails=("canario@example.com",)))
    opened = ask(world, desk, EXPORT, contact=contact(), vouched="by phone")
    assert privacy.attend(world.store, desk) == 0
    with pytest.raises(Conflict, match="2 customers"):
        privacy.finish(world.store, desk, opened.id, by="cli:bia")
    done = privacy.finish(world.store, desk, opened.id, by="cli:bia", customer_id=canary)
    assert done.customer_ids == (canary,)


@pytest.mark.usefixtures("canary")
def test_due_requests_are_reminded_of_once_a_day(world, desk, capsys):
    """A correction waits for a person; before it is due, the log says so."""
    waiting = vouched(world, desk, RECTIFY, details={"text": "nome errado"})
    privacy.attend(world.store, desk)
    assert request(world, waiting.id).reminded_at is None
    world.clock.advance(days=2, hours=1)
    privacy.attend(world.store, desk)
    first = request(world, waiting.id).reminded_at
    privacy.attend(world.store, desk)
    assert first == world.clock.now() == request(world, waiting.id).reminded_at
    assert capsys.readouterr().out.count("privacy_request_due") == 1


@pytest.mark.usefixtures("canary")
def test_a_request_ends_once(world, desk):
    """Neither twice, nor after it was refused."""
    opened = vouched(world, desk, EXPORT)
    with world.store.write() as transaction:
        refused = privacy.refuse(transaction, desk, opened.id, by="cli:bia", reason="not the person")
    assert refused.result["reason"] == "not the person"
    with pytest.raises(Conflict):
        privacy.finish(world.store, desk, opened.id, by="cli:bia")


# --- correcting and unsubscribing -------------------------------------------------------------------------------------


def test_an_approved_correction_reaches_the_profile_and_is_told(world, desk, canary):
    """And other systems learn which fields changed, not what they say."""
    opened = vouched(world, desk, RECTIFY, details={"text": "meu nome é Bento"})
    done = privacy.finish(world.store, desk, opened.id, by="cli:bia", changes={"attributes": {"first_name": "Bento"}})
    assert done.result["changed"] == ["attributes.first_name"]
    assert done.details == {}
    document = exported(world, desk, canary)
    assert document["tables"]["customers"][0]["attributes"]["first_name"] == "Bento"
    told = [one for one in document["tables"]["events"] if one["type"] == "customer.rectified"]
    assert [one["data"] for one in told] == [{"fields": "attributes.first_name"}]


@pytest.mark.usefixtures("canary")
@pytest.mark.parametrize("changes", [{}, {"nome": "Bento"}, {"emails": ["not an address"]}])
def test_a_correction_that_corrects_nothing_is_refused(world, desk, changes):
    """And the request stays open."""
    opened = vouched(world, desk, RECTIFY)
    with pytest.raises(InputError):
        privacy.finish(world.store, desk, opened.id, by="cli:bia", changes=changes)
    assert request(world, opened.id).state is RequestState.VERIFIED


def test_unsubscribing_ends_marketing_and_nothing_else(world, desk, canary):
    """Every marketing topic, on every channel; what was bought is still told."""
    vouched(world, desk, UNSUBSCRIBE)
    assert privacy.attend(world.store, desk) == 1
    asked = world.ask(customer_id=canary)
    offered = world.ask("review_request", EMAIL, customer_id=canary)
    world.drain()
    assert world.ended(asked)[0] == "sent"
    assert world.ended(offered)[0] == "blocked"


def test_the_kinds_of_address_are_told_apart():
    """By their sign, as people type them."""
    assert privacy.read_contact(" Ana@Example.com ") == (AddressKind.EMAIL, "ana@example.com")
    assert privacy.read_contact("11 91234-5678") == (AddressKind.PHONE, "+5511912345678")
