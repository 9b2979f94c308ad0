"""Frequency caps: what counts, what is enough, and when there is room again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from orchestrator.caps import Count, FrequencyCap, counts, day_of, reach_ms
from orchestrator.domain.customer import CapUse, Channel
from orchestrator.domain.message import Purpose
from orchestrator.domain.time import instant

SAO_PAULO = "America/Sao_Paulo"
ZONES = [SAO_PAULO, "America/Noronha", "America/New_York", "Europe/London", "Asia/Kolkata", "Australia/Sydney"]
HOUR = 3_600_000
DAY = 24 * HOUR


def at(*parts, zone=SAO_PAULO):
    return instant(datetime(*parts, tzinfo=ZoneInfo(zone)))


def cap(**changes):
    return FrequencyCap.model_validate(
        {"id": "dia", "purposes": ["marketing"], "limit": 1, "per": "1d", "window": "calendar_day"} | changes
    )


def use(moment, *, zone=SAO_PAULO, purpose=Purpose.MARKETING, channel=Channel.EMAIL, topic="offers"):
    return CapUse(moment, day_of(moment, zone), purpose, channel, topic)


def counted(caps, uses, now, *, zone=SAO_PAULO, purpose=Purpose.MARKETING, topic="offers", channel=Channel.EMAIL):
    one_or_more = caps if isinstance(caps, tuple) else (caps,)
    return counts(one_or_more, uses, purpose=purpose, topic=topic, channel=channel, now=now, zone=zone)


# --- a calendar day -------------------------------------------------------------------------------------------------


def test_nothing_was_sent_and_there_is_room():
    assert counted(cap(), (), at(2026, 11, 25, 10)) == (Count(cap(), 0, None),)


def test_one_a_day_is_enough_until_midnight():
    """The customer's midnight, not 24 hours later."""
    (count,) = counted(cap(), [use(at(2026, 11, 25, 9))], at(2026, 11, 25, 22))
    assert (count.used, count.reached, count.frees_at) == (1, True, at(2026, 11, 26))


def test_yesterday_evening_does_not_count_today():
    (count,) = counted(cap(), [use(at(2026, 11, 24, 23, 59))], at(2026, 11, 25))
    assert (count.used, count.reached, count.frees_at) == (0, False, None)


def test_seven_calendar_days_are_today_and_the_six_before():
    week = cap(per="7d", limit=2)
    uses = [use(at(2026, 11, 18, 23, 59)), use(at(2026, 11, 19, 0, 0)), use(at(2026, 11, 25, 8))]
    (count,) = counted(week, uses, at(2026, 11, 25, 10))
    assert (count.used, count.frees_at) == (2, at(2026, 11, 26))


def test_two_weeks_are_fourteen_days():
    uses = [use(at(2026, 11, 12, 12)), use(at(2026, 11, 11, 12))]
    assert counted(cap(per="2w"), uses, at(2026, 11, 25, 10))[0].used == 1


def test_the_day_is_that_of_the_customer():
    """Sent at 23:30 in São Paulo it was half past midnight in Noronha: their next day, on which it counts."""
    sent = use(at(2026, 11, 25, 23, 30), zone="America/Noronha")
    assert sent.day == "2026-11-26"
    assert counted(cap(), [sent], at(2026, 11, 26, 20, zone="America/Noronha"), zone="America/Noronha")[0].reached


def test_who_moves_west_does_not_get_the_same_evening_twice():
    """The day was frozen as the 26th; back in São Paulo it is still the 25th, and the message has been read."""
    sent = use(at(2026, 11, 25, 23, 30), zone="America/Noronha")
    (count,) = counted(cap(), [sent], at(2026, 11, 25, 23, 45))
    assert (count.used, count.frees_at) == (1, at(2026, 11, 27))


def test_a_midnight_that_never_was_is_the_first_instant_of_the_day():
    """2018-11-04 began at 01:00 in São Paulo."""
    (count,) = counted(cap(), [use(at(2018, 11, 3, 12))], at(2018, 11, 3, 20))
    assert count.frees_at == instant(datetime(2018, 11, 4, 3, tzinfo=UTC))


# --- a rolling window -----------------------------------------------------------------------------------------------


def test_a_rolling_day_ends_24_hours_after_the_message():
    sent = at(2026, 11, 24, 18)
    rolling = cap(window="rolling")
    assert counted(rolling, [use(sent)], sent + DAY - 1)[0].frees_at == sent + DAY
    assert not counted(rolling, [use(sent)], sent + DAY)[0].reached


def test_minutes_and_hours_roll():
    sent = at(2026, 11, 25, 10)
    assert counted(cap(per="90m", window="rolling"), [use(sent)], sent + HOUR)[0].frees_at == sent + HOUR * 3 // 2


def test_room_comes_when_the_oldest_of_a_full_window_leaves():
    first = at(2026, 11, 20, 10)
    uses = [use(first + n * DAY) for n in (2, 0, 1)]
    (count,) = counted(cap(per="7d", limit=3, window="rolling"), uses, first + 3 * DAY)
    assert (count.used, count.frees_at) == (3, first + 7 * DAY)


def test_more_than_the_limit_takes_longer_to_leave():
    """Urgent order updates pass a cap and still count; and a limit may be lowered."""
    first = at(2026, 11, 20, 10)
    uses = [use(first + n * DAY) for n in range(4)]
    (count,) = counted(cap(per="7d", limit=2, window="rolling"), uses, first + 4 * DAY)
    assert (count.used, count.frees_at) == (4, first + 9 * DAY)


# --- what counts ----------------------------------------------------------------------------------------------------


def test_zero_is_never():
    """Nor does waiting help."""
    (count,) = counted(cap(limit=0), (), at(2026, 11, 25, 10))
    assert (count.used, count.reached, count.frees_at) == (0, True, None)
    (count,) = counted(cap(limit=0), [use(at(2026, 11, 25, 9))], at(2026, 11, 25, 10))
    assert (count.used, count.reached, count.frees_at) == (1, True, None)


@pytest.mark.parametrize(
    ("narrowed", "other"),
    [
        ({"purposes": ["marketing"]}, {"purpose": Purpose.TRANSACTIONAL}),
        ({"channels": ["email", "push"]}, {"channel": Channel.SMS}),
        ({"topics": ["offers"]}, {"topic": "reviews"}),
    ],
)
def test_a_cap_counts_and_concerns_what_it_names(narrowed, other):
    """Another purpose, channel or topic neither fills it nor waits for it."""
    one, now = cap(**{"purposes": []} | narrowed), at(2026, 11, 25, 10)
    assert counted(one, [use(now, **other)], now)[0].used == 0
    assert counted(one, [use(now)], now, **other) == ()
    assert counted(one, [use(now)], now)[0].used == 1


def test_a_cap_that_names_nothing_counts_everything():
    one, now = cap(purposes=[], limit=9), at(2026, 11, 25, 10)
    uses = [use(now), use(now, channel=Channel.SMS), use(now, topic="x", purpose=Purpose.TRANSACTIONAL)]
    assert counted(one, uses, now, purpose=Purpose.TRANSACTIONAL, channel=Channel.PUSH)[0].used == 3


def test_counts_come_in_the_order_of_the_file():
    both = (cap(id="semana", per="7d"), cap(id="sms", channels=["sms"]), cap())
    assert [count.cap.id for count in counted(both, (), at(2026, 11, 25))] == ["semana", "dia"]


def test_two_releases_may_have_the_same_id_for_another_cap():
    """What was remembered of one is not said of the other."""
    now = at(2026, 11, 25, 10)
    assert not counted(cap(limit=2), [use(now)], now)[0].reached
    assert counted(cap(limit=1), [use(now)], now)[0].reached
    assert counted(cap(limit=2), (), now)[0].cap.limit == 2
    assert counted(cap(limit=1), (), now)[0].cap.limit == 1


# --- properties -----------------------------------------------------------------------------------------------------

CAPS = st.builds(
    lambda limit, days, window: cap(limit=limit, per=f"{days}d", window=window),
    st.integers(1, 4),
    st.integers(1, 9),
    st.sampled_from(["calendar_day", "rolling"]),
)
INSTANTS = st.integers(1_514_764_800_000, 1_893_456_000_000)  # 2018 to 2029


def naive(one, moments, now, zone):
    """Counted by walking: every instant by itself."""
    days = int(one.per[:-1])
    if one.window == "rolling":
        return sum(moment > now - days * DAY for moment in moments)
    today = datetime.fromtimestamp(now / 1000, ZoneInfo(zone)).date()
    dates = [datetime.fromtimestamp(moment / 1000, ZoneInfo(zone)).date() for moment in moments]
    return sum((today - date).days < days for date in dates)


@given(CAPS, INSTANTS, st.lists(st.integers(0, 12 * DAY), max_size=12), st.sampled_from(ZONES))
def test_a_naive_count_agrees(one, now, ages, zone):
    moments = [now - age for age in ages]
    (count,) = counted(one, [use(moment, zone=zone) for moment in moments], now, zone=zone)
    assert count.used == naive(one, moments, now, zone)


@given(CAPS, INSTANTS, st.lists(st.integers(0, 12 * DAY), min_size=1, max_size=12), st.sampled_from(ZONES))
def test_room_comes_at_that_instant_and_not_before(one, now, ages, zone):
    """Until then one more would be too much; from then on it is not."""
    uses = [use(now - age, zone=zone) for age in ages]
    (count,) = counted(one, uses, now, zone=zone)
    if not count.reached:
        assert count.frees_at is None
        return
    assert count.frees_at > now
    assert counted(one, uses, count.frees_at - 1, zone=zone)[0].reached
    assert not counted(one, uses, count.frees_at, zone=zone)[0].reached


@given(CAPS, INSTANTS, st.sampled_from(ZONES), st.sampled_from(ZONES), st.integers(0, 3 * DAY))
def test_what_counts_is_within_reach_wherever_the_customer_was(one, now, zone, before, beyond):
    """Whatever is older than that need not be read, in whichever zone its date was frozen."""
    old = use(now - reach_ms([one]) - beyond, zone=before)
    assert counted(one, [old], now, zone=zone)[0].used == 0


@given(CAPS, INSTANTS, st.lists(st.integers(0, 5 * DAY), max_size=40), st.sampled_from(ZONES))
def test_no_window_ever_holds_more_than_the_limit(one, start, steps, zone):
    """Whoever asks before each message, and waits, keeps the cap."""
    uses, now = [], start
    for step in steps:
        now += step
        (count,) = counted(one, uses, now, zone=zone)
        assert count.used <= one.limit
        if not count.reached:
            uses.append(use(now, zone=zone))
    held = [naive(one, [other.at for other in uses if other.at <= each.at], each.at, zone) for each in uses]
    assert max(held, default=0) <= one.limit


def test_no_cap_reaches_nowhere():
    assert reach_ms(()) == 0
    assert reach_ms((cap(), cap(per="7d", window="rolling"))) == 7 * DAY
    assert reach_ms((cap(per="7d"), cap(per="7d", window="rolling"))) == 7 * DAY + 26 * HOUR


def test_the_farthest_dates_are_within_reach():
    """Sent just after midnight on Kiritimati; read again just before midnight on the other side of the date line."""
    sent = at(2026, 11, 25, 0, 0, zone="Pacific/Kiritimati")
    there = instant(datetime(2026, 11, 25, 23, 59, 59, tzinfo=ZoneInfo("Etc/GMT+12")))
    (count,) = counted(cap(), [use(sent, zone="Pacific/Kiritimati")], there, zone="Etc/GMT+12")
    assert count.used == 1
    assert there - sent < reach_ms((cap(),))


def test_a_day_is_written_as_in_iso():
    assert day_of(at(2026, 1, 2, 23), SAO_PAULO) == "2026-01-02"
    assert date.fromisoformat(day_of(at(2026, 1, 2), "Asia/Kolkata")) - date(2026, 1, 2) == timedelta(0)


# --- the file -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"per": "12h"}, "counts whole days: write per: 1d, 7d or 2w, or window: rolling"),
        ({"per": "5bd"}, 'must be a duration such as 7d, 2h, 30m or 2w, not "5bd"'),
        ({"per": "367d"}, "can look back one year at most, 366d"),
        ({"limit": -1}, "greater than or equal to 0"),
        ({"on_block": "hold"}, "'defer', 'drop' or 'next_channel'"),
    ],
)
def test_what_cannot_be_counted_is_refused(changes, sentence):
    with pytest.raises(ValidationError) as caught:
        cap(**changes)
    assert sentence in str(caught.value)


def test_a_cap_comes_back_from_the_ledger_as_it_was():
    one = cap(channels=["sms"], topics=["offers"])
    assert FrequencyCap.model_validate_json(one.model_dump_json(by_alias=True)) == one
