"""Consents are as they were put on record: whatever somebody does to a row by hand is found, on both ledgers."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import text

from orchestrator.dispatch import privacy
from orchestrator.dispatch.consent_record import check_consents
from orchestrator.dispatch.consents import PERSON, Proof, agree, stop, withdraw
from orchestrator.dispatch.identity import merge, undo
from orchestrator.dispatch.privacy import WantedRequest
from orchestrator.dispatch.register import Profile
from orchestrator.domain.privacy import RequestKind
from tests.contract.world import EMAIL, SMS

REVIEWS = Proof(
    method="form",
    source="checkout",
    actor=PERSON,
    wording="optin_avaliacoes@1",
    evidence={"form": "rodapé", "page": 2, "seconds": 1e20, "share": 0.5},
)
CLICK = Proof(method="link", source="page", actor=PERSON)
TEXT = Proof(method="text", source="sms", actor=PERSON, evidence={"text": "SAIR"})
ANA, TWO = "cus_ana", "cus_two"


@pytest.fixture
def spoken(world):
    """Ana agreed on two channels, went back on one, and Two has only ever agreed."""
    world.register(Profile(id=TWO, emails=("two@example.com",), phones=("+5511912345678",)))
    agreed(world, ANA, EMAIL, SMS)
    agreed(world, TWO, EMAIL)
    withdrew(world, ANA, SMS)
    return world


def agreed(world, customer, *channels):
    with world.store.write() as transaction:
        agree(transaction, world.release, world.clock, customer, "reviews", channels, REVIEWS)


def withdrew(world, customer, *channels):
    with world.store.write() as transaction:
        withdraw(transaction, world.clock, [customer], "reviews", channels or None, CLICK)


def merged(world):
    with world.store.write() as transaction:
        return merge(transaction, world.release, world.clock, ANA, TWO, by="test")


def parted(world, done):
    with world.store.write() as transaction:
        undo(transaction, world.clock, done.id, by="test")


def checked(world):
    with world.store.read() as transaction:
        return check_consents(transaction)


def found(world):
    return [(one.kind, one.differs) for one in checked(world).findings]


def change(world, sql, **values):
    with world.store.engine.begin() as connection:
        assert connection.execute(text(sql), values).rowcount


# --- what is as it was said -------------------------------------------------------------------------------------------


def test_whatever_people_say_is_on_record(spoken):
    """Whole numbers of evidence too, which PostgreSQL keeps in its own way."""
    assert (found(spoken), checked(spoken).rows) == ([], 4)


def test_customers_are_read_page_by_page(spoken):
    """However many there are, a few are held at a time; who was merged comes with whoever they are now."""
    merged(spoken)
    spoken.register(Profile(id="cus_zoe", emails=("zoe@example.com",)))
    with spoken.store.read() as transaction:
        first, second = (transaction.chain.said_by(after, 1) for after in ("", ANA))
        assert transaction.chain.said_by("cus_zoe", 1) == []
    assert [(one.customer_id, len(one.events), len(one.entries), one.merged) for one in first] == [(ANA, 4, 4, True)]
    assert [(one.customer_id, one.events, one.merged) for one in second] == [("cus_zoe", (), False)]


def test_a_merge_and_its_undo_leave_everything_on_record(spoken):
    """Under the id of then; what is said while they are one as well, and what is both's once they part."""
    done = merged(spoken)
    assert found(spoken) == []
    agreed(spoken, ANA, SMS)
    withdrew(spoken, TWO, EMAIL)
    assert found(spoken) == []
    parted(spoken, done)
    assert found(spoken) == []


def test_a_stop_leaves_everything_on_record(spoken):
    with spoken.store.write() as transaction:
        phone = [one.id for one in transaction.customers.get(ANA).addresses if one.kind == "phone"]
        stop(transaction, spoken.clock, phone, None, TEXT)
    assert found(spoken) == []


def test_the_erased_are_missed_by_nobody(spoken, desk):
    """Their rows lost who and how, and their entries everything."""
    with spoken.store.write() as transaction:
        wanted = WantedRequest(kind=RequestKind.ERASE, customer_id=ANA, vouched="by phone")
        opened = privacy.ask(transaction, desk, wanted, by="test")
    privacy.finish(spoken.store, desk, opened.id, by="test")
    assert found(spoken) == []


# --- what somebody did by hand ----------------------------------------------------------------------------------------


def test_what_somebody_did_to_the_rows_is_found(spoken):
    """One thing after the other; what each looks like is told in `tests/unit/test_consent_record.py`."""
    change(spoken, "UPDATE consent_events SET evidence = '{}', actor = 'cli:eve' WHERE channel = 'email'")
    assert found(spoken) == [("consent_edited", ("actor", "proof"))] * 2
    change(spoken, "UPDATE consent_state SET state = 'granted' WHERE channel = 'sms'")
    change(spoken, "UPDATE consent_events SET id = 'con_x' WHERE customer_id = 'cus_two'")
    result = checked(spoken)
    assert Counter(one.kind for one in result.findings) == {
        "consent_edited": 1, "consent_missing": 1, "consent_unrecorded": 1, "consent_not_in_force": 2,
    }  # fmt: skip
    assert "con_x" in {one.event for one in result.findings}
    assert result.count == len(result.findings)


def test_entries_of_a_customer_who_was_deleted_are_found(spoken):
    """With everything of theirs, and without an erasure."""
    change(spoken, "DELETE FROM consent_state WHERE customer_id = 'cus_two'")
    change(spoken, "DELETE FROM consent_events WHERE customer_id = 'cus_two'")
    change(spoken, "DELETE FROM customer_addresses WHERE customer_id = 'cus_two'")
    change(spoken, "DELETE FROM customers WHERE id = 'cus_two'")
    assert found(spoken) == [("consent_missing", ())]
