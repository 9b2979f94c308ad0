"""What providers tell afterwards, on real ledgers: in any order, as often as they like, before our own commit too."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from orchestrator.channels import NoAnswer, Notice, build_adapter
from orchestrator.dispatch.drain import LEASE_MS
from orchestrator.dispatch.hear import PARKED_MS, apply_parked, expire_parked, hear
from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.register import Profile
from orchestrator.domain.customer import Channel, ConsentState
from orchestrator.domain.errors import NotFound, Refused
from tests.contract.world import PowerCut, before_settling, delivered, power_cut, with_project

SECRET = "whsec-of-a-test"
RECIPE = {
    "url": "https://api.provider.example/send",
    "body": {"reference": "{reference}"},
    "id_at": "id",
    "receipts_secret": SECRET,
    "receipts": {
        "signature_header": "X-Signature",
        "event_at": "event",
        "reference_at": "reference",
        "provider_id_at": "id",
        "status_at": "status",
        "detail_at": "why",
        "words": {
            "sent": "sent",
            "delivered": "delivered",
            "read": "read",
            "clicked": "clicked",
            "soft_bounce": "bounced",
            "hard_bounce": "bounced",
            "spam": "complained",
            "failed": "failed",
            "rejected": "failed",
        },
        "permanent": ["hard_bounce", "rejected"],
    },
}
CAP = {"id": "marketing", "purposes": ["marketing"], "limit": 9, "per": "1d", "window": "rolling"}
ADAPTER = build_adapter("webhook", Channel.EMAIL, RECIPE)

# Six pieces of news of one message, and what they come to in whatever order they come.
STORY = ("sent", "delivered", "read", "clicked", "hard_bounce", "spam")
DUPLICATES = 46

events = itertools.count(1)
people = itertools.count(1)


@pytest.fixture
def shop(over_http):
    """A shop whose providers tell what became of messages, and which counts its marketing."""
    counted = with_project(over_http.release, frequency_caps=[CAP])
    publish(over_http.store, counted, over_http.clock.now())
    over_http.wire = lambda release: {
        channel.value: build_adapter("webhook", channel, RECIPE) for channel in release.project.channels
    }
    return over_http


def news(reference, status, event=None, **more):
    return {"event": event or f"evt_{next(events)}", "reference": reference, "status": status, **more}


def notice(*told, secret=SECRET):
    body = json.dumps(told).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return Notice(method="POST", headers={"x-signature": signature}, body=body)


def tell(world, *told, account="email"):
    """One notice with all of this news."""
    return hear(world.store, account, ADAPTER, notice(*told), world.clock.now())


def apply(world):
    return apply_parked(world.store, world.clock)


def told_and_applied(world, *told):
    tell(world, *told)
    return apply(world)


def ends(world, delivery_id):
    """State, reason, and how far it got."""
    found = world.get(delivery_id)
    return found["state"], found["reason"], found["receipt"]


def kept(world):
    """Every receipt: its status, and whether it was applied."""
    return rows(world, "SELECT kind, applied_at IS NOT NULL FROM receipts ORDER BY seq")


def suppressed(world):
    return rows(world, "SELECT channel, reason FROM suppressions ORDER BY channel, reason")


def rows(world, query):
    with world.store.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def person(world):
    """Somebody who was never written to, and wants to hear of reviews."""
    number = next(people)
    (customer_id,) = world.register(Profile(id=f"cus_{number}", emails=(f"pessoa{number}@example.com",)))
    world.said(ConsentState.GRANTED, customer_id=customer_id)
    return customer_id


def sent(world, **wanted):
    asked = world.ask(**wanted)
    world.drain()
    assert world.ended(asked) == ("sent", "")
    return asked


def in_doubt(world, customer_id):
    """A marketing message whose provider fell silent: it is never sent again on a guess."""
    world.provider.answer = lambda _call: NoAnswer("timeout", in_doubt=True, detail="silence")
    asked = world.ask("review_request", customer_id=customer_id)
    world.drain()
    assert world.ended(asked) == ("unknown", "timeout")
    world.provider.answer = delivered
    world.provider.calls.clear()
    return asked


# --- how far it got -------------------------------------------------------------------------------------------------


def test_a_receipt_says_how_far_a_message_got_and_changes_no_outcome(shop):
    """It was sent before, and it is sent afterwards."""
    asked = sent(shop)

    assert told_and_applied(shop, news(asked, "delivered")) == 1
    assert ends(shop, asked) == ("sent", "", "delivered")
    assert kept(shop) == [("delivered", True)]


@pytest.mark.parametrize("order", list(itertools.permutations(("sent", "delivered", "read", "clicked"))), ids="-".join)
def test_the_furthest_state_wins_in_every_order(shop, order):
    """One by one, as they come; none takes a later one back."""
    asked = sent(shop)
    for status in order:
        told_and_applied(shop, news(asked, status))

    assert ends(shop, asked) == ("sent", "", "clicked")


def test_that_it_was_sent_is_no_news(shop):
    """`receipt` begins where the state ends."""
    asked = sent(shop)
    told_and_applied(shop, news(asked, "sent"))

    assert ends(shop, asked) == ("sent", "", "")


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(min_value=0), doubt=st.booleans())
def test_each_of_six_receipts_46_times_in_any_order_has_one_effect(shop, seed, doubt):
    """Across notices of any size, and applied whenever: the same final state, and each piece of news kept once."""
    chance, customer_id = random.Random(seed), person(shop)
    asked = in_doubt(shop, customer_id) if doubt else sent(shop, customer_id=customer_id)
    before = len(kept(shop))
    story = [news(asked, status) for status in STORY] * DUPLICATES
    chance.shuffle(story)
    while story:
        size = chance.randint(1, 60)
        tell(shop, *story[:size])
        del story[:size]
        if chance.random() < 0.5:
            apply(shop)
    apply(shop)

    assert ends(shop, asked) == ("sent", "", "clicked")
    assert shop.get(asked)["reason"] == ""
    assert len(kept(shop)) - before == len(STORY)
    assert all(applied for _, applied in kept(shop))
    assert apply(shop) == 0
    assert shop.drain() == 0
    blocked = shop.ask(customer_id=customer_id)
    shop.drain()
    assert shop.ended(blocked)[1] in ("suppressed:bounce", "suppressed:complaint")


def test_many_who_hear_the_same_at_once_keep_it_once(shop):
    """Four processes, all news in each of their notices, and nobody waits for anybody in a circle."""
    asked = [sent(shop, customer_id=person(shop)) for _ in range(3)]
    story = [news(one, status) for one in asked for status in ("delivered", "read", "spam")]

    def process(seed):
        chance = random.Random(seed)
        for _ in range(4):
            tell(shop, *chance.sample(story, len(story)))
            apply(shop)

    with ThreadPoolExecutor(4) as processes:
        list(processes.map(process, range(4)))
    apply(shop)
    assert [ends(shop, one) for one in asked] == [("sent", "", "read")] * 3
    assert len(kept(shop)) == len(story)
    assert suppressed(shop) == [("email", "complaint")] * 3


# --- whom it is about -----------------------------------------------------------------------------------------------


def test_a_receipt_may_name_the_providers_own_id(shop):
    """Some never repeat what we called it."""
    asked = sent(shop)
    told_and_applied(shop, {"event": "e", "id": f"prov_{asked}", "status": "read"})

    assert ends(shop, asked) == ("sent", "", "read")


def test_one_round_applies_all_of_what_names_its_message_in_both_ways(shop):
    """As Meta does: our reference stands beside its own id. A round's batch is 500."""
    asked = sent(shop)
    tell(shop, *(news(asked, "clicked", id=f"prov_{asked}") for _ in range(600)))
    assert apply(shop) == 600


def test_our_reference_outweighs_the_providers_id(shop):
    """One receipt is about one message."""
    first, second = sent(shop), sent(shop, customer_id=person(shop))
    told_and_applied(shop, news(first, "read", id=f"prov_{second}"))

    assert (ends(shop, first)[2], ends(shop, second)[2]) == ("read", "")


def test_an_account_is_believed_about_its_own_messages_only(shop):
    """Who holds the secret of one provider knows nothing of what another one sent."""
    asked = sent(shop)
    tell(shop, news(asked, "spam"), {"event": "e", "id": f"prov_{asked}", "status": "read"}, account="sms")

    assert apply(shop) == 0
    assert ends(shop, asked) == ("sent", "", "")
    assert suppressed(shop) == []


def test_a_receipt_that_overtakes_our_own_commit_waits_for_it(shop):
    """The provider was faster than our ledger: whoever makes the call settles it, and then the receipt counts."""
    heard = []

    def fast(call):
        heard.append(told_and_applied(shop, news(json.loads(call.body)["reference"], "delivered")))
        return delivered(call)

    shop.provider.answer = fast
    asked = sent(shop)

    assert heard == [0]
    assert ends(shop, asked) == ("sent", "", "")
    assert shop.get(asked)["provider_id"] == f"prov_{asked}"
    assert apply(shop) == 1
    assert ends(shop, asked) == ("sent", "", "delivered")


def test_what_is_about_nothing_that_we_know_waits_a_day(shop):
    """Then it is forgotten; what was applied is not."""
    asked = sent(shop)
    tell(shop, news("msg_of_somebody_else", "read"), news(asked, "read"))

    assert apply(shop) == 1
    shop.clock.advance(seconds=PARKED_MS / 1000)
    assert expire_parked(shop.store, shop.clock.now()) == 0
    assert apply(shop) == 0
    shop.clock.advance(seconds=1)
    assert expire_parked(shop.store, shop.clock.now()) == 1
    assert kept(shop) == [("read", True)]


def test_an_account_without_callbacks_says_so(world):
    """The local inbox tells nothing."""
    outbox = build_adapter("outbox", Channel.EMAIL, {})
    with pytest.raises(NotFound) as refused:
        hear(world.store, "email", outbox, notice(news("msg_1", "read")), world.clock.now())
    assert refused.value.code == "no_callbacks"


# --- what settles a doubt -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["sent", "delivered", "read", "clicked", "soft_bounce", "spam"])
def test_every_proof_that_it_left_settles_a_doubt(shop, status):
    """Also that it bounced: it had to be on its way."""
    asked = in_doubt(shop, person(shop))
    told_and_applied(shop, news(asked, status, id="prov_7"))

    found = shop.get(asked)
    assert (found["state"], found["reason"], found["provider_id"]) == ("sent", "", "prov_7")
    assert found["settled_at"] == shop.clock.now()
    assert found["reserved_at"] is not None


def test_a_doubt_whose_message_certainly_did_not_leave_goes_back(shop):
    """Marketing too: it is sent once its back-off is over, and frequency caps do not count the first try."""
    asked = in_doubt(shop, person(shop))
    told_and_applied(shop, news(asked, "failed", why="carrier down"))

    found = shop.get(asked)
    assert (found["state"], found["reason"], found["detail"]) == ("deferred", "provider_unavailable", "carrier down")
    assert found["reserved_at"] is None
    shop.clock.advance(minutes=20)
    shop.drain()
    assert shop.provider.references == [asked]
    assert ends(shop, asked) == ("sent", "", "")


def test_a_doubt_that_was_refused_for_good_has_failed(shop):
    asked = in_doubt(shop, person(shop))
    told_and_applied(shop, news(asked, "rejected"))

    assert ends(shop, asked) == ("failed", "provider_rejected:message", "")
    assert shop.drain() == 0


def test_a_worker_that_died_on_the_wire_is_answered_by_a_receipt(shop):
    """Once its lease is over, without waiting for a sweep; before that it might still come back."""
    asked = [shop.ask(customer_id=person(shop)) for _ in range(2)]
    with pytest.raises(PowerCut):
        shop.drain(before_settling(shop.provider, power_cut))
    tell(shop, news(asked[0], "delivered"), news(asked[1], "failed"))

    assert apply(shop) == 0
    shop.clock.advance(seconds=LEASE_MS / 1000)
    assert apply(shop) == 2
    assert ends(shop, asked[0]) == ("sent", "", "delivered")
    assert ends(shop, asked[1])[:2] == ("deferred", "provider_unavailable")


def test_what_would_be_sent_again_on_a_doubt_is_not_once_it_arrived(shop):
    """A transactional message waits for its second try; the receipt of the first one comes before that."""
    shop.provider.answer = lambda _call: NoAnswer("timeout", in_doubt=True)
    asked = shop.ask()
    shop.drain()
    assert shop.ended(asked)[0] == "unknown"
    told_and_applied(shop, news(asked, "delivered"))

    assert ends(shop, asked) == ("sent", "", "delivered")
    shop.provider.calls.clear()
    shop.clock.advance(hours=1)
    assert shop.sweep() == 0
    assert shop.drain() == 0
    assert shop.provider.calls == []


def test_a_failure_after_it_was_sent_is_news_and_no_reason_to_send_again(shop):
    """The provider took it; what became of it later is a receipt."""
    asked = sent(shop)
    told_and_applied(shop, news(asked, "failed"), news(asked, "rejected"))

    assert ends(shop, asked) == ("sent", "", "")
    assert kept(shop) == [("failed", True)] * 2


@pytest.mark.parametrize("order", list(itertools.permutations(("failed", "delivered", "rejected"))), ids="-".join)
def test_proof_outweighs_failure_in_every_order(shop, order):
    """One device of a person could not be reached, and another one was."""
    asked = in_doubt(shop, person(shop))
    for status in order:
        told_and_applied(shop, news(asked, status))

    assert ends(shop, asked) == ("sent", "", "delivered")


# --- whom not to write to any more ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "reasons"), [("hard_bounce", ["bounce"]), ("soft_bounce", []), ("spam", ["complaint"]), ("rejected", [])]
)
def test_dead_addresses_and_complaints_are_suppressed_on_their_channel(shop, status, reasons):
    """A mailbox that is full today is not."""
    asked = sent(shop)
    told_and_applied(shop, news(asked, status))

    assert suppressed(shop) == [("email", reason) for reason in reasons]
    again = shop.ask()
    shop.drain()
    assert shop.ended(again) == (("blocked", f"suppressed:{reasons[0]}") if reasons else ("sent", ""))


def test_whoever_shares_the_address_is_spared_too(shop):
    """It belongs to everybody who gave it."""
    shop.register(Profile(id="cus_b", emails=("ana@example.com",)))
    told_and_applied(shop, news(sent(shop), "hard_bounce"))

    asked = shop.ask(customer_id="cus_b")
    shop.drain()
    assert shop.ended(asked) == ("blocked", "suppressed:bounce")


def test_an_address_that_bounces_is_dead_for_what_was_bought_too(shop):
    """A STOP that came before ends marketing only, and must not hide it."""
    asked = sent(shop)
    shop.suppress("email", reason="stop")
    told_and_applied(shop, news(asked, "hard_bounce"))
    shop.suppress("email", reason="stop")

    assert suppressed(shop)[0] == ("email", "bounce")


# --- forgery --------------------------------------------------------------------------------------------------------


def test_a_thousand_forgeries_change_nothing(shop):
    """A bit of the body, a digit of the signature, another secret: none is believed, and none is stored."""
    asked = sent(shop)
    genuine = notice(news(asked, "read"), news(asked, "spam"))
    chance = random.Random(7)
    for _ in range(1_000):
        with pytest.raises(Refused):
            hear(shop.store, "email", ADAPTER, forged(genuine, chance), shop.clock.now())

    assert kept(shop) == []
    assert hear(shop.store, "email", ADAPTER, genuine, shop.clock.now()).receipts
    assert apply(shop) == 2


def forged(genuine, chance):
    signature, body = genuine.headers["x-signature"], bytearray(genuine.body)
    place = chance.randrange(len(body))
    match chance.randrange(5):
        case 0:
            body[place] ^= 1 << chance.randrange(8)
        case 1:
            body[place:place] = chance.randbytes(chance.randint(1, 20))
        case 2:
            del body[place : place + chance.randint(1, 20)]
        case 3:
            digit = chance.randrange(len(signature))
            other = chance.choice([one for one in "0123456789abcdef" if one != signature[digit]])
            signature = signature[:digit] + other + signature[digit + 1 :]
        case 4:
            signature = chance.choice(["", signature[:-1], signature + "0", "é" * 64, "\udcff", "0" * 64])
    return Notice(method="POST", headers={"x-signature": signature}, body=bytes(body))
