"""Two customers become one, and two again: what follows, what is allowed, and what an undo puts back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import inspect, select

from orchestrator.dispatch import pauses
from orchestrator.dispatch.audit import violations
from orchestrator.dispatch.consents import Proof, withdraw
from orchestrator.dispatch.identity import apply, dismiss, look, merge, undo
from orchestrator.dispatch.pauses import WantedPause
from orchestrator.dispatch.record import record
from orchestrator.dispatch.register import Profile, revise
from orchestrator.domain.customer import AddressKind, ConsentState
from orchestrator.domain.errors import Conflict, InputError, NotFound
from orchestrator.domain.pause import PauseScope
from orchestrator.domain.time import instant
from orchestrator.store import merging
from orchestrator.store.people_tables import audit_entries, merges
from orchestrator.store.people_tables import metadata as tables
from orchestrator.store.port import ChainQuery, MergeState
from tests.contract.world import EMAIL, after_the_claim, placed, with_project

GRANTED, PENDING, WITHDRAWN = ConsentState.GRANTED, ConsentState.PENDING, ConsentState.WITHDRAWN
KEPT, MERGED = "cus_ana", "cus_two"
TWO = Profile(
    id=MERGED,
    emails=("ana.souza@example.com",),
    phones=("+5511912345678", "+5581987654321"),
    attributes={"first_name": "Ana", "city": "Recife"},
    external_ids={"crm": "77"},
    locale="en",
)


@pytest.fixture
def two(world):
    """Ana, and Ana again under another address."""
    world.register(TWO)
    return world


def merged(world, kept=KEPT, other=MERGED, **given):
    with world.store.write() as transaction:
        return merge(transaction, world.release, world.clock, kept, other, by="test", **given)


def undone(world, one):
    with world.store.write() as transaction:
        return undo(transaction, world.clock, one.id, by="test")


def said_of(world, customer_id, state, topic="reviews", channel="email", at=None):
    world.said(state, topic, channel, customer_id=customer_id, at=at)


def read(world, ask):
    with world.store.read() as transaction:
        return ask(transaction)


def consents(world, customer_id=KEPT):
    return read(world, lambda transaction: transaction.consents.of(customer_id))


def emails(world, customer_id=KEPT):
    found = read(world, lambda transaction: transaction.customers.get(customer_id))
    return [one.value for one in found.addresses if one.kind is AddressKind.EMAIL]


# --- what follows -----------------------------------------------------------------------------------------------------


def test_the_merged_ids_addresses_and_names_lead_to_the_one_who_is_kept(two):
    """By whatever somebody knows them: the old id, each address, the other system's id."""
    merged(two)

    def ask(transaction):
        customers = transaction.customers
        return (
            customers.get(MERGED).id,
            customers.by_address(AddressKind.EMAIL, ["ana.souza@example.com"]),
            customers.by_external_id([("crm", "77")]),
            customers.whose([KEPT, MERGED, "cus_nobody"]),
            [one.id for one in customers.page("", 10)],
        )

    assert read(two, ask) == (
        KEPT,
        {"ana.souza@example.com": [KEPT]},
        {("crm", "77"): KEPT},
        {KEPT: KEPT, MERGED: KEPT},
        [KEPT],
    )
    assert emails(two) == ["ana@example.com", "ana.souza@example.com"]


def test_what_waits_for_the_merged_one_is_sent_to_the_kept_one(two):
    """Requests, timers and runs follow; and the address that was theirs is one of two now."""
    request_id = two.ask(customer_id=MERGED)
    merged(two)
    two.drain()
    assert two.ended(request_id) == ("sent", "")
    assert two.get(request_id)["customer_id"] == KEPT


def test_a_merge_between_claim_and_gate_loses_no_message(two):
    """The worker holds a request of somebody who is a tombstone by now: it comes again, and goes to the kept one."""
    request_id = two.ask(customer_id=MERGED)
    two.drain(after_the_claim(lambda: merged(two)))
    two.drain()
    assert two.ended(request_id) == ("sent", "")


def test_caps_count_what_both_have_had(strict):
    """One message of marketing a day, whoever it was sent to then."""
    strict.register(TWO)
    for customer_id in (KEPT, MERGED):
        said_of(strict, customer_id, GRANTED)
    first = strict.ask("review_request", EMAIL, customer_id=MERGED)
    strict.drain()
    merged(strict)
    second = strict.ask("review_request", EMAIL)
    strict.drain()
    assert strict.ended(first) == ("sent", "")
    assert strict.ended(second) == ("deferred", "frequency_cap:marketing_dia")


def test_the_longer_of_two_pauses_stays(two):
    """Who asked for silence until Monday as one, and for ever as the other, has asked for silence for ever."""
    end = two.clock.now() + 3_600_000
    for customer_id, until in ((KEPT, end), (MERGED, None)):
        wanted = WantedPause(scope=PauseScope.CUSTOMER, subject=customer_id, until=until)
        with two.store.write() as transaction:
            pauses.pause(transaction, two.release, two.clock, wanted, by="test")
    before = standing_pauses(two)
    done = merged(two)
    assert standing_pauses(two) == [(KEPT, None)]
    undone(two, done)
    assert standing_pauses(two) == before


def standing_pauses(world):
    return sorted(read(world, lambda transaction: [(one.subject, one.until) for one in transaction.pauses.all()]))


def test_an_event_that_names_the_merged_one_is_the_kept_ones(two):
    """Other systems know the old id for ever."""
    merged(two)
    (accepted,) = two.accept(placed(at=two.clock.now(), customer=MERGED))
    assert accepted.customer_id == KEPT
    request_id = two.ask(customer_id=MERGED)
    assert two.get(request_id)["customer_id"] == KEPT
    assert two.revise(Profile(id=MERGED, attributes={"vip": True})).id == KEPT


def test_a_link_of_before_the_merge_ends_marketing_to_the_kept_one(two):
    """Unsubscribe links name the merged one for a year."""
    for customer_id in (KEPT, MERGED):
        said_of(two, customer_id, GRANTED)
    merged(two)
    proof = Proof(method="one_click", source="email", actor="person")
    with two.store.write() as transaction:
        withdraw(transaction, two.clock, [MERGED], "reviews", [EMAIL], proof)
    assert consents(two)["reviews", "email"] is WITHDRAWN
    assert consents(two, MERGED) == {}


def test_every_table_with_a_customer_in_it_is_answered_for(two):
    """A new table is named in `store.merging`: else its rows would stay with a tombstone."""
    names = {"customer_id", "customer_ids", "kept_id", "merged_id"}
    with_customers = {table.name for table in tables.sorted_tables if names & set(table.c.keys())}
    # What has foreign keys to customers cannot be missed by its column's name either.
    with two.store.engine.connect() as connection:
        looked_up = inspect(connection)
        with_customers |= {
            name
            for name in looked_up.get_table_names()
            if any(key["referred_table"] == "customers" for key in looked_up.get_foreign_keys(name))
        }
    assert with_customers | {"pauses"} == merging.FOLLOWING | merging.ANSWERED_FOR | merging.STAYING


# --- what is allowed --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mine", "theirs", "both"),
    [
        (GRANTED, None, GRANTED),
        (None, GRANTED, GRANTED),
        (GRANTED, WITHDRAWN, WITHDRAWN),
        (WITHDRAWN, GRANTED, WITHDRAWN),
        (GRANTED, PENDING, PENDING),
        (PENDING, WITHDRAWN, WITHDRAWN),
    ],
)
def test_the_stricter_word_wins(two, mine, theirs, both):
    """A withdrawal on either side withdraws, whichever is newer."""
    for customer_id, state in ((MERGED, theirs), (KEPT, mine)):
        if state is not None:
            two.clock.advance(minutes=1)
            said_of(two, customer_id, state)
    merged(two)
    assert consents(two) == {("reviews", "email"): both}
    assert consents(two, MERGED) == {}


def test_an_old_form_does_not_undo_what_the_merge_found_withdrawn(two):
    """The withdrawal was older than the form; it counts from the merge on."""
    said_of(two, MERGED, WITHDRAWN)
    two.clock.advance(days=1)
    said_of(two, KEPT, GRANTED)
    signed_at = two.clock.now()
    two.clock.advance(days=1)
    merged(two)
    said_of(two, KEPT, GRANTED, at=signed_at)
    assert consents(two) == {("reviews", "email"): WITHDRAWN}


def test_a_grant_of_a_silenced_address_is_not_used_with_another(two):
    """One agreed, and stopped at their address; the other never agreed. Neither was sent marketing, nor are they."""
    said_of(two, KEPT, GRANTED)
    two.suppress("email")
    done = merged(two)
    request_id = two.ask("review_request", EMAIL)
    two.drain()
    assert two.ended(request_id) == ("blocked", "no_consent")
    undone(two, done)
    assert consents(two) == {("reviews", "email"): GRANTED}


# --- and back again ---------------------------------------------------------------------------------------------------


def everything(world):
    """Every row of the ledger that is about people, but for the merges themselves and the time of the last change."""
    found = {}
    with world.store.engine.connect() as connection:
        for table in tables.sorted_tables:
            if table not in (merges, audit_entries):
                rows = [dict(row) for row in connection.execute(select(table)).mappings()]
                for row in rows:
                    row.pop("updated_at", None)
                    row.pop("next_action_at", None)
                found[table.name] = sorted(map(repr, rows))
    return found


def test_merge_then_undo_changes_nothing(two):
    """Row by row: orders, messages that wait and that were sent, consents, pauses, addresses in their order."""
    said_of(two, KEPT, GRANTED)
    said_of(two, MERGED, WITHDRAWN)
    said_of(two, MERGED, GRANTED, "surveys")
    two.accept(placed(at=two.clock.now(), customer=MERGED), placed("ord_2", at=two.clock.now()))
    two.ask(customer_id=MERGED)
    two.drain()
    two.suppress("sms", MERGED)
    two.ask(customer_id=MERGED)
    two.revise(replace(TWO, external_ids={}, source="crm", attributes={"first_name": "Ana Clara"}))
    before = everything(two)
    done = merged(two)
    assert everything(two) != before
    undone(two, done)
    assert everything(two) == before


def test_neither_entry_of_a_merge_names_the_other(two):
    """Once they are parted, one may be erased alone; until then both are found under either id."""
    done = merged(two)
    undone(two, done)
    with two.store.read() as transaction:
        entries = transaction.chain.page(ChainQuery(limit=50, kind="customer"))
    assert [(one.kind, one.customer_id) for one in entries if "merged" in one.kind] == [
        ("customer.unmerged", MERGED), ("customer.unmerged", KEPT),
        ("customer.merged", MERGED), ("customer.merged", KEPT),
    ]  # fmt: skip
    for entry in entries:
        assert {KEPT, MERGED} & set(entry.said().values()) == {entry.customer_id}


def test_the_log_is_asked_by_any_name_of_a_customer(two):
    """What was put on record under the id of then is theirs; parted, each has their own again."""
    for customer_id in (KEPT, MERGED):
        with two.store.write() as transaction:
            record(transaction, two.clock, "customer.read", by="cli:bia", customer_id=customer_id, what="profile")
    done = merged(two)
    looks = {name: log_of(two, name) for name in (KEPT, MERGED)}
    assert looks == {KEPT: [MERGED, KEPT], MERGED: [MERGED, KEPT]}
    undone(two, done)
    assert (log_of(two, KEPT), log_of(two, MERGED)) == ([KEPT], [MERGED])


def log_of(world, customer_id):
    """Whose entries are found: looks alone, newest first."""
    with world.store.read() as transaction:
        found = transaction.chain.page(ChainQuery(limit=50, customer_id=customer_id, kind="customer.read"))
    return [one.customer_id for one in found]


def test_what_came_after_the_merge_stays_with_the_kept_one(two):
    """A new address, a new word, a new order; and what was the other's is theirs again."""
    done = merged(two)
    two.revise(Profile(id=KEPT, attributes={"city": "Olinda"}, emails=("nova@example.com", "ana.souza@example.com")))
    two.accept(placed("ord_9", at=two.clock.now()))
    said_of(two, KEPT, GRANTED, "surveys")
    undone(two, done)
    kept, other = (read(two, lambda t, who=who: t.customers.get(who)) for who in (KEPT, MERGED))
    assert kept.attributes == {"first_name": "Ana", "city": "Olinda"}
    assert other.attributes == {"first_name": "Ana", "city": "Recife"}
    assert (emails(two), emails(two, MERGED)) == (["nova@example.com"], ["ana.souza@example.com"])
    assert (consents(two), consents(two, MERGED)) == ({("surveys", "email"): GRANTED}, {})
    owner = read(two, lambda t: t.events.objects([("order", "ord_9")])[("order", "ord_9")].customer_id)
    assert owner == KEPT


def test_a_withdrawal_meanwhile_is_both_s(two):
    """Nobody knows whose word it was: marketing goes to neither."""
    said_of(two, MERGED, GRANTED)
    done = merged(two)
    two.clock.advance(minutes=5)
    said_of(two, KEPT, WITHDRAWN)
    undone(two, done)
    for customer_id in (KEPT, MERGED):
        assert consents(two, customer_id) == {("reviews", "email"): WITHDRAWN}


def test_the_last_merge_is_undone_first(two):
    """What was merged on top rests on it."""
    two.register(Profile(id="cus_three", emails=("ana3@example.com",)))
    first, second = merged(two), merged(two, other="cus_three")
    with pytest.raises(Conflict) as refused:
        undone(two, first)
    assert refused.value.code == "merged_since"
    undone(two, second)
    assert undone(two, first).state is MergeState.UNDONE
    with pytest.raises(Conflict):
        undone(two, first)


def test_a_tombstone_of_a_tombstone_leads_to_the_last_one(two):
    """Two into Ana, Ana into three: all are three, and the way back is the same."""
    two.register(Profile(id="cus_three", emails=("ana3@example.com",)))
    first, second = merged(two), merged(two, "cus_three", KEPT)
    assert read(two, lambda t: t.customers.whose([MERGED, KEPT])) == {MERGED: "cus_three", KEPT: "cus_three"}
    with pytest.raises(Conflict):
        undone(two, first)
    undone(two, second)
    assert read(two, lambda t: t.customers.whose([MERGED, KEPT])) == {MERGED: KEPT, KEPT: KEPT}
    undone(two, first)
    assert emails(two, MERGED) == ["ana.souza@example.com"]


def test_nobody_is_merged_with_themselves_or_with_nobody(two):
    """Nor twice with the same."""
    with pytest.raises(InputError):
        merged(two, KEPT, KEPT)
    with pytest.raises(NotFound):
        merged(two, KEPT, "cus_nobody")
    merged(two)
    with pytest.raises(InputError) as refused:
        merged(two)
    assert refused.value.code == "same_customer"


def test_the_audit_finds_nothing_after_a_merge(strict):
    """What each was sent before is judged by what each had said: not by the word of the other."""
    strict.register(TWO)
    for customer_id in (MERGED, KEPT):
        said_of(strict, customer_id, GRANTED)
        sent = strict.ask("review_request", EMAIL, customer_id=customer_id)
        strict.drain()
        assert strict.ended(sent) == ("sent", "")
        strict.clock.advance(minutes=1)
        said_of(strict, MERGED, WITHDRAWN)
        strict.clock.advance(minutes=1)
    merged(strict)
    assert violations(strict.store, strict.clock.now()) == []


# --- who may be one ---------------------------------------------------------------------------------------------------


def with_identity(world, **settings):
    world.release = with_project(world.release, identity=settings)
    return world


def looked(world):
    found = look(world.store, world.release, world.clock)
    return [[(one.kept_id, one.merged_id, one.reason) for one in which] for which in (found.merged, found.suggested)]


def test_gmail_dots_tags_and_case_are_suggested_and_suggested_once(world):
    """The older one is kept."""
    world.register(Profile(id="cus_1", emails=("ana.souza@gmail.com",)))
    world.clock.advance(seconds=1)
    world.register(Profile(id="cus_2", emails=("AnaSouza+ofertas@googlemail.com",)))
    world.register(Profile(id="cus_3", emails=("ana.souza+x@example.com",)))
    assert looked(world) == [[], [("cus_1", "cus_2", "email")]]
    assert looked(world) == [[], []]


def test_a_shared_phone_is_a_suggestion_at_most_and_a_family_none(world):
    """Whatever the settings say: families share phones."""
    with_identity(world, merge_on={"email": True})
    world.clock.advance(seconds=1)
    world.register(Profile(id="cus_rui", phones=("+5511912345678",), attributes={"first_name": "Rui"}))
    world.register(Profile(id="cus_a", phones=("+5511912345678",), attributes={"first_name": "ana"}))
    assert looked(world) == [[], [(KEPT, "cus_a", "phone")]]


def test_what_the_project_takes_as_proof_merges_by_itself(world):
    """A mailbox, a number that one person has, ids of two systems that number alike."""
    with_identity(world, merge_on={"email": True, "attributes": ["cpf_hash"], "external_ids": [["shop", "crm"]]})
    world.clock.advance(seconds=1)
    world.register(
        Profile(id="cus_mail", emails=("ANA@example.com",)),
        Profile(id="cus_shop", external_ids={"shop": "4711"}),
        Profile(id="cus_crm", external_ids={"crm": "4711"}),
        Profile(id="cus_cpf1", attributes={"cpf_hash": "f00d"}),
        Profile(id="cus_cpf2", attributes={"cpf_hash": "f00d"}),
    )
    done, suggested = looked(world)
    assert suggested == []
    assert sorted(one[:2] for one in done) == [
        ("cus_ana", "cus_mail"), ("cus_cpf1", "cus_cpf2"), ("cus_crm", "cus_shop"),
    ]  # fmt: skip


def test_a_contradiction_speaks_louder_than_an_address(world):
    """Two CPFs are two people, though they share a mailbox."""
    with_identity(world, merge_on={"email": True, "attributes": ["cpf_hash"]})
    world.register(
        Profile(id="cus_1", emails=("casal@example.com",), attributes={"cpf_hash": "1"}),
        Profile(id="cus_2", emails=("casal@example.com",), attributes={"cpf_hash": "2"}),
    )
    assert looked(world) == [[], []]


def test_who_was_parted_or_told_apart_is_left_in_peace(world):
    """A person decided; the machine does not ask again, even where the settings change."""
    world.clock.advance(seconds=1)
    world.register(Profile(id="cus_1", emails=("ana@example.com",)))
    looked(world)
    (suggestion,) = read(world, lambda t: t.identity.page(MergeState.SUGGESTED, "", 10))
    with world.store.write() as transaction:
        done = apply(transaction, world.release, world.clock, suggestion.id, by="test")
    assert (done.id, done.state, done.reason) == (suggestion.id, MergeState.DONE, "email")
    undone(world, done)
    with_identity(world, merge_on={"email": True})
    assert looked(world) == [[], []]
    with pytest.raises(Conflict), world.store.write() as transaction:
        dismiss(transaction, world.clock, suggestion.id, by="test")


def test_what_many_share_makes_no_suggestions(world):
    """A shop's own phone, typed where nobody gave one."""
    world.register(*(Profile(id=f"cus_{place}", phones=("+551140041234",)) for place in range(6)))
    assert looked(world) == [[], []]


# --- whose word stands ------------------------------------------------------------------------------------------------


def test_a_better_source_stands_and_every_overwrite_is_kept(world):
    """CRM beats form for phone; the history shows both values."""
    sources = ("crm", "checkout", "form")

    def tell(source, phone, at=None):
        with world.store.write() as transaction:
            profile = Profile(phones=(phone,), source=source, at=at)
            revise(transaction, KEPT, profile, world.clock, sources=sources)
        customer = read(world, lambda t: t.customers.get(KEPT))
        return [one.value for one in customer.addresses if one.kind is AddressKind.PHONE]

    assert tell("form", "+5511933334444") == ["+5511933334444"]
    assert tell("crm", "+5511955556666") == ["+5511955556666"]
    assert tell("form", "+5511977778888") == ["+5511955556666"]
    assert tell("crm", "+5511900001111", at=instant_of(2020)) == ["+5511955556666"]
    assert tell("person", "+5511922223333") == ["+5511922223333"]
    assert tell("crm", "+5511900002222") == ["+5511922223333"]

    history = read(world, lambda t: [(one.source, one.value, one.won) for one in t.identity.values(KEPT)])
    assert history == [
        ("", ["+5511912345678"], True),
        ("form", ["+5511933334444"], True),
        ("crm", ["+5511955556666"], True),
        ("form", ["+5511977778888"], False),
        ("crm", ["+5511900001111"], False),
        ("person", ["+5511922223333"], True),
        ("crm", ["+5511900002222"], False),
    ]


def instant_of(year):
    return instant(datetime(year, 1, 1, tzinfo=UTC))


def test_two_profiles_become_one_field_by_field(two):
    """The better source stands; what one has alone is kept; an undo gives each its own back."""
    with_identity(two, sources=["crm", "form"])
    for customer_id, source, city in ((KEPT, "form", "Olinda"), (MERGED, "crm", "Recife")):
        two.revise(Profile(id=customer_id, source=source, attributes={"city": city}))
    done = merged(two)
    kept = read(two, lambda t: t.customers.get(KEPT))
    assert (kept.locale, kept.attributes) == ("en", {"first_name": "Ana", "city": "Recife"})
    stands = read(two, lambda t: t.identity.stated([KEPT])[KEPT]["attributes.city"])
    assert (stands.source, stands.value) == ("crm", "Recife")
    undone(two, done)
    kept = read(two, lambda t: t.customers.get(KEPT))
    assert (kept.locale, kept.attributes) == (None, {"first_name": "Ana", "city": "Olinda"})
