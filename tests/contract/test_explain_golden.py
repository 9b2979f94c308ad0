"""What `jogral explain` prints, in both languages: files that a person has read."""

from __future__ import annotations

import pytest

from orchestrator.channels import HttpAnswer
from orchestrator.cli.explained import show_explanation
from orchestrator.cli.terminal import Terminal
from orchestrator.domain.customer import ConsentState
from orchestrator.domain.delivery import Mode, Rejection
from orchestrator.domain.pause import PauseScope
from orchestrator.domain.receipt import ReceiptKind
from orchestrator.journeys.model import Exit
from tests.contract import test_explain as shop
from tests.contract.test_hearing import hear, receipt
from tests.contract.world import EMAIL, PUSH, SMS, WHATSAPP, event, webhooks

HOUR_MS = 3_600_000


@pytest.fixture
def world(strict):
    return strict


def deferred(world):
    """By night, with all else in order; a day's cap is used up as well."""
    shop.stocked(world)
    shop.agreed(world, "offers")
    shop.agreed(world, "offers", channel="whatsapp")
    shop.night(world)
    asked = world.ask("cart_offer", EMAIL, WHATSAPP, data=shop.CART)
    world.drain()
    return shop.why_this(world, asked)


def supposed(world):
    return shop.why_this(world, deferred(world).request.request.id, at=shop.OPENING + HOUR_MS)


def sent(world):
    """After it had waited for the morning."""
    explanation = deferred(world)
    world.clock.advance(hours=12)
    world.drain()
    return shop.why_this(world, explanation.request.request.id)


def other_channel(world):
    """The first was never agreed to, the second is suppressed, the third takes it."""
    world.said(ConsentState.WITHDRAWN, "order_updates", "email")
    world.suppress("whatsapp", reason="bounce")
    world.ask("order_confirmed", EMAIL, WHATSAPP, SMS, PUSH)
    return shop.why(world, "order_confirmed")


def nobody_agreed(world):
    asked = world.ask("review_request", PUSH, EMAIL)
    world.drain()
    return shop.why_this(world, asked)


def ended(world):
    shop.ended(world)
    world.drain()
    return shop.why(world, "order_confirmed")


def held(world):
    asked = shop.out_of_stock(world)
    return shop.why_this(world, asked)


def everything_stopped(world):
    shop.paused(PauseScope.ALL, until=world.clock.now() + HOUR_MS, reason="preço errado no site")(world)
    return shop.why_this(world, world.ask())


def twice(world):
    """Two requests of the same customer for the same message, and the cap of the day."""
    return shop.why_this(world, shop.enough(world), at=None) and shop.why(world)


def unsayable(world):
    asked = shop.wordless(world)
    world.drain()
    return shop.why_this(world, asked)


def elsewhere(world):
    """WhatsApp took it, told that nobody is there, and it went by SMS."""
    asked = taken(world, WHATSAPP, SMS)
    world.clock.advance(minutes=1)
    hear(world, receipt(world, asked, ReceiptKind.FAILED, rejection=Rejection.ADDRESS, detail="131026"))
    world.clock.advance(minutes=1)
    world.drain()
    return shop.why_this(world, asked)


def lost(world):
    """The provider took it, and told in the same second that it could not deliver it."""
    asked = taken(world, SMS)
    news = [receipt(world, asked, kind) for kind in (ReceiptKind.FAILED, ReceiptKind.SENT)]
    hear(world, *news, account="sms", channel=SMS)
    return shop.why_this(world, asked)


def taken(world, *channels):
    world.wire = webhooks
    asked = world.ask("order_confirmed", *channels)
    world.drain()
    return asked


def by_test_key(world):
    """A test key asked for it: nobody was written to."""
    asked = world.ask("order_confirmed", SMS, mode=Mode.TEST)
    world.drain()
    return shop.why_this(world, asked)


def throttled(world):
    """Its provider asked for time, which is over for all others: this one waits its turn."""
    world.wire = webhooks
    world.provider.answer = lambda _: HttpAnswer(429, {"retry-after": "300"}, b"too many")
    asked = world.ask("order_confirmed", SMS)
    world.drain()
    with world.store.write() as transaction:
        transaction.accounts.open(["sms"])
    return shop.why_this(world, asked)


def never_requested(world):
    """The event came twice: for an order without a known total, and for one that was too cheap."""
    at = world.clock.now()
    world.accept(shop.placed(at=at), shop.placed("ord_2", at=at + 1, total=30.0), journeys=())
    world.accept(event("review.due", "due/1", at=at + 2, order_id="ord_1"))
    world.accept(event("review.due", "due/2", at=at + 3, order_id="ord_2"))
    return shop.why(world)


def nothing_happened(world):
    return shop.why(world, "order_shipped")


def by_request_only(world):
    return shop.why(world, "cart_offer")


CASES = (
    deferred, supposed, sent, other_channel, nobody_agreed, ended, held, everything_stopped, twice, unsayable,
    elsewhere, lost, by_test_key, throttled, never_requested, nothing_happened, by_request_only,
)  # fmt: skip

assert Exit  # the journey of `ended` has one


@pytest.mark.parametrize("language", ["en", "pt-BR"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_an_explanation_reads_as_it_was_approved(world, case, language, capsys, golden):
    explanation = case(world)
    capsys.readouterr()
    again = f"jogral explain --customer ana@example.com --message {explanation.message}"
    show_explanation(Terminal(language, as_json=False), explanation, again=again)
    golden(capsys.readouterr().out, f"explain/{case.__name__}.{language}.txt")
