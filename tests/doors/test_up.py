"""`jogral up` and what it looks after: the server, the workers, the timer, and the end of all of them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest

from orchestrator.app import App, SystemClock
from orchestrator.cli.workplace import read_admitted
from orchestrator.dispatch import keys
from orchestrator.dispatch.accept import WantedMessage, accept_message
from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.register import Profile, register
from orchestrator.domain.customer import Channel
from orchestrator.journeys.steps import Channels
from orchestrator.project import Project
from orchestrator.settings import Settings
from orchestrator.store.migrate import upgrade
from orchestrator.store.port import BusinessClock
from orchestrator.store.sql import SqlStore
from orchestrator.supervisor import QUICK_DEATHS_MAX, Supervisor
from tests.check.cases import GOOD
from tests.doors.command import SECONDS, Jogral, ended
from tests.preloaded import clean_environment

DATA = {"order_id": "ord_1", "number": "1", "url": "https://loja.example/p/1", "promised_date": "2026-11-30"}
WANTED = WantedMessage(
    message="order_placed",
    customer_id="cus_ana",
    channels=Channels(first_reachable=(Channel.EMAIL,)),
    data={"order": DATA},
)
MANY = 1_300  # more than the two slices that a worker holds at a time
SEND = ("send", "order_placed", "--customer", "cus_ana", "--data", "-", "--wait", str(SECONDS), "--json")


@pytest.fixture
def shop(tmp_path):
    """A small one: every `up` checks and publishes all of it."""
    return small_shop(tmp_path / "shop")


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """The small shop, read."""
    return Project(small_shop(tmp_path_factory.mktemp("small") / "shop")).read()


def small_shop(folder):
    shutil.copytree(GOOD, folder)
    edit(folder / "templates/project.yaml", ', sender: "+551155550100"', "")  # the outbox writes under no number
    for kind in ("journeys", "scenarios"):  # this journey tells of orders as well, and waits
        (folder / f"templates/{kind}/entregas.yaml").unlink()
    edit(folder / "templates/journeys/pedidos.yaml", ", when: order.promised_date == ''", "")
    return folder


def edit(file, before, after):
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after), "utf-8")


@pytest.fixture(scope="module")
def known_ledger(tmp_path_factory):
    """The file of a ledger that knows Ana, and a key to it."""
    file = tmp_path_factory.mktemp("ledger") / "ledger.db"
    store = SqlStore(f"sqlite:///{file}")
    upgrade(store)
    with store.write() as transaction:
        register(transaction, [Profile(id="cus_ana", emails=("ana@example.com",))], SystemClock())
        _, secret = keys.create(transaction, SystemClock(), "test", ["admin"], by="test")
    store.close()
    return file, secret


@pytest.fixture
def secret(known_ledger):
    return known_ledger[1]


@pytest.fixture
def ledger(shop, known_ledger):
    """The shop's own ledger."""
    (shop / ".jogral").mkdir(mode=0o700)
    store = SqlStore(f"sqlite:///{shutil.copy(known_ledger[0], shop / '.jogral')}")
    yield store
    store.close()


@pytest.fixture
def jogral(shop, ledger, preloaded):
    """The command in a shop whose ledger is there."""
    assert ledger.schema_version()
    return Jogral(shop, preloaded)


def started(jogral, *arguments, **environment):
    """`up` on a free port, once it serves; with its URL and its worker's process id."""
    up = jogral.start("up", "--port", "0", "--json", *arguments, **environment)
    up.url = json.loads(up.line())["url"]
    return up


def workers_of(up):
    """The process ids of the workers that `up` runs now."""
    return [pid for pid in children_of(up) if b"orchestrator.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def children_of(up):
    return [
        int(pid) for file in Path(f"/proc/{up.process.pid}/task").glob("*/children") for pid in file.read_text().split()
    ]


def post(up, secret, path, document):
    request = urllib.request.Request(
        up.url + path,
        json.dumps(document).encode(),
        {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:
        return answer.status, json.load(answer)


def delivered(ledger, delivery_id):
    with ledger.read() as transaction:
        return transaction.deliveries.get(delivery_id)


def sent(jogral):
    """Send a message and wait for it; its document."""
    done = jogral(*SEND, stdin=json.dumps({"order": DATA}))
    assert done.code == 0, done
    return done.document


# --- what it carries --------------------------------------------------------------------------------------------------


def test_an_event_reaches_the_inbox(jogral, secret, ledger):
    """Posted over HTTP or fed from a file, it becomes a message in the inbox; its links lead to where `up` listens."""
    event = {"id": "e1", "source": "test", "type": "order.placed", "customer": {"id": "cus_ana"}, "data": DATA}
    with started(jogral) as up:
        status, answer = post(up, secret, "/v1/events", event)
        fed = jogral(
            "events", "send", "-", "--json",
            stdin=json.dumps({**event, "id": "e2", "data": {**DATA, "order_id": "ord_2"}}),
        )  # fmt: skip
        last = sent(jogral)
        with urllib.request.urlopen(f"{up.url}/inbox", timeout=SECONDS) as page:
            shown = page.read().decode()
        items = jogral("outbox", "list", "--json").document["items"]
        with ledger.read() as transaction:
            letters = [one["content"]["text"] for one in transaction.inbox.page(before=None, limit=10)]
        code = up.stop()

    wanted = {answer["messages"][0], fed.document["items"][0]["messages"][0], last["id"]}
    assert (status, fed.code, last["state"]) == (202, 0, "sent")
    assert {item["delivery_id"] for item in items} == wanted
    assert "Recebemos seu pedido 1" in shown
    assert all(f"{up.url}/w/" in letter for letter in letters)
    assert code == 0


def test_without_redis_it_says_so_and_works(jogral):
    """JOGRAL_REDIS_URL=none: workers look for work themselves."""
    with jogral.start("up", "--port", "0", JOGRAL_REDIS_URL="none") as up:
        lines = [up.line() for _ in range(7)]
        state = sent(jogral)["state"]
        code = up.stop()

    assert any("no Redis: workers look for work themselves" in line for line in lines)
    assert (state, code) == ("sent", 0)


def test_it_makes_and_migrates_its_own_ledger(shop):
    """A project fresh out of Git needs no other command first. This one is started as a person starts it."""
    command = [sys.executable, "-m", "orchestrator", "up", "--port", "0", "--json"]
    with subprocess.Popen(
        command, cwd=shop, env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as up:
        assert json.loads(up.stdout.readline())["workers"] == 1
        up.terminate()
        assert up.wait(SECONDS) == 0

    assert (shop / ".jogral/ledger.db").exists()


# --- who dies, and what then -----------------------------------------------------------------------------------------


def test_a_killed_worker_is_replaced_and_its_claims_are_free(jogral, ledger, release):
    """What it held is sent at once by the next one, long before its lease would have ended."""
    with started(jogral) as up:
        (worker,) = up.logged("worker_started")
        (pid,) = workers_of(up)
        request = claimed_by(worker["worker"], ledger, release)
        os.kill(pid, signal.SIGKILL)
        up.logged("worker_started", times=2)
        after = sent(jogral)
        freed = up.logged("leases_ended")
        assert workers_of(up) != [pid]
        assert up.stop() == 0

    assert freed[0]["deliveries"] == 1
    assert delivered(ledger, request)["state"] == "sent"
    assert after["state"] == "sent"


def claimed_by(worker, ledger, release):
    """A message in the hands of a worker, for the next hour: accepted and claimed at once, so that nobody is faster."""
    clock = SystemClock()
    now = clock.now()
    with ledger.write() as transaction:
        (request,) = accept_message(transaction, release, clock, WANTED, identity="held", origin="test")
        later = clock.now()
        claimed = transaction.deliveries.claim(
            "transactional", 10, lease=f"{worker}/1", now=later, business_now=later, lease_until=now + 3_600_000
        )
    assert [one.id for one in claimed] == [request.id]
    return request.id


def test_a_killed_redis_is_started_again(jogral):
    """The bell rings again; nothing was lost meanwhile."""
    with started(jogral) as up:
        up.logged("worker_started")
        first = up.logged("embedded_redis_started")
        (redis,) = set(children_of(up)) - set(workers_of(up))
        os.kill(redis, signal.SIGKILL)
        again = up.logged("embedded_redis_started", times=2)
        state = sent(jogral)["state"]
        assert up.stop() == 0

    assert len(first) == 1
    assert len(again) == 2
    assert state == "sent"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_everything_ends_with_it(jogral, number):
    """Asked to end, by an operator or by Ctrl+C, it exits with 0 and leaves no process behind."""
    with started(jogral, "--workers", "2") as up:
        up.logged("worker_started", times=2)
        children = children_of(up)
        code = up.stop(number)

    assert code == 0
    assert len(children) == 3
    assert all(ended(pid) for pid in children)
    assert len(up.logged("worker_ended", times=2)) == 2


def test_a_stop_in_the_middle_leaves_no_doubt(jogral, ledger, release):
    """What is on the wire is settled, the rest waits for the next time, and nothing is sent twice."""
    with started(jogral) as up:
        up.logged("worker_started")
        accept_many(MANY, ledger, release)
        jogral("send", "order_placed", "--customer", "cus_ana", "--data", "-", stdin=json.dumps({"order": DATA}))
        deadline = SystemClock().monotonic() + SECONDS
        while not inbox_size(ledger):
            assert SystemClock().monotonic() < deadline
        assert up.stop() == 0

    states = tally(ledger)
    assert set(states) <= {"sent", "accepted"}
    assert inbox_size(ledger) == states["sent"]
    with started(jogral) as up:
        sent(jogral)
        assert up.stop() == 0
    assert tally(ledger) == {"sent": MANY + 2}
    assert inbox_size(ledger) == MANY + 2


def accept_many(count, ledger, release):
    with ledger.write() as transaction:
        for number in range(count):
            accept_message(transaction, release, SystemClock(), WANTED, identity=f"many/{number}", origin="test")


def inbox_size(ledger):
    with ledger.read() as transaction:
        return len(transaction.inbox.page(before=None, limit=10_000))


def tally(ledger):
    with ledger.read() as transaction:
        return transaction.deliveries.tally()["order_placed"]


def test_everything_ends_when_it_is_killed(jogral):
    """Not even kill -9 leaves orphans."""
    with started(jogral) as up:
        up.logged("worker_started")
        children = children_of(up)
        up.process.kill()
        gone = [ended(pid) for pid in children]

    assert gone == [True, True]


def test_a_worker_that_cannot_live_is_given_up(shop, ledger):
    """After some quick deaths somebody has to look; the exit code is the worker's own."""
    (shop / "channels").mkdir()
    (shop / "channels/outbox.py").write_text("# may not be replaced\n")
    given_up = threading.Event()
    app = App(root=shop, settings=Settings(), store=ledger, clock=SystemClock())

    with Supervisor(app, None, on_give_up=given_up.set) as supervisor:
        supervisor.start(1)
        gave_up = given_up.wait(SECONDS)
        pids = supervisor.pids

    assert gave_up
    assert QUICK_DEATHS_MAX > 1
    assert (pids, supervisor.exit_code) == ([], 2)


# --- what it refuses --------------------------------------------------------------------------------------------------


def test_a_busy_port_is_said_at_once(jogral):
    """Exit 3, with another port to try, and nothing was started."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = jogral("up", "--port", taken.getsockname()[1])

    assert done.code == 3
    assert "is taken" in done.err
    assert "0 takes a free one" in done.err
    assert "worker_started" not in done.err


@pytest.mark.parametrize("command", ["up", "serve"])
def test_a_busy_port_leaves_what_runs_as_it_is(jogral, ledger, shop, command):
    """Whoever cannot serve publishes nothing: files that were edited come into force with one that can."""
    publish(ledger, read_admitted(Project(shop)), SystemClock().now())
    with ledger.read() as transaction:
        before = transaction.ledger.release_id()
    edit(shop / "templates/facts/ofertas.yaml", "KIT20", "KIT21")

    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = jogral(command, "--port", taken.getsockname()[1])

    with ledger.read() as transaction:
        assert (done.code, transaction.ledger.release_id()) == (3, before)
    assert read_admitted(Project(shop)).id != before


def test_a_moved_clock_and_real_accounts_do_not_meet(jogral, ledger, shop):
    """Made-up customers of a rehearsal may be real people's addresses: exit 4."""
    with ledger.write() as transaction:
        transaction.ledger.set_clock(BusinessClock(offset_ms=3_600_000))
    account = "{id: email, adapter: email_smtp, host: smtp.loja.example}"
    edit(shop / "templates/project.yaml", "{id: email, adapter: outbox}", account)

    done = jogral("up", "--port", "0")

    assert done.code == 4
    assert "email (email)" in done.err


def test_a_clock_that_stands_still_is_told(jogral, ledger):
    """A replay that was cut short leaves business time where it was."""
    with ledger.write() as transaction:
        transaction.ledger.set_clock(BusinessClock(frozen_at=1_500_000_000_000))

    with started(jogral) as up:
        assert up.stop() == 0

    assert any("Business time stands still at 2017-07-13" in line for line in up.log)


def test_somebody_elses_database_is_not_migrated(jogral, tmp_path):
    """An empty one is made ready; one with tables of another version waits for `jogral db upgrade` (exit 2)."""
    empty, other = (f"sqlite:///{tmp_path / name}" for name in ("empty.db", "other.db"))
    store = SqlStore(other)
    with store.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num TEXT)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('0000')")
    store.close()

    with started(jogral, JOGRAL_DATABASE_URL=empty) as up:
        assert up.stop() == 0
    refused = jogral("up", "--port", "0", JOGRAL_DATABASE_URL=other)

    assert refused.code == 2
    assert "at version 0000" in refused.err
    assert "jogral db upgrade" in refused.err


# --- one by one -------------------------------------------------------------------------------------------------------


def test_server_worker_and_timer_run_apart(jogral):
    """Three processes do together what `up` does alone."""
    with jogral.start("serve", "--port", "0", "--json") as server:
        assert json.loads(server.line())["url"].startswith("http://127.0.0.1:")
        with jogral.start("worker", "--name", "alone") as worker, jogral.start("timer") as timer:
            timer.line()
            worker.logged("worker_started")
            state = sent(jogral)["state"]
            codes = [process.stop() for process in (timer, worker, server)]

    assert state == "sent"
    assert codes == [0, 0, 0]
