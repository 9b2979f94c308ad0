"""What an erasure means at an address that others have too, and for texts from before somebody was a customer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.dispatch import privacy
from orchestrator.dispatch.identity import merge, undo
from orchestrator.dispatch.inbound import InboundText, hear_text
from orchestrator.dispatch.register import Profile
from orchestrator.domain.customer import AddressKind
from tests.contract.test_privacy import CANARY, erase, everything, exported
from tests.contract.world import EMAIL, SMS, WHATSAPP

MOTHER = Profile(id="cus_mae", emails=("mae@example.com",), phones=("+5511987650001",))
BACK = Profile(id="cus_novo", emails=("novo@example.com",), phones=("+5511987650001",))


@pytest.fixture
def family(world, desk):
    """The phone that the erased shared with their mother, who has it still; and who came to it since."""
    world.register(CANARY, MOTHER)
    erase(world, desk)
    world.register(BACK)
    return world


def outcome(world, customer_id, *channels):
    asked = world.ask("order_confirmed", *(channels or (SMS,)), customer_id=customer_id)
    world.drain()
    return world.ended(asked)


def test_the_erased_stay_unwritten_to_at_a_familys_phone(family):
    """Whoever comes to it again is not written to there; whoever had it is, and both elsewhere."""
    assert outcome(family, "cus_novo") == ("blocked", "suppressed:erased")
    assert outcome(family, "cus_mae") == ("sent", "")
    assert outcome(family, "cus_novo", EMAIL) == ("sent", "")
    # News of a profile that says the same is no new address.
    family.revise(replace(MOTHER, attributes={"city": "Recife"}))
    family.revise(replace(BACK, attributes={"city": "Olinda"}))
    assert (outcome(family, "cus_mae")[0], outcome(family, "cus_novo")[0]) == ("sent", "blocked")


def test_what_is_not_sent_to_the_erased_at_a_familys_phone_is_explained(family):
    """With the day since when, to this one alone."""
    with family.store.read() as transaction:
        phone = [one.id for one in transaction.customers.get("cus_mae").addresses if one.kind == "phone"]
        silenced = {who: transaction.explanations.silenced(who, phone) for who in ("cus_mae", "cus_novo")}
    assert silenced["cus_mae"] == []
    assert [(one.channel, one.reason, one.at) for one in silenced["cus_novo"]] == [
        (channel, "erased", family.clock.now()) for channel in ("whatsapp", "sms")
    ]


def test_who_comes_back_to_a_familys_phone_is_let_in_again(family, desk):
    with family.store.write() as transaction:
        address = (AddressKind.PHONE, "+5511987650001")
        assert privacy.readmit(transaction, desk, address, by="cli:bia", vouched="ticket 9001")
    assert outcome(family, "cus_novo") == ("sent", "")


def test_a_familys_phone_that_nobody_has_any_more_is_suppressed_when_it_comes_back(world, desk):
    """As any address of the erased."""
    world.register(CANARY, MOTHER)
    erase(world, desk)
    world.revise(Profile(id="cus_mae", phones=()))
    world.register(BACK)
    assert outcome(world, "cus_novo") == ("blocked", "suppressed:erased")


def test_a_merge_silences_nobody_at_a_familys_phone_and_its_undo_lets_nobody_in(family):
    """The one whom two became is who had the phone before; parted, each is as they were."""
    for kept, merged in (("cus_mae", "cus_novo"), ("cus_novo", "cus_mae")):
        with family.store.write() as transaction:
            done = merge(transaction, family.release, family.clock, kept, merged, by="test")
        assert outcome(family, kept) == ("sent", "")
        with family.store.write() as transaction:
            undo(transaction, family.clock, done.id, by="test")
        assert outcome(family, "cus_mae") == ("sent", "")
        assert outcome(family, "cus_novo") == ("blocked", "suppressed:erased")


def heard(world, sender, words, source_id, channel=SMS):
    text = InboundText(source="account", source_id=source_id, channel=channel, sender=sender, text=words)
    with world.store.write() as transaction:
        return hear_text(transaction, world.release, world.clock, text)


def test_texts_from_before_they_were_a_customer_are_theirs(world, desk):
    """A stranger's words go with whoever alone has the address by then; those of a family's phone stay."""
    heard(world, "11 98765-0001", "oi, sou o canario da silva", "1")
    heard(world, "11 98765-0002", "quero falar do canario", "2")
    world.register(CANARY, Profile(id="cus_mae", phones=("+5511987650002",)))
    assert exported(world, desk, "cus_canario")["tables"]["inbound_texts"][0]["text"] == "oi, sou o canario da silva"
    erase(world, desk)
    assert "sou o canario da silva" not in everything(world)
    assert "quero falar do canario" in everything(world)


def test_texts_in_another_spelling_of_their_number_are_theirs(world, desk):
    """WhatsApp leaves out the ninth digit."""
    heard(world, "551187650001", "sem o nono digito", "1", WHATSAPP)
    world.register(CANARY)
    erase(world, desk)
    assert "sem o nono digito" not in everything(world)
