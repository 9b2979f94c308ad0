"""`jogral simulate`: a report of what journeys would do to many people, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys

ASKED = ("simulate", "orders_simple", "--customers", "12", "--days", "7", "--from", "2026-11-23")


def test_the_report_says_what_was_taken_for_usual_and_what_came_of_it(jogral):
    """In words, in sums that add up, and without a ledger."""
    done = jogral(*ASKED, "--happens", "order.cancelled=0%")

    assert done.code == 0, done.err
    assert done.out.startswith("12 customers made after the personas, 7 days from 2026-11-23, seed 1\n")
    assert "order.placed: 1x for each person" in done.out
    assert "order.cancelled: 0 % of those whom it can happen to, after 36 hours on the average" in done.out
    assert "What became of each request\n" in done.out
    assert "order_cancelled" not in done.out.partition("What became")[2]


def test_the_document_adds_up(jogral):
    """Every request has one end, and what was sent is the same by channel, hour and day."""
    found = jogral(*ASKED, "--json").document

    assert (found["schema"], found["ok"], found["customers"], found["from"]) == (
        "jogral.simulate/1", True, 12, "2026-11-23",
    )  # fmt: skip
    assert found["requested"] == sum(one["count"] for one in found["requests"])
    sent = found["sent"]
    assert sent["total"] == sum(one["count"] for one in found["requests"] if one["state"] == "sent") > 0
    assert sent["total"] == sum(sent["by_hour"]) == sum(sent["by_channel"].values()) == sum(sent["by_day"].values())
    (journey,) = found["journeys"]
    assert journey["begun"] == sum(journey["ended"].values()) + sum(journey["inside"].values())


def test_the_same_seed_gives_the_same_bytes_in_any_process(shop):
    """Also where Python orders its sets differently."""
    command = [sys.executable, "-m", "orchestrator", *ASKED, "--json", "--project", str(shop)]
    runs = [
        subprocess.run(command, capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed}).stdout
        for seed in ("1", "2")
    ]

    assert runs[0] == runs[1]


def test_real_customers_are_read_from_the_ledger(open_shop):
    """It knows Ana, and says whose lives these were."""
    done = open_shop(*ASKED, "--real")

    assert done.code == 0, done.err
    assert done.out.startswith("1 customers of the ledger, 7 days from 2026-11-23, seed 1\n")


def test_what_was_typed_wrong_is_named_with_what_may_have_been_meant(jogral):
    """A journey, a habit, a share, a day."""
    for arguments, told in [
        (("simulate", "orders_simpel"), 'did you mean "orders_simple"?'),
        ((*ASKED, "--happens", "order.placd=5%"), 'did you mean "order.placed"?'),
        ((*ASKED, "--happens", "order.placed"), "does not say how often"),
        ((*ASKED, "--happens", "shipment.delivered=2"), "cannot happen to more than all"),
        (("simulate", "orders_simple", "--from", "soon"), '"soon" is no day such as 2026-11-23.'),
    ]:
        done = jogral(*arguments)
        assert done.code in (1, 2), arguments
        assert told in done.err, done.err
