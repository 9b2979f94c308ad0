"""What people say to a provider is in force before it is answered, and late news never undoes what is newer."""

from __future__ import annotations

import itertools
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from orchestrator.channels import (
    HttpAnswer,
    InboundKind,
    InboundMessage,
    NoAnswer,
    Preference,
    Received,
    TemplateNews,
    UserNews,
)
from orchestrator.dispatch.audit import violations
from orchestrator.dispatch.hear import Ear, apply_parked, expire_parked, heed
from orchestrator.dispatch.heard.resting import DAY_MS, SOFT_BOUNCES
from orchestrator.dispatch.register import Profile
from orchestrator.domain.delivery import MOVING_ON, Rejection
from orchestrator.domain.receipt import Receipt, ReceiptKind
from orchestrator.redaction import redacted
from orchestrator.store.port import Forward
from tests.contract.test_inbound import ALERTS, PRODUCT, agree, decided
from tests.contract.test_privacy import erase
from tests.contract.world import EMAIL, SMS, WHATSAPP, delivered

PHONE, DIGITS, USER = "+5511912345678", "5511912345678", "BR.2026206508304015"

keys = itertools.count(1)


def hear(world, *said, account="whatsapp", channel=WHATSAPP, **more):
    """A notice with all of this in it."""
    messages = tuple(one for one in said if isinstance(one, InboundMessage))
    preferences = tuple(one for one in said if isinstance(one, Preference))
    users = tuple(one for one in said if isinstance(one, UserNews))
    receipts = tuple(one for one in said if isinstance(one, Receipt))
    ear = Ear(store=world.store, release=world.release, clock=world.clock, account=account, channel=channel)
    received = Received(inbound=messages, preferences=preferences, users=users, receipts=receipts, **more)
    heeded = heed(ear, received)
    apply_parked(world.store, world.clock)
    return heeded


def writes(world, words, kind=InboundKind.TEXT, sender=DIGITS, ago_ms=0, **more):
    named = {"event_key": f"wamid.{next(keys)}", **more}
    return InboundMessage(kind=kind, at=world.clock.now() - ago_ms, sender=sender, text=words, **named)


def taps(world, label, choice, **more):
    return writes(world, label, InboundKind.CHOICE, choice=choice, **more)


def prefers(world, wanted, sender=DIGITS, ago_ms=0, **more):
    at = world.clock.now() - ago_ms
    return Preference(event_key=f"pref.{next(keys)}", at=at, wanted=wanted, sender=sender, **more)


def rows(world, query):
    with world.store.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def suppressed(world):
    return rows(world, "SELECT channel, reason FROM suppressions ORDER BY channel, reason")


def conversations(world):
    return rows(world, "SELECT account, heard_at FROM conversations ORDER BY account")


@pytest.fixture
def shop(over_http):
    """With providers that have statuses, and ids of their own."""
    return over_http


# --- words ------------------------------------------------------------------------------------------------------------


def test_a_stop_is_in_force_before_the_provider_is_answered(world):
    """And it is answered by us, once."""
    agree(world, ALERTS, WHATSAPP)
    heeded = hear(world, writes(world, "PARAR"))

    assert "transactional" in heeded.lanes
    assert decided(world, WHATSAPP)[0] == "blocked"


@pytest.mark.parametrize("seed", range(2))
def test_each_of_what_they_said_46_times_in_any_order_has_one_effect(world, seed):
    """One STOP, one confirmation, one conversation."""
    agree(world, ALERTS, WHATSAPP)
    said = [writes(world, "oi", ago_ms=2_000), writes(world, "PARAR", ago_ms=1_000), writes(world, "obrigada")]
    told = said * 46
    random.Random(seed).shuffle(told)
    hear(world, *told)

    assert len(rows(world, "SELECT id FROM inbound_texts")) == len(said)
    assert suppressed(world) == [("whatsapp", "stop")]
    assert [account for account, _ in conversations(world)] == ["whatsapp"]
    assert rows(world, "SELECT count(*) FROM deliveries WHERE message = 'opt_out_confirmed'") == [(1,)]


def test_one_bad_text_keeps_no_stop_beside_it_from_being_heard(world):
    """A batch with a sender whom nobody can be: the good ones count, and the bad one is told of."""
    agree(world, ALERTS, WHATSAPP)
    with capture_logs() as lines:
        heeded = hear(world, writes(world, "SAIR", sender="MY.77"), writes(world, "PARAR"))

    assert decided(world, WHATSAPP)[0] == "blocked"
    assert (heeded.lost, heeded.alarms) == (1, 1)
    assert any(one["event"] == "words_not_heard" and one["log_level"] == "error" for one in lines)


def test_a_text_opens_the_conversation_at_the_hour_it_was_written(world):
    """Late news opens nothing for longer, and what came earlier takes nothing back."""
    now = world.clock.now()
    hear(world, writes(world, "oi", ago_ms=60_000))
    hear(world, writes(world, "oi", ago_ms=3_600_000))
    assert conversations(world) == [("whatsapp", now - 60_000)]


def test_another_text_under_an_id_that_was_used_is_heard_too(world):
    """Mail programs repeat a Message-ID; a STOP is not passed over for it."""
    agree(world, ALERTS, EMAIL)
    letter = {"account": "email", "channel": EMAIL}
    hear(world, writes(world, "Olá", sender="ana@example.com", event_key="<1@mail>"), **letter)
    hear(world, writes(world, "SAIR", sender="Ana <ana@example.com>", event_key="<1@mail>"), **letter)

    assert decided(world, EMAIL)[0] == "blocked"


def test_what_the_provider_took_for_a_stop_is_one_and_is_answered_by_it(world):
    """It refuses whatever we would say now."""
    agree(world)
    hear(world, writes(world, "hmm", opt_out=True, sender=PHONE), account="sms", channel=SMS)

    assert decided(world, SMS)[0] == "blocked"
    assert rows(world, "SELECT count(*) FROM deliveries WHERE message = 'opt_out_confirmed'") == [(0,)]


def test_an_email_ends_things_and_brings_nothing_back(world):
    """Anybody can write its sender; where they choose is shown to who has the address."""
    agree(world, ALERTS, EMAIL)
    letter = {"account": "email", "channel": EMAIL}
    hear(world, writes(world, "SAIR", sender="ana@example.com"), **letter)
    world.clock.advance(minutes=1)
    hear(world, writes(world, "VOLTAR", sender="ana@example.com"), **letter)

    assert suppressed(world) == [("email", "stop")]
    assert decided(world, EMAIL)[0] == "blocked"


def test_what_a_machine_may_have_written_ends_things_and_means_nothing_else(world):
    """A newsletter is nobody's work, and no sign of life; a STOP that a list passes on is a STOP."""
    agree(world, ALERTS, EMAIL)
    letter = {"account": "email", "channel": EMAIL}
    for words in ("Ofertas da semana", "VOLTAR", "sim"):
        hear(world, writes(world, words, sender="ana@example.com", by_hand=False), **letter)
    assert rows(world, "SELECT count(*) FROM inbound_texts") == [(0,)]

    hear(world, writes(world, "SAIR", sender="ana@example.com", by_hand=False), **letter)
    assert decided(world, EMAIL)[0] == "blocked"
    assert conversations(world) == []


@pytest.mark.parametrize("by", ["reference", "provider_id"])
def test_a_stop_in_an_answer_holds_where_the_letter_went(shop, by):
    """Letters are passed on to another mailbox, and answered from there: their From is no address of ours."""
    agree(shop, ALERTS, EMAIL)
    asked = sent(shop)
    about = asked if by == "reference" else shop.get(asked)["provider_id"]
    letter = {"account": "email", "channel": EMAIL}
    thanks = writes(shop, "Obrigada!", sender="ana.outra@example.com", about=about)
    stop = writes(shop, "SAIR", sender="ana.outra@example.com", about=about)
    hear(shop, thanks, **letter)
    assert decided(shop, EMAIL)[0] == "sent"

    hear(shop, stop, stop, **letter)
    assert decided(shop, EMAIL)[0] == "blocked"
    assert suppressed(shop) == [("email", "stop")] * 2
    assert len(rows(shop, "SELECT id FROM consent_events WHERE state = 'withdrawn'")) == 1


@pytest.mark.parametrize(
    ("subject", "words", "state"),
    [
        ("SAIR", "Enviado do meu iPhone", "blocked"),
        ("Contato", "Cancelar", "blocked"),  # said under a subject as without one
        ("Cancelar", "Quero cancelar meu pedido 123.", "sent"),
        ("Meu pedido", "Chegou bem, obrigada!", "sent"),
    ],
)
def test_a_stop_stands_in_the_subject_or_under_it(world, subject, words, state):
    """A phone signs every letter; and what is about an order is about an order."""
    agree(world, ALERTS, EMAIL)
    said = writes(world, words, sender="ana@example.com", subject=subject)
    hear(world, said, account="email", channel=EMAIL)
    assert decided(world, EMAIL)[0] == state


def test_a_forged_wrong_person_is_undone_by_who_reads_the_letters(world):
    """Only as far as what was bought: their marketing takes more than a sender."""
    agree(world, ALERTS, EMAIL)
    letter = {"account": "email", "channel": EMAIL}
    hear(world, writes(world, "não sou essa pessoa, e-mail errado", sender="ana@example.com"), **letter)
    assert suppressed(world) == [("email", "wrong_person")]
    world.clock.advance(minutes=1)
    hear(world, writes(world, "VOLTAR", sender="ana@example.com"), **letter)

    assert suppressed(world) == [("email", "stop")]
    sent(world)


# --- taps -------------------------------------------------------------------------------------------------------------


def test_a_choice_is_its_payload_and_never_its_label(world):
    """A button that is called "Sim" or "SAIR" by somebody says neither."""
    agree(world, ALERTS, WHATSAPP)
    hear(world, taps(world, "SAIR", "whatever"), taps(world, "Sim", ""))
    assert decided(world, WHATSAPP) == ("sent", "")

    hear(world, taps(world, "Parar promoções", "OPTOUT_MARKETING"))
    assert decided(world, WHATSAPP)[0] == "blocked"


def test_a_tap_on_our_button_says_its_event_once(world):
    tap = taps(world, "Falar com alguém", "support.requested")
    hear(world, tap)
    hear(world, tap)

    assert rows(world, "SELECT type, customer_id, source FROM events") == [("support.requested", "cus_ana", "whatsapp")]


def test_a_tap_on_a_familys_phone_is_by_whoever_the_message_was_for(shop):
    """Where it does not say which message that was, it is nobody's event."""
    shop.register(Profile(id="cus_bia", phones=(PHONE,)))
    hear(shop, taps(shop, "Falar com alguém", "support.requested"))
    assert rows(shop, "SELECT count(*) FROM events") == [(0,)]

    asked = shop.ask("order_confirmed", WHATSAPP)
    shop.drain()
    hear(shop, taps(shop, "Falar com alguém", "support.requested", about=shop.get(asked)["provider_id"]))
    assert rows(shop, "SELECT customer_id FROM events") == [("cus_ana",)]


# --- settings of the provider's ---------------------------------------------------------------------------------------


def test_a_preference_ends_all_marketing_there_and_brings_back_what_it_ended(world):
    """Nothing is answered: the provider has said it."""
    agree(world, ALERTS, WHATSAPP)
    hear(world, prefers(world, False))
    assert decided(world, WHATSAPP)[0] == "blocked"
    assert rows(world, "SELECT count(*) FROM deliveries WHERE message = 'opt_out_confirmed'") == [(0,)]

    world.clock.advance(minutes=1)
    hear(world, prefers(world, True))
    assert decided(world, WHATSAPP) == ("sent", "")


def test_a_preference_does_not_bring_back_what_was_ended_in_words(world):
    """Nor what both have ended."""
    agree(world, ALERTS, WHATSAPP)
    hear(world, writes(world, "SAIR"))
    for wanted in (False, True):
        world.clock.advance(minutes=1)
        hear(world, prefers(world, wanted))
    assert decided(world, WHATSAPP)[0] == "blocked"


def test_a_late_preference_does_not_undo_a_newer_one(world):
    agree(world, ALERTS, WHATSAPP)
    hear(world, prefers(world, False))
    hear(world, prefers(world, True, ago_ms=60_000))
    assert decided(world, WHATSAPP)[0] == "blocked"


def test_a_preference_opens_no_conversation(world):
    hear(world, prefers(world, True))
    assert conversations(world) == []


# --- people whom the provider calls by an id of its own ---------------------------------------------------------------


def test_who_was_named_with_their_phone_once_is_known_by_their_id(world):
    """WhatsApp leaves the phone out later on."""
    agree(world, ALERTS, WHATSAPP)
    hear(world, writes(world, "oi", user_id=USER))
    hear(world, writes(world, "PARAR", sender="", user_id=USER))
    assert decided(world, WHATSAPP)[0] == "blocked"


def test_a_stop_by_an_id_that_nobody_knows_is_loud_and_holds_once_it_is_known(world):
    agree(world, ALERTS, WHATSAPP)
    with capture_logs() as lines:
        stop = writes(world, "PARAR", sender="", user_id=USER)
        heeded = hear(world, stop)
        hear(world, stop)
    assert heeded.alarms == 1
    assert [one["log_level"] for one in lines if one["event"] == "opt_out_of_unknown_person"] == ["error"]
    assert USER not in str(lines)
    assert decided(world, WHATSAPP) == ("sent", "")

    hear(world, UserNews(user_id=USER, phone=DIGITS, at=world.clock.now()))
    assert decided(world, WHATSAPP)[0] == "blocked"
    assert rows(world, "SELECT count(*) FROM inbound_texts") == [(1,)]


def test_a_new_id_takes_the_place_of_the_former_one(world):
    hear(world, UserNews(user_id=USER, phone=DIGITS, at=world.clock.now()))
    hear(world, UserNews(user_id="BR.2", former=USER, at=world.clock.now()))
    agree(world, ALERTS, WHATSAPP)
    hear(world, writes(world, "PARAR", sender="", user_id="BR.2"))

    assert decided(world, WHATSAPP)[0] == "blocked"
    assert rows(world, "SELECT user_id FROM provider_users") == [("BR.2",)]


def test_a_stop_goes_along_to_a_new_number(world):
    """The provider says that it is the same person."""
    hear(world, writes(world, "PARAR"))
    hear(world, UserNews(user_id="BR.3", phone="5511988887777", former=DIGITS, at=world.clock.now()))
    world.register(Profile(id="cus_new", phones=("+5511988887777",)))
    agree(world, ALERTS, WHATSAPP, customer_id="cus_new")

    assert decided(world, WHATSAPP, "cus_new") == ("blocked", "suppressed:stop")


def test_a_stop_under_a_new_id_goes_along_once_its_phone_is_told(world):
    """A new number has a new id, and WhatsApp tells the two apart: first the id, and the phone when they write."""
    hear(world, UserNews(user_id=USER, phone=DIGITS, at=world.clock.now()))
    hear(world, UserNews(user_id="BR.2", former=USER, at=world.clock.now()))
    hear(world, writes(world, "PARAR", sender="", user_id="BR.2"))
    hear(world, UserNews(user_id="BR.2", phone="5511988887777", at=world.clock.now()))
    world.register(Profile(id="cus_new", phones=("+5511988887777",)))
    agree(world, ALERTS, WHATSAPP, customer_id="cus_new")

    assert decided(world, WHATSAPP, "cus_new") == ("blocked", "suppressed:stop")


@pytest.mark.parametrize("words", ["PARAR", "sair de tudo"])
def test_a_strangers_stop_goes_along_too(world, words):
    """Nobody had given the former number: what was said there holds all the same."""
    hear(world, writes(world, words, sender="5511977770000"))
    hear(world, UserNews(user_id="BR.4", phone="5511988887777", former="5511977770000", at=world.clock.now()))
    world.register(Profile(id="cus_new", phones=("+5511988887777",)))
    agree(world, ALERTS, WHATSAPP, customer_id="cus_new")

    assert decided(world, WHATSAPP, "cus_new")[0] == "blocked"


def test_a_stop_under_a_picture_is_one(world):
    agree(world, ALERTS, WHATSAPP)
    hear(world, writes(world, "PARAR", InboundKind.OTHER))
    assert decided(world, WHATSAPP)[0] == "blocked"


# --- what receipts say of people --------------------------------------------------------------------------------------


def receipt(world, reference, kind, event=None, **more):
    return Receipt(event_key=event or f"evt.{next(keys)}", kind=kind, at=world.clock.now(), reference=reference, **more)


def sent(world, channel=EMAIL):
    asked = world.ask("order_confirmed", channel)
    world.drain()
    assert world.ended(asked) == ("sent", "")
    return asked


def bounce(world, **more):
    """One more message that did not arrive today."""
    asked = sent(world)
    hear(world, receipt(world, asked, ReceiptKind.BOUNCED, **more), account="email", channel=EMAIL)


def test_who_told_the_provider_to_stop_has_told_us(shop):
    """Also where the address had bounced before: their word is kept as theirs."""
    agree(shop, ALERTS, WHATSAPP)
    asked = sent(shop, WHATSAPP)
    news = receipt(shop, asked, ReceiptKind.FAILED, permanent=True, rejection=Rejection.OPTED_OUT)
    hear(shop, news, news)

    assert suppressed(shop) == [("whatsapp", "stop")]
    assert decided(shop, WHATSAPP)[0] == "blocked"
    assert rows(shop, "SELECT state, method, source FROM consent_events ORDER BY seq DESC LIMIT 1") == [
        ("withdrawn", "told_to_provider", "whatsapp")
    ]


def test_an_address_that_fails_five_times_in_a_week_has_a_weeks_rest(shop):
    """What was bought waits for nobody: it goes elsewhere, or is blocked."""
    for _ in range(4):
        bounce(shop)
        shop.clock.advance(hours=20)
    sent(shop)
    bounce(shop)
    asked = shop.ask()
    shop.drain()
    assert shop.ended(asked) == ("blocked", "suppressed:soft_bounce")

    shop.clock.advance(hours=24 * 7)
    expire_parked(shop.store, shop.clock.now())
    sent(shop)


def test_failures_that_lie_far_apart_are_not_added_up(shop):
    for _ in range(6):
        bounce(shop)
        shop.clock.advance(hours=24 * 4)
    sent(shop)


def test_who_got_something_or_writes_rests_no_more(shop):
    for _ in range(5):
        bounce(shop)
    hear(shop, writes(shop, "Olá", sender="ana@example.com"), account="email", channel=EMAIL)
    asked = sent(shop)
    for _ in range(4):
        bounce(shop)
    hear(shop, receipt(shop, asked, ReceiptKind.DELIVERED), account="email", channel=EMAIL)
    bounce(shop)
    sent(shop)


def test_a_message_that_is_told_lost_five_times_is_one_failure(shop):
    """A server tells again each day that it gave up."""
    asked = sent(shop)
    for _ in range(5):
        hear(shop, receipt(shop, asked, ReceiptKind.BOUNCED), account="email", channel=EMAIL)
    sent(shop)


def test_a_bounce_for_what_we_said_counts_against_nobody(shop):
    for _ in range(6):
        bounce(shop, permanent=True, rejection=Rejection.POLICY)
    assert suppressed(shop) == []
    sent(shop)


def test_who_is_not_reached_on_whatsapp_three_times_rests_there_for_thirty_days(shop):
    """It does not say why: that they have no WhatsApp is a guess, and a month later another one."""
    for _ in range(3):
        asked = sent(shop, WHATSAPP)
        failed = receipt(shop, asked, ReceiptKind.FAILED, permanent=True, rejection=Rejection.ADDRESS)
        hear(shop, failed, failed)
    asked = shop.ask("order_confirmed", WHATSAPP)
    shop.drain()
    assert shop.ended(asked) == ("blocked", "suppressed:soft_bounce")
    sent(shop, SMS)

    shop.clock.advance(hours=30 * DAY_MS // 3_600_000)
    expire_parked(shop.store, shop.clock.now())
    sent(shop, WHATSAPP)


# --- late news --------------------------------------------------------------------------------------------------------


def doubtful(shop):
    """A message that two calls may have brought."""
    shop.provider.answer = lambda _call: NoAnswer("timeout", in_doubt=True)
    asked = shop.ask()
    shop.drain()
    shop.clock.advance(minutes=1)
    shop.sweep()
    shop.drain()
    assert shop.ended(asked)[0] == "unknown"
    assert len(shop.provider.calls) == 2
    shop.provider.answer = delivered
    return asked


def test_that_an_earlier_call_failed_says_nothing_of_the_next(shop):
    """Only when every call that may have arrived has failed, it goes back."""
    asked = doubtful(shop)
    letter = {"account": "email", "channel": EMAIL}
    hear(shop, receipt(shop, asked, ReceiptKind.FAILED, provider_id="first"), **letter)
    hear(shop, receipt(shop, asked, ReceiptKind.FAILED, provider_id="first"), **letter)
    assert shop.ended(asked)[0] == "unknown"

    hear(shop, receipt(shop, asked, ReceiptKind.FAILED, provider_id="second"), **letter)
    assert shop.ended(asked) == ("deferred", "provider_unavailable")


def test_news_of_a_doubt_that_was_settled_says_nothing_of_the_next_one(shop):
    """The first call failed, and that is told twice: the second may have arrived all the same."""
    letter = {"account": "email", "channel": EMAIL}
    shop.provider.answer = lambda _call: NoAnswer("timeout", in_doubt=True)
    asked = shop.ask()
    shop.drain()
    hear(shop, receipt(shop, asked, ReceiptKind.FAILED, provider_id="first"), **letter)
    assert shop.ended(asked)[0] == "deferred"
    shop.clock.advance(minutes=20)
    shop.drain()
    assert shop.ended(asked)[0] == "unknown"
    hear(shop, receipt(shop, asked, ReceiptKind.FAILED, provider_id="first"), **letter)
    assert shop.ended(asked)[0] == "unknown"

    shop.clock.advance(minutes=1)
    shop.sweep()
    shop.drain()
    assert len(shop.provider.calls) == 3
    hear(shop, receipt(shop, asked, ReceiptKind.FAILED, provider_id="second"), **letter)
    assert shop.ended(asked)[0] == "unknown"  # the third may have arrived


def test_late_news_of_a_call_that_failed_does_not_reopen_what_the_next_one_sent(shop):
    asked = doubtful(shop)
    shop.provider.answer = lambda _call: HttpAnswer(200, {}, b'{"id": "third"}')
    shop.clock.advance(minutes=5)
    shop.sweep()
    shop.drain()
    assert shop.ended(asked) == ("sent", "")
    for call in ("first", "second"):
        hear(shop, receipt(shop, asked, ReceiptKind.FAILED, provider_id=call), account="email", channel=EMAIL)

    assert shop.ended(asked) == ("sent", "")
    assert shop.get(asked)["provider_id"] == "third"


@pytest.mark.parametrize(
    ("rejection", "reason"),
    [(Rejection.TEMPLATE, "provider_rejected:template"), (Rejection.POLICY, "provider_rejected:policy")],
)
def test_a_doubt_that_a_definite_no_settles_ends_as_if_it_had_been_said_at_once(shop, rejection, reason):
    shop.provider.answer = lambda _call: NoAnswer("timeout", in_doubt=True)
    asked = shop.ask()
    shop.drain()
    news = receipt(shop, asked, ReceiptKind.FAILED, permanent=True, rejection=rejection)
    hear(shop, news, account="email", channel=EMAIL)
    assert shop.ended(asked) == ("failed", reason)


# --- what was taken, and never left -----------------------------------------------------------------------------------


def taken_on_whatsapp(shop, *others, message="order_confirmed", **wanted):
    """WhatsApp answers 200 to nearly everything, and tells by a notice who cannot be reached there."""
    asked = shop.ask(message, WHATSAPP, *others, **wanted)
    shop.drain()
    assert shop.ended(asked) == ("sent", "")
    return asked


def refused_afterwards(shop, asked, rejection=Rejection.ADDRESS, **more):
    hear(shop, receipt(shop, asked, ReceiptKind.FAILED, rejection=rejection, detail="131026", **more))


@pytest.mark.parametrize("rejection", sorted(MOVING_ON))
def test_what_whatsapp_took_and_then_refused_is_said_on_the_next_channel(shop, rejection):
    asked = taken_on_whatsapp(shop, SMS, EMAIL)
    refused_afterwards(shop, asked, rejection)
    shop.drain()

    found = shop.get(asked)
    assert (found["state"], found["channel"], found["account"]) == ("sent", "sms", "sms")
    assert shop.provider.references == [asked, asked]
    assert (found["calls"], found["possible_duplicate"]) == (2, False)
    assert violations(shop.store, shop.clock.now()) == []


def test_where_there_is_no_other_channel_a_failure_is_news_and_no_more(shop):
    asked = taken_on_whatsapp(shop)
    refused_afterwards(shop, asked)
    assert shop.drain() == 0
    assert shop.ended(asked) == ("sent", "")


def test_the_last_channel_that_refuses_afterwards_ends_the_round(shop):
    """Nobody is asked twice: what WhatsApp refused does not go back there."""
    asked = taken_on_whatsapp(shop, SMS)
    refused_afterwards(shop, asked)
    shop.drain()
    news = receipt(shop, asked, ReceiptKind.FAILED, permanent=True, rejection=Rejection.ADDRESS)
    hear(shop, news, account="sms", channel=SMS)

    assert shop.drain() == 0
    assert shop.get(asked)["channel"] == "sms"
    assert len(shop.provider.calls) == 2


@pytest.mark.parametrize("proof", [ReceiptKind.SENT, ReceiptKind.DELIVERED, ReceiptKind.READ])
@pytest.mark.parametrize("first", ["the proof", "the failure"])
def test_what_left_moves_nowhere_whatever_is_told_besides(shop, proof, first):
    asked = taken_on_whatsapp(shop, SMS)
    told = [receipt(shop, asked, proof), receipt(shop, asked, ReceiptKind.FAILED, rejection=Rejection.ADDRESS)]
    for one in told if first == "the proof" else reversed(told):
        hear(shop, one)

    assert shop.drain() == 0
    assert shop.ended(asked) == ("sent", "")
    assert len(shop.provider.calls) == 1


@pytest.mark.parametrize("rejection", [None, *sorted(set(Rejection) - MOVING_ON)])
def test_a_failure_that_no_other_channel_would_mend_is_news(shop, rejection):
    asked = taken_on_whatsapp(shop, SMS)
    refused_afterwards(shop, asked, rejection)
    assert shop.drain() == 0
    assert shop.ended(asked) == ("sent", "")


def test_a_refusal_that_comes_too_late_begins_nothing(shop):
    """An order that was shipped four hours ago may have arrived by now."""
    asked = taken_on_whatsapp(shop, SMS)
    shop.clock.advance(hours=4, seconds=1)
    refused_afterwards(shop, asked)
    assert shop.drain() == 0
    assert shop.ended(asked) == ("sent", "")


def test_what_may_have_arrived_by_an_earlier_call_does_not_move(shop):
    shop.provider.answer = lambda _call: NoAnswer("timeout", in_doubt=True)
    asked = shop.ask("order_confirmed", WHATSAPP, SMS)
    shop.drain()
    shop.provider.answer = delivered
    shop.clock.advance(minutes=1)
    shop.sweep()
    shop.drain()
    assert shop.ended(asked) == ("sent", "")
    refused_afterwards(shop, asked)

    assert shop.drain() == 0
    assert shop.get(asked)["channel"] == "whatsapp"


def test_nobody_who_was_erased_meanwhile_is_written_to_again(shop, desk):
    asked = taken_on_whatsapp(shop, SMS)
    erase(shop, desk, "cus_ana")
    refused_afterwards(shop, asked)
    assert shop.drain() == 0
    assert shop.ended(asked) == ("sent", "")


def test_what_moves_on_asks_the_gate_again(shop):
    """Who has left meanwhile gets it nowhere, and caps count what arrived alone."""
    agree(shop, ALERTS, WHATSAPP, SMS)
    asked = taken_on_whatsapp(shop, SMS, message="back_in_stock", data={"product_alert": PRODUCT})
    hear(shop, writes(shop, "SAIR"), account="sms", channel=SMS)
    refused_afterwards(shop, asked, Rejection.ENOUGH)
    shop.drain()

    found = shop.get(asked)
    assert found["state"] == "blocked"
    assert found["reserved_at"] is None


# --- the account ------------------------------------------------------------------------------------------------------


def test_news_of_a_template_that_is_not_ours_changes_nothing(world):
    news = TemplateNews(name="of_another_shop", language="pt_BR", at=world.clock.now(), status="approved")
    assert not hear(world, templates=(news,)).lanes
    assert rows(world, "SELECT count(*) FROM provider_templates") == [(0,)]


def test_an_alarm_is_told_loudly(world):
    with capture_logs() as lines:
        heeded = hear(world, alarms=("The phone number's quality is red.",))
    assert heeded.alarms == 1
    (told,) = [one for one in lines if one["event"] == "provider_alarm"]
    assert told["log_level"] == "error"
    assert "quality is red" in str(redacted(None, "error", dict(told)))


def test_nothing_of_what_providers_know_of_an_erased_person_is_left(shop, desk):
    """And a person is shown it, as everything else."""
    shop.register(Profile(id="cus_lia", phones=("+5511977776666",)))
    ear = {"sender": "5511977776666", "user_id": "BR.77"}
    hear(shop, writes(shop, "Cadê meu pedido?", **ear))
    with shop.store.write() as transaction:
        (address,) = transaction.customers.get("cus_lia").addresses
        transaction.rests.count({(address.id, "sms")}, SOFT_BOUNCES, shop.clock.now())
        (kept,) = transaction.inbound.lately([address.id], "whatsapp", 0)
        transaction.forwards.add([Forward(id="fwd_1", inbound_id=kept.id, route="email", at=shop.clock.now())])
    tables = ("conversations", "provider_users", "rests", "forwards", "inbound_texts")
    with shop.store.read() as transaction:
        shown = dict(transaction.personal_data.rows(transaction.personal_data.person(["cus_lia"])))
    assert [len(shown[table]) for table in tables] == [1] * len(tables)

    erase(shop, desk, "cus_lia")
    assert [rows(shop, f"SELECT count(*) FROM {table}") for table in tables] == [[(0,)]] * len(tables)


# --- in any order -----------------------------------------------------------------------------------------------------

STORY = (ReceiptKind.SENT, ReceiptKind.DELIVERED, ReceiptKind.READ, ReceiptKind.CLICKED, ReceiptKind.FAILED)


def test_five_statuses_come_to_the_same_in_every_order(shop):
    """Each applied by itself, as it came: the furthest, and a failure that somebody has read is none."""
    orders = random.Random(20).sample(list(itertools.permutations(STORY)), 8)
    ends = set()
    for order in orders:
        asked = sent(shop)
        for kind in order:
            hear(shop, receipt(shop, asked, kind), account="email", channel=EMAIL)
        found = shop.get(asked)
        ends.add((found["state"], found["receipt"]))

    assert ends == {("sent", "clicked")}
    assert rows(shop, "SELECT count(*) FROM receipts WHERE applied_at IS NULL") == [(0,)]


def test_many_who_hear_the_same_at_once_do_it_once(world):
    """Four doors, all of it at each, and nobody waits for anybody in a circle."""
    agree(world, ALERTS, WHATSAPP)
    world.register(Profile(id="cus_bia", phones=("+5521998765432",)))
    said = [
        writes(world, words, sender=sender, user_id=f"BR.{sender}", ago_ms=ago_ms)
        for ago_ms, words in ((3_000, "oi"), (2_000, "PARAR"), (1_000, "obrigada"))
        for sender in (DIGITS, "5521998765432", "5511988887777")
    ]
    # Answers are no random order: each door tells them as the others do, or the other way round.
    with ThreadPoolExecutor(4) as doors:
        list(doors.map(lambda turn: hear(world, *said[:: 1 if turn % 2 else -1]), range(4)))

    assert len(rows(world, "SELECT id FROM inbound_texts")) == len(said)
    assert suppressed(world) == [("whatsapp", "stop")] * 3
    assert rows(world, "SELECT count(*) FROM deliveries WHERE message = 'opt_out_confirmed'") == [(2,)]
