"""What nobody automatic deals with goes to who answers: once, signed, and never from staging."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from email import message_from_bytes

import pytest
from sqlalchemy import text
from standardwebhooks.webhooks import Webhook
from structlog.testing import capture_logs

from orchestrator.api.metrics import Metrics
from orchestrator.channels import (
    HttpAnswer,
    HttpCall,
    InboundKind,
    InboundMessage,
    NoAnswer,
    Received,
    SmtpAnswer,
    UserNews,
    build_adapter,
)
from orchestrator.dispatch.forwarding import GIVEN_UP_AFTER_MS, forward_due, forwarding
from orchestrator.dispatch.hear import Ear, heed
from orchestrator.dispatch.publish import publish
from orchestrator.domain.receipt import Receipt, ReceiptKind
from orchestrator.store.tables import handoffs, runs
from tests.contract.world import EMAIL, WHATSAPP, at_once, delivered, with_project

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TEAM, HOOK = "atendimento@casalume.example", "https://atendimento.example/hook"


@pytest.fixture(params=[{"email": TEAM}, {"webhook": HOOK}, {"email": TEAM, "webhook": HOOK}], ids="+".join)
def routes(request):
    return request.param


def forwarded_to(world, **routes):
    world.release = with_project(world.release, inbound={"forward": routes})
    publish(world.store, world.release, world.clock.now())
    world.provider.answer = lambda call: HttpAnswer(204, {}, b"") if isinstance(call, HttpCall) else delivered(call)
    return world


def an_ear(world, channel, *, staging=False):
    return Ear(
        store=world.store, release=world.release, clock=world.clock, account=channel.value, channel=channel,
        forward=forwarding(world.release, world.clock, staging=staging),
    )  # fmt: skip


def hear(world, words, sender="5511912345678", channel=WHATSAPP, key="wamid.1", staging=False, user_id=""):
    message = InboundMessage(
        event_key=key, kind=InboundKind.TEXT, at=world.clock.now(), sender=sender, text=words, user_id=user_id
    )
    heed(an_ear(world, channel, staging=staging), Received(inbound=(message,)))


def carry(world, staging=False, secret=SECRET):
    return asyncio.run(forward_due(world.a_drain(at_once), secret=secret, staging=staging))


def states(world):
    with world.store.engine.connect() as connection:
        return [row[0] for row in connection.execute(text("SELECT state FROM forwards ORDER BY id"))]


def test_an_unanswered_text_goes_to_each_route_once(world, routes):
    """However often it was told, and however often anybody looks."""
    forwarded_to(world, **routes)
    for _ in range(3):
        hear(world, "Meu pedido chegou quebrado")

    assert carry(world) == len(routes)
    assert carry(world) == 0
    assert states(world) == ["sent"] * len(routes)
    assert len(world.provider.calls) == len(routes)


def test_words_of_somebody_whom_nobody_knows_are_somebodys_work(world):
    """The provider tells an id of its own, and may never say whose it is: a question waits for nobody's phone."""
    forwarded_to(world, webhook=HOOK)
    for _ in range(2):
        hear(world, "Meu pedido chegou quebrado", sender="", user_id="BR.77")
    carry(world)

    (call,) = world.provider.calls
    data = json.loads(call.body)["data"]
    assert (data["from"], data["user_id"], data["text"]) == (None, "BR.77", "Meu pedido chegou quebrado")

    hear(world, "Oi?", user_id="BR.77")
    told = UserNews(user_id="BR.77", phone="5511912345678", at=world.clock.now())
    heed(an_ear(world, WHATSAPP), Received(users=(told,)))
    carry(world)
    (once_more,) = [one for one in world.provider.calls[1:] if b"quebrado" in one.body]
    assert json.loads(once_more.body)["data"]["from"] == "+5511912345678"


def test_what_was_dealt_with_is_nobodys_work(world):
    forwarded_to(world, email=TEAM)
    hear(world, "PARAR")
    assert states(world) == []


def test_the_letter_quotes_them_and_comes_from_us(world):
    """Their words are in no header, and each line of them is a quote."""
    forwarded_to(world, email=TEAM)
    hear(world, "Oi\nBcc: todos@example.com\r\nAlguém aí?")
    carry(world)
    (call,) = world.provider.calls
    letter = call.entry

    assert letter.address == TEAM
    assert "Oi" not in letter.rendered.subject
    assert "> Oi\n> Bcc: todos@example.com\n> Alguém aí?" in letter.rendered.text
    assert "+5511912345678" in letter.rendered.text


@pytest.mark.parametrize(
    ("channel", "sender", "reply_to"),
    [
        (EMAIL, "ana@example.com", "ana@example.com"),
        (EMAIL, "josé@example.com", None),
        (EMAIL, "ana@faß.example", None),
        (WHATSAPP, "5511912345678", None),
    ],
    ids=["email", "no-ascii", "no-domain-of-ours", "whatsapp"],
)
def test_only_a_letter_of_theirs_is_answered_by_replying(world, channel, sender, reply_to):
    """And its From is ours, always. Who has an address that stands in no head of ours is told of all the same."""
    account = {"host": "smtp.example", "sender": "Casa Lume <oi@casalume.example>"}
    world.wire = lambda _release: {"email": build_adapter("email_smtp", EMAIL, account)}
    forwarded_to(world, email=TEAM)
    hear(world, "Oi", sender=sender, channel=channel)
    world.provider.answer = lambda _call: SmtpAnswer(250, "2.0.0 Ok: queued as 1")
    carry(world)
    (call,) = world.provider.calls
    letter = message_from_bytes(call.message)

    assert "oi@casalume.example" in letter["From"]
    assert (call.recipient, letter["To"]) == (TEAM, TEAM)
    assert letter["Reply-To"] == reply_to
    assert (b"sua resposta a este e-mail vai" in letter.get_payload(decode=True)) is bool(reply_to)
    assert states(world) == ["sent"]


def test_the_webhook_is_signed_as_the_standard_says(world):
    """By an id that stays the same over retries; and it may lead nowhere inside of us."""
    forwarded_to(world, webhook=HOOK)
    hear(world, "Cadê?")
    world.provider.answer = lambda _call: HttpAnswer(503, {}, b"")
    carry(world)
    world.clock.advance(seconds=16)
    carry(world)
    first, second = world.provider.calls

    assert (first.url, first.guarded) == (HOOK, True)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    document = json.loads(second.body)
    assert (document["data"]["text"], document["data"]["customer_ids"]) == ("Cadê?", ["cus_ana"])
    at = datetime.fromtimestamp(int(second.headers["webhook-timestamp"]), UTC)
    expected = Webhook(SECRET).sign(second.headers["webhook-id"], at, second.body.decode())
    assert second.headers["webhook-signature"] == expected


def test_who_does_not_answer_is_asked_for_three_days(world):
    """With longer and longer pauses, and then loudly no more."""
    forwarded_to(world, webhook=HOOK)
    hear(world, "Oi?")
    world.provider.answer = lambda _call: NoAnswer("connect", in_doubt=False)
    tries = 0
    for _ in range(30):
        tries += carry(world)
        world.clock.advance(hours=3)
    assert states(world) == ["failed"]
    assert 20 <= tries <= GIVEN_UP_AFTER_MS // (3 * 3_600_000) + 2


def test_a_letter_that_came_back_has_told_nobody(world):
    """Their words are in the ledger, and whoever runs it hears of it."""
    forwarded_to(world, email=TEAM)
    hear(world, "Oi?")
    carry(world)
    assert states(world) == ["sent"]

    with world.store.engine.connect() as connection:
        (reference,) = connection.execute(text("SELECT id FROM forwards")).scalars()
    # As the mailroom reads it from the address that it came back to.
    told = {"at": world.clock.now(), "reference": f"fwd_{reference.removeprefix('fwd_').upper()}"}
    delayed = Receipt(event_key="1", kind=ReceiptKind.DELIVERED, **told)
    back = Receipt(event_key="2", kind=ReceiptKind.BOUNCED, detail="5.2.2 mailbox full", **told)
    with capture_logs() as lines:
        heed(an_ear(world, EMAIL), Received(receipts=(delayed, back)))
    assert states(world) == ["failed"]
    assert [one["event"] for one in lines if one["log_level"] == "error"] == ["forward_failed"]
    with world.store.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM receipts")).scalar() == 0


def test_metrics_say_how_many_wait_and_since_when(world):
    """That nobody answers is seen before the person writes again."""
    forwarded_to(world, webhook=HOOK)
    world.provider.answer = lambda _call: HttpAnswer(503, {}, b"")
    hear(world, "Oi?")
    carry(world)
    world.clock.advance(minutes=10)
    said = Metrics().text(world.store, world.clock).decode()
    assert 'jogral_forwards{state="open"} 1.0' in said
    assert 'jogral_forwards{state="failed"} 0.0' in said
    assert "jogral_oldest_forward_seconds 600.0" in said


def test_a_webhook_that_is_gone_for_good_is_called_no_more(world):
    forwarded_to(world, webhook=HOOK)
    hear(world, "Oi?")
    world.provider.answer = lambda _call: HttpAnswer(410, {}, b"")
    carry(world)
    assert states(world) == ["failed"]


@pytest.mark.parametrize("secret", ["", "whsec_*"], ids=["none", "no key"])
def test_without_a_key_the_webhook_waits_and_the_log_says_why(world, secret):
    forwarded_to(world, webhook=HOOK)
    hear(world, "Oi?")
    with capture_logs() as lines:
        carry(world, secret=secret)
    assert states(world) == ["open"]
    assert any("JOGRAL_FORWARD_SECRET" in one.get("why", "") for one in lines)
    world.clock.advance(minutes=1)
    carry(world)
    assert states(world) == ["sent"]


def test_staging_forwards_nothing(world):
    """People's words of a test must not reach those who answer them."""
    forwarded_to(world, email=TEAM)
    hear(world, "Oi?", staging=True)
    assert states(world) == []
    hear(world, "Oi de novo?", key="wamid.2")
    assert carry(world, staging=True) == 0
    assert world.provider.calls == []


def test_an_answer_of_the_team_itself_does_not_go_round(world):
    """Its holiday note comes back to us, and stays here."""
    forwarded_to(world, email=TEAM)
    hear(world, "Estou de férias", sender=TEAM, channel=EMAIL)
    assert states(world) == []


def test_what_a_ticket_system_writes_back_does_not_go_round(world):
    """It has an address of its own, and answers each of our letters with another."""
    forwarded_to(world, email=TEAM)
    hear(world, "Oi?")
    with world.store.engine.connect() as connection:
        (reference,) = connection.execute(text("SELECT id FROM forwards")).scalars()
    for number, about in enumerate((reference, reference.upper())):
        message = InboundMessage(
            event_key=f"<{number}@tickets>", kind=InboundKind.TEXT, at=world.clock.now(),
            sender="tickets@suporte.example", text="Recebemos a sua mensagem.", about=about,
        )  # fmt: skip
        heed(an_ear(world, EMAIL), Received(inbound=(message,)))
    assert states(world) == ["open"]


def test_who_is_handed_off_to_a_team_is_answered_by_it(world):
    """And by nobody else beside it: once, and as long as the hand-off lasts."""
    teams = {"forward": {"email": TEAM}, "teams": {"logistica": {"webhook": HOOK}}}
    world.release = with_project(world.release, inbound=teams)
    publish(world.store, world.release, world.clock.now())
    world.provider.answer = lambda call: HttpAnswer(204, {}, b"") if isinstance(call, HttpCall) else delivered(call)
    now = world.clock.now()
    with world.store.engine.begin() as connection:
        run = {"id": "run_1", "journey": "late", "key": "k", "customer_id": "cus_ana", "started_at": now}
        connection.execute(runs.insert().values(run))
        handed = {
            "id": "hnd_1", "identity": "i", "team": "logistica", "reason": "late", "customer_id": "cus_ana",
            "run_id": "run_1", "step": "s", "closed_by": "case.closed", "at": now, "until": now + 3_600_000,
        }  # fmt: skip
        connection.execute(handoffs.insert().values(handed))
    hear(world, "E o meu pedido?")
    carry(world)
    (call,) = world.provider.calls
    assert json.loads(call.body)["data"]["handed_to"] == "logistica"

    world.clock.advance(hours=2)
    hear(world, "E agora?", key="wamid.2")
    carry(world)
    assert [type(one).__name__ for one in world.provider.calls] == ["HttpCall", "InboxCall"]


def test_words_of_who_was_erased_go_nowhere(world):
    forwarded_to(world, email=TEAM)
    hear(world, "Oi?")
    with world.store.engine.begin() as connection:
        connection.execute(text("DELETE FROM inbound_texts"))
    assert carry(world) == 0
    assert states(world) == ["dropped"]
