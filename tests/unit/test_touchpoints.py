"""The inventory of a release: what each stage says on each channel, what is missing, and what is there twice."""

from __future__ import annotations

import pytest

from orchestrator.domain.customer import Channel
from orchestrator.domain.stage import Stage
from orchestrator.journeys.model import Journey
from orchestrator.touchpoints import Duplicate, Gap, TouchpointKind, touchpoints_of

EMAIL, WHATSAPP, SMS, PUSH = Channel.EMAIL, Channel.WHATSAPP, Channel.SMS, Channel.PUSH


def journey(name, *steps, event="order.placed", when=None):
    return Journey.model_validate(
        {
            "kind": "journey", "id": name, "title": name, "owner": "operacoes", "topic": "order_updates",
            "trigger": {"event": event} | ({"when": when} if when else {}),
            "steps": [
                {"id": f"s{place}", "send": send, "channels": {"all": channels}}
                for place, (send, channels) in enumerate(steps)
            ],
        }
    )  # fmt: skip


@pytest.fixture
def twice(release):
    """What is there twice with these journeys alone."""

    def duplicates(*journeys):
        return touchpoints_of(release.model_copy(update={"journeys": {one.id: one for one in journeys}})).duplicates

    return duplicates


def item(found, name, channel):
    (one,) = [one for one in found.items if (one.id, one.channel) == (name, channel)]
    return one


def test_every_message_and_reply_is_there_on_each_of_its_channels(release):
    """And on no other."""
    found = touchpoints_of(release)
    said = {(one.id, one.channel) for one in found.items if one.kind is TouchpointKind.MESSAGE}
    answered = {one.id for one in found.items if one.kind is TouchpointKind.REPLY}

    assert said == {(name, channel) for name, channels in release.said_on.items() for channel in channels}
    assert answered == set(release.replies)


def test_a_message_brings_its_stage_owner_and_what_it_claims_there(release):
    """A channel that states fewer claims has fewer."""
    found = touchpoints_of(release)
    email, push = item(found, "order_shipped", EMAIL), item(found, "order_shipped", PUSH)

    assert (email.stage, email.owner, email.topic) == (Stage.DELIVERY, "operacoes", "order_updates")
    assert email.claims["promised_date"].from_ == "shipment.promised_date"
    assert set(push.claims) <= set(email.claims)


def test_a_step_has_the_stage_of_what_it_sends_and_the_event_that_starts_it(release):
    """With the journey's owner, who decides whether it is sent."""
    step = item(touchpoints_of(release), "orders_simple/avisar_envio", SMS)

    assert (step.kind, step.sends, step.event) == (TouchpointKind.STEP, "order_shipped", "shipment.dispatched")
    assert (step.stage, step.owner) == (Stage.DELIVERY, "operacoes")


def test_a_step_does_not_write_where_its_message_is_silent(release):
    """The message decides."""
    silent = release.model_copy(
        update={"journeys": {"j": journey("j", ("cart_reminder", ["email", "sms"]), event="cart.updated")}}
    )

    assert [one.channel for one in touchpoints_of(silent).items if one.kind is TouchpointKind.STEP] == [EMAIL]


def test_a_gap_is_a_stage_at_which_a_channel_says_nothing(release):
    """Only of channels that the project sends on; a step alone fills none."""
    settings = release.project
    some = release.model_copy(
        update={
            "messages": {name: release.messages[name] for name in ("order_shipped", "review_request")},
            "replies": {},
            "journeys": {},
            "project": settings.model_copy(update={"channels": {one: settings.channels[one] for one in (EMAIL, SMS)}}),
        }
    )
    found = touchpoints_of(some)

    assert found.channels == (EMAIL, SMS)
    assert found.matrix[Stage.DELIVERY] == {EMAIL: 1, SMS: 1}
    assert Gap(stage=Stage.DISCOVERY, channel=EMAIL) in found.gaps
    assert [gap.channel for gap in found.gaps if gap.stage is Stage.AFTER_SALE] == [SMS]
    assert not [gap for gap in found.gaps if gap.stage is Stage.DELIVERY]


def test_a_message_without_a_stage_is_listed_and_counted_nowhere(release):
    """It is there to be given one."""
    published = release.messages["order_shipped"]
    bare = published.model_copy(update={"message": published.message.model_copy(update={"stage": None})})
    found = touchpoints_of(
        release.model_copy(update={"messages": {"order_shipped": bare}, "replies": {}, "journeys": {}})
    )

    assert item(found, "order_shipped", EMAIL).stage is None
    assert not any(count for counts in found.matrix.values() for count in counts.values())


def test_two_journeys_of_one_event_that_write_on_one_channel_are_a_duplicate(twice):
    """Whatever they send."""
    found = twice(journey("a", ("order_confirmed", ["email"])), journey("b", ("order_shipped", ["email", "sms"])))

    assert found == (Duplicate(why="event", channel=EMAIL, ids=("a/s0", "b/s0"), event="order.placed"),)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (None, None, 1),
        (None, "order.total >= 100.0", 1),
        ("order.total >= 100.0", "order.total >= 100.0", 1),
        ("order.total >= 100.0", "order.total < 100.0", 0),
    ],
)
def test_conditions_that_differ_part_them(twice, one, other, expected):
    """Nobody can tell by looking whether both may hold, and a false alarm helps nobody."""
    steps = ("order_confirmed", ["email"])

    assert len(twice(journey("a", steps, when=one), journey("b", steps, when=other))) == expected


def test_steps_of_one_trigger_run_together(twice):
    """Both write on the channel that both name."""
    found = twice(journey("a", ("order_confirmed", ["email"]), ("order_shipped", ["email", "push"])))

    assert [(one.channel, one.ids) for one in found] == [(EMAIL, ("a/s0", "a/s1"))]


def test_casa_lume_writes_nothing_twice(release):
    """Nor do two of its replies say the same."""
    assert touchpoints_of(release).duplicates == ()


def test_texts_with_the_same_words_are_a_duplicate(release):
    """Capitals and line ends apart; on the channels where they are the same."""
    published = release.messages["order_shipped"]
    sms = published.message.channels.sms
    shouted = sms.model_copy(update={"body": sms.body.replace("Pedido", "PEDIDO")})
    channels = published.message.channels.model_copy(
        update={"sms": shouted, "email": None, "whatsapp": None, "push": None}
    )
    copy = published.model_copy(
        update={"message": published.message.model_copy(update={"id": "copia", "channels": channels})}
    )
    found = touchpoints_of(
        release.model_copy(
            update={"messages": {"order_shipped": published, "copia": copy}, "replies": {}, "journeys": {}}
        )
    )

    assert found.duplicates == (Duplicate(why="words", channel=SMS, ids=("order_shipped", "copia")),)
