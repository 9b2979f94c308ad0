"""Whoever wrote to us and is no customer has their rights, and is forgotten in a month; a STOP of theirs is not."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from orchestrator.channels import UserNews
from orchestrator.dispatch import privacy
from orchestrator.dispatch.register import Profile
from orchestrator.domain.customer import AddressKind
from orchestrator.domain.errors import NotFound
from orchestrator.domain.privacy import RequestKind, RequestState, WaitsFor
from tests.contract.test_forwarding import TEAM, carry, forwarded_to
from tests.contract.test_forwarding import hear as forward
from tests.contract.test_hearing import hear, rows, suppressed, writes
from tests.contract.test_inbound import ALERTS, agree, decided
from tests.contract.test_privacy import ask, everything, request
from tests.contract.world import EMAIL, WHATSAPP

DIGITS, PHONE, USER = "5511977776666", "+5511977776666", "BR.13491208655302741918"
BY_PHONE = {"contact": (AddressKind.PHONE, PHONE), "vouched": "by phone"}
BY_ID = {"user_id": USER, "vouched": "by phone"}


def fetched(world, desk, request_id):
    with world.store.read() as transaction:
        found = privacy.existing(transaction, request_id)
        return privacy.export(transaction, desk, privacy.person_of(transaction, found))


def erased(world, desk, **wanted):
    asked = ask(world, desk, RequestKind.ERASE, **wanted)
    assert asked.waits_for is WaitsFor.TIMER
    assert privacy.attend(world.store, desk) == 1
    assert privacy.overwrite(world.store)
    return request(world, asked.id)


def joins(world, phone=PHONE):
    """They become a customer, who wants all that there is."""
    world.register(Profile(id="cus_lia", phones=(phone,)))
    agree(world, ALERTS, WHATSAPP, customer_id="cus_lia")
    return decided(world, WHATSAPP, "cus_lia")


def a_month_later(world):
    world.clock.advance(days=31)
    return privacy.forget_strangers(world.store, world.clock.now())


# --- their rights -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sender", [DIGITS, "551177776666"])
def test_a_stranger_is_shown_what_they_wrote_and_is_erased(world, desk, sender):
    """By the address alone, in whatever form it came; what is left is a digest of it."""
    hear(world, writes(world, "Sou a Lia, cadê meu pedido?", sender=sender, user_id=USER))
    shown = ask(world, desk, RequestKind.EXPORT, **BY_PHONE)
    assert shown.waits_for is WaitsFor.PERSON  # we write to no stranger: somebody here hands it over
    tables = fetched(world, desk, shown.id)["tables"]
    assert [row["text"] for row in tables["inbound_texts"]] == ["Sou a Lia, cadê meu pedido?"]
    assert {"addresses", "conversations", "provider_users"} < set(tables)

    done = erased(world, desk, **BY_PHONE)
    assert (done.state, done.result["certificate"]["addresses_erased"]) == (RequestState.DONE, 1)
    assert [trace for trace in ("Lia", "77776666", USER) if trace in everything(world)] == []
    assert joins(world) == ("blocked", "suppressed:erased")


def test_who_is_known_by_an_id_alone_has_the_same_rights(world, desk):
    hear(world, writes(world, "Sou a Lia", sender="", user_id=USER))
    tables = fetched(world, desk, ask(world, desk, RequestKind.EXPORT, **BY_ID).id)["tables"]
    assert [(row["text"], row["user_id"]) for row in tables["inbound_texts"]] == [("Sou a Lia", USER)]

    assert erased(world, desk, **BY_ID).state is RequestState.DONE
    assert [trace for trace in ("Lia", USER) if trace in everything(world)] == []


@pytest.mark.parametrize("renamed", [False, True])
def test_an_erased_id_that_turns_out_to_be_somebodys_wants_no_marketing(world, desk, renamed):
    """Their STOP went with their words. It is known again once: who comes back afterwards has come back."""
    hear(world, writes(world, "PARAR", sender="", user_id=USER))
    erased(world, desk, **BY_ID)
    assert joins(world)[0] == "sent"
    if renamed:
        hear(world, UserNews(user_id="BR.2", former=USER, at=world.clock.now()))
    told = UserNews(user_id="BR.2" if renamed else USER, phone=DIGITS, at=world.clock.now())
    hear(world, told)
    assert decided(world, WHATSAPP, "cus_lia")[0] == "blocked"

    world.clock.advance(minutes=1)
    hear(world, writes(world, "VOLTAR", sender=DIGITS))
    hear(world, told)
    assert decided(world, WHATSAPP, "cus_lia")[0] == "sent"


def test_an_id_of_a_customer_names_the_customer(world, desk):
    """And one that nobody has used names nobody, whoever vouches for it."""
    hear(world, writes(world, "oi", user_id=USER))
    assert ask(world, desk, RequestKind.EXPORT, **BY_ID).customer_ids == ("cus_ana",)
    for wanted in (BY_PHONE, {**BY_ID, "user_id": "BR.9"}):
        with pytest.raises(NotFound):
            ask(world, desk, RequestKind.ERASE, **wanted)


def test_without_anybody_who_vouches_a_strangers_request_ends_as_it_is_made(world, desk):
    """Nobody can prove it, and nothing of it is kept."""
    hear(world, writes(world, "oi", sender=DIGITS))
    asked = ask(world, desk, RequestKind.ERASE, contact=BY_PHONE["contact"])
    assert (asked.state, asked.contact) == (RequestState.EXPIRED, None)
    assert "oi" in everything(world)


def test_a_stranger_who_became_a_customer_meanwhile_is_erased_as_one(world, desk):
    hear(world, writes(world, "Sou a Lia", sender=DIGITS))
    asked = ask(world, desk, RequestKind.ERASE, **BY_PHONE)
    world.register(Profile(id="cus_lia", phones=(PHONE,), attributes={"first_name": "Lia"}))
    privacy.finish(world.store, desk, asked.id, by="test")
    assert "Lia" not in everything(world)
    assert "cus_lia" not in everything(world)


def test_what_was_forwarded_into_the_local_inbox_goes_too(world, desk):
    """The letter to who answers quotes them; a customer's and a stranger's alike."""
    forwarded_to(world, email=TEAM)
    forward(world, "Sou a Lia", sender=DIGITS)
    forward(world, "Sou a Lia também", key="wamid.2")
    carry(world)
    with world.store.engine.connect() as connection:
        before = connection.execute(text("SELECT count(*) FROM forwards")).scalar()
    assert before == 2

    erased(world, desk, **BY_PHONE)
    erased(world, desk, customer_id="cus_ana", vouched="by phone")
    assert "Lia" not in everything(world)


# --- how long their words stay ----------------------------------------------------------------------------------------


def test_what_a_stranger_wrote_is_gone_in_a_month_and_what_customers_wrote_stays(world):
    hear(world, writes(world, "Sou a Lia", sender=DIGITS, user_id=USER), writes(world, "Sou a Ana"))
    world.clock.advance(days=29)
    assert privacy.forget_strangers(world.store, world.clock.now()) == 0
    hear(world, writes(world, "Oi?", sender="5511955554444"))

    assert a_month_later(world) == 2
    assert [trace for trace in ("Lia", "77776666", USER, "55554444") if trace in everything(world)] == []
    assert "Sou a Ana" in everything(world)
    assert a_month_later(world) == 0


def test_a_strangers_stop_outlives_their_words(world):
    """At their address, and wherever the provider says that they have gone."""
    hear(world, writes(world, "Sou a Lia, PARAR", sender=DIGITS, user_id=USER, opt_out=True))
    assert a_month_later(world) == 1
    assert "Lia" not in everything(world)
    assert suppressed(world) == [("whatsapp", "stop")]

    hear(world, UserNews(user_id="BR.2", phone="5511955554444", former=USER, at=world.clock.now()))
    assert joins(world, "+5511955554444")[0] == "blocked"


def test_of_an_id_that_nobody_knows_only_its_stop_is_left(world):
    """The words go; once the provider says whose it is, the STOP holds there."""
    said = [writes(world, words, sender="", user_id=USER) for words in ("Sou a Lia", "quero sair da lista, sou a Lia")]
    hear(world, *said)
    assert a_month_later(world) == 2
    assert "Lia" not in everything(world)
    assert a_month_later(world) == 0

    hear(world, UserNews(user_id=USER, phone=DIGITS, at=world.clock.now()))
    assert joins(world)[0] == "blocked"


def test_an_address_that_a_customer_gave_up_stays_known_by_its_messages(world):
    """Late news of a message to it still finds what it is about."""
    agree(world, ALERTS, EMAIL)
    world.ask("order_confirmed", EMAIL)
    world.drain()
    hear(world, writes(world, "oi", sender="ana@example.com"), account="email", channel=EMAIL)
    world.revise(Profile(id="cus_ana", emails=("nova@example.com",)))
    assert a_month_later(world) == 1
    assert "ana@example.com" in json.dumps(rows(world, "SELECT value FROM addresses"))


# --- whose an id is ---------------------------------------------------------------------------------------------------


def test_a_stop_by_an_id_holds_once_a_message_names_id_and_phone(world):
    """Whether or not the provider tells by itself whose the id is."""
    agree(world, ALERTS, WHATSAPP)
    hear(world, writes(world, "PARAR", sender="", user_id=USER))
    hear(world, writes(world, "oi", user_id=USER))
    assert decided(world, WHATSAPP)[0] == "blocked"


def test_a_stop_that_is_told_again_with_the_phone_holds(world):
    agree(world, ALERTS, WHATSAPP)
    stop = {"event_key": "wamid.stop", "user_id": USER}
    hear(world, writes(world, "PARAR", sender="", **stop))
    hear(world, writes(world, "PARAR", **stop))
    assert decided(world, WHATSAPP)[0] == "blocked"
    assert rows(world, "SELECT count(*) FROM inbound_texts") == [(1,)]


@pytest.mark.parametrize("steps", [(("BR.2", "", USER), ("BR.2", DIGITS, "")), (("", DIGITS, USER),)])
def test_a_stop_by_an_id_goes_along_when_the_id_ends(world, steps):
    """A new id first, and its phone later; or a new number at once."""
    hear(world, writes(world, "PARAR", sender="", user_id=USER))
    for user_id, phone, former in steps:
        hear(world, UserNews(user_id=user_id, phone=phone, former=former, at=world.clock.now()))
    assert joins(world)[0] == "blocked"
