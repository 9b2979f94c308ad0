"""How many calls an account may get: a second's worth, and never more in any second."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.dispatch.tokens import Tokens


def test_a_second_has_so_many_and_the_next_as_many_again():
    tokens = Tokens()
    assert tokens.room({"sms": 3.0}, 100.0) == {"sms": 3}
    tokens.take("sms", 3)
    assert tokens.room({"sms": 3.0}, 100.5) == {"sms": 1}
    tokens.take("sms", 1)
    assert tokens.room({"sms": 3.0}, 101.5) == {"sms": 3}


def test_a_long_rest_saves_up_no_more_than_a_second():
    tokens = Tokens()
    tokens.room({"sms": 3.0}, 100.0)
    assert tokens.room({"sms": 3.0}, 9_999.0) == {"sms": 3}


def test_less_than_one_a_second_is_saved_up_until_there_is_one():
    tokens = Tokens()
    tokens.take("sms", tokens.room({"sms": 0.5}, 100.0)["sms"])
    assert tokens.room({"sms": 0.5}, 101.0) == {"sms": 1}
    tokens.take("sms", 1)
    assert [tokens.room({"sms": 0.5}, at)["sms"] for at in (102.0, 102.9, 103.0)] == [0, 0, 1]


def test_an_account_without_a_limit_has_none():
    tokens = Tokens()
    assert tokens.room({}, 100.0) == {}
    tokens.take("sms", 5)
    assert tokens.room({}, 101.0) == {}


@given(
    per_second=st.floats(1, 50),
    waits=st.lists(st.floats(0, 0.4), min_size=1, max_size=60),
)
def test_in_no_stretch_of_time_there_are_more_than_its_share_and_one_second(per_second, waits):
    tokens, now, taken = Tokens(), 100.0, []
    for wait in waits:
        now += wait
        room = tokens.room({"sms": per_second}, now)["sms"]
        tokens.take("sms", room)
        taken.append((now, room))
    for place, (begin, _) in enumerate(taken):
        for end, _ in taken[place:]:
            calls = sum(count for at, count in taken if begin <= at <= end)
            assert calls <= per_second * (end - begin) + max(per_second, 1) + 1e-6
