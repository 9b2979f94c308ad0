"""`jogral pause`, `resume` and `pauses`, and a message that is asked for later."""

from __future__ import annotations

import pytest

from orchestrator.app import SystemClock
from orchestrator.domain.delivery import State
from orchestrator.domain.time import moment
from orchestrator.store.port import Conclusion

SEND = ("send", "order_confirmed", "--customer", "cus_ana", "--data", "-")
ORDER = '{"order": {"number": "1", "url": "https://casalume.example/p/1", "promised_date": "2026-11-30"}}'


@pytest.fixture
def paused(open_shop):
    """What `jogral pauses` lists, as scope and subject."""
    return lambda: [(one["scope"], one["subject"]) for one in open_shop("pauses", "--json").document["items"]]


def hold(ledger, message_id, reason):
    now = SystemClock().now()
    with ledger.write() as transaction:
        held = Conclusion(message_id, State.HELD, reason, "", now, "[]", now)
        transaction.deliveries.conclude([held], release_id="rel", at=now)


# --- pause ----------------------------------------------------------------------------------------------------------


def test_a_channel_is_paused_listed_and_resumed(open_shop, paused):
    """Each says what is so now."""
    done = open_shop("pause", "--channel", "SMS", "--for", "30d", "--reason", "The bill")
    assert done.code == 0
    assert done.out.startswith("Paused: channel sms. What is due waits.\nIt ends by itself at ")
    assert done.out.endswith("Go on with: jogral resume --channel sms\n")
    listed = open_shop("pauses").out
    assert listed.startswith("channel sms since ")
    assert listed.endswith(", by cli: The bill\n")
    assert paused() == [("channel", "sms")]

    done = open_shop("resume", "--channel", "sms")
    assert (done.code, done.out) == (0, "No longer paused: channel sms.\n")
    assert open_shop("resume", "--channel", "sms").out == "Not paused: channel sms.\n"
    assert open_shop("pauses").out == "Nothing is paused.\n"


def test_the_kill_switch_stops_everything(open_shop, ledger):
    """And going on says how many it had held."""
    assert (
        open_shop("pause", "--all").out
        == "All sending is stopped. What is due waits.\nGo on with: jogral resume --all\n"
    )
    message_id = open_shop(*SEND, "--json", stdin=ORDER).document["id"]
    hold(ledger, message_id, "kill_switch")
    done = open_shop("resume", "--all")
    assert done.out == "No longer paused: everything.\n1 message that was held is decided anew.\n"


def test_programs_get_one_document(open_shop):
    """With the same words as the API."""
    document = open_shop("pause", "--message", "order_confirmed", "--json").document
    assert document.pop("id").startswith("pau_")
    assert document == {
        "schema": "jogral.pause/1", "ok": True, "scope": "message", "subject": "order_confirmed", "reason": "",
        "until": None,
    }  # fmt: skip
    assert open_shop("resume", "--message", "order_confirmed", "--json").document == {
        "schema": "jogral.resume/1", "ok": True, "scope": "message", "subject": "order_confirmed",
        "was_paused": True, "released_messages": 0,
    }  # fmt: skip


def test_a_step_is_paused_and_resumed_with_its_journey(open_shop, paused):
    """And nothing else of the journey."""
    done = open_shop("pause", "--journey", "orders_simple", "--step", "confirmar")
    assert done.out == (
        "Paused: step orders_simple/confirmar. What is due waits.\n"
        "Go on with: jogral resume --journey orders_simple --step confirmar\n"
    )
    assert paused() == [("step", "orders_simple/confirmar")]
    assert open_shop("resume", "--journey", "orders_simple").out == "Not paused: journey orders_simple.\n"
    assert open_shop("resume", "--journey", "orders_simple", "--step", "confirmar").code == 0
    assert paused() == []


def test_it_speaks_portuguese(open_shop):
    done = open_shop("pause", "--channel", "sms", "--lang", "pt-BR")
    assert done.out.startswith("Pausado: canal sms. O que vencer espera.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Name exactly one thing."),
        (("--all", "--channel", "sms"), "Name exactly one thing."),
        (("--channel", "smss"), 'did you mean "sms"?'),
        (("--account", "emial"), 'did you mean "email"?'),
        (("--journey", "orders_simpl"), 'did you mean "orders_simple"?'),
        (("--journey", "orders_simple", "--step", "confimar"), 'did you mean "orders_simple/confirmar"?'),
        (("--step", "confirmar"), "A step is one of a journey."),
        (("--journey", "orders_simple", "--step", "confirmar", "--all"), "Name exactly one thing."),
        (("--message", "order_confirmd"), 'did you mean "order_confirmed"?'),
        (("--customer", "cus_nobody"), 'There is no customer "cus_nobody"'),
    ],
)
def test_a_thing_that_does_not_exist_is_refused_with_what_was_meant(open_shop, paused, arguments, said):
    """Exit code 2, and nothing is paused."""
    for command in ("pause", "resume"):
        done = open_shop(command, *arguments)
        assert (done.code, said in done.err) == (2, True)
    assert paused() == []


@pytest.mark.parametrize("lasts", ["soon", "0d", "5bd", "-1h"])
def test_a_duration_that_is_none_is_refused(open_shop, lasts):
    done = open_shop("pause", "--all", f"--for={lasts}")
    assert (done.code, f'"{lasts}" is not a duration.' in done.err) == (2, True)


@pytest.mark.parametrize("who", ["cus_ana", "ana@example.com", "ANA@example.com", "+5511912345678"])
def test_a_customer_is_found_as_they_are_by_explain(open_shop, paused, who):
    """By what somebody has at hand; what is told and kept is their id."""
    done = open_shop("pause", "--customer", who)
    assert (done.code, paused()) == (0, [("customer", "cus_ana")])
    assert "jogral resume --customer cus_ana" in done.out
    done = open_shop("resume", "--customer", who, "--json")
    assert (done.document["subject"], done.document["was_paused"]) == ("cus_ana", True)
    assert open_shop(*SEND[:3], who, *SEND[4:], "--json", stdin=ORDER).document["customer_id"] == "cus_ana"


@pytest.mark.parametrize("command", [("pause",), ("resume",), ("send", "order_confirmed")])
def test_an_address_of_nobody_is_not_repeated(open_shop, command):
    done = open_shop(*command, "--customer", "nobody@example.com")
    assert (done.code, "nobody@example.com" in done.err) == (2, False)


# --- send --at ------------------------------------------------------------------------------------------------------


def test_a_message_for_later_is_accepted_and_told_with_its_time(open_shop, ledger):
    """By the customer's clock: 11 is São Paulo, and so is the project."""
    day = far_day()
    done = open_shop(*SEND, "--at", f"{day}T09:00", "--json", stdin=ORDER)
    assert (done.code, done.document["due_at"]) == (0, f"{day}T09:00:00-03:00")
    with ledger.read() as transaction:
        assert transaction.deliveries.get(done.document["id"]) is None
        assert transaction.timers.get(done.document["id"])["state"] == "accepted"

    done = open_shop(*SEND, "--at", f"{day}T09:00", "--zone", "America/Manaus", stdin=ORDER)
    assert done.out.endswith(f" for {day}T10:00:00-03:00\n")


def test_a_time_that_has_just_gone_by_is_at_once_and_says_so(open_shop):
    at = moment(SystemClock().now() - 60_000, "UTC").isoformat()
    done = open_shop(*SEND, "--at", at, stdin=ORDER)
    assert (done.code, done.out.endswith(": its time is past, and it goes at once.\n")) == (0, True)


def far_day():
    """A day that is ahead, and not too far."""
    return moment(SystemClock().now() + 300 * 86_400_000, "UTC").date().isoformat()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--at", "tomorrow"), '"tomorrow" is not a time.'),
        (("--at", "2036-12-01"), '"2036-12-01" is not a time.'),
        (("--at", "2036-12-01T09:00", "--zone", "America/Sao_Pablo"), '"America/Sao_Pablo" is no time zone.'),
        (("--at", "2025-12-01T09:00"), "2025-12-01T09:00:00 (America/Sao_Paulo) is more than an hour ago."),
        (("--at", "2066-12-01T09:00"), "2066-12-01T09:00:00 (America/Sao_Paulo) is more than two years ahead."),
        (("--at", "9999-12-31T23:00-03:00"), "is not a time."),
    ],
)
def test_a_time_that_is_none_is_refused(open_shop, arguments, said):
    done = open_shop(*SEND, *arguments, stdin=ORDER)
    assert (done.code, said in done.err) == (2, True)
