"""Why a message was or was not sent: what the explanation says is what the gate says, gate by gate, on both ledgers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orchestrator.channels import HttpAnswer
from orchestrator.console.teller import Teller
from orchestrator.console.why import answer_words
from orchestrator.decide import GATES
from orchestrator.dispatch.accept import Later
from orchestrator.dispatch.current import Current
from orchestrator.dispatch.explain import (
    explain_message,
    explain_request,
    find_customer,
    find_request,
    list_decisions,
    reason_of,
)
from orchestrator.dispatch.explain.unasked import untrue
from orchestrator.dispatch.explain.values import NOT_REACHED, NOTHING_TO_ASK
from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.register import Profile
from orchestrator.dispatch.runs.entering import Entering
from orchestrator.domain.customer import ConsentState
from orchestrator.domain.delivery import State
from orchestrator.domain.errors import NotFound
from orchestrator.domain.pause import Pause, PauseScope
from orchestrator.domain.time import instant, rfc3339
from orchestrator.domain.verdict import Drop, Hold, Send
from orchestrator.expressions import compile_expression, holds
from orchestrator.journeys.model import Exit, Journey
from orchestrator.release import Release, read_release
from orchestrator.segments.model import Segment
from orchestrator.store.evidence import WantedDecisions
from orchestrator.store.port import ClosedAccount
from orchestrator.suppress_rules import SuppressRule
from tests.contract.world import EMAIL, PUSH, SMS, WHATSAPP, event, numbers, placed

ZONE = "America/Sao_Paulo"
STOCK = "inventory.KIT-BANHO-04.available"
NIGHT = datetime(2026, 11, 26, 1, 14, tzinfo=UTC)  # 22:14 in São Paulo
OPENING = instant(datetime(2026, 11, 26, 12, tzinfo=UTC))  # 09:00 there
CART = {"cart": {"code": "8fk2", "url": "https://casalume.example/c/8fk2"}}


@pytest.fixture
def world(strict):
    """Every rule of the project has its say."""
    return strict


def why(world, message="review_request", customer="cus_ana", at=None):
    """The explanation of a customer's message."""
    with world.store.read() as transaction:
        who = find_customer(transaction, customer)
        return explain_message(transaction, running(transaction), who, message, now=world.clock.now(), at=at)


def why_this(world, name, at=None):
    """The explanation of one request, or of one decision."""
    with world.store.read() as transaction:
        known, decision_id = find_request(transaction, name)
        return explain_request(
            transaction, running(transaction), known, now=world.clock.now(), at=at, decision_id=decision_id
        )


def running(transaction):
    release_id = transaction.ledger.release_id()
    return Current(release_id, read_release(transaction.ledger.release(release_id)), {})


def recorded(world, delivery_id):
    with world.store.read() as transaction:
        return transaction.explanations.decisions_of(delivery_id)


def release_with(world, journeys=None, segments=None, **project):
    """Put another release into force: other rules of the project, other journeys, or segments."""
    files = {name: getattr(world.release, name) for name in type(world.release).model_fields}
    files["project"] = world.release.project.model_copy(update=project)
    files["journeys"] = world.release.journeys if journeys is None else journeys
    files["segments"] = world.release.segments if segments is None else segments
    world.release = Release(**files)
    publish(world.store, world.release, world.clock.now())


def changed(journey, **parts):
    """A journey with other parts. A copy would keep what the original has worked out of its own."""
    return Journey(**{name: getattr(journey, name) for name in journey.model_fields_set} | parts)


def paused(scope, subject="", until=None, reason="balanço"):
    def pause(world):
        now = world.clock.now()
        with world.store.write() as transaction:
            transaction.pauses.put(
                Pause(
                    id=f"pau_{next(numbers)}",
                    scope=scope,
                    subject=subject,
                    reason=reason,
                    by="rafa",
                    at=now,
                    until=until,
                )
            )

    return pause


def agreed(world, *topics, channel="email"):
    for topic in topics or ("reviews",):
        world.said(ConsentState.GRANTED, topic, channel)


def night(world):
    world.clock.advance(seconds=(instant(NIGHT) - world.clock.now()) / 1000)


def stocked(world, pieces=212):
    with world.store.write() as transaction:
        now = world.clock.now()
        transaction.facts.put(STOCK, pieces, source="wms", as_of=now, at=now)


# --- every gate as the one that decides -------------------------------------------------------------------------------


def no_journey(world):
    asked = by_journey(world)
    release_with(world, journeys={})
    return asked


def ended(world):
    at = world.clock.now()
    journey = world.release.journeys["orders_simple"]
    journey = changed(journey, exit_on=(Exit(event="order.cancelled"),))
    release_with(world, journeys={**world.release.journeys, journey.id: journey})
    asked = by_journey(world)
    world.accept(event("order.cancelled", "cancelled/1", at=at + 1, order_id="ord_1"), journeys=("orders_simple",))
    return asked


def by_journey(world):
    (accepted,) = world.accept(placed(at=world.clock.now()))
    return accepted.requests[0].id


def too_late(world):
    asked = world.ask(not_after=world.clock.now() + 1_000)
    world.clock.advance(seconds=2)
    return asked


def nowhere(world):
    world.revise(Profile(id="cus_ana", emails=()))
    return world.ask()


def silenced(world):
    world.suppress("email", reason="bounce")
    return world.ask()


def never_agreed(world):
    return world.ask("review_request")


def stopped(world):
    paused(PauseScope.MESSAGE, "order_confirmed")(world)
    return world.ask()


def forbidden(world):
    rule = SuppressRule(id="atrasado", title="Pedido atrasado", object="order", when="order.promised_date < today")
    release_with(world, suppress_rules=(rule,))
    agreed(world)
    world.accept(placed(at=world.clock.now(), promised_date="2026-11-20"), journeys=())
    return world.ask("review_request")


def out_of_stock(world):
    agreed(world, "offers")
    return world.ask("cart_offer", data=CART)


def by_night(world):
    agreed(world)
    night(world)
    return world.ask("review_request")


def enough(world):
    agreed(world)
    world.ask("review_request")
    world.drain()
    world.clock.advance(minutes=1)
    return world.ask("review_request")


def closed(world):
    until = world.clock.now() + 60_000
    with world.store.write() as transaction:
        transaction.accounts.close("email", ClosedAccount(until, "provider_unavailable", 1))
    return world.ask()


def wordless(world):
    return world.ask(data={})


CASES = {
    "journey_live": (no_journey, State.SKIPPED, "cancelled"),
    "exit_marks": (ended, State.SKIPPED, "exit_event"),
    "not_after": (too_late, State.EXPIRED, "not_after"),
    "address": (nowhere, State.UNREACHABLE, "no_address"),
    "suppression": (silenced, State.BLOCKED, "suppressed:bounce"),
    "consent": (never_agreed, State.BLOCKED, "no_consent"),
    "pauses": (stopped, State.HELD, "paused"),
    "suppress_rules": (forbidden, State.BLOCKED, "suppress_rule:atrasado"),
    "facts": (out_of_stock, State.HELD, "fact_unavailable:offers.banho_lume20"),
    "quiet_hours": (by_night, State.DEFERRED, "quiet_hours:noite"),
    "caps": (enough, State.DEFERRED, "frequency_cap:marketing_dia"),
    "render": (wordless, State.FAILED, "missing_variable"),
}


@pytest.mark.parametrize("gate", CASES)
def test_the_gate_that_decides_is_named_and_those_behind_it_were_not_reached(world, gate):
    prepare, state, reason = CASES[gate]
    explanation = why_this(world, prepare(world))

    answers = {answer.gate: answer.result for answer in explanation.decision.answers}
    before, behind = GATES[: GATES.index(gate)], GATES[GATES.index(gate) + 1 :]
    assert (explanation.decision.state, explanation.decision.reason) == (state, reason)
    assert answers[gate] in {"stop", "next", "wait"}
    assert {answers[name] for name in before} <= {"pass", NOTHING_TO_ASK}
    # Of an order that is no more, the channel was never looked at.
    assert {answers[name] for name in behind} <= {NOT_REACHED}
    assert list(answers) == list(GATES)


@pytest.mark.parametrize("gate", CASES)
def test_what_is_explained_now_is_what_a_worker_then_decides(world, gate):
    """The same steps, the same state, the same reason; and the record says it again."""
    prepare, state, reason = CASES[gate]
    asked = prepare(world)
    live = why_this(world, asked).decision

    world.drain()
    (decision,) = recorded(world, asked)
    assert world.ended(asked) == (state, reason) == (decision.verdict, reason_of(decision))
    told = why_this(world, f"dec_{decision.seq}").decision
    assert not told.live
    assert (told.state, told.reason) == (live.state, live.reason)
    assert [(one.gate, one.result, one.code) for one in told.answers] == [
        (one.gate, one.result, one.code) for one in live.answers
    ]


def test_what_was_sent_passed_every_gate(world):
    stocked(world)
    agreed(world, "offers")
    asked = world.ask("cart_offer", data=CART)
    live = why_this(world, asked).decision

    world.drain()
    told = why_this(world, asked)
    assert (told.request.state, told.request.channel) == (State.SENT, "email")
    assert {answer.result for answer in told.decision.answers} == {"pass", NOTHING_TO_ASK}
    assert (live.state, live.channel, told.decision.state, told.decision.channel) == (None, EMAIL, None, EMAIL)
    assert [one.evidence for one in live.answers] == [one.evidence for one in told.decision.answers]


def test_a_message_whose_place_a_newer_one_took_says_so_where_it_waited(world):
    """It had passed the gates before; nobody asked them again."""
    first = by_night(world)
    world.drain()
    world.clock.advance(minutes=1)
    world.ask("review_request")
    world.drain()

    explanation = why_this(world, first)
    answers = {answer.gate: (answer.result, answer.code) for answer in explanation.decision.answers}
    assert (explanation.decision.state, explanation.decision.reason) == (State.SKIPPED, "superseded")
    assert (answers["consent"], answers["quiet_hours"]) == (("pass", ""), ("stop", "superseded"))
    assert [past.reason for past in explanation.history] == ["quiet_hours:noite", "superseded"]


def test_an_account_that_is_left_alone_is_waited_for(world):
    asked = closed(world)
    explanation = why_this(world, asked)

    assert (explanation.decision.state, explanation.decision.reason) == (State.DEFERRED, "provider_unavailable")
    assert [halt.reason for halt in explanation.ahead.halts] == ["provider_unavailable"]
    assert isinstance(explanation.ahead.verdict, Send)


# --- what stood behind an answer --------------------------------------------------------------------------------------


def evidence(explanation, gate, channel=None):
    """What a gate was asked about."""
    (found,) = (
        answer.evidence for answer in explanation.decision.answers if (answer.gate, answer.channel) == (gate, channel)
    )
    return found


def test_consent_is_shown_with_its_proof_as_it_was_when_it_was_decided(world):
    """What the customer said afterwards had no part in it."""
    agreed(world)
    asked = world.ask("review_request")
    world.drain()
    world.clock.advance(hours=1)
    world.said(ConsentState.WITHDRAWN)

    (consent,) = evidence(why_this(world, asked), "consent", EMAIL)
    assert (consent.topic, consent.said.state) == ("reviews", ConsentState.GRANTED)
    assert consent.said.id.startswith("con_")
    assert why_this(world, asked, at=world.clock.now()).decision.reason == "consent_withdrawn"


def test_facts_are_shown_with_the_version_that_held_then(world):
    stocked(world, 212)
    agreed(world, "offers")
    asked = world.ask("cart_offer", data=CART)
    world.drain()
    world.clock.advance(hours=1)
    stocked(world, 90)

    facts = {fact.path: fact for fact in evidence(why_this(world, asked), "facts")}
    assert (facts[STOCK].value, facts[STOCK].version, facts[STOCK].source) == (212, 1, "wms")
    assert facts["offers.banho_lume20.price"].written_at.startswith("templates/facts/offers.yaml:")


def test_rules_are_those_of_the_release_that_decided(world):
    asked = forbidden(world)
    world.drain()
    before = world.release.id
    release_with(world, suppress_rules=())

    explanation = why_this(world, asked)
    (rule,) = evidence(explanation, "suppress_rules")
    assert (rule.id, rule.title, rule.object) == ("atrasado", "Pedido atrasado", "order")
    assert (explanation.decision.release_id, explanation.release_id) == (before, world.release.id)
    assert before != world.release.id


def test_a_pause_is_shown_with_who_and_why_even_once_it_was_lifted(world):
    asked = stopped(world)
    world.drain()
    world.clock.advance(hours=1)
    with world.store.write() as transaction:
        transaction.pauses.lift(PauseScope.MESSAGE, "order_confirmed", world.clock.now())

    (decision,) = recorded(world, asked)
    (paused_then,) = evidence(why_this(world, f"dec_{decision.seq}"), "pauses")
    assert (paused_then.pause.by, paused_then.pause.reason) == ("rafa", "balanço")
    assert why_this(world, asked).decision.state is None


def test_an_exit_event_is_shown_with_its_time(world):
    asked = ended(world)
    (exit_event,) = evidence(why_this(world, asked), "exit_marks")

    assert exit_event.event_type == "order.cancelled"
    assert exit_event.event_id.startswith("evt_")
    (wish,) = evidence(why_this(world, asked), "journey_live")
    assert (wish.journey, wish.step, wish.event_type) == ("orders_simple", "confirmar", "order.placed")


def test_every_channel_that_was_asked_has_its_answers(world):
    world.said(ConsentState.WITHDRAWN, "order_updates", "email")
    world.suppress("whatsapp", reason="bounce")
    answers = why_this(world, world.ask("order_confirmed", EMAIL, WHATSAPP, SMS, PUSH)).decision.answers

    told = {(answer.gate, answer.channel): answer.result for answer in answers}
    assert told["consent", EMAIL] == told["suppression", WHATSAPP] == "next"
    assert told["consent", SMS] == told["route", SMS] == "pass"
    assert not [channel for _, channel in told if channel is PUSH]


def test_what_a_provider_repeats_of_an_address_is_left_out(over_http):
    over_http.provider.answer = refused
    asked = over_http.ask("order_confirmed", EMAIL)
    over_http.drain()

    request = why_this(over_http, asked).request
    assert request.state is State.FAILED
    assert "is not a mailbox" in request.detail
    assert "ana@" not in request.detail


def refused(_call):
    return HttpAnswer(400, {}, b'{"error": "ana@example.com is not a mailbox"}')


# --- what comes next --------------------------------------------------------------------------------------------------


def test_the_next_try_is_the_opening_of_the_customers_own_morning(world):
    explanation = why_this(world, by_night(world))

    (halt,) = explanation.ahead.halts
    assert (halt.until, explanation.ahead.at, explanation.zone) == (OPENING, OPENING, ZONE)
    assert explanation.ahead.verdict.channel is EMAIL
    assert why_this(world, explanation.request.request.id, at=OPENING).decision.state is None


def test_a_zone_that_nobody_told_is_called_a_guess(world):
    """A phone of another country, and no zone: the hours are those of the project's clock."""
    asked = by_night(world)

    def told():
        (found,) = (one for one in why_this(world, asked).decision.answers if one.gate == "quiet_hours")
        (evidence,) = found.evidence
        return evidence.guessed, answer_words(found, Teller("en", str, ZONE, world.clock.now()))

    assert told() == (False, "noite 21:00\u201309:00 America/Sao_Paulo, now 22:14")
    world.revise(Profile(id="cus_ana", phones=("+351912345678",)))
    assert told() == (True, "noite 21:00\u201309:00 America/Sao_Paulo (guessed: project's zone), now 22:14")
    world.revise(Profile(id="cus_ana", time_zone=ZONE))
    assert not told()[0]


def test_waiting_is_asked_about_again_until_it_ends(world):
    """A cap frees at midnight, when the hours are quiet."""
    ahead = why_this(world, enough(world)).ahead

    assert [halt.reason for halt in ahead.halts] == ["frequency_cap:marketing_dia", "quiet_hours:noite"]
    assert (ahead.at, isinstance(ahead.verdict, Send)) == (OPENING, True)


def test_what_cannot_wait_is_told_how_it_ends(world):
    agreed(world)
    night(world)
    asked = world.ask("review_request", not_after=OPENING - 1)

    ahead = why_this(world, asked).ahead
    assert (ahead.halts, ahead.verdict) == ((), Drop(State.EXPIRED, "not_after"))


def test_a_pause_with_an_end_is_waited_for_and_one_without_is_not(world):
    end = world.clock.now() + 3_600_000
    paused(PauseScope.ALL, until=end)(world)
    ahead = why_this(world, world.ask()).ahead
    assert ([halt.until for halt in ahead.halts], isinstance(ahead.verdict, Send)) == ([end], True)

    paused(PauseScope.ALL)(world)
    assert why_this(world, world.ask()).ahead.verdict == Hold("kill_switch")


def test_the_end_of_a_pause_of_something_else_is_not_waited_for(world):
    """It would be named as the next try, and nothing would be tried then."""
    paused(PauseScope.CHANNEL, "sms", until=world.clock.now() + 3_600_000)(world)
    paused(PauseScope.MESSAGE, "order_confirmed")(world)
    ahead = why_this(world, world.ask()).ahead
    assert (ahead.halts, ahead.verdict, ahead.at) == ((), Hold("paused"), world.clock.now())


def test_a_break_of_their_own_is_told_from_what_the_shop_stopped(world):
    """It has a code and words of its own, and is waited for as any pause."""
    end = world.clock.now() + 3_600_000
    agreed(world)
    paused(PauseScope.CUSTOMER, "cus_ana", until=end)(world)
    asked = world.ask("review_request")
    world.drain()

    assert world.ended(asked) == ("held", "paused:customer")
    explanation = why_this(world, asked)
    assert explanation.ahead.halts[0].reason == "paused:customer"
    assert (explanation.history[-1].state, explanation.history[-1].reason) == (State.HELD, "paused:customer")


def test_a_supposition_changes_nothing(world):
    asked = by_night(world)
    before = world.get(asked)

    assert why_this(world, asked, at=OPENING).supposed
    assert world.get(asked) == before


def test_a_message_that_was_sent_does_not_stand_in_its_own_way(world):
    """Its own use of the day's cap is not counted against it."""
    agreed(world)
    asked = world.ask("review_request")
    world.drain()

    assert why_this(world, asked, at=world.clock.now()).decision.state is None


def test_a_message_that_is_planned_is_explained_for_its_time(world):
    agreed(world)
    asked = world.ask("review_request", send_at=Later(datetime(2026, 12, 1, 22, 0), "customer"))  # noqa: DTZ001  # a wall

    explanation = why(world)
    assert (explanation.request.request.id, explanation.request.planned) == (asked, True)
    assert explanation.decision.reason == "quiet_hours:noite"
    assert rfc3339(explanation.decision.at, ZONE) == "2026-12-01T22:00:00-03:00"
    assert explanation.at == world.clock.now()


# --- which request ----------------------------------------------------------------------------------------------------


def test_the_newest_request_is_explained_and_the_others_are_named(world):
    first = world.ask()
    world.clock.advance(minutes=1)
    second = world.ask()

    explanation = why(world, "order_confirmed")
    assert explanation.request.request.id == second
    assert [one.request.id for one in explanation.others] == [first]


def test_the_history_tells_every_decision_in_its_order(world):
    asked = by_night(world)
    world.drain()
    world.clock.advance(hours=12)
    world.drain()

    history = why_this(world, asked).history
    assert [(past.state, past.reason, past.channel) for past in history] == [
        (State.DEFERRED, "quiet_hours:noite", None),
        (None, "", EMAIL),
    ]


@pytest.mark.parametrize("who", ["cus_ana", "ana@example.com", "+5511912345678", "(11) 91234-5678", "shop:4711"])
def test_a_customer_is_found_by_whatever_names_them(world, who):
    world.revise(Profile(id="cus_ana", external_ids={"shop": "4711"}))
    with world.store.read() as transaction:
        assert find_customer(transaction, who).id == "cus_ana"


@pytest.mark.parametrize(
    ("who", "told"),
    [("cus_anna", 'did you mean "cus_ana"?'), ("bia@example.com", "No customer has this address"), ("x:1", '"x:1"')],
)
def test_a_customer_whom_nobody_knows_is_not_found(world, who, told):
    with world.store.read() as transaction, pytest.raises(NotFound) as caught:
        find_customer(transaction, who)
    assert told in str(caught.value)
    assert "bia@" not in str(caught.value)


def test_a_message_that_nobody_knows_is_not_found(world):
    with pytest.raises(NotFound, match='did you mean "order_shipped"'):
        why(world, "order_shiped")


# --- never requested --------------------------------------------------------------------------------------------------


def missed(world, message="review_request"):
    explanation = why(world, message)
    assert explanation.request is None
    return [(one.why, one.note) for step in explanation.unasked for one in step.missed]


def due(at, order="ord_1", event_id="due/1"):
    return event("review.due", event_id, at=at, order_id=order)


def test_no_event_of_its_trigger_ever_came(world):
    (step,) = why(world).unasked
    assert (step.journey, step.step, step.event_type, step.missed) == ("ask_for_review", "convidar", "review.due", ())


def test_the_operand_that_was_false_is_named(world):
    at = world.clock.now()
    world.accept(placed(at=at, total=30.0), due(at + 1))
    assert missed(world) == [("condition_false", "order.total >= 50.0")]


def test_the_operand_that_was_missing_is_named(world):
    at = world.clock.now()
    world.accept(placed(at=at), due(at + 1))
    assert missed(world) == [("operand_missing", "order.total")]


def test_a_run_of_that_key_had_been_there(world):
    """The first one asked for another message, before the step was changed."""
    at = world.clock.now()
    journey = world.release.journeys["ask_for_review"]
    other = journey.steps[0].model_copy(update={"send": "order_delivered"})
    release_with(world, journeys={**world.release.journeys, journey.id: changed(journey, steps=(other,))})
    world.accept(placed(at=at, total=80.0), due(at + 1))
    release_with(world, journeys={**world.release.journeys, journey.id: journey})
    world.accept(due(at + 2, event_id="due/2"))

    (again, first) = missed(world)
    assert again == ("run_exists", "ord_1")
    assert first[0] == "step_new"
    assert first[1].startswith("run_")


def test_an_event_that_came_too_early_would_do_it_today(world):
    at = world.clock.now()
    world.accept(placed(at=at, total=80.0), due(at + 1), journeys=())
    assert missed(world) == [("would_now", "")]


def standing(world, steps, **parts):
    """The journey with other steps; what it sends is the same."""
    own = world.release.journeys["ask_for_review"].model_dump(exclude_none=True, by_alias=True)
    changed = Journey.model_validate({**own, "steps": steps, **parts})
    release_with(world, journeys={**world.release.journeys, changed.id: changed})


ASK = {"id": "convidar", "send": "review_request"}


def test_a_run_that_still_waits_says_where(world):
    standing(world, [{"id": "esperar", "wait": "5d"}, ASK])
    at = world.clock.now()
    world.accept(placed(at=at, total=80.0), due(at + 1))
    assert missed(world) == [("run_waits", "esperar")]


def test_a_run_that_ended_before_says_why(world):
    standing(
        world, [{"id": "fim", "branch": [{"when": "order.total > 50.0", "steps": [{"id": "f", "exit": "rico"}]}]}, ASK]
    )
    at = world.clock.now()
    world.accept(placed(at=at, total=80.0), due(at + 1))
    assert missed(world) == [("run_ended", "rico")]


def test_a_customer_beside_the_rollout_is_told_apart(world):
    standing(world, [ASK], rollout="0.01%")
    at = world.clock.now()
    world.accept(placed(at=at, total=80.0), due(at + 1))
    assert missed(world) == [("not_rolled_out", "0.01")]


def test_a_schedule_brings_no_event_that_could_be_missed(world):
    standing(world, [ASK], trigger={"schedule": "0 10 * * tue", "segment": "inativos"}, entry={"again_after": "90d"})
    (step,) = why(world).unasked
    assert (step.event_type, step.missed) == (None, ())


def test_whoever_enters_a_segment_is_told_since_when_they_are_in_it(world):
    """No event could be missed either: what counts is when they were found in it."""
    where = {"event": "order.placed"}
    buyers = {"kind": "segment", "id": "buyers", "title": "Compradores", "owner": "marketing", "where": where}
    standing(world, [ASK], trigger={"enters": "buyers"}, entry=None)
    release_with(world, segments={"buyers": Segment.model_validate(buyers)})
    (step,) = why(world).unasked
    assert (step.event_type, step.missed, step.segment, step.inside_since) == (None, (), "buyers", None)

    world.accept(placed(at=world.clock.now()))
    Entering(release=world.release, clock=world.clock).look(world.store, world.clock.now())
    (step,) = why(world).unasked
    assert step.inside_since == world.clock.now()


def test_what_an_exit_says_waits_for_its_event(world):
    """That event came, and there was no run that it could end."""
    standing(world, [{"id": "esperar", "wait": "5d"}], exit_on=[{"event": "order.placed", "send": "review_request"}])
    world.accept(placed(at=world.clock.now(), total=80.0))
    (step,) = why(world).unasked
    assert (step.step, step.event_type) == ("exit_on", "order.placed")
    assert [one.why for one in step.missed] == ["ended_none"]


def test_a_paused_journey_says_so(world):
    paused(PauseScope.JOURNEY, "ask_for_review")(world)
    (step,) = why(world).unasked
    assert step.pause.by == "rafa"


def test_what_no_journey_sends_goes_out_on_request_only(world):
    explanation = why(world, "cart_offer")
    assert (explanation.request, explanation.unasked) == (None, ())


@pytest.mark.parametrize(
    ("when", "data", "found"),
    [
        ("a.x == 1 && a.y == 2", {"a": {"x": 1, "y": 3}}, "a.y == 2"),
        ("a.x == '&&' && a.y == 2", {"a": {"x": "&&", "y": 3}}, "a.y == 2"),
        ("(a.x == 1 && a.y == 2) && true", {"a": {"x": 1, "y": 3}}, "(a.x == 1 && a.y == 2)"),
        ("a.x == 1 && a.y == 2 || a.x == 5", {"a": {"x": 1, "y": 3}}, "a.x == 1 && a.y == 2 || a.x == 5"),
        ("a.x == 1 ? a.y == 2 && true : false", {"a": {"x": 1, "y": 3}}, "a.x == 1 ? a.y == 2 && true : false"),
    ],
)
def test_the_untrue_part_of_a_condition_is_found(when, data, found):
    assert untrue(when, asked_of(data)) == (found, "")


def test_a_true_condition_has_no_untrue_part():
    assert untrue("a.x == 1 && true", asked_of({"a": {"x": 1}})) is None


def asked_of(data):
    return lambda part: holds(compile_expression(part), data)


# --- lists ------------------------------------------------------------------------------------------------------------


def test_a_list_begins_and_ends_where_time_says(world):
    """Places follow time, and are found by halving."""
    times = []
    for _ in range(7):
        world.ask()
        world.drain()
        times.append(world.clock.now())
        world.clock.advance(minutes=5)

    with world.store.read() as transaction:
        newest = transaction.explanations.newest_decision()
        for place, at in enumerate(times):
            assert transaction.explanations.newest_decision(at) == newest - 7 + place or place == 0
        found, following = list_decisions(transaction, WantedDecisions(since=times[2], until=times[5]), limit=10)
    assert ([one.decision.at for one in found], following) == (times[4:1:-1], None)


def test_reasons_are_found_whole_or_by_what_they_begin_with(world):
    never_agreed(world)
    by_night(world)
    world.drain()
    with world.store.read() as transaction:
        counted = {
            reason: len(list_decisions(transaction, WantedDecisions(), reason=reason, limit=10)[0])
            for reason in ("no_consent", "quiet_hours", "quiet_hours:noite", "quiet_hours:no", "superseded")
        }
    # The newer of two took the place of the other.
    assert counted == {
        "no_consent": 0, "quiet_hours": 2, "quiet_hours:noite": 2, "quiet_hours:no": 0, "superseded": 1,
    }  # fmt: skip


def test_one_page_reads_only_so_much(world):
    """What is rare is found over several pages; none of them reads the whole ledger."""
    rare = never_agreed(world)
    world.drain()
    for _ in range(3):
        world.ask()
    world.drain()

    pages, before = [], None
    with world.store.read() as transaction:
        while not pages or before is not None:
            found, before = list_decisions(
                transaction, WantedDecisions(), reason="no_consent", before=before, limit=5, looked_at_max=2
            )
            pages.append([one.decision.delivery_id for one in found])
    assert pages == [[], [rare]]
