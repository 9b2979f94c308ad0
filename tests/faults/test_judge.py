"""The judge finds what is wrong: each verdict on a log, a list and a ledger made for it."""

from __future__ import annotations

from tests.faults.harness import Asked
from tests.faults.judge import Judge
from tests.faults.provider import Call
from tests.faults.providers import inside_a_ban


def asked(number, *, customer="cus_ana", account="keyed"):
    return Asked(
        id=f"msg_{number}", customer=customer, message="order_shipped", account=account, canary=str(100_000 + number)
    )


def call(number, *, at=1_000.0, ending="ok", taken=True, text=None, customer="cus_ana", retry_after_s=0, reference=""):
    return Call(
        account="keyed",
        reference=reference or f"msg_{number}",
        key="",
        customer=customer,
        message="order_shipped",
        object="",
        to="ana@example.com",
        text=text or f"Pedido {100_000 + number} a caminho!",
        ending=ending,
        taken=taken,
        looked_up=False,
        retry_after_s=retry_after_s,
        first_byte=at,
        at=at,
        first_byte_wall=at,
        at_wall=at,
    )


def row(state="sent", *, purpose="transactional", possible_duplicate=False):
    return {"state": state, "purpose": purpose, "possible_duplicate": possible_duplicate}


def test_a_message_without_a_row_that_nobody_took_is_lost():
    """The promise is the client's, whatever the ledger forgot."""
    judge = Judge([call(1)], [asked(1), asked(2)], {"msg_1": row()})

    assert [one.id for one in judge.lost] == ["msg_2"]


def test_sent_says_the_ledger_and_nobody_took_it_is_lost_too():
    """A state of ours is no proof."""
    judge = Judge([], [asked(1)], {"msg_1": row("sent")})

    assert [one.id for one in judge.lost] == ["msg_1"]


def test_what_the_ledger_says_openly_was_not_sent_is_silent_and_not_lost():
    """Unknown is a state, and has its own figure."""
    judge = Judge([], [asked(1), asked(2)], {"msg_1": row("unknown"), "msg_2": row("blocked")})

    assert judge.lost == []
    assert len(judge.silent) == 2


def test_the_same_text_under_another_reference_is_sent_twice():
    """Two deliveries of one wish would be two references: what the customer read decides."""
    judge = Judge([call(1), call(1, reference="msg_9")], [asked(1)], {"msg_1": row()})

    assert [one.id for one in judge.twice] == ["msg_1"]
    assert [one.reference for one in judge.strangers] == ["msg_9"]


def test_a_repeated_key_that_was_not_taken_again_is_sent_once():
    """The provider's word counts, not the number of calls."""
    judge = Judge([call(1), call(1, ending="repeated", taken=False)], [asked(1)], {"msg_1": row()})

    assert judge.twice == []


def test_sent_twice_and_marked_is_told_from_sent_twice_in_silence():
    """A duplicate that the ledger admits is a stated one."""
    rows = {"msg_1": row(possible_duplicate=True), "msg_2": row()}
    judge = Judge([call(1), call(1), call(2), call(2)], [asked(1), asked(2)], rows)

    assert len(judge.twice) == 2
    assert [one.id for one in judge.twice_unmarked] == ["msg_2"]


def test_somebody_elses_words_are_a_mix_up():
    """The canary of one order in the message about another, or to another person."""
    calls = [call(1, text="Pedido 100002 a caminho!"), call(2, customer="cus_bia")]
    judge = Judge(calls, [asked(1), asked(2)], {"msg_1": row(), "msg_2": row()})

    assert judge.mixed_up == calls


def test_the_canary_is_read_from_a_link_too():
    """Push messages name the order in their link alone."""
    judge = Judge([call(1, text="Toque. https://casalume.example/p/100001")], [asked(1)], {"msg_1": row()})

    assert judge.mixed_up == []
    assert judge.times["100001"] == 1


def test_requested_is_the_sum_of_the_states():
    """A row that nobody asked for, or a state that does not exist, breaks it."""
    assert Judge([], [asked(1)], {"msg_1": row()}).sums_up
    assert not Judge([], [asked(1)], {"msg_1": row(), "msg_2": row()}).sums_up
    assert not Judge([], [asked(1)], {"msg_1": row("elsewhere")}).sums_up


def test_an_intent_after_the_acknowledgement_is_found():
    """To the millisecond, in wall time."""
    judge = Judge([], [asked(1), asked(2, customer="cus_bia")], {}, {"msg_1": [999_999], "msg_2": [1_000_001]})

    assert judge.intents_after({"cus_ana": 1_000.0}) == 0
    assert judge.intents_after({"cus_ana": 1_000.0, "cus_bia": 1_000.0}) == 1


def test_the_latest_first_byte_after_an_acknowledgement_is_measured():
    """Also when nothing came after it."""
    judge = Judge([call(1, at=1_000.5)], [asked(1)], {"msg_1": row()})

    assert judge.latest_after({"cus_ana": 1_000.0}) == 0.5
    assert judge.latest_after({"cus_bia": 1_000.0}) == 0.0


def test_a_call_is_measured_from_the_intent_before_it():
    """A retry has an intent of its own."""
    judge = Judge([call(1, at=1_000.5), call(1, at=1_060.25)], [asked(1)], {}, {"msg_1": [1_000_000, 1_060_000]})

    assert judge.begun_after_intent == [0.25, 0.5]


def test_a_window_that_rolls_is_counted_wherever_it_is_fullest():
    """Four within a minute are over three, and four in two minutes are not."""
    close, far = [0.0, 10.0, 20.0, 59.0], [0.0, 40.0, 80.0, 120.0]

    assert Judge([call(1, at=at) for at in close], [], {}).over(3, window_s=60) == 1
    assert Judge([call(1, at=at) for at in far], [], {}).over(3, window_s=60) == 0


def test_a_calendar_day_ends_at_the_customers_midnight():
    """23:59 and 00:01 in São Paulo are two days."""
    midnight = 1_764_039_600.0  # 2025-11-25T03:00Z
    calls = [call(1, at=midnight - 60), call(2, at=midnight + 60)]

    assert Judge(calls, [], {}).over_a_day(1, "America/Sao_Paulo") == 0
    assert Judge(calls, [], {}).over_a_day(1, "UTC") == 1


def test_a_call_inside_a_ban_is_one_that_began_after_the_refusal_could_be_heard():
    """Those that were on their way when it was spoken, or when it travelled, are not counted."""
    refused = call(1, at=10.0, ending="banned", taken=False, retry_after_s=3)

    assert inside_a_ban([refused, call(2, at=10.05), call(3, at=11.0), call(4, at=13.1)]) == 1
