"""`jogral segments` and `jogral campaign`: whom a filter means, and one message for all of them."""

from __future__ import annotations

import pytest

from orchestrator.app import SystemClock
from orchestrator.dispatch.register import Profile, register
from orchestrator.domain.customer import Channel, ConsentState
from tests.saying import tell

FANS = """\
kind: segment
id: fans
title: Fãs
owner: marketing
where:
  all:
    - {field: customer.fan, op: is, value: true}
    - not: {field: customer.city, op: is, value: Recife}
"""


@pytest.fixture
def fans(open_shop, shop, ledger):
    """The command in a shop with three fans, two of whom allow offers by e-mail."""
    (shop / "templates/segments").mkdir(exist_ok=True)
    (shop / "templates/segments/fans.yaml").write_text(FANS, encoding="utf-8")
    clock = SystemClock()
    with ledger.write() as transaction:
        register(
            transaction,
            [
                Profile(
                    id=f"cus_fan{number}", attributes={"fan": True, "city": city}, emails=(f"f{number}@example.com",)
                )
                for number, city in enumerate(("Santos", "Santos", "Olinda"))
            ],
            clock,
        )
        tell(transaction, clock, ["cus_fan0", "cus_fan2"], ConsentState.GRANTED, ["offers"], [Channel.EMAIL])
    return open_shop


CAMPAIGN = ("campaign", "send", "preference_checkin", "--segment", "fans", "--channel", "email")
# By night it would wait for the morning: the hour of these tests is the machine's.
AT_NOON = ("--at", "2027-01-12T12:00", "--zone", "project")


def test_segments_are_listed_with_how_many_are_in_each(fans):
    listed = fans("segments", "list", "--json").document["items"]
    assert {"id": "fans", "title": "Fãs", "owner": "marketing", "customers": 3} in listed
    assert "3  fans" in fans("segments", "list").out


def test_a_segment_is_counted_as_its_file_says_it_now(fans, shop):
    """It need not run yet: who writes one wants to see what it means."""
    assert fans("segments", "count", "fans").out == "3 of 4 customers are in fans.\n"

    file = shop / "templates/segments/fans.yaml"
    file.write_text(FANS.replace("Recife", "Olinda"), encoding="utf-8")
    document = fans("segments", "count", "fans", "--json").document
    assert (document["customers"], document["of"]) == (2, 4)


def test_a_sample_shows_the_values_that_were_asked_for_and_nothing_else(fans):
    shown = fans("segments", "sample", "fans", "--size", "2", "--json").document["items"]
    assert len(shown) == 2
    assert shown[0] == {"id": "cus_fan0", "values": {"customer.fan": True, "customer.city": "Santos"}}
    assert "example.com" not in fans("segments", "sample", "fans").out


def test_whoever_looks_at_a_sample_is_on_record(fans):
    fans("segments", "sample", "fans", "--size", "2")
    log = fans("audit", "log", "--json").document["items"]
    assert sum(entry["kind"] == "customer.read" for entry in log) >= 1


def test_a_misspelt_segment_is_told_with_the_one_that_was_meant(fans):
    refused = fans("segments", "count", "fan")
    assert refused.code == 2
    assert 'did you mean "fans"?' in refused.err


def test_a_segment_written_as_an_expression_is_told_what_to_write(fans, shop):
    where = FANS.partition("where:")[0] + "where: customer.fan == true\n"
    (shop / "templates/segments/fans.yaml").write_text(where, encoding="utf-8")
    refused = fans("segments", "count", "fans")
    assert refused.code == 1
    assert "op: at_least" in refused.out + refused.err


def test_a_campaign_shows_whom_it_would_reach_and_sends_nothing_without_a_yes(fans):
    """The numbers add up."""
    refused = fans(*CAMPAIGN, *AT_NOON)
    assert refused.code == 4
    assert "2 people would be written to" in refused.err
    assert [line.split()[0] for line in refused.out.splitlines()] == ["3", "−1", "2"]  # noqa: RUF001  # a minus sign

    dry = fans(*CAMPAIGN, *AT_NOON, "--dry-run", "--yes", "--json").document
    assert (dry["in_segment"], dry["will_be_sent"], dry["asked"]) == (3, 2, 0)
    assert dry["left_out"] == [{"state": "blocked", "reason": "no_consent", "customers": 1}]


def test_a_campaign_is_asked_for_once_however_often_it_is_started(fans, ledger):
    done = fans(*CAMPAIGN, "--name", "volta", "--yes", "--json")
    assert (done.code, done.document["asked"], done.document["name"]) == (0, 3, "volta")
    fans(*CAMPAIGN, "--name", "volta", "--yes")

    with ledger.read() as transaction:
        assert transaction.deliveries.tally()["preference_checkin"] == {"accepted": 3}


@pytest.mark.parametrize(
    ("option", "complaint"),
    [
        (("--pace", "500"), "is not a pace"),
        (("--at", "tomorrow"), "is not a time"),
        (("--name", "a b"), "cannot be the name"),
        (("--channel", "sms"), "is not said on sms"),
    ],
)
def test_an_option_that_cannot_be_meant_is_refused_before_anybody_is_counted(fans, option, complaint):
    refused = fans(*CAMPAIGN, *option)
    assert refused.code == 2
    assert complaint in refused.err
    assert refused.out == ""
