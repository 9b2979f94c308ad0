"""`jogral consent`: what a person agreed to, and what they told us in other ways."""

from __future__ import annotations

import pytest

from orchestrator.app import SystemClock
from orchestrator.dispatch.consents import PERSON, Proof, stop
from orchestrator.domain.customer import Channel

GRANT = ("consent", "grant", "ana@example.com", "--topic", "reviews", "--channel", "email,whatsapp")
WORDING = ("--wording", "optin_avaliacoes@1")


def items(done):
    return [(one["topic"], one["channel"], one["state"]) for one in done.document["items"]]


def test_a_grant_is_recorded_and_shown_with_its_proof(open_shop):
    """How we know, since when, and in which words."""
    done = open_shop(*GRANT, *WORDING, "--method", "phone_call", "--at", "2026-10-02T14:03", "--note", "ticket 8841")
    assert done.code == 0, done.err
    shown = open_shop("consent", "show", "ana@example.com", "--json").document["items"]
    assert [(one["channel"], one["state"], one["in_force"]) for one in shown] == [
        ("email", "granted", True),
        ("whatsapp", "granted", True),
    ]
    assert shown[0]["at"] == "2026-10-02T14:03:00-03:00"
    assert (shown[0]["wording"], shown[0]["method"], shown[0]["actor"][:4]) == (WORDING[1], "phone_call", "cli:")
    assert shown[0]["id"] in open_shop("consent", "show", "cus_ana").out


def test_double_opt_in_says_what_happens_next(open_shop):
    """Nothing is in force until the person confirms it."""
    done = open_shop(*GRANT[:3], "--topic", "offers", "--channel", "email", "--wording", "optin_ofertas@4")
    assert done.code == 0, done.err
    assert "to be confirmed" in done.out
    assert "three days" in done.out


def silenced(ledger, kind, *channels, reason):
    """Ana wrote STOP there, or our messages come back."""
    clock = SystemClock()
    with ledger.write() as transaction:
        address = next(one.id for one in transaction.customers.get("cus_ana").addresses if one.kind == kind)
        if reason == "stop":
            proof = Proof(method="text", source="sms", actor=PERSON)
            stop(transaction, clock, [address], [Channel(one) for one in channels], proof)
        else:
            transaction.consents.suppress([address], channels[0], reason, clock.now())


def test_what_only_the_person_can_say_is_left_out_and_told(open_shop, ledger):
    """After a STOP nobody grants for her: exit 1, and nothing says granted."""
    silenced(ledger, "phone", "sms", reason="stop")
    command = ("consent", "grant", "cus_ana", "--topic", "reviews", "--channel", "sms", *WORDING)

    told, document = open_shop(*command), open_shop(*command, "--json")

    assert (told.code, document.code) == (1, 1)
    assert "not recorded: they said STOP there on 20" in told.out
    assert "Only they can take a STOP back" in told.out
    assert (document.document["ok"], document.document["items"]) == (False, [])
    (left_out,) = document.document["left_out"]
    assert (left_out["channel"], left_out["why"], bool(left_out["since"])) == ("sms", "stopped", True)


def test_a_grant_behind_a_suppression_says_that_nothing_is_sent(open_shop, ledger):
    """When it is recorded and when it is looked at; the history tells it of what stands."""
    silenced(ledger, "email", "email", reason="bounce")

    for done in (open_shop(*GRANT, *WORDING), open_shop("consent", "show", "cus_ana")):
        assert done.out.count("But nothing of it is sent there. The address must not be written to (bounce).") == 1
    open_shop(*GRANT, *WORDING)
    history = open_shop("consent", "show", "cus_ana", "--history", "--json").document["items"]
    assert [one["not_sent"] for one in history if one["channel"] == "email"] == ["suppressed:bounce", None]


def test_a_withdrawal_without_a_topic_ends_all_marketing(open_shop):
    """And says so, topic by topic; the history keeps what was before."""
    open_shop(*GRANT, *WORDING)
    done = open_shop("consent", "withdraw", "cus_ana", "--method", "phone_call", "--json")
    assert done.code == 0
    assert {state for _, _, state in items(done)} == {"withdrawn"}
    assert len(items(done)) == 5 * 4
    history = items(open_shop("consent", "show", "cus_ana", "--history", "--json"))
    assert ("reviews", "email", "granted") in history


def test_a_withdrawal_of_everything_is_told_in_a_line_a_topic(open_shop):
    """With all the channels on which it was said in the same moment."""
    lines = open_shop("consent", "withdraw", "cus_ana", "--method", "phone_call").out.splitlines()
    assert len(lines) == 5
    assert all("email, whatsapp, sms, push  withdrawn" in line for line in lines), lines


def test_a_withdrawal_may_be_about_one_thing(open_shop):
    """A topic on a channel."""
    done = open_shop("consent", "withdraw", "cus_ana", "--topic", "order_updates", "--channel", "sms", "--json")
    assert items(done) == [("order_updates", "sms", "withdrawn")]


def test_nothing_was_said_yet(open_shop):
    """Silence is neither yes nor no."""
    assert open_shop("consent", "show", "cus_ana").out == "They have agreed to nothing, and refused nothing.\n"


def test_a_stop_of_somebody_who_agreed_to_nothing_is_shown(open_shop, ledger):
    """It withdraws no consent, and whoever asks must not read that nothing was refused."""
    silenced(ledger, "phone", "sms", reason="stop")
    shown = open_shop("consent", "show", "cus_ana").out
    assert shown == "SMS: no marketing is sent there. The address must not be written to (the customer said stop).\n"
    document = open_shop("consent", "show", "cus_ana", "--json").document
    assert document["silent"] == [{"channel": "sms", "reason": "suppressed:stop"}]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (GRANT, "There are: optin_avaliacoes@1."),
        ((*GRANT, "--wording", "optin_avaliacao@1"), 'did you mean "optin_avaliacoes@1"?'),
        ((*GRANT[:3], "--topic", "reviws", "--channel", "email"), 'did you mean "reviews"?'),
        ((*GRANT[:3], "--topic", "reviews", "--channel", "emial"), 'did you mean "email"?'),
        ((*GRANT[:3], "--topic", "reviews", "--channel", ","), "Name at least one channel."),
        ((*GRANT, *WORDING, "--at", "ontem"), '"ontem" is not a time.'),
        (("consent", "withdraw", "cus_ana", "--topic", "reviws"), 'did you mean "reviews"?'),
        (("consent", "show", "nobody@example.com"), "No customer has this address."),
    ],
)
def test_what_cannot_be_recorded_says_why(open_shop, arguments, told):
    """Exit 2, with what to do."""
    done = open_shop(*arguments)
    assert done.code == 2
    assert told in done.err
