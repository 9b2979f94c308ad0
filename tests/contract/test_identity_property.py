"""Whatever two customers have said and done: merging them and undoing it changes nothing."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.dispatch import pauses
from orchestrator.dispatch.identity import merge, undo
from orchestrator.dispatch.pauses import WantedPause
from orchestrator.dispatch.register import Profile
from orchestrator.domain.customer import ConsentState
from orchestrator.domain.pause import PauseScope
from tests.contract.conftest import opened
from tests.contract.test_identity import everything
from tests.contract.world import EMAIL, placed, with_project

CHANNELS = ("email", "whatsapp", "sms")
EMAILS = ("a@example.com", "b@example.com", "a.b@gmail.com")
PHONES = ("+5511912345678", "+5581987654321")
TOPICS = ("offers", "reviews", "order_updates")

people = st.fixed_dictionaries(
    {
        "emails": st.lists(st.sampled_from(EMAILS), unique=True).map(tuple),
        "phones": st.lists(st.sampled_from(PHONES), unique=True).map(tuple),
        "attributes": st.dictionaries(st.sampled_from(["first_name", "city"]), st.sampled_from(["Ana", "Recife"])),
        "locale": st.sampled_from([None, "en", "pt-BR"]),
        "source": st.sampled_from(["", "crm", "form"]),
    }
)
said = st.lists(
    st.tuples(st.sampled_from(TOPICS), st.sampled_from(CHANNELS), st.sampled_from(ConsentState)), max_size=4
)
lives = st.fixed_dictionaries(
    {
        "said": said,
        "silenced": st.sets(st.sampled_from(CHANNELS), max_size=1),
        "paused": st.booleans(),
        "ordered": st.booleans(),
    }
)

numbers = itertools.count(1)


@pytest.fixture
def shop(sqlite, release, clock):
    """One ledger for every example: two more people each time, who share addresses with all before."""
    quiet = with_project(
        release, quiet_hours=[], frequency_caps=[], suppress_rules=[], identity={"sources": ["crm", "form"]}
    )
    with sqlite.migrated() as store:
        yield opened(store, quiet, clock)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.tuples(people, lives), second=st.tuples(people, lives), later=said)
def test_merge_then_undo_is_identity(shop, first, second, later):
    """Row by row. And what either withdrew while they were one is withdrawn of both."""
    kept, other = (live(shop, *one) for one in (first, second))
    shop.drain()
    before = everything(shop)
    done = merged(shop, kept, other)
    undone(shop, done)
    assert everything(shop) == before

    done = merged(shop, kept, other)
    shop.clock.advance(minutes=1)
    tell(shop, other, later)
    undone(shop, done)
    last = {(topic, channel): state for topic, channel, state in later}
    with shop.store.read() as transaction:
        for customer_id in (kept, other):
            in_force = transaction.consents.of(customer_id)
            for key, state in last.items():
                if state is ConsentState.WITHDRAWN:
                    assert in_force[key] is ConsentState.WITHDRAWN


def live(shop, profile, life):
    customer_id = f"cus_{next(numbers)}"
    shop.register(Profile(id=customer_id, external_ids={"shop": customer_id}, **profile))
    tell(shop, customer_id, life["said"])
    for channel in life["silenced"]:
        shop.suppress(channel, customer_id)
    if life["paused"]:
        wanted = WantedPause(scope=PauseScope.CUSTOMER, subject=customer_id)
        with shop.store.write() as transaction:
            pauses.pause(transaction, shop.release, shop.clock, wanted, by="test")
    if life["ordered"]:
        shop.accept(placed(f"ord_{customer_id}", at=shop.clock.now(), customer=customer_id))
        shop.ask("review_request", EMAIL, customer_id=customer_id)
    shop.clock.advance(seconds=1)
    return customer_id


def tell(shop, customer_id, what):
    for topic, channel, state in what:
        shop.clock.advance(seconds=1)
        shop.said(state, topic, channel, customer_id=customer_id)


def merged(shop, kept, other):
    with shop.store.write() as transaction:
        return merge(transaction, shop.release, shop.clock, kept, other, by="test")


def undone(shop, done):
    with shop.store.write() as transaction:
        return undo(transaction, shop.clock, done.id, by="test")
