"""What a provider repeats of strangers' words may hold what no ledger keeps: it is heard all the same."""

from __future__ import annotations

from orchestrator.domain.receipt import ReceiptKind
from tests.contract.test_hearing import hear, receipt, rows, sent, suppressed, writes
from tests.contract.test_inbound import ALERTS, agree, decided
from tests.contract.world import EMAIL, WHATSAPP

ODD = "\0\ud800"
"""A NUL, which PostgreSQL keeps in no text, and half a character, which nobody can write down."""


def test_a_bounce_is_heard_whatever_the_other_server_said(world):
    """Its words come from whoever refused the letter: they could keep the news of it from ever being kept."""
    asked = sent(world)
    hear(world, receipt(world, asked, ReceiptKind.BOUNCED, permanent=True, detail=f"550 {ODD}no"),
         receipt(world, f"msg_{ODD}", ReceiptKind.DELIVERED, f"evt.{ODD}", provider_id=ODD),
         account="email", channel=EMAIL)  # fmt: skip

    assert suppressed(world) == [("email", "bounce")]
    assert rows(world, "SELECT detail FROM receipts WHERE kind = 'bounced'") == [("550 no",)]


def test_a_stop_is_heard_whatever_else_is_in_the_text(world):
    agree(world, ALERTS, WHATSAPP)
    hear(world, writes(world, f"PARAR{ODD}", event_key=f"wamid.{ODD}"), writes(world, "oi", sender=ODD))

    assert decided(world, WHATSAPP)[0] == "blocked"
