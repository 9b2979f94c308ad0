"""Quiet hours: when they are, whose clock they go by, and the exact instant at which they end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from orchestrator.domain.customer import Channel
from orchestrator.domain.message import Purpose
from orchestrator.domain.time import instant, moment
from orchestrator.facts.calendar import Calendar
from orchestrator.quiet_hours import HORIZON_MS, WEEKDAYS, QuietHours, quiet, spread_ms

SAO_PAULO = "America/Sao_Paulo"
BRAZIL = [
    f"America/{city}"
    for city in (
        "Sao_Paulo", "Bahia", "Fortaleza", "Recife", "Maceio", "Belem", "Santarem", "Araguaina", "Manaus", "Boa_Vista",
        "Porto_Velho", "Cuiaba", "Campo_Grande", "Rio_Branco", "Eirunepe", "Noronha",
    )
]  # fmt: skip
ZONES = [*BRAZIL, "America/New_York", "Europe/Lisbon", "Europe/London", "Australia/Sydney", "Asia/Kolkata"]
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NEVER = Calendar().is_holiday
BRAZILIAN = Calendar("BR", "SP").is_holiday


def at(*parts, zone=SAO_PAULO):
    return instant(datetime(*parts, tzinfo=ZoneInfo(zone)))


def rule(**changes):
    return QuietHours.model_validate(
        {"id": "noite", "purposes": ["marketing"], "from": "21:00", "to": "09:00"} | changes
    )


def asked(rules, now, *, zone=SAO_PAULO, holidays=NEVER, purpose=Purpose.MARKETING, topic="offers", **others):
    return quiet(
        rules if isinstance(rules, tuple) else (rules,),
        purpose=purpose,
        topic=topic,
        channel=others.get("channel", Channel.EMAIL),
        now=now,
        zone=zone,
        project_zone=others.get("project_zone", SAO_PAULO),
        is_holiday=holidays,
    )


def opening(rules, now, **others):
    found = asked(rules, now, **others)
    return None if found is None else moment(found.until, found.zone).isoformat()


# --- one night ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ((2026, 11, 25, 20, 59, 59, 999_000), None),
        ((2026, 11, 25, 21), "2026-11-26T09:00:00-03:00"),
        ((2026, 11, 25, 22, 14), "2026-11-26T09:00:00-03:00"),
        ((2026, 11, 26, 0), "2026-11-26T09:00:00-03:00"),
        ((2026, 11, 26, 8, 59, 59, 999_000), "2026-11-26T09:00:00-03:00"),
        ((2026, 11, 26, 9), None),
    ],
)
def test_a_night_begins_and_ends_on_the_millisecond(now, opens):
    """Across midnight, and the opening itself is open."""
    assert opening(rule(), at(*now)) == opens


def test_a_rest_within_the_day():
    noon = rule(**{"from": "12:00", "to": "14:00"})
    assert opening(noon, at(2026, 11, 25, 13)) == "2026-11-25T14:00:00-03:00"
    assert opening(noon, at(2026, 11, 25, 3)) is None


def test_a_whole_day_ends_at_midnight():
    sunday = rule(**{"from": "00:00", "to": "24:00", "days": ["sun"]})
    assert opening(sunday, at(2026, 11, 22)) == "2026-11-23T00:00:00-03:00"
    assert opening(sunday, at(2026, 11, 21, 23, 59, 59)) is None


def test_a_day_is_that_on_which_the_night_begins():
    """Friday's night is quiet until Saturday morning; Saturday's is not."""
    friday = rule(days=["fri"])
    assert opening(friday, at(2026, 11, 28, 3)) == "2026-11-28T09:00:00-03:00"
    assert opening(friday, at(2026, 11, 27, 3)) is None
    assert opening(friday, at(2026, 11, 28, 22)) is None


# --- whose clock ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("timezone", "zone"),
    [("customer", "America/Manaus"), ("project", SAO_PAULO), ("Europe/Lisbon", "Europe/Lisbon")],
)
def test_it_goes_by_the_clock_that_it_names(timezone, zone):
    """At 08:30 in Manaus it is 09:30 in São Paulo."""
    found = asked(rule(timezone=timezone), at(2026, 11, 25, 23, 30, zone=zone), zone="America/Manaus")
    assert (found.zone, found.until) == (zone, at(2026, 11, 26, 9, zone=zone))


def test_the_customers_morning_is_not_the_shops():
    now = at(2026, 11, 26, 8, 30, zone="America/Manaus")
    assert asked(rule(), now, zone="America/Manaus").until == at(2026, 11, 26, 9, zone="America/Manaus")
    assert asked(rule(timezone="project"), now, zone="America/Manaus") is None


# --- whom it concerns -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("narrowed", "other"),
    [
        ({"purposes": ["marketing"]}, {"purpose": Purpose.TRANSACTIONAL}),
        ({"topics": ["offers"]}, {"topic": "reviews"}),
        ({"channels": ["email", "sms"]}, {"channel": Channel.PUSH}),
    ],
)
def test_others_may_pass(narrowed, other):
    one, now = rule(**{"purposes": []} | narrowed), at(2026, 11, 25, 22)
    assert asked(one, now, **other) is None
    assert asked(one, now) is not None


def test_a_rule_that_names_nothing_concerns_all():
    now = at(2026, 11, 25, 22)
    assert asked(rule(purposes=[]), now, purpose=Purpose.TRANSACTIONAL, topic="x", channel=Channel.PUSH) is not None
    assert asked((), now) is None


# --- holidays -------------------------------------------------------------------------------------------------------


def test_a_holiday_is_quiet_from_midnight_to_midnight():
    """Christmas 2026 is a Friday, and so is New Year 2027."""
    holy = rule(holidays="quiet", days=["mon"])
    assert opening(holy, at(2026, 12, 25), holidays=BRAZILIAN) == "2026-12-26T00:00:00-03:00"
    assert opening(holy, at(2026, 12, 24, 23, 59), holidays=BRAZILIAN) is None
    assert opening(rule(days=["mon"]), at(2026, 12, 25), holidays=BRAZILIAN) is None


def test_the_night_after_a_holiday_goes_on_until_morning():
    night = rule(holidays="quiet")
    assert opening(night, at(2026, 12, 24, 22), holidays=BRAZILIAN) == "2026-12-26T09:00:00-03:00"


# --- several rules --------------------------------------------------------------------------------------------------


def test_rules_that_touch_are_one():
    """What one ends, another goes on with; those that are open in between are not."""
    morning = rule(id="manha", **{"from": "09:00", "to": "10:30"})
    noon = rule(id="almoco", **{"from": "12:00", "to": "14:00"})
    found = asked((rule(), morning, noon), at(2026, 11, 25, 23))
    assert (found.rule.id, found.until) == ("noite", at(2026, 11, 26, 10, 30))


def test_the_first_in_force_is_told_and_one_that_drops_before_it():
    soft, hard = rule(), rule(id="madrugada", on_block="drop", **{"from": "00:00", "to": "06:00"})
    assert asked((soft, hard), at(2026, 11, 25, 23)).rule is soft
    assert asked((soft, hard), at(2026, 11, 26, 1)).rule is hard
    assert asked((rule(id="outra"), soft), at(2026, 11, 26, 1)).rule.id == "outra"


def test_rules_of_two_clocks_end_with_the_later():
    rules = (rule(), rule(id="loja", timezone="project"))
    found = asked(rules, at(2026, 11, 25, 23, zone="America/Manaus"), zone="America/Manaus")
    assert found.until == at(2026, 11, 26, 9, zone="America/Manaus")


def test_quiet_hours_that_never_end_are_asked_about_again():
    """`check` refuses them; a ledger that has them all the same must not hang."""
    rules = (rule(), rule(id="dia", **{"from": "09:00", "to": "21:00"}))
    now = at(2026, 11, 25, 12)
    assert now + HORIZON_MS <= asked(rules, now).until < now + HORIZON_MS + DAY


def test_two_releases_may_have_the_same_id_for_another_night():
    """What was remembered of one is not said of the other."""
    now = at(2026, 11, 25, 22)
    assert opening(rule(), now) == "2026-11-26T09:00:00-03:00"
    assert opening(rule(to="08:00"), now) == "2026-11-26T08:00:00-03:00"
    assert opening(rule(**{"from": "23:00"}), now) is None


# --- clock changes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "night", "now", "opens"),
    [
        # 2026-03-08: 02:00 becomes 03:00. What opens at 02:30 opens at the jump.
        ("America/New_York", ("21:00", "02:30"), (2026, 3, 8, 1), "2026-03-08T03:00:00-04:00"),
        # 2026-11-01: 02:00 becomes 01:00. At the first 01:30 the clock will show 01:00 again: the second opens.
        ("America/New_York", ("21:00", "01:30"), (2026, 11, 1, 0), "2026-11-01T01:30:00-05:00"),
        # 2018-11-04: midnight becomes 01:00, and the day is an hour shorter.
        (SAO_PAULO, ("21:00", "00:00"), (2018, 11, 3, 22), "2018-11-04T01:00:00-02:00"),
        (SAO_PAULO, ("21:00", "09:00"), (2018, 11, 3, 22), "2018-11-04T09:00:00-02:00"),
        # 2019-02-17: midnight becomes 23:00 of the day before.
        (SAO_PAULO, ("21:00", "23:30"), (2019, 2, 16, 22), "2019-02-16T23:30:00-03:00"),
    ],
)
def test_a_clock_change_within_a_night(zone, night, now, opens):
    one = rule(**dict(zip(("from", "to"), night, strict=True)))
    assert opening(one, at(*now, zone=zone), zone=zone) == opens


def test_a_night_that_begins_in_an_hour_that_comes_twice_begins_with_the_first():
    """It does not open again when the clock goes back before its beginning."""
    one = rule(**{"from": "01:30", "to": "06:00"})
    first = instant(datetime(2026, 11, 1, 5, 30, tzinfo=UTC))  # 01:30 of the summer
    assert asked(one, first - 1, zone="America/New_York") is None
    for minutes in range(0, 270, 15):
        assert opening(one, first + minutes * MINUTE, zone="America/New_York") == "2026-11-01T06:00:00-05:00"


NIGHTS = [("21:00", "09:00"), ("01:30", "02:30"), ("02:30", "01:30"), ("00:00", "24:00"), ("23:30", "00:30")]
DAYS = [WEEKDAYS, ("sun",), ("mon", "tue", "wed", "thu", "fri")]


def shows_quiet(one, now, zone):
    """Whether the clock on the wall shows quiet hours, read without any window."""
    local = datetime.fromtimestamp(now / 1000, ZoneInfo(zone))
    clock, today = local.strftime("%H:%M"), WEEKDAYS[local.weekday()]
    yesterday = WEEKDAYS[(local.date() - timedelta(days=1)).weekday()]
    if one.from_ < one.to:
        return one.from_ <= clock < one.to and today in one.days
    return (clock >= one.from_ and today in one.days) or (clock < one.to and yesterday in one.days)


def clock_changes(zone):
    """Hours in which a zone's clocks change, 2018 to 2030."""
    there, hour = ZoneInfo(zone), int(datetime(2018, 1, 1, tzinfo=UTC).timestamp())
    offset = datetime.fromtimestamp(hour, there).utcoffset()
    found = []
    for day in range(13 * 365 + 4):
        midnight = hour + day * 86_400
        if datetime.fromtimestamp(midnight + 86_400, there).utcoffset() != offset:
            hours = range(midnight, midnight + 86_401, 1800)
            found.append(next(at for at in hours if datetime.fromtimestamp(at, there).utcoffset() != offset) * 1000)
            offset = datetime.fromtimestamp(midnight + 86_400, there).utcoffset()
    return found


def test_all_clock_changes_are_looked_at():
    """Brazil had its last in 2019; the others go on, and India has none."""
    found = {zone: len(clock_changes(zone)) for zone in ZONES}
    assert {zone for zone in BRAZIL if found[zone]} == {SAO_PAULO, "America/Cuiaba", "America/Campo_Grande"}
    assert (found[SAO_PAULO], found["Europe/Lisbon"], found["Asia/Kolkata"]) == (3, 26, 0)


@pytest.mark.parametrize("zone", ZONES)
def test_no_instant_at_which_the_wall_shows_quiet_hours_passes_around_a_clock_change(zone):
    """And away from hours that come twice, nothing else waits. Without changes, an ordinary day is looked at."""
    holes = []
    for change in clock_changes(zone) or [at(2026, 11, 25, zone=zone)]:
        back = moment(change - 1, zone).utcoffset() > moment(change, zone).utcoffset()
        for night in NIGHTS:
            one = rule(**dict(zip(("from", "to"), night, strict=True)))
            for now in range(change - 5 * HOUR, change + 5 * HOUR, 30 * MINUTE):
                found, shown = asked(one, now, zone=zone), shows_quiet(one, now, zone)
                twice = back and change - HOUR <= now < change + HOUR
                if (shown and found is None) or (found is not None and not shown and not twice):
                    holes.append((night, moment(now, zone).isoformat()))
    assert holes == []


# --- properties -----------------------------------------------------------------------------------------------------

CLOCKS = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
SETS = st.lists(st.tuples(CLOCKS, CLOCKS).filter(lambda pair: pair[0] != pair[1]), min_size=1, max_size=3)
INSTANTS = st.integers(1_514_764_800_000, 1_924_992_000_000)  # 2018 to 2030
CHANGES = [change for zone in ZONES for change in clock_changes(zone)]
NEAR_CHANGES = st.builds(lambda change, off: change + off, st.sampled_from(CHANGES), st.integers(-DAY, DAY))


@st.composite
def several(draw):
    """One to three rules with ids of their own."""
    found = []
    for place, (begin, end) in enumerate(draw(SETS)):
        values = {
            "id": f"regra_{place}",
            "from": begin,
            "to": end,
            "days": draw(st.sampled_from(DAYS)),
            "holidays": draw(st.sampled_from(["ordinary", "quiet"])),
            "timezone": draw(st.sampled_from(["customer", "project", "Europe/London"])),
        }
        found.append(rule(**values))
    return tuple(found)


@given(several(), INSTANTS | NEAR_CHANGES, st.sampled_from(ZONES))
def test_the_opening_is_open_and_is_the_first_instant_that_is(rules, now, zone):
    """Everything before it is quiet, its last millisecond too."""
    found = asked(rules, now, zone=zone, holidays=BRAZILIAN)
    if found is None:
        return
    assert found.until > now
    if found.until >= now + HORIZON_MS:
        return  # they never end
    for before in (now + (found.until - now) // 3, now + (found.until - now) * 2 // 3, found.until - 1):
        assert asked(rules, before, zone=zone, holidays=BRAZILIAN).until == found.until
    assert asked(rules, found.until, zone=zone, holidays=BRAZILIAN) is None


@given(several(), INSTANTS | NEAR_CHANGES, st.sampled_from(ZONES))
def test_no_instant_at_which_a_wall_shows_quiet_hours_passes(rules, now, zone):
    """Nor one of a holiday, where holidays are quiet."""
    shown = [
        one
        for one in rules
        if shows_quiet(one, now, one.zone(zone, SAO_PAULO))
        or (one.holidays == "quiet" and BRAZILIAN(moment(now, one.zone(zone, SAO_PAULO)).date()))
    ]
    assert not shown or asked(rules, now, zone=zone, holidays=BRAZILIAN) is not None


# --- whose turn it is -----------------------------------------------------------------------------------------------


def test_without_a_spread_all_go_at_the_opening():
    assert spread_ms(rule(), "cus_1") == 0


def test_a_customer_always_has_the_same_turn():
    """So that two messages that compete for one place come due together."""
    assert spread_ms(rule(spread="30m"), "cus_1") == spread_ms(rule(id="outra", spread="30m"), "cus_1")


@given(st.text(min_size=1, max_size=30), st.sampled_from(["1m", "30m", "2h"]))
def test_a_turn_is_within_the_spread(customer_id, spread):
    assert 0 <= spread_ms(rule(spread=spread), customer_id) < {"1m": MINUTE, "30m": 30 * MINUTE, "2h": 2 * HOUR}[spread]


def test_turns_are_spread_evenly():
    """Of a thousand customers about a tenth goes in each tenth of the time."""
    tenths = [spread_ms(rule(spread="30m"), f"cus_{number}") // (3 * MINUTE) for number in range(1_000)]
    assert all(60 <= tenths.count(tenth) <= 140 for tenth in range(10))


# --- the file -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"from": "25:00"}, 'must be a time of day such as "21:00", not "25:00"'),
        ({"from": "24:00"}, 'must be a time of day such as "21:00", not "24:00"'),
        ({"to": "9:00"}, 'must be a time of day such as "21:00", not "9:00"'),
        ({"to": "21:00"}, 'is when it begins; a whole day is from "00:00" to "24:00"'),
        ({"timezone": "America/Sao_Paolo"}, 'did you mean "America/Sao_Paulo"?'),
        ({"timezone": "custumer"}, 'did you mean "customer"?'),
        ({"days": []}, "must name at least one day"),
        ({"days": ["dom"]}, "'sat' or 'sun'"),
        ({"spread": "12h"}, "must be shorter than the 720 minutes between two nights"),
        ({"spread": "1bd"}, 'must be a duration such as 7d, 2h, 30m or 2w, not "1bd"'),
        ({"from": "25:00", "spread": "12h"}, "must be a time of day"),
    ],
)
def test_what_makes_no_night_is_refused(changes, sentence):
    with pytest.raises(ValidationError) as caught:
        rule(**changes)
    assert sentence in str(caught.value)


def test_a_rule_comes_back_from_the_ledger_as_it_was():
    one = rule(days=["sun"], spread="30m", channels=["sms"], topics=["offers"], holidays="quiet")
    assert QuietHours.model_validate_json(one.model_dump_json(by_alias=True)) == one


def test_a_holiday_is_not_any_day_off():
    """Sundays are ordinary; and without a country every day is."""
    assert BRAZILIAN(date(2026, 12, 25))
    assert not BRAZILIAN(date(2026, 11, 22))
    assert not NEVER(date(2026, 12, 25))
