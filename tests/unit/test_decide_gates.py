"""Gate by gate: what each stops, and that an earlier one is heard before a later one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.caps import FrequencyCap
from orchestrator.decide import PATIENCE_MS, UNDISTURBED, Backing, Circumstances, Closure, Rules, decide
from orchestrator.decide.routing import Weighted
from orchestrator.domain.customer import Address, AddressKind, CapUse, Channel, ConsentState, Customer, Standing
from orchestrator.domain.delivery import PRIORITIES, Rejection, Request, State
from orchestrator.domain.message import Purpose
from orchestrator.domain.pause import HELD_AS, Pause, Pauses, PauseScope
from orchestrator.domain.time import instant
from orchestrator.domain.verdict import Drop, Hold, Send, Step, Wait
from orchestrator.facts.book import Obstacle
from orchestrator.quiet_hours import QuietHours, spread_ms
from orchestrator.suppress_rules import SuppressRule

EMAIL, WHATSAPP, SMS, PUSH = Channel.EMAIL, Channel.WHATSAPP, Channel.SMS, Channel.PUSH
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
MINUTE, HOUR = 60_000, 3_600_000


def at(*parts, zone=SAO_PAULO):
    return instant(datetime(*parts, tzinfo=zone))


NOW = at(2026, 11, 25, 15)
MIDNIGHT = at(2026, 11, 26)
HOME = Address(id="adr_home", kind=AddressKind.EMAIL, value="ana@example.com")
PHONE = Address(id="adr_phone", kind=AddressKind.PHONE, value="+5511912345678")


def a_cap(cap_id="dia", **changes):
    values = {"id": cap_id, "purposes": ["marketing"], "limit": 1, "per": "1d", "window": "calendar_day"}
    return FrequencyCap.model_validate(values | changes)


def a_night(**changes):
    return QuietHours.model_validate({"id": "noite", "from": "21:00", "to": "09:00"} | changes)


def a_use(moment=NOW - HOUR, **changes):
    values = {"day": "2026-11-25", "purpose": Purpose.MARKETING, "channel": EMAIL, "topic": "offers"}
    return CapUse(at=moment, **values | changes)


SIESTA = a_night(id="sesta", **{"from": "14:00", "to": "16:00"})
LATE_ORDER = SuppressRule(
    id="pedido_atrasado", title="Atrasado", purposes=(Purpose.MARKETING,), object="order", when='order.status == "late"'
)
OFFER = Request(
    id="msg_1",
    message="cart_offer",
    customer_id="cus_1",
    topic="offers",
    purpose=Purpose.MARKETING,
    candidates=(EMAIL,),
    objects={},
    data={},
    locale=None,
    priority="normal",
    due_at=NOW,
    not_after=None,
    accepted_at=NOW,
    journey="welcome",
    run_id="run_1",
)
NEWS = replace(OFFER, topic="order_updates", purpose=Purpose.TRANSACTIONAL)
ANA = Standing(
    customer=Customer(id="cus_1", addresses=(HOME, PHONE)),
    consents={("offers", channel.value): ConsentState.GRANTED for channel in Channel},
    suppressions={},
)
RULES = Rules(
    accounts={channel: f"{channel.value}_main" for channel in Channel},
    said_on={"cart_offer": frozenset(Channel)},
    journeys=frozenset({"welcome"}),
    quiet_hours=(a_night(),),
    caps=(a_cap(),),
    suppress_rules=(LATE_ORDER,),
    time_zone="America/Sao_Paulo",
)
PROMISED = Backing()


def asked(request=OFFER, standing=ANA, rules=RULES, now=NOW, backing=PROMISED, circumstances=UNDISTURBED):
    return decide(request, standing, rules, now, backing, circumstances)


def paused(scope, subject=""):
    pause = Pause(id="pau_1", scope=scope, subject=subject, reason="", by="ana", at=NOW)
    return Circumstances(pauses=Pauses({(scope.value, subject): pause}))


# --- the order of gates ---------------------------------------------------------------------------------------------

# What stands in the way at each gate, as changes of the request, the standing, the rules, and so on; and what is said.
OBSTACLES = {
    "journey_live": ({"rules": {"journeys": frozenset()}}, Drop(State.SKIPPED, "cancelled")),
    "exit_marks": ({"circumstances": {"exits": {"run_1": "order.cancelled"}}}, Drop(State.SKIPPED, "exit_event")),
    "not_after": ({"request": {"not_after": NOW - 1}}, Drop(State.EXPIRED, "not_after")),
    "address": ({"request": {"excluded": {EMAIL: Rejection.ADDRESS}}}, Drop(State.UNREACHABLE, "invalid_address")),
    "suppression": (
        {"standing": {"suppressions": {("adr_home", "email"): "bounce"}}},
        Drop(State.BLOCKED, "suppressed:bounce"),
    ),
    "consent": ({"standing": {"consents": {}}}, Drop(State.BLOCKED, "no_consent")),
    "pauses": ({"circumstances": {"pauses": paused(PauseScope.ALL).pauses}}, Hold("kill_switch")),
    "suppress_rules": (
        {"standing": {"objects": {"order": ({"status": "late"},)}}},
        Drop(State.BLOCKED, "suppress_rule:pedido_atrasado"),
    ),
    "facts": (
        {"backing": {"obstacle": Obstacle(State.HELD, "fact_unavailable:offers.kit", "3 left")}},
        Hold("fact_unavailable:offers.kit"),
    ),
    "quiet_hours": ({"rules": {"quiet_hours": (SIESTA,)}}, Wait(at(2026, 11, 25, 16), "quiet_hours:sesta")),
    "caps": ({"standing": {"uses": (a_use(),)}}, Wait(MIDNIGHT, "frequency_cap:dia")),
    "route": (
        {"circumstances": {"closed": {"email_main": Closure(NOW + MINUTE, "rate_limit")}}},
        Wait(NOW + MINUTE, "rate_limit"),
    ),
}  # fmt: skip
NOTHING_IN_THE_WAY = {
    "request": OFFER, "standing": ANA, "rules": RULES, "backing": PROMISED, "circumstances": UNDISTURBED,
}  # fmt: skip


def asked_despite(*gates):
    sides = dict(NOTHING_IN_THE_WAY)
    for gate in gates:
        for side, changes in OBSTACLES[gate][0].items():
            sides[side] = replace(sides[side], **changes)
    return asked(**sides)


def test_with_nothing_in_the_way_every_gate_is_passed_in_its_order():
    decision = asked()
    assert decision.verdict == Send(EMAIL, HOME, "email_main")
    passed = [gate for gate in OBSTACLES if gate != "exit_marks"]  # nothing is said where nothing was marked
    assert [step.gate for step in decision.trace] == passed
    assert {step.result for step in decision.trace} == {"pass"}


@pytest.mark.parametrize("gate", OBSTACLES)
def test_each_gate_stops_what_it_must_and_is_the_last_one_asked(gate):
    decision = asked_despite(gate)
    assert decision.verdict == OBSTACLES[gate][1]
    assert decision.trace[-1].gate == gate
    assert decision.trace[-1].result != "pass"


@pytest.mark.parametrize(("earlier", "later"), list(combinations(OBSTACLES, 2)))
def test_of_two_gates_that_would_stop_it_the_earlier_is_heard(earlier, later):
    decision = asked_despite(earlier, later)
    assert decision.verdict == OBSTACLES[earlier][1]
    assert decision.trace[-1].gate == earlier


# --- pauses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "subject", "other"),
    [
        (PauseScope.CHANNEL, "email", "sms"),
        (PauseScope.ACCOUNT, "email_main", "sms_main"),
        (PauseScope.JOURNEY, "welcome", "goodbye"),
        (PauseScope.MESSAGE, "cart_offer", "order_late"),
        (PauseScope.CUSTOMER, "cus_1", "cus_2"),
    ],
)
def test_a_pause_holds_what_it_names_and_nothing_else(scope, subject, other):
    decision = asked(circumstances=paused(scope, subject))
    assert decision.verdict == Hold(HELD_AS[scope])
    assert decision.trace[-1].detail == f"{scope.value} {subject}"
    assert isinstance(asked(circumstances=paused(scope, other)).verdict, Send)


@pytest.mark.parametrize("request_", [OFFER, NEWS])
def test_the_kill_switch_holds_everything(request_):
    decision = asked(request_, circumstances=paused(PauseScope.ALL))
    assert decision.verdict == Hold("kill_switch")
    assert decision.trace[-1] == Step("pauses", "stop", "all")


def test_a_customers_own_pause_is_about_marketing():
    assert isinstance(asked(NEWS, circumstances=paused(PauseScope.CUSTOMER, "cus_1")).verdict, Send)


def test_a_pause_of_journeys_does_not_hold_what_no_journey_asked_for():
    request = replace(OFFER, journey=None, run_id=None)
    assert isinstance(asked(request, circumstances=paused(PauseScope.JOURNEY, "welcome")).verdict, Send)


@pytest.mark.parametrize(("scope", "subject"), [(PauseScope.CHANNEL, "email"), (PauseScope.ACCOUNT, "email_main")])
def test_where_a_channel_is_paused_the_next_one_is_taken(scope, subject):
    request = replace(OFFER, candidates=(EMAIL, SMS))
    assert asked(request, circumstances=paused(scope, subject)).verdict == Send(SMS, PHONE, "sms_main")


# --- quiet hours ----------------------------------------------------------------------------------------------------

NIGHT = at(2026, 11, 25, 22)
MORNING = at(2026, 11, 26, 9)


def test_at_night_it_waits_for_the_morning():
    decision = asked(now=NIGHT)
    assert decision.verdict == Wait(MORNING, "quiet_hours:noite")
    assert decision.trace[-1] == Step("quiet_hours", "wait", "noite 21:00-09:00 America/Sao_Paulo", EMAIL)


def test_a_rule_that_drops_blocks():
    rules = replace(RULES, quiet_hours=(a_night(on_block="drop"),))
    assert asked(rules=rules, now=NIGHT).verdict == Drop(State.BLOCKED, "quiet_hours:noite")


def test_in_the_morning_customers_go_one_after_the_other_and_what_matters_less_behind():
    rule = a_night(spread="2h")
    rules = replace(RULES, quiet_hours=(rule,))
    turn = MORNING + spread_ms(rule, "cus_1")
    assert asked(rules=rules, now=NIGHT).verdict == Wait(turn, "quiet_hours:noite")
    behind = asked(replace(OFFER, priority="low"), rules=rules, now=NIGHT).verdict
    assert behind == Wait(turn + 1, "quiet_hours:noite")


def test_what_could_only_be_said_too_late_expires_now():
    """On its last instant it may still be said."""
    assert asked(replace(OFFER, not_after=MORNING), now=NIGHT).verdict == Wait(MORNING, "quiet_hours:noite")
    decision = asked(replace(OFFER, not_after=MORNING - 1), now=NIGHT)
    assert decision.verdict == Drop(State.EXPIRED, "not_after")
    assert (decision.trace[-1].gate, decision.trace[-1].result) == ("quiet_hours", "stop")


def test_an_offer_that_ends_in_the_night_expires_as_well():
    assert asked(now=NIGHT, backing=Backing(ends=MORNING - 1)).verdict == Drop(State.EXPIRED, "not_after")


@pytest.mark.parametrize("gate", ["caps", "route"])
def test_whatever_it_waits_for_it_does_not_wait_beyond_its_end(gate):
    until = OBSTACLES[gate][1].until
    sides = {side: replace(NOTHING_IN_THE_WAY[side], **changes) for side, changes in OBSTACLES[gate][0].items()}
    assert asked(replace(OFFER, not_after=until), **sides).verdict == OBSTACLES[gate][1]
    assert asked(replace(OFFER, not_after=until - 1), **sides).verdict == Drop(State.EXPIRED, "not_after")


URGENT = replace(NEWS, priority="high")


def test_what_is_urgent_passes_the_night_and_says_so():
    decision = asked(URGENT, now=NIGHT)
    assert isinstance(decision.verdict, Send)
    assert Step("quiet_hours", "pass", "noite 21:00-09:00 America/Sao_Paulo", EMAIL) in decision.trace


@pytest.mark.parametrize("request_", [NEWS, replace(OFFER, priority="high"), replace(NEWS, priority="low")])
def test_nothing_else_passes_it(request_):
    """What is bought waits as well where a rule says so; marketing cannot be urgent."""
    assert isinstance(asked(request_, now=NIGHT).verdict, Wait)


# --- caps -----------------------------------------------------------------------------------------------------------

FULL = replace(ANA, uses=(a_use(),))


def capped(*caps, request=OFFER, standing=FULL, **changes):
    return asked(request, standing, replace(RULES, caps=caps), **changes)


def test_what_would_be_too_much_waits_until_there_is_room():
    """With how far each cap is used up; the one that is reached stands first."""
    decision = capped(a_cap("semana", per="7d", limit=3, window="rolling"), a_cap())
    assert decision.verdict == Wait(MIDNIGHT, "frequency_cap:dia")
    assert decision.trace[-1] == Step("caps", "wait", "dia 1/1 semana 1/3", EMAIL)


def test_of_several_that_are_reached_the_longest_is_waited_for():
    decision = capped(a_cap(), a_cap("rolante", window="rolling"))
    assert decision.verdict == Wait(NOW - HOUR + 24 * HOUR, "frequency_cap:dia")


@pytest.mark.parametrize(
    ("actions", "verdict"),
    [
        (("defer", "next_channel", "drop"), Drop(State.BLOCKED, "frequency_cap:drop")),
        (("defer", "next_channel"), Send(SMS, PHONE, "sms_main")),
        (("defer",), Wait(MIDNIGHT, "frequency_cap:defer")),
    ],
)
def test_of_several_that_are_reached_the_strictest_is_heard(actions, verdict):
    """In whatever order the file has them."""
    caps = tuple(a_cap(action, channels=["email"], on_block=action) for action in actions)
    request = replace(OFFER, candidates=(EMAIL, SMS))
    assert capped(*caps, request=request).verdict == verdict
    assert capped(*caps[::-1], request=request).verdict == verdict


def test_where_no_other_channel_is_left_a_cap_of_channels_blocks():
    decision = capped(a_cap(on_block="next_channel"))
    assert decision.verdict == Drop(State.BLOCKED, "frequency_cap:dia")
    assert decision.trace[-1].result == "next"


def test_a_limit_of_nothing_is_not_waited_for():
    """It never frees; what else is reached changes nothing about that."""
    decision = capped(a_cap(), a_cap("nunca", limit=0))
    assert decision.verdict == Drop(State.BLOCKED, "frequency_cap:nunca")
    assert decision.trace[-1].detail == "nunca 1/0 dia 1/1"


def test_what_is_urgent_passes_caps_and_counts_in_them():
    decision = capped(a_cap(purposes=[]), request=URGENT)
    assert isinstance(decision.verdict, Send)
    assert Step("caps", "pass", "dia 1/1", EMAIL) in decision.trace
    assert decision.reserved_day == "2026-11-25"


def test_urgent_marketing_does_not():
    assert isinstance(capped(a_cap(), request=replace(OFFER, priority="high")).verdict, Wait)


def test_a_slot_is_taken_where_a_cap_counts_and_on_the_customers_own_day():
    assert asked().reserved_day == "2026-11-25"
    abroad = replace(ANA, customer=replace(ANA.customer, time_zone="Asia/Tokyo"))
    assert asked(standing=abroad, rules=replace(RULES, quiet_hours=())).reserved_day == "2026-11-26"
    assert asked(NEWS).reserved_day is None
    assert asked(rules=replace(RULES, caps=())).reserved_day is None


def test_a_message_in_doubt_is_not_counted_against_itself():
    """It took its slot when it was tried the first time."""
    itself = replace(ANA, uses=(a_use(delivery_id="msg_1"),))
    assert isinstance(asked(replace(OFFER, in_doubt=True), itself).verdict, Send)
    assert isinstance(asked(OFFER, itself).verdict, Wait)
    another = replace(ANA, uses=(a_use(delivery_id="msg_2"),))
    assert isinstance(asked(replace(OFFER, in_doubt=True), another).verdict, Wait)


# --- channels that are out, and accounts that are left alone --------------------------------------------------------

BOTH = replace(OFFER, candidates=(EMAIL, SMS))


def away(*accounts, until=NOW + MINUTE):
    return Circumstances(closed={account: Closure(until, "provider_unavailable") for account in accounts})


def test_a_channel_that_refused_the_address_is_passed_over():
    decision = asked(replace(BOTH, excluded={EMAIL: Rejection.ADDRESS}))
    assert decision.verdict == Send(SMS, PHONE, "sms_main")
    assert Step("address", "next", "invalid_address", EMAIL) in decision.trace


@pytest.mark.parametrize(
    ("request_", "patience"), [(BOTH, 4 * HOUR), (replace(NEWS, candidates=(EMAIL, SMS)), 15 * MINUTE)]
)
def test_an_account_that_is_left_alone_is_waited_for_and_then_left(request_, patience):
    """Four hours for marketing, a quarter of an hour for what was bought: then the next channel says it."""
    assert PATIENCE_MS[request_.purpose] == patience
    wait = Wait(NOW + MINUTE, "provider_unavailable")
    for stuck_at in (None, NOW - patience + MINUTE):
        assert asked(replace(request_, stuck_at=stuck_at), circumstances=away("email_main")).verdict == wait
    out_of_patience = replace(request_, stuck_at=NOW - patience - 1)
    assert asked(out_of_patience, circumstances=away("email_main")).verdict == Send(SMS, PHONE, "sms_main")


@pytest.mark.parametrize(
    ("request_", "patience"), [(BOTH, 4 * HOUR), (replace(NEWS, candidates=(EMAIL, SMS)), 15 * MINUTE)]
)
def test_a_provider_that_asks_for_days_is_left_when_patience_ends(request_, patience):
    """Else what another channel could say waits as long as the provider likes."""
    days = Circumstances(closed={"email_main": Closure(NOW + 72 * HOUR, "rate_limit")})
    assert asked(request_, circumstances=days).verdict == Wait(NOW + patience + 1, "rate_limit")
    later = replace(request_, stuck_at=NOW)
    at_its_end = asked(later, rules=replace(RULES, quiet_hours=()), now=NOW + patience + 1, circumstances=days)
    assert at_its_end.verdict == Send(SMS, PHONE, "sms_main")
    only = replace(request_, candidates=(EMAIL,))
    assert asked(only, circumstances=days).verdict == Wait(NOW + 72 * HOUR, "rate_limit")


def test_what_would_be_too_late_by_the_time_its_account_is_back_is_said_elsewhere():
    away_for_an_hour = Circumstances(closed={"email_main": Closure(NOW + HOUR, "rate_limit")})
    ends_soon = replace(BOTH, not_after=NOW + 10 * MINUTE)
    assert asked(ends_soon, circumstances=away_for_an_hour).verdict == Send(SMS, PHONE, "sms_main")
    only = replace(ends_soon, candidates=(EMAIL,))
    assert asked(only, circumstances=away_for_an_hour).verdict == Drop(State.EXPIRED, "not_after")


@pytest.mark.parametrize("about", [Rejection.CHANNEL, Rejection.OPTED_OUT, Rejection.ENOUGH])
def test_what_a_provider_refused_is_not_told_as_a_bad_address(about):
    """Nobody should correct an address with which nothing is wrong."""
    refused = replace(NEWS, candidates=(EMAIL, PUSH), excluded={EMAIL: about})
    decision = asked(refused)
    assert decision.verdict == Drop(State.FAILED, f"provider_rejected:{about.value}")
    assert Step("address", "next", f"provider_rejected:{about.value}", EMAIL) in decision.trace


PHONE_APP = Address(id="adr_app", kind=AddressKind.PUSH_TOKEN, value="token-of-the-app")
BROWSER = Address(id="adr_browser", kind=AddressKind.PUSH_TOKEN, value='{"endpoint":"https://push.example.com/1"}')
BY_DEVICE = replace(
    RULES,
    accounts={**RULES.accounts, PUSH: "apps"},
    rivals={PUSH: (Weighted("apps", 80), Weighted("web", 20))},
    browsers={"apps": False, "web": True},
)


@pytest.mark.parametrize(("device", "account"), [(PHONE_APP, "apps"), (BROWSER, "web")])
def test_a_push_goes_through_an_account_that_reaches_one_of_their_devices(device, account):
    """Whatever the weights say: the other one reaches nobody."""
    has_one = replace(ANA, customer=Customer(id="cus_1", addresses=(device,)))
    for number in range(20):
        request = replace(OFFER, id=f"msg_{number}", candidates=(PUSH, EMAIL))
        assert asked(request, has_one, BY_DEVICE).verdict == Send(PUSH, device, account)
        both = replace(ANA, customer=Customer(id="cus_1", addresses=(BROWSER, PHONE_APP)))
        sent = asked(request, both, BY_DEVICE).verdict
        assert (sent.account, sent.address) in [("apps", PHONE_APP), ("web", BROWSER)]


def test_whoever_has_only_devices_that_no_account_reaches_has_none():
    apps_alone = replace(BY_DEVICE, rivals={})
    has_a_browser = replace(ANA, customer=Customer(id="cus_1", addresses=(BROWSER, HOME)))
    decision = asked(replace(OFFER, candidates=(PUSH,)), has_a_browser, apps_alone)
    assert decision.verdict == Drop(State.UNREACHABLE, "no_push_token")
    assert Step("address", "next", "no_push_token", PUSH) in decision.trace
    both = replace(OFFER, candidates=(PUSH, EMAIL))
    assert asked(both, has_a_browser, apps_alone).verdict == Send(EMAIL, HOME, "email_main")


def test_what_is_tried_again_where_no_other_channel_is_left_counts_in_the_caps_of_its_own():
    """The last channel that was asked about is not the one that is taken: its caps count nothing."""
    rules = replace(RULES, caps=(a_cap(channels=["email"], limit=3),), scripted=frozenset({"whatsapp_main"}))
    stuck = replace(OFFER, candidates=(EMAIL, WHATSAPP), stuck_at=NOW - 5 * HOUR, tried=EMAIL)
    decision = asked(stuck, rules=rules)
    assert decision.verdict == Send(EMAIL, HOME, "email_main")
    assert decision.reserved_day == "2026-11-25"


def test_where_every_account_is_left_alone_the_first_to_come_back_is_waited_for():
    closed = {
        "email_main": Closure(NOW + 9 * MINUTE, "provider_unavailable"),
        "sms_main": Closure(NOW + MINUTE, "rate_limit"),
    }
    request = replace(BOTH, stuck_at=NOW - 5 * HOUR)
    assert asked(request, circumstances=Circumstances(closed=closed)).verdict == Wait(NOW + MINUTE, "rate_limit")


def test_out_of_patience_the_channel_that_was_tried_is_tried_again_only_where_no_other_is_left():
    request = replace(BOTH, stuck_at=NOW - 5 * HOUR, tried=EMAIL)
    assert asked(request).verdict == Send(SMS, PHONE, "sms_main")
    assert asked(replace(request, candidates=(EMAIL,))).verdict == Send(EMAIL, HOME, "email_main")
    assert asked(replace(request, tried=SMS)).verdict == Send(EMAIL, HOME, "email_main")


def test_what_can_be_waited_for_is_not_given_up_because_another_channel_says_no():
    """A wait before a hold, a hold before a refusal."""
    three = replace(OFFER, candidates=(PUSH, SMS, EMAIL), stuck_at=NOW - 5 * HOUR)
    circumstances = replace(paused(PauseScope.CHANNEL, "sms"), closed=away("email_main").closed)
    assert asked(three, circumstances=circumstances).verdict == Wait(NOW + MINUTE, "provider_unavailable")
    assert asked(replace(three, candidates=(PUSH, SMS)), circumstances=circumstances).verdict == Hold("paused")


# --- suppress rules -------------------------------------------------------------------------------------------------


def test_a_suppress_rule_leaves_alone_what_it_is_not_about():
    in_trouble = replace(ANA, objects={"order": ({"status": "late"},)})
    assert isinstance(asked(NEWS, in_trouble).verdict, Send)
    fine = replace(ANA, objects={"order": ({"status": "placed"},), "ticket": ({"status": "late"},)})
    assert isinstance(asked(OFFER, fine).verdict, Send)


# --- whatever the rules are, no marketing at night (E49) ------------------------------------------------------------

TIMES = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from([0, 1, 29, 30, 59]))
NIGHTS = st.builds(
    lambda times, action, clock: a_night(
        **{"from": times[0], "to": times[1], "purposes": ["marketing"], "on_block": action, "timezone": clock}
    ),
    st.lists(TIMES, min_size=2, max_size=2, unique=True),
    st.sampled_from(["defer", "drop"]),
    st.sampled_from(["customer", "project", "America/Manaus"]),
)
ZONES = ("America/Sao_Paulo", "America/Rio_Branco", "America/Noronha", "Europe/Lisbon", "Asia/Kolkata")
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 1)).map(lambda one: instant(one.replace(tzinfo=UTC)))  # noqa: DTZ001  # Hypothesis draws naive ones


@given(
    night=NIGHTS,
    now=INSTANTS,
    own_zone=st.none() | st.sampled_from(ZONES),
    priority=st.sampled_from(PRIORITIES),
    candidates=st.lists(st.sampled_from(Channel), min_size=1, unique=True),
    stuck_at=st.none() | st.integers(-6, 0).map(lambda hours: hours * HOUR),
    in_doubt=st.booleans(),
)
def test_no_marketing_is_ever_sent_inside_quiet_hours(night, now, own_zone, priority, candidates, stuck_at, in_doubt):
    """Not on any channel, with any priority, after any wait; and by the clock on the wall, not by our own sums."""
    request = replace(
        OFFER,
        priority=priority,
        candidates=tuple(candidates),
        stuck_at=None if stuck_at is None else now + stuck_at,
        tried=candidates[0],
        in_doubt=in_doubt,
    )
    customer = replace(ANA.customer, time_zone=own_zone)
    decision = asked(request, replace(ANA, customer=customer), replace(RULES, quiet_hours=(night,)), now)

    clock = {"customer": own_zone or "America/Sao_Paulo", "project": RULES.time_zone}.get(
        night.timezone, night.timezone
    )
    wall = datetime.fromtimestamp(now / 1_000, ZoneInfo(clock)).strftime("%H:%M")
    begun, over = wall >= night.from_, wall >= night.to
    inside = begun and not over if night.from_ < night.to else begun or not over
    if inside:
        assert not isinstance(decision.verdict, Send)
    elif {EMAIL, SMS, WHATSAPP} & set(candidates[:1] if in_doubt else candidates):  # a doubt never moves
        assert isinstance(decision.verdict, Send)
