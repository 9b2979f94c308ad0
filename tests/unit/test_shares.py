"""Several accounts on one channel: what each carries, how that moves, and that it never flips."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from orchestrator.decide import decide
from orchestrator.decide.given import Circumstances, Closure, Rules
from orchestrator.decide.routing import Weighted, account_for, carriers
from orchestrator.dispatch.breaker import SLOW_SECONDS, Breaker
from orchestrator.dispatch.shares import LEAST, STEP_MS, STEP_POINTS, ShareKeeper
from orchestrator.domain.customer import Address, AddressKind, Channel, ConsentState, Customer, Standing
from orchestrator.domain.delivery import Outcome, OutcomeKind, Request, State
from orchestrator.domain.message import Purpose
from orchestrator.domain.pause import Pause, Pauses, PauseScope
from orchestrator.domain.verdict import Drop

NOW = 1_795_600_800_000
SMS = Channel.SMS
SENT = Outcome(OutcomeKind.SENT)
TIMEOUT = Outcome(OutcomeKind.UNKNOWN, "timeout")
REFUSED = Outcome(OutcomeKind.REFUSED, "provider_rejected:address")
RULES = Rules(accounts={SMS: "main"}, said_on={}, rivals={SMS: (Weighted("main", 80), Weighted("spare", 20))})
UNDISTURBED = Circumstances()
STANDING = Standing(
    customer=Customer(id="c", addresses=(Address(id="a", kind=AddressKind.PHONE, value="+5511912345678"),)),
    consents={("t", SMS): ConsentState.GRANTED},
    suppressions={},
)
REQUESTS = [
    Request(
        id=f"dlv_{number:05}", message="m", customer_id="c", topic="t", purpose=Purpose.MARKETING, candidates=(SMS,),
        objects={}, data={}, locale=None, priority="normal", due_at=NOW, not_after=None, accepted_at=NOW,
    )
    for number in range(4_000)
]  # fmt: skip


def carried(circumstances=UNDISTURBED, requests=REQUESTS):
    return {one.id: account_for(one, carriers(one, SMS, RULES), circumstances, NOW) for one in requests}


def test_each_account_carries_its_weight():
    counted = Counter(carried().values())
    assert counted["main"] / len(REQUESTS) == pytest.approx(0.8, abs=0.03)


def test_the_same_request_goes_through_the_same_account():
    assert carried() == carried()


def test_when_a_share_falls_only_the_requests_that_it_loses_move():
    before, after = carried(), carried(Circumstances(shares={"main": 90}))
    moved = [one for one in before if before[one] != after[one]]
    assert {after[one] for one in moved} == {"spare"}
    # 80:20 becomes 72:20.
    assert len(moved) / len(REQUESTS) == pytest.approx(0.8 - 72 / 92, abs=0.02)


def test_an_account_that_is_left_alone_gets_nothing_while_another_lives():
    closed = Circumstances(closed={"main": Closure(NOW + 1, "provider_unavailable")})
    assert set(carried(closed).values()) == {"spare"}


def test_where_all_are_left_alone_it_waits_for_the_one_that_can_first():
    closed = {"main": Closure(NOW + 9, "rate_limit"), "spare": Closure(NOW + 5, "provider_unavailable")}
    assert set(carried(Circumstances(closed=closed)).values()) == {"spare"}


def test_a_paused_account_gets_nothing_while_another_lives():
    pause = Pause(id="p", scope=PauseScope.ACCOUNT, subject="main", reason="", by="ops", at=NOW, until=None)
    paused = Circumstances(pauses=Pauses({("account", "main"): pause}))
    assert set(carried(paused).values()) == {"spare"}


@pytest.mark.parametrize("doubt", [{"in_doubt": True}, {"doubts": 1}])
def test_what_may_have_arrived_stays_with_its_account(doubt):
    """Whatever became of the account since."""
    doubtful = [replace(one, tried=SMS, tried_account="main", **doubt) for one in REQUESTS[:50]]
    closed = Circumstances(closed={"main": Closure(NOW + 1, "provider_unavailable")}, shares={"main": LEAST})
    assert set(carried(closed, doubtful).values()) == {"main"}


def test_a_doubt_of_an_account_that_is_no_more_is_repeated_through_no_other():
    """Renamed or replaced: what it carried may have arrived."""
    rules = Rules(accounts={SMS: "new"}, said_on={"m": frozenset({SMS})}, account_ids=frozenset({"new"}))
    doubtful = replace(REQUESTS[0], message="m", tried=SMS, tried_account="main", in_doubt=True)
    decision = decide(doubtful, STANDING, rules, NOW)
    assert decision.verdict == Drop(State.SKIPPED, "channel_off")
    assert decide(replace(doubtful, in_doubt=False), STANDING, rules, NOW).verdict.account == "new"


# --- how shares move --------------------------------------------------------------------------------------------------


class Minutes:
    """Two accounts, minute by minute: of `main` some calls are slow or fail."""

    def __init__(self):
        self.breaker, self.keeper, self.shares, self.now = Breaker(), ShareKeeper(), {}, NOW

    def pass_by(self, minutes, *, slow=0.0, calls=100, outcome=SENT, closed=()):
        """Minutes in which so many of its calls are slow; the share after each of them."""
        found = []
        for _ in range(minutes):
            for number in range(calls):
                self.now += STEP_MS // calls
                seconds = SLOW_SECONDS if number < slow * calls else 0.1
                self.breaker.hear("main", outcome, self.now, seconds=seconds)
            moves = self.keeper.moves(self.breaker, ["main", "spare"], self.shares, closed, self.now)
            for account, points in moves.items():
                self.shares[account] = max(LEAST, min(100, self.shares.get(account, 100) + points))
            found.append(self.shares.get("main", 100))
        return found


def test_a_provider_that_is_slow_for_every_fifth_loses_weight_within_two_minutes_and_never_all():
    """Row 17 of the fault matrix: fifteen minutes of it, and it comes back as gradually."""
    minutes = Minutes()
    falling = minutes.pass_by(15, slow=0.2)
    assert falling[1] < 100
    assert falling[-1] == LEAST
    assert all(before - after <= STEP_POINTS for before, after in zip([100, *falling], falling, strict=False))
    rising = minutes.pass_by(12)
    assert rising[-1] == 100
    assert all(after - before <= STEP_POINTS for before, after in zip([LEAST, *rising], rising, strict=False))


def test_a_provider_that_is_well_keeps_all_of_it():
    assert set(Minutes().pass_by(5, slow=0.1)) == {100}


def test_dead_addresses_say_nothing_against_a_provider():
    assert set(Minutes().pass_by(5, outcome=REFUSED)) == {100}


def test_calls_whose_end_nobody_knows_count_as_failures():
    assert Minutes().pass_by(3, outcome=TIMEOUT)[-1] == 70


def test_an_account_that_is_left_alone_loses_its_weight_meanwhile():
    assert Minutes().pass_by(2, closed={"main"})[-1] == 80


def test_an_account_of_which_nothing_is_heard_is_tried_with_more_after_a_while():
    minutes = Minutes()
    minutes.pass_by(3, slow=1.0)
    share = minutes.shares["main"]
    minutes.now += 2 * STEP_MS  # in which nobody asked it anything
    assert minutes.pass_by(1, calls=0)[-1] == share
    minutes.now += 5 * STEP_MS
    assert minutes.pass_by(1, calls=0)[-1] == share + STEP_POINTS


def test_an_account_at_fault_itself_is_closed_for_an_hour_at_once():
    breaker = Breaker()
    breaker.hear("main", Outcome(OutcomeKind.NOT_SENT, "provider_unavailable", stopped=True), NOW)
    (closed,) = breaker.to_close({}, NOW).values()
    assert (closed.until - NOW, closed.reason) == (3_600_000, "provider_unavailable")
    assert not breaker.lets_begin("main", NOW)
    assert breaker.to_close({"main": closed}, NOW) == {}
