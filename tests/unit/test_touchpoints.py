"""The inventory of a release: what each stage says on each channel, what is missing, and what is there twice."""

from __future__ import annotations

import pytest

from orchestrator.catalog.model import ChannelCopy, SmsCopy
from orchestrator.domain.customer import Channel
from orchestrator.domain.stage import Stage
from orchestrator.journeys.model import Journey
from orchestrator.touchpoints import Duplicate, Gap, TouchpointKind, touchpoints_of

EMAIL, WHATSAPP, SMS, PUSH = Channel.EMAIL, Channel.WHATSAPP, Channel.SMS, Channel.PUSH


def journey(name, *steps, event="order.placed", when=None, stage=None):
    return Journey.model_validate(
        {
            "kind": "journey", "id": name, "title": name, "owner": "operacoes", "topic": "order_updates",
            "trigger": {"event": event} | ({"when": when} if when else {}), "stage": stage,
            "steps": [
                {"id": f"s{place}", "send": send, "channels": {"all": channels}}
                for place, (send, channels) in enumerate(steps)
            ],
        }
    )  # fmt: skip


def changed(published, name, **changes):
    """The same message under another name, with other channels, claims or stage."""
    return published.model_copy(update={"message": published.message.model_copy(update={"id": name, **changes})})


@pytest.fixture
def twice(release):
    """What these journeys alone write twice."""

    def duplicates(*journeys):
        found = touchpoints_of(release.model_copy(update={"journeys": {one.id: one for one in journeys}}))
        return tuple(one for one in found.duplicates if one.why == "event")

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


def test_the_stage_of_a_journey_is_that_of_its_steps(release):
    """One message may be read at two stages: what it is sent for decides, and both are filled by it."""
    late = journey("late", ("order_confirmed", ["email", "push"]), event="shipment.dispatched", stage="after_sale")
    found = touchpoints_of(
        release.model_copy(
            update={
                "messages": {"order_confirmed": release.messages["order_confirmed"]},
                "replies": {},
                "journeys": {"late": late},
            }
        )
    )

    assert item(found, "order_confirmed", EMAIL).stage is Stage.PURCHASE
    assert item(found, "late/s0", EMAIL).stage is Stage.AFTER_SALE
    assert found.matrix[Stage.PURCHASE] == {EMAIL: 1, WHATSAPP: 1, SMS: 1, PUSH: 1}
    assert found.matrix[Stage.AFTER_SALE] == {EMAIL: 1, WHATSAPP: 0, SMS: 0, PUSH: 1}


def test_what_steps_carry_is_counted_once(release):
    """However many journeys send it."""
    journeys = {name: journey(name, ("order_shipped", ["sms"])) for name in ("a", "b")}
    some = {"messages": {"order_shipped": release.messages["order_shipped"]}, "replies": {}, "journeys": journeys}

    assert touchpoints_of(release.model_copy(update=some)).matrix[Stage.DELIVERY][SMS] == 1


def test_a_step_does_not_write_where_its_message_is_silent(release):
    """The message decides."""
    silent = release.model_copy(
        update={"journeys": {"j": journey("j", ("cart_reminder", ["email", "sms"]), event="cart.updated")}}
    )

    assert [one.channel for one in touchpoints_of(silent).items if one.kind is TouchpointKind.STEP] == [EMAIL]


def test_a_gap_is_a_stage_at_which_a_channel_says_nothing(release):
    """Only of channels that the project sends on."""
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
    bare = changed(release.messages["order_shipped"], "order_shipped", stage=None)
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


def staged(name, steps, **parts):
    return Journey.model_validate(
        {
            "kind": "journey", "id": name, "title": name, "owner": "operacoes", "topic": "order_updates",
            "trigger": {"event": "order.placed"}, "steps": steps, **parts,
        }
    )  # fmt: skip


def test_what_is_sent_inside_other_steps_and_at_exits_is_a_touchpoint(release):
    """Wherever it stands; with `preferred` on every channel on which the message is said."""
    one = staged(
        "a",
        [
            {"id": "w", "wait_for": {"event": "shipment.dispatched", "timeout": "2d", "on_timeout": [
                {"id": "late", "send": "order_late", "channels": {"all": ["email"]}}]}},
            {"id": "b", "branch": [{"otherwise": True, "steps": [{"id": "sent", "send": "order_shipped"}]}]},
        ],
        exit_on=[{"event": "order.cancelled", "send": "order_cancelled", "channels": {"all": ["email"]}}],
    )  # fmt: skip
    found = touchpoints_of(release.model_copy(update={"journeys": {"a": one}}))
    steps = [(one.id, one.channel, one.event) for one in found.items if one.kind is TouchpointKind.STEP]

    assert steps == [
        ("a/late", EMAIL, "order.placed"),
        *(("a/sent", channel, "order.placed") for channel in Channel if channel in release.said_on["order_shipped"]),
        ("a/exit_on", EMAIL, "order.placed"),
    ]


def test_what_comes_after_a_wait_is_no_duplicate(twice):
    """Another time is another moment; so is what only some go to."""
    email = {"channels": {"all": ["email"]}}
    wait = staged("a", [{"id": "w", "wait": "1d"}, {"id": "s", "send": "order_confirmed", **email}])
    part = staged(
        "b", [{"id": "p", "branch": [{"when": "order.total > 5.0", "steps": []}]}, {"id": "s", "send": "order_late"}]
    )

    assert twice(wait, part, journey("c", ("order_confirmed", ["email"]))) == ()


def test_a_schedule_starts_a_step_without_an_event(release):
    """And nothing else runs at that moment."""
    one = staged("a", [{"id": "s", "send": "order_late"}], trigger={"schedule": "0 10 * * tue", "segment": "inativos"})
    found = touchpoints_of(release.model_copy(update={"journeys": {"a": one}}))

    assert {one.event for one in found.items if one.kind is TouchpointKind.STEP} == {""}


def test_casa_lume_repeats_nothing_but_its_offer(release):
    """On purpose: the reminder names the coupon that the offer brought."""
    assert {(one.why, one.ids) for one in touchpoints_of(release).duplicates} == {
        ("facts", ("cart_offer", "deadline_reminder"))
    }


def test_texts_with_the_same_words_are_a_duplicate(release):
    """Capitals and line ends apart; on the channels where they are the same."""
    published = release.messages["order_shipped"]
    sms = published.message.channels.sms
    shouted = sms.model_copy(update={"body": sms.body.replace("Pedido", "PEDIDO")})
    channels = published.message.channels.model_copy(
        update={"sms": shouted, "email": None, "whatsapp": None, "push": None}
    )
    copy = changed(published, "copia", channels=channels, stage=None)
    found = touchpoints_of(
        release.model_copy(
            update={"messages": {"order_shipped": published, "copia": copy}, "replies": {}, "journeys": {}}
        )
    )

    assert found.duplicates == (Duplicate(why="words", channel=SMS, ids=("order_shipped", "copia")),)


@pytest.fixture
def sharing(release):
    """What is there twice when a second message says more than `order_shipped`, and the same date."""

    def duplicates(**changes):
        shipped, delayed = (release.messages[name] for name in ("order_shipped", "order_delayed"))
        date = shipped.message.claims["promised_date"]
        other = changed(
            delayed, "outra", **{"claims": delayed.message.claims | {"old_date": date}, "channels": only_sms, **changes}
        )
        some = {"messages": {"order_shipped": shipped, "outra": other}, "replies": {}, "journeys": {}}
        return touchpoints_of(release.model_copy(update=some)).duplicates

    sms = SmsCopy(body="Antes {{ claims.old_date }}, agora {{ claims.new_date }}")
    only_sms = ChannelCopy(email=None, whatsapp=None, sms=sms, push=None)
    return duplicates


def test_messages_of_one_stage_that_state_one_fact_on_one_channel_are_a_duplicate(sharing):
    """Whatever else each of them says."""
    assert sharing() == (
        Duplicate(
            why="facts", channel=SMS, stage=Stage.DELIVERY,
            ids=("order_shipped", "outra"), facts=("shipment.promised_date",),
        ),
    )  # fmt: skip


@pytest.mark.parametrize("stage", [Stage.PURCHASE, None])
def test_another_stage_may_state_the_fact_again(sharing, stage):
    """It is read at another time."""
    assert sharing(stage=stage) == ()


def test_a_fact_that_is_taken_back_is_not_stated(release):
    """`order_late` names the date that `order_shipped` promised, because it was missed."""
    some = {name: release.messages[name] for name in ("order_shipped", "order_late")}

    assert touchpoints_of(release.model_copy(update={"messages": some, "replies": {}, "journeys": {}})).duplicates == ()
