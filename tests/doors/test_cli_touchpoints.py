"""`jogral touchpoints`: the matrix, each touchpoint on a line, and what is missing or there twice."""

from __future__ import annotations

from orchestrator.domain.stage import Stage

JOURNEY = """kind: journey
id: outra
title: Outra
owner: marketing
topic: order_updates
trigger: {event: order.placed}
steps:
  - id: de_novo
    send: order_shipped
    channels: {all: [email]}
"""


def test_programs_get_every_touchpoint_with_what_it_claims(jogral):
    """One item for each message, reply or step on each channel."""
    document = jogral("touchpoints", "--json").document
    (shipped,) = [
        one
        for one in document["items"]
        if (one["id"], one["channel"], one["kind"]) == ("order_shipped", "sms", "message")
    ]

    assert (document["schema"], document["ok"]) == ("jogral.touchpoints/1", True)
    assert document["stages"] == list(Stage)
    assert document["channels"] == ["email", "whatsapp", "sms", "push"]
    assert {one["kind"] for one in document["items"]} == {"message", "reply", "step"}
    assert shipped == {
        "kind": "message", "id": "order_shipped", "title": shipped["title"], "stage": "delivery", "channel": "sms",
        "owner": "operacoes", "topic": "order_updates", "sends": None, "event": None,
        "claims": [{"name": "promised_date", "kind": "delivery_date", "from": "shipment.promised_date"}],
    }  # fmt: skip


def test_programs_get_the_matrix_with_its_gaps(jogral):
    """A gap is a cell that counts nothing."""
    document = jogral("touchpoints", "--json").document
    empty = [
        {"stage": stage, "channel": channel}
        for stage, counts in document["matrix"].items()
        for channel, count in counts.items()
        if count == 0
    ]

    assert document["gaps"] == empty
    assert {"stage": "support", "channel": "push"} in empty  # a lock screen is no place to answer
    assert document["duplicates"] == [
        {
            "why": "facts", "stage": "consideration", "channel": channel, "event": None,
            "facts": [f"offers.banho_lume20.{part}" for part in ("price", "discount", "coupon", "ends_at")],
            "ids": ["cart_offer", "deadline_reminder"],
        }
        for channel in document["channels"]
    ]  # fmt: skip


def test_people_get_a_table_and_a_line_for_each(jogral):
    """Channels of one touchpoint stand together."""
    done = jogral("touchpoints")
    lines = done.out.splitlines()

    assert done.code == 0
    assert lines[0].split() == ["E-mail", "WhatsApp", "SMS", "Push"]
    assert [line.split()[0] for line in lines[1:8]] == [
        "discovery", "consideration", "purchase", "delivery", "after", "support", "win",
    ]  # fmt: skip
    (shipped,) = [line for line in lines if line.startswith("  message   order_shipped ")]
    assert shipped.split()[2:] == ["operacoes", "E-mail,", "WhatsApp,", "SMS,", "Push", "promised_date"]
    assert any("← shipment.dispatched" in line for line in lines)
    assert "Gap: support has nothing on Push." in lines
    assert lines[-1] == (
        "Twice: at the stage consideration these state the same on E-mail, WhatsApp, SMS, Push: "
        "cart_offer, deadline_reminder (offers.banho_lume20.price, offers.banho_lume20.discount, "
        "offers.banho_lume20.coupon, offers.banho_lume20.ends_at)."
    )


def test_what_one_event_sends_twice_is_said(jogral, shop):
    """With the event, the channel and the steps."""
    (shop / "templates/journeys/outra.yaml").write_text(JOURNEY, encoding="utf-8")
    told = "Twice: order.placed makes all of these write on E-mail: orders_simple/confirmar, outra/de_novo."

    assert told in jogral("touchpoints").out.splitlines()
    assert jogral("touchpoints", "--json").document["duplicates"][0] == {
        "why": "event", "stage": None, "channel": "email", "event": "order.placed", "facts": [],
        "ids": ["orders_simple/confirmar", "outra/de_novo"],
    }  # fmt: skip


def test_a_project_that_cannot_be_read_says_why(jogral, shop):
    """As every command does."""
    (shop / "templates/journeys/outra.yaml").write_text(JOURNEY.replace("order_shipped", "nothing"), encoding="utf-8")
    done = jogral("touchpoints")

    assert done.code != 0
    assert "templates/journeys/outra.yaml" in done.err
