"""The breaker: when an account is left alone, for how long, and when it answers again."""

from __future__ import annotations

import pytest

from orchestrator.dispatch.breaker import (
    CALLS_MIN,
    CLOSED_FIRST_MS,
    CLOSED_MAX_MS,
    RETRY_AFTER_SECONDS_MAX,
    WINDOW_SECONDS,
    Breaker,
)
from orchestrator.domain.delivery import Outcome, OutcomeKind
from orchestrator.store.port import ClosedAccount

NOW = 1_795_600_800_000
SENT = Outcome(OutcomeKind.SENT)
REFUSED = Outcome(OutcomeKind.REFUSED, "provider_rejected:address")
AWAY = Outcome(OutcomeKind.NOT_SENT, "provider_unavailable")
TIMEOUT = Outcome(OutcomeKind.UNKNOWN, "timeout")


def a_breaker(*outcomes, at=NOW):
    """One that heard these of an account."""
    breaker = Breaker()
    hear(breaker, *outcomes, at=at)
    return breaker


def hear(breaker, *outcomes, at=NOW):
    for outcome in outcomes:
        breaker.hear("main", outcome, at)


def after(seconds, kind=OutcomeKind.NOT_SENT):
    return Outcome(kind, "rate_limit", retry_after_seconds=seconds)


# --- too many failures ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("failure", [AWAY, TIMEOUT])
def test_half_of_twenty_calls_that_fail_close_an_account(failure):
    half = CALLS_MIN // 2
    assert a_breaker(*[SENT] * half, *[failure] * half).to_close({}, NOW) == {
        "main": ClosedAccount(NOW + CLOSED_FIRST_MS, "provider_unavailable", 1)
    }
    assert a_breaker(*[SENT] * (half + 1), *[failure] * (half - 1)).to_close({}, NOW) == {}


def test_a_few_failures_close_nothing():
    assert a_breaker(*[AWAY] * (CALLS_MIN - 1)).to_close({}, NOW) == {}


def test_an_answer_is_a_sign_of_life_even_if_it_is_no():
    """A campaign to a thousand dead addresses says nothing about the provider."""
    assert a_breaker(*[REFUSED] * 1_000).to_close({}, NOW) == {}


def test_what_was_a_minute_ago_no_longer_counts():
    breaker = a_breaker(*[AWAY] * (CALLS_MIN - 1))
    later = NOW + (WINDOW_SECONDS + 1) * 1_000
    hear(breaker, AWAY, at=later)
    assert breaker.to_close({}, later) == {}


def test_accounts_are_judged_one_by_one():
    breaker = a_breaker(*[AWAY] * CALLS_MIN)
    for _ in range(CALLS_MIN):
        breaker.hear("other", SENT, NOW)
    assert set(breaker.to_close({}, NOW)) == {"main"}


def test_one_series_of_failures_closes_an_account_once():
    """Later news of calls that were on their way already add nothing."""
    breaker = a_breaker(*[AWAY] * CALLS_MIN)
    closed = breaker.to_close({}, NOW)
    hear(breaker, AWAY)
    assert breaker.to_close({}, NOW) == {}
    assert breaker.to_close(closed, NOW + 1) == {"main": ClosedAccount(NOW + 1 + 2 * CLOSED_FIRST_MS, *AGAIN)}


AGAIN = ("provider_unavailable", 2)


@pytest.mark.parametrize(("times", "rest_ms"), [(1, 60_000), (2, 120_000), (3, 240_000), (4, 300_000), (999, 300_000)])
def test_each_time_it_rests_twice_as_long_up_to_five_minutes(times, rest_ms):
    """After a rest a few calls are tried, and it takes no more than these to know."""
    known = {"main": ClosedAccount(NOW - 1, "provider_unavailable", times)}
    assert a_breaker(AWAY, TIMEOUT).to_close(known, NOW) == {
        "main": ClosedAccount(NOW + rest_ms, "provider_unavailable", times + 1)
    }
    assert rest_ms <= CLOSED_MAX_MS


def test_one_call_that_arrives_is_enough_to_go_on():
    known = {"main": ClosedAccount(NOW - 1, "provider_unavailable", 3)}
    breaker = a_breaker(AWAY, AWAY, SENT)
    assert breaker.to_close(known, NOW) == {}
    assert breaker.to_open(known, NOW) == ["main"]


def test_an_account_is_not_opened_by_what_was_heard_before_its_rest_was_over():
    """A call that was on its way when it was closed, and arrived."""
    known = {"main": ClosedAccount(NOW + 10, "provider_unavailable", 1)}
    breaker = a_breaker(SENT)
    assert breaker.to_open(known, NOW + 9) == []
    assert breaker.to_open(known, NOW + 10) == []
    hear(breaker, SENT, at=NOW + 11)
    assert breaker.to_open(known, NOW + 11) == ["main"]
    assert breaker.to_open({}, NOW + 11) == []


# --- providers that say when ----------------------------------------------------------------------------------------


def test_a_provider_that_says_when_is_left_alone_until_then():
    """At once, whatever was heard before, by this worker's calls and by everybody's."""
    breaker = a_breaker(*[SENT] * 99, after(2.5))
    assert not breaker.lets_begin("main", NOW + 2_499)
    assert breaker.lets_begin("main", NOW + 2_500)
    assert breaker.lets_begin("other", NOW)
    assert breaker.to_close({}, NOW) == {"main": ClosedAccount(NOW + 2_500, "rate_limit", 0)}
    assert breaker.to_close({}, NOW + 2_500) == {}


def test_the_longest_time_that_was_asked_for_counts():
    breaker = a_breaker(after(60), after(1))
    assert breaker.to_close({}, NOW)["main"].until == NOW + 60_000


def test_what_everybody_knows_is_not_written_again():
    breaker = a_breaker(after(60))
    assert breaker.to_close({"main": ClosedAccount(NOW + 60_000, "rate_limit", 0)}, NOW) == {}
    assert breaker.to_close({"main": ClosedAccount(NOW + 90_000, "rate_limit", 0)}, NOW) == {}


def test_nobody_is_left_alone_for_ever():
    breaker = a_breaker(after(1e300))
    assert breaker.to_close({}, NOW)["main"].until == NOW + RETRY_AFTER_SECONDS_MAX * 1_000


def test_whoever_took_the_message_and_names_a_time_closes_nothing():
    """It is a hint of some providers after every call."""
    assert a_breaker(after(60, OutcomeKind.SENT)).lets_begin("main", NOW)
