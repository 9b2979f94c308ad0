"""`jogral plan`, `apply`, `rollback` and `history`: from an edited file to what runs, and back."""

from __future__ import annotations

import json
import re
import shutil

import pytest
from sqlalchemy import func, select, update

from orchestrator.app import SystemClock
from orchestrator.dispatch.register import Profile, register
from orchestrator.domain.customer import Channel, ConsentState
from orchestrator.project import SHIPPED
from orchestrator.store.tables import runs
from tests.saying import tell

JOURNEY = """\
kind: journey
id: orders_simple
title: Pedidos
owner: operacoes
topic: order_updates
trigger: {event: order.placed}
entry: {key: order.id}
steps:
  - {id: confirmar, send: order_confirmed, channels: {all: [email]}}
  - {id: esperar, wait: 2d}
  - {id: avisar, send: order_confirmed, channels: {all: [sms]}}
  - {id: descansar, wait: 5d}
  - {id: lembrar, send: order_confirmed, channels: {all: [email]}}
"""


@pytest.fixture
def journey(orders_alone):
    """The file of a journey in which people wait."""
    file = orders_alone / "templates" / "journeys" / "orders_simple.yaml"
    file.write_text(JOURNEY, encoding="utf-8")
    scenarios = orders_alone / "templates" / "scenarios"
    for path in scenarios.glob("*.yaml"):
        path.unlink()
    return file


@pytest.fixture
def running(journey, jogral, ledger):
    """The command in a shop where that runs, and three orders of two people wait at its first wait."""
    assert journey.exists()
    assert jogral("apply", jogral("plan", "--json").document["id"]).code == 0
    people = [Profile(id="cus_ana", emails=("ana@example.com",)), Profile(id="cus_bia", emails=("bia@example.com",))]
    with ledger.write() as transaction:
        register(transaction, people, SystemClock())
    orders = [placed("ord_1", "cus_ana"), placed("ord_2", "cus_ana"), placed("ord_3", "cus_bia")]
    assert jogral("events", "send", "-", stdin=json.dumps(orders)).code == 0
    return jogral


def placed(order_id, customer):
    return {
        "type": "order.placed",
        "id": f"evt_{order_id}",
        "source": "loja",
        "customer": {"id": customer},
        "data": {"order_id": order_id, "number": order_id, "url": "https://casalume.example/p/1",
                 "promised_date": "2026-11-30"},
    }  # fmt: skip


def edit(journey, old, new):
    text = journey.read_text(encoding="utf-8")
    assert old in text
    journey.write_text(text.replace(old, new), encoding="utf-8")


def stand(ledger, position):
    """By a query of its own: runs and customers at a step."""
    wanted = select(func.count(), func.count(runs.c.customer_id.distinct())).where(runs.c.position == position)
    with ledger.engine.connect() as connection:
        return tuple(connection.execute(wanted).one())


def all_runs(ledger):
    with ledger.engine.connect() as connection:
        return connection.execute(select(runs).order_by(runs.c.id)).all()


def test_a_plan_after_an_edit_shows_whom_it_concerns_and_applies_that_alone(running, journey, ledger):
    """Two people wait at the edited step; carrying it out leaves all else as it was."""
    edit(journey, "wait: 2d", "wait: 3d")
    shown = running("plan").out
    assert "~ journey   orders_simple" in shown
    assert "wait.for: 2d → 3d" in shown
    assert "orders_simple: people inside: 2, of whom this concerns: 2" in shown
    assert "stand there: 2, may still come to it: 0  new times apply to them" in shown

    done = running("plan", "--json", "--detailed-exitcode")
    assert done.code == 2
    assert done.document["summary"] == {"add": 0, "change": 1, "remove": 0}
    (concerned,) = done.document["journeys"]
    assert stand(ledger, "esperar") == (3, concerned["affected"]) == (3, 2)

    before = all_runs(ledger)
    plan = done.document["id"]
    assert running("apply", plan).out.endswith("Runs that wait by the new times: 3\n")
    after = all_runs(ledger)
    assert [(one.id, one.position, one.since) for one in after] == [(one.id, one.position, one.since) for one in before]
    again = running("plan", "--detailed-exitcode")
    assert (again.code, again.out) == (0, "Nothing would change: the files say what is in force.\n")
    assert running("apply", plan).out.endswith("is in force already.\n")


def test_a_plan_is_refused_when_the_world_moved(running, journey, ledger):
    """The files, or what runs, or people to where they cannot stay: exit code 4, what it was, and what to do."""
    edit(journey, "wait: 2d", "wait: 3d")
    plan = running("plan", "--json").document["id"]
    edit(journey, "wait: 3d", "wait: 4d")
    done = running("apply", plan)
    assert done.code == 4
    assert "The files changed since this was planned: journey orders_simple." in done.err

    newer = running("plan", "--json").document["id"]
    edit(journey, "wait: 4d", "wait: 3d")
    assert running("apply", plan).code == 0
    edit(journey, "wait: 3d", "wait: 4d")
    done = running("apply", newer)
    assert done.code == 4
    assert "Another release came into force" in done.err
    assert "jogral plan" in done.err

    edit(journey, "  - {id: descansar, wait: 5d}\n", "")
    plan = running("plan", "--json").document["id"]
    with ledger.engine.begin() as connection:
        connection.execute(update(runs).values(position="descansar"))
    done = running("apply", plan)
    assert done.code == 4
    assert "The step descansar of the journey orders_simple is gone, and 2 people stand there" in done.err
    assert "jogral plan --move-to orders_simple.descansar=STEP, or --exit" in done.err


COME_BACK = """\
kind: journey
id: come_back
title: Volte
owner: marketing
topic: offers
trigger: {schedule: "0 10 * * tue", segment: buyers}
entry: {again_after: 30d}
goal: {event: order.placed, within: 14d}
steps:
  - {id: chamar, send: preference_checkin}
"""
BUYERS = """\
kind: segment
id: buyers
title: Já compraram
owner: marketing
where: {event: order.placed}
"""


def test_a_plan_shows_the_waterfall_of_the_next_hour_of_a_schedule(running, orders_alone, ledger):
    """It adds up, in words and as a document; a journey that no schedule begins has none."""
    templates = orders_alone / "templates"
    (templates / "segments").mkdir()
    (templates / "segments" / "buyers.yaml").write_text(BUYERS, encoding="utf-8")
    (templates / "journeys" / "come_back.yaml").write_text(COME_BACK, encoding="utf-8")
    for file in (SHIPPED / "templates" / "messages").glob("preference_checkin*.yaml"):
        shutil.copy(file, templates / "messages")
    with ledger.write() as transaction:
        tell(transaction, SystemClock(), ["cus_ana"], ConsentState.GRANTED, ["offers"], [Channel.EMAIL])

    shown = running("plan").out
    assert "come_back, next at 20" in shown
    assert re.search(r"^ +2  in segment buyers$", shown, re.MULTILINE)
    assert re.search(r"^ +−1  .*no_consent$", shown, re.MULTILINE)  # noqa: RUF001  # a minus sign
    assert re.search(r"^ +1  will be sent$", shown, re.MULTILINE)

    found = running("plan", "--json").document["impact"]
    (hour,) = found["hours"]
    assert (hour["journey"], hour["segment"], hour["in_segment"], hour["will_be_sent"]) == ("come_back", "buyers", 2, 1)
    assert hour["left_out"] == [{"state": "blocked", "reason": "no_consent", "customers": 1}]
    assert found["sends"] == {"come_back": 1}
    assert sum(one["count"] for one in hour["messages"]) == 1
    assert stand(ledger, "chamar") == (0, 0)

    staging = running("plan", "--json", JOGRAL_ENVIRONMENT="staging").document["impact"]["hours"][0]
    assert staging["will_be_sent"] == 0
    assert {one["reason"] for one in staging["left_out"]} == {"no_consent", "sandbox_recipient"}


def test_an_occupied_step_goes_only_when_somebody_says_what_becomes_of_people(running, journey, ledger, tmp_path):
    """Neither a plan nor `up` takes it away; a plan that moves them does."""
    edit(journey, "  - {id: esperar, wait: 2d}\n", "")
    done = running("plan", "--json", "--out", tmp_path / "plan.json")
    assert (done.code, done.document["ok"], done.document["id"]) == (1, False, None)
    assert not (tmp_path / "plan.json").exists()
    (one,) = done.document["occupied"]
    assert (one["step"], one["people"]) == ("esperar", stand(ledger, "esperar")[1])
    assert "✖ orders_simple.esperar is gone, and people stand there: 2" in running("plan").out

    refused = running("up", "--port", "0")
    assert refused.code == 4
    assert "jogral plan --move-to orders_simple.esperar=STEP, or --exit; then jogral apply" in refused.err

    assert running("plan", "--move-to", "descansar", "--out", tmp_path / "plan.json").code == 0
    done = running("apply", tmp_path / "plan.json", "--json")
    assert (done.document["moved"], done.document["ended"]) == (3, 0)
    assert (stand(ledger, "esperar"), stand(ledger, "descansar")) == ((0, 0), (3, 2))


def test_going_back_is_shown_first_and_then_done(running, journey, ledger):
    """In the same way as forward: whoever came to a step that was not there is asked about."""
    first = running("history", "--json").document["current"]
    edit(journey, "{id: esperar, wait: 2d}", "{id: respirar, wait: 2d}")
    running("apply", running("plan", "--move-to", "respirar", "--json").document["id"])

    shown = running("rollback")
    assert shown.code == 1
    assert "orders_simple.respirar is gone" in shown.out
    asked = running("rollback", "--exit")
    assert asked.code == 4
    assert "Nothing was changed. Do it with --yes." in asked.err

    done = running("rollback", first[:10], "--move-to", "esperar", "--yes")
    assert done.code == 0
    assert "Runs that were moved, and go on from there: 3" in done.out
    assert "The files still say" in done.err
    assert stand(ledger, "esperar") == (3, 2)
    items = running("history", "--json").document["items"]
    assert [(one["release"] == first, one["rolled_back"], one["moved"]) for one in items] == [
        (True, True, 3), (False, False, 3), (True, False, 0),
    ]  # fmt: skip
    assert all(one["by"].startswith("cli:") for one in items)
    assert running("history").out.startswith(f"● {first}")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["apply", "plan_none"], 2, 'There is no plan "plan_none"'),
        (["apply", "templates/project.yaml"], 2, "is no plan"),
        (["rollback"], 2, "There is no release before"),
        (["rollback", "rel_none"], 2, "more than one, is called"),
        (["plan", "--move-to", "avisar"], 2, "Nobody has to move to avisar"),
    ],
)
def test_what_cannot_be_found_is_said(orders_alone, open_shop, arguments, code, said):
    del orders_alone
    done = open_shop(*arguments)
    assert done.code == code
    assert said in done.err
