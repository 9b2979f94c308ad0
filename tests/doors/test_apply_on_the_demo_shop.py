"""The demo shop after one step was edited: a plan shows exactly whom that concerns; applying it touches nothing else.

What a person could ask the database is asked here in plain SQL, and not by anything of Jogral's.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
from contextlib import contextmanager
from typing import NamedTuple

import pytest
from sqlalchemy import create_engine, func, inspect, select, text

from orchestrator.app import App, SystemClock
from orchestrator.demo import Demo
from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.tick import NoBell
from orchestrator.project import SHIPPED, Project
from orchestrator.settings import Settings
from orchestrator.store.people_tables import metadata
from tests.doors.conftest import draining
from tests.ledgers import url_of
from tests.shipped import ORDERS, keep_only

DAY = 86_400_000

# The journey that the demo plays, with places where people wait.
JOURNEY = """\
kind: journey
id: orders_simple
title: Pedidos
owner: operacoes
topic: order_updates
trigger: {event: order.placed}
entry: {key: order.id}
exit_on:
  - event: order.cancelled
steps:
  - {id: confirmar, send: order_confirmed}
  - {id: esperar_envio, wait_for: {event: shipment.dispatched}}
  - {id: avisar, send: order_shipped}
  - {id: esperar_entrega, wait_for: {event: shipment.delivered}}
  - {id: usar, wait: 10d}
  - {id: descansar, wait: 8d}
  - {id: lembrar, send: order_delivered}
"""


class Told(NamedTuple):
    """What was seen: the plan, every row before it was carried out, and afterwards."""

    plan: dict
    killed: int
    before: dict
    after_kill: dict
    done: dict
    after: dict
    again: dict


@pytest.fixture(scope="module")
def demo_shop(tmp_path_factory):
    """Casa Lume with that journey."""
    folder = tmp_path_factory.mktemp("demo") / "shop"
    shutil.copytree(SHIPPED / "templates", folder / "templates")
    shutil.copy(SHIPPED / "brand_voice.yaml", folder)
    keep_only(folder, *ORDERS)
    for path in (folder / "templates" / "scenarios").glob("*.yaml"):
        path.unlink()
    (folder / "templates" / "journeys" / "orders_simple.yaml").write_text(JOURNEY, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def played(demo_shop, sqlite):
    """Every row of the demo shop, with its month behind it."""
    with sqlite.migrated() as store:
        app = App(root=demo_shop, settings=Settings(), store=store, clock=SystemClock())
        release = Project(demo_shop).read()
        publish(store, release, app.clock.now())
        with asyncio.Runner() as runner:
            sending = draining(app)
            drain = runner.run(sending.__aenter__())
            Demo(app=app, release=release, bell=NoBell(), sleep=lambda _seconds: runner.run(drain.drain())).run()
            runner.run(sending.__aexit__(None, None, None))
        with store.engine.connect() as connection:
            return {
                table: [dict(row._mapping) for row in connection.execute(table.select())]
                for table in metadata.sorted_tables
            }


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def told(request, demo_shop, played, jogral_in):
    """One step is edited, planned, carried out by somebody who is killed on the way, and carried out."""
    file = demo_shop / "templates" / "journeys" / "orders_simple.yaml"
    with request.getfixturevalue(request.param).migrated() as store, edited(file, "wait: 10d", "wait: 12d"):
        fill(store, played)
        url = url_of(store)
        jogral = lambda *arguments, **environment: jogral_in(demo_shop)(  # noqa: E731  # said four times below
            *arguments, JOGRAL_DATABASE_URL=url, **environment
        )
        plan = jogral("plan", "--json").document
        before = everything(url)
        killed = jogral("apply", plan["id"], JOGRAL_FAULT_POINT="after_apply").code
        after_kill = everything(url)
        done = jogral("apply", plan["id"], "--json").document
        after = everything(url)
        yield Told(plan, killed, before, after_kill, done, after, jogral("plan", "--json").document)


def fill(store, played):
    """Put rows into an empty ledger. PostgreSQL counts on from what it gave out itself, and it has given nothing."""
    with store.engine.begin() as connection:
        for table, rows in played.items():
            if not rows:
                continue
            connection.execute(table.insert(), rows)
            counted = table.autoincrement_column
            if counted is not None and connection.dialect.name == "postgresql":
                sequence, last = func.pg_get_serial_sequence(table.name, counted.name), func.max(counted)
                connection.execute(select(func.setval(sequence, last)).select_from(table))


@contextmanager
def edited(file, old, new):
    """A file that somebody edits, until the test is over."""
    was = file.read_text(encoding="utf-8")
    assert old in was
    file.write_text(was.replace(old, new), encoding="utf-8")
    yield
    file.write_text(was, encoding="utf-8")


def everything(url):
    """Table → its rows by their key, as the database gives them."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        asked = inspect(connection)
        found = {
            name: by_key(asked.get_pk_constraint(name)["constrained_columns"], connection.execute(text(statement)))
            for name in asked.get_table_names()
            for statement in [f"SELECT * FROM {name}"]
        }
    engine.dispose()
    return found


def by_key(columns, rows):
    found = [dict(row._mapping) for row in rows]
    keyed = {row[columns[0]] if len(columns) == 1 else tuple(row[name] for name in columns): row for row in found}
    assert len(keyed) == len(found), "a row that hides another would not be compared"
    return keyed


def differing(before, after):
    """Table → (rows that are gone, new, changed), where any is."""
    found = {}
    for name in before:
        had, has = before[name], after[name]
        changed = {key for key in had.keys() & has.keys() if had[key] != has[key]}
        if changed or had.keys() != has.keys():
            found[name] = (had.keys() - has.keys(), has.keys() - had.keys(), changed)
    return found


def standing(told, *positions):
    """Runs at these steps of the journey, and the customers who stand there."""
    found = [
        run for run in told.before["runs"].values()
        if run["journey"] == "orders_simple" and run["position"] in positions and run["ended_at"] is None
    ]  # fmt: skip
    return {run["id"] for run in found}, {run["customer_id"] for run in found}


def test_the_plan_shows_exactly_the_people_whom_the_edit_concerns(told):
    """Who stands at the step, who may still come to it, and nobody who has passed it."""
    _, here = standing(told, "usar")
    _, on_the_way = standing(told, "usar", "esperar_envio", "esperar_entrega")
    _, inside = standing(told, "usar", "esperar_envio", "esperar_entrega", "descansar")
    assert here
    assert inside - on_the_way

    (journey,) = told.plan["journeys"]
    assert (journey["journey"], journey["inside"], journey["affected"]) == (
        "orders_simple", len(inside), len(on_the_way),
    )  # fmt: skip
    (step,) = journey["steps"]
    assert (step["step"], step["here"], step["ahead"]) == ("usar", len(here), len(on_the_way - here))
    assert (told.plan["waiting"], told.plan["occupied"], told.plan["breaks"]) == ({}, [], [])


def test_whoever_is_killed_while_it_is_carried_out_has_changed_nothing(told):
    assert told.killed == -signal.SIGKILL
    assert differing(told.before, told.after_kill) == {}


def test_applying_changes_the_release_and_the_waits_of_those_people_and_not_a_byte_else(told):
    """Every table is compared, row by row and column by column."""
    runs, _ = standing(told, "usar")
    had, has = told.before, told.after
    found = differing(had, has)
    assert found.keys() == {"ledger", "releases", "runs", "timers", "audit_entries"}

    assert found["ledger"] == (set(), set(), {1})
    assert changed_columns(had["ledger"][1], has["ledger"][1]) == {"release_id"}
    assert has["ledger"][1]["release_id"] == told.plan["after"]
    assert found["releases"] == (set(), {told.plan["after"]}, set())
    gone, new, changed = found["audit_entries"]
    assert (len(gone), len(new), len(changed)) == (0, 1, 0)

    assert found["runs"] == (set(), set(), runs)
    for run in runs:
        assert changed_columns(had["runs"][run], has["runs"][run]) == {"state", "moves"}
        assert changed_columns(*(read(one["runs"][run]["state"]) for one in (had, has))) == {"alarms"}

    gone, new, changed = found["timers"]
    assert (len(gone), len(new), len(changed)) == (len(runs), len(runs), 0)
    due = {alarm_of(had["timers"][one]): had["timers"][one]["due_at"] for one in gone}
    assert due.keys() == runs
    for one in new:
        timer = has["timers"][one]
        assert timer["due_at"] == due[alarm_of(timer)] + 2 * DAY
        assert timer["due_at"] == had["runs"][alarm_of(timer)]["since"] + 12 * DAY
    assert told.done["timed_anew"] == len(runs)
    assert (told.done["moved"], told.done["ended"]) == (0, 0)
    assert told.again["summary"] == {"add": 0, "change": 0, "remove": 0}


def changed_columns(row, other):
    return {name for name in row if row[name] != other[name]}


def read(column):
    """JSON, which SQLite keeps as text."""
    return json.loads(column) if isinstance(column, str) else column


def alarm_of(timer):
    """Whose alarm it is: `alarm/<run>/<name>/<setting>`."""
    return timer["id"].split("/")[1]
