"""The transport against real servers in another process: what arrives, and what it says when nothing does."""

from __future__ import annotations

import asyncio
import gzip
import os
import socket
import ssl
import threading
import time
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from orchestrator.channels import (
    DeviceCalls,
    Grant,
    HttpAnswer,
    HttpCall,
    InboxAnswer,
    InboxCall,
    InboxEntry,
    InboxLookUp,
    NoAnswer,
    SmtpAnswer,
    SmtpCall,
    Token,
)
from orchestrator.domain.customer import Channel
from orchestrator.domain.message import Rendered
from orchestrator.transport import Deadlines, Guard, Transport, host_of
from orchestrator.transport.attempt import Attempt
from orchestrator.transport.guard import not_public
from orchestrator.transport.http import HttpCarrier
from tests.sinks import certificate
from tests.sinks.process import running

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Long enough for a loaded machine to answer, short enough to wait for in a test of silence.
SILENCE = Deadlines(connect_seconds=5, call_seconds=0.7)
PATIENCE = Deadlines(connect_seconds=5, call_seconds=10, connections_per_host=4, connections_per_smtp_account=2)

# What the transport makes for itself when it is given none; made once here, because it takes 30 ms.
MACHINE_TLS = ssl.create_default_context()


class MachineClock:
    """The machine's own time."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()

    def entropy(self, size: int) -> bytes:
        return os.urandom(size)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class ListInbox:
    """An inbox in memory that remembers how it was asked, and from which thread."""

    def __init__(self) -> None:
        self.ids: dict[str, str] = {}
        self.batches: list[int] = []
        self.threads: set[int] = set()
        self.broken = False

    def put(self, calls: Sequence[InboxCall]) -> list[str]:
        if self.broken:
            raise OSError("disk full")
        self.batches.append(len(calls))
        self.threads.add(threading.get_ident())
        return [self.ids.setdefault(call.entry.reference, f"inb_{len(self.ids)}") for call in calls]

    def find(self, references: Sequence[str]) -> dict[str, str]:
        return {reference: self.ids[reference] for reference in references if reference in self.ids}


async def in_a_thread(work: Callable[[], object]) -> object:
    return await asyncio.to_thread(work)


@asynccontextmanager
async def transport(**changes):
    made = Transport(
        **{
            "inbox": ListInbox(),
            "run": in_a_thread,
            "clock": MachineClock(),
            "deadlines": PATIENCE,
            "tls": MACHINE_TLS,
            **changes,
        }
    )
    try:
        yield made
    finally:
        await made.close()


def carried(*calls, begin_before=None, **changes):
    """Each call after the other, over one transport."""

    async def carry_all():
        async with transport(**changes) as made:
            return [await made.carry(call, begin_before=begin_before) for call in calls]

    return asyncio.run(carry_all())


@contextmanager
def listener():
    """A port that somebody listens on, to see who knocks."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.setblocking(False)
        yield server


def knocked(server: socket.socket) -> bool:
    try:
        server.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return server.getsockname()[1]


# --- grants and devices ---------------------------------------------------------------------------------------------


def granted(sink, received_status="200", *, grant_query="", lives=3600.0, key="k"):
    """A call that needs a token first."""

    def ask(_now_seconds):
        return HttpCall("POST", f"http://127.0.0.1:{sink.port}/token?{grant_query}", {}, b"")

    def read(answer):
        return Token(answer.body.decode(), lives)

    grant = Grant(key, ask, read)
    return HttpCall("POST", f"http://127.0.0.1:{sink.port}/send?status={received_status}", {}, b"{}", grant=grant)


def paths(requests):
    return [one["target"].partition("?")[0] for one in requests]


def test_a_token_is_asked_for_once_and_kept(http, received):
    carried(*[granted(http, grant_query="body=a-token")] * 3)

    assert paths(received()) == ["/token", "/send", "/send", "/send"]
    assert {one["headers"].get("authorization") for one in received()[1:]} == {"Bearer a-token"}


def test_whoever_waits_for_the_same_token_shares_the_question(http, received):
    (answer,) = carried(DeviceCalls((granted(http, grant_query="body=a-token"),) * 4))

    assert [one.status for one in answer.answers] == [200] * 4
    assert paths(received()).count("/token") == 1


def test_tokens_of_two_accounts_are_two(http, received):
    carried(granted(http, grant_query="body=one", key="a"), granted(http, grant_query="body=two", key="b"))

    assert [one["headers"].get("authorization") for one in received() if "send" in one["target"]] == [
        "Bearer one", "Bearer two",
    ]  # fmt: skip


@pytest.mark.parametrize("lives", [30.0, 0.0, -5.0])
def test_a_token_that_is_about_to_run_out_is_not_kept(http, received, lives):
    carried(*[granted(http, grant_query="body=a-token", lives=lives)] * 2)

    assert paths(received()) == ["/token", "/send"] * 2


def test_a_fresh_token_that_is_refused_is_forgotten_and_not_tried_again_in_the_same_call(http, received):
    answers = carried(*[granted(http, "401", grant_query="body=a-token")] * 2)

    assert [one.status for one in answers] == [401, 401]
    assert paths(received()) == ["/token", "/send"] * 2


def test_a_kept_token_that_is_refused_is_replaced_once(http, received):
    carried(granted(http, grant_query="body=a-token"), granted(http, "401", grant_query="body=a-token"))

    assert paths(received()) == ["/token", "/send", "/send", "/token", "/send"]


@pytest.mark.parametrize("grant_query", ["status=400", "status=500", "then=drop", "then=hang", "body=%C3%A9"])
def test_without_a_token_certainly_nothing_was_sent(http, received, grant_query):
    (answer,) = carried(granted(http, grant_query=grant_query), deadlines=SILENCE)

    assert not answer.in_doubt
    assert answer.reason in ("no_token", "timeout")
    assert paths(received()) == ["/token"]


def test_devices_are_called_at_the_same_time_under_one_deadline(http):
    began = time.monotonic()
    (answer,) = carried(DeviceCalls((post(http, "then=hang"), post(http), post(http, "then=hang"))), deadlines=SILENCE)

    first, second, third = answer.answers
    assert (first.reason, second.status, third.reason) == ("timeout", 200, "timeout")
    assert first.in_doubt
    assert time.monotonic() - began < 3 * SILENCE.call_seconds


def test_devices_that_all_came_too_late_are_one_stale_call(http, received):
    (answer,) = carried(DeviceCalls((post(http), post(http))), begin_before=0)

    assert (answer.reason, answer.in_doubt) == ("stale", False)
    assert received() == []


def test_devices_go_where_the_first_of_them_does():
    assert host_of(DeviceCalls((HttpCall("POST", "https://fcm.example/1", {}, b""),))) == "fcm.example:443"
    assert host_of(DeviceCalls(())) == ""


def test_the_machine_gives_up_a_connection_that_nobody_acknowledges(http):
    """Half open: the other end is gone without a word. The limits are those of the architecture."""

    async def option():
        carrier = HttpCarrier(PATIENCE, Guard(), MACHINE_TLS)
        call = post(http)
        await carrier.carry(call, Attempt(time.monotonic))
        (origin,) = carrier._origins.values()
        connection = origin.rested()
        origin.give_back(connection)
        opened = connection._transport.get_extra_info("socket")
        found = opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        await carrier.close()
        return found

    assert asyncio.run(option()) == PATIENCE.call_seconds * 1000
    assert (Deadlines().connect_seconds, Deadlines().call_seconds, Deadlines().answer_bytes_max) == (3, 15, 65536)


# --- HTTP -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def http(tmp_path_factory):
    with running("http", tmp_path_factory.mktemp("http") / "calls.jsonl") as sink:
        yield sink


@pytest.fixture
def received(http) -> Callable[[], list]:
    before = len(http.received())
    return lambda: http.received()[before:]


def post(
    sink, query: str = "", *, method: str = "POST", path: str = "/send", body: bytes = b'{"text": "Oi"}'
) -> HttpCall:
    headers = {"Content-Type": "application/json", "X-Reference": "msg_1"}
    return HttpCall(method, f"http://127.0.0.1:{sink.port}{path}?{query}", headers, body)


def test_a_request_arrives_as_it_was_asked_for(http, received):
    """Method, path, headers and body, and nothing else."""
    (answer,) = carried(post(http, "status=201&header=X-Id:7", path="/a%2Fb/%C3%A1"))
    (request,) = received()

    assert (answer.status, answer.headers["x-id"]) == (201, "7")
    assert answer.body.startswith(b'{"id": ')
    assert (request["method"], request["body"]) == ("POST", '{"text": "Oi"}')
    assert request["target"].startswith("/a%2Fb/%C3%A1?")
    assert request["headers"] == {
        "host": f"127.0.0.1:{http.port}",
        "user-agent": "Jogral",
        "content-type": "application/json",
        "x-reference": "msg_1",
        "content-length": "14",
    }


def test_connections_are_kept(http, received):
    """Calls after each other share one connection; calls at once share no more than the limit."""
    carried(*[post(http)] * 5)
    assert len({request["connection"] for request in received()}) == 1

    async def at_once():
        async with transport() as made:
            return await asyncio.gather(*(made.carry(post(http)) for _ in range(40)))

    answers = asyncio.run(at_once())
    assert [answer.status for answer in answers] == [200] * 40
    assert len({request["connection"] for request in received()[5:]}) <= PATIENCE.connections_per_host


@pytest.mark.parametrize("status", [301, 307, 404, 409, 429, 500, 503])
def test_every_status_is_an_answer(http, received, status):
    """What it means is the adapter's; redirects are not followed, and cookies not kept."""
    (answer, _) = carried(
        post(http, f"status={status}&header=Location:/elsewhere%0d%0aSet-Cookie:a=b"), post(http, "status=200")
    )

    assert answer.status == status
    first, second = received()
    assert first["target"].startswith("/send")
    assert "cookie" not in second["headers"]


def test_a_long_answer_is_cut(http):
    """And the connection with the rest of it is thrown away."""
    first, second = carried(post(http, "size=200000"), post(http))

    assert len(first.body) == Deadlines().answer_bytes_max
    assert second.status == 200


@pytest.mark.parametrize(
    ("then", "reason"),
    [("drop", "reset"), ("garbage", "unreadable"), ("cut", "unreadable"), ("hang", "timeout"), ("stall", "timeout")],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "GET"])
def test_silence_after_the_request_is_doubt(http, received, method, then, reason):
    """The provider has it on record, and we cannot know: the call is told as doubtful, and never made twice."""
    deadlines = SILENCE if reason == "timeout" else PATIENCE
    (answer,) = carried(post(http, f"then={then}", method=method, body=b""), deadlines=deadlines)

    assert isinstance(answer, NoAnswer)
    assert (answer.reason, answer.in_doubt) == (reason, True)
    assert len(received()) == 1


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_kept_connection_that_is_dropped_is_doubt_too(http, received, method):
    """From here it looks the same whether the server had read the request."""
    _, answer = carried(post(http, method=method), post(http, "then=drop", method=method))

    assert (answer.reason, answer.in_doubt) == ("reset", True)
    first, second = received()
    assert first["connection"] == second["connection"]


@pytest.mark.parametrize("then", ["cut", "stall"])
def test_a_refusal_stands_without_its_explanation(http, then):
    """A 4xx whose body never comes is still definite."""
    (answer,) = carried(post(http, f"status=422&then={then}"), deadlines=SILENCE)

    assert isinstance(answer, HttpAnswer)
    assert (answer.status, answer.body) == (422, b"")


OK = b"HTTP/1.1 200 -\r\n"
GZIPPED = gzip.compress(b"Oi")

ANSWERS = {
    "chunked, with a trailer": b"%bTransfer-Encoding: chunked\r\n\r\n1\r\nO\r\n1\r\ni\r\n0\r\nX-T: 1\r\n\r\n" % OK,
    "after interim ones": b"HTTP/1.1 100 -\r\n\r\nHTTP/1.1 103 -\r\nX-T: 1\r\n\r\n%bContent-Length: 2\r\n\r\nOi" % OK,
    "until it hangs up": OK + b"\r\nOi",
    "of the old version": b"HTTP/1.0 200 -\r\nContent-Length: 2\r\n\r\nOi",
    "compressed unasked": b"%bContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%b" % (OK, len(GZIPPED), GZIPPED),
}  # fmt: skip


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_can_be_written_in_many_ways(http, answer):
    """What counts is the same, and no trailer or interim header passes for one of its own."""
    (read,) = carried(post(http, f"then=drop&raw={quote(answer)}"))

    assert (read.status, read.body) == (200, b"Oi")
    assert "x-t" not in read.headers


MONSTERS = {
    "another protocol": b"HTTP/1.1 101 -\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n",
    "two lengths": OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nOi",
    "a length and chunks": OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "compressed badly": OK + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nOi",
}


@pytest.mark.parametrize("answer", MONSTERS.values(), ids=MONSTERS)
def test_an_answer_that_can_be_read_in_two_ways_is_not_read(http, answer):
    """The provider took the call, and nobody can tell what it said."""
    (read,) = carried(post(http, f"raw={quote(answer)}"))

    assert (read.reason, read.in_doubt) == ("unreadable", True)


def test_a_head_ends_somewhere(http):
    """A server that sends headers for ever fills no memory."""
    (answer,) = carried(post(http, "then=endless"))

    assert (answer.reason, answer.in_doubt) == ("unreadable", True)


def test_an_answer_that_nobody_asked_for_answers_nothing(http, received):
    """The connection that brought it is given up: the next call gets its own answer, on another one."""
    once = OK + b"Content-Length: 2\r\n\r\n"
    first, second = carried(post(http, f"raw={quote(once + b'Oi' + once + b'No')}"), post(http, "body=Eu"))

    assert (first.body, second.body) == (b"Oi", b"Eu")
    assert len({request["connection"] for request in received()}) == 2


@pytest.mark.parametrize("limits", [Deadlines(idle_seconds=0), Deadlines()], ids=["too old", "closing"])
def test_a_connection_is_not_used_for_ever(http, received, limits):
    """Not when it rested too long, and not when the server said that it was the last answer."""
    last = "" if limits.idle_seconds == 0 else "header=Connection:close"
    answers = carried(post(http, last), post(http), deadlines=limits)

    assert [answer.status for answer in answers] == [200, 200]
    assert len({request["connection"] for request in received()}) == 2


def test_an_idle_connection_is_hung_up():
    """By us, without a call that looks for it."""

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 -\r\nContent-Length: 0\r\n\r\n")
        ended.set_result(await reader.read())
        writer.close()

    async def idle():
        nonlocal ended
        ended = asyncio.get_running_loop().create_future()
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            async with transport(deadlines=Deadlines(idle_seconds=0.01)) as made:
                answer = await made.carry(HttpCall("GET", f"http://127.0.0.1:{port}/", {}, b""))
                return answer.status, await asyncio.wait_for(ended, 10)

    ended: asyncio.Future[bytes]
    assert asyncio.run(idle()) == (200, b"")


def test_a_refused_connection_is_definite():
    """Nothing has left."""
    url = f"http://127.0.0.1:{free_port()}/"
    (answer,) = carried(HttpCall("POST", url, {}, b"x"))

    assert (answer.reason, answer.in_doubt) == ("connect", False)


NO_CALLS = {
    "line break": HttpCall("POST", "http://127.0.0.1:9/", {"X-A": "1\r\nX-B: 2"}, b""),
    "half a character": HttpCall("POST", "http://127.0.0.1:9/", {"X-A": "\ud800"}, b""),
    "length of its own": HttpCall("POST", "http://127.0.0.1:9/", {"content-length": "1"}, b"Oi"),
    "odd method": HttpCall("HEAD", "http://127.0.0.1:9/", {}, b""),
    "scheme": HttpCall("POST", "ftp://127.0.0.1/", {}, b""),
    "space": HttpCall("POST", "http://127.0.0.1:9/a b", {}, b""),
    "line break in the URL": HttpCall("POST", "http://127.0.0.1:9/\r\nX: y", {}, b""),
    "password": HttpCall("POST", "http://user:pw@127.0.0.1:9/", {}, b""),
    "port": HttpCall("POST", "http://127.0.0.1:99999/", {}, b""),
    "no host": HttpCall("POST", "/send", {}, b""),
}


@pytest.mark.parametrize("call", NO_CALLS.values(), ids=NO_CALLS)
def test_a_call_that_is_none_is_not_made(call):
    """Line breaks, odd URLs and what would frame it differently end here, definitely."""
    with listener() as server:
        port = server.getsockname()[1]
        url = call.url.replace(":9/", f":{port}/")
        (answer,) = carried(HttpCall(call.method, url, call.headers, call.body))

    assert (answer.reason, answer.in_doubt) == ("not_allowed", False)


def test_a_late_call_is_not_made(http, received):
    """Whether it was late from the start, or waited too long for a connection."""
    (answer,) = carried(post(http), begin_before=time.monotonic() - 1)
    assert (answer.reason, answer.in_doubt) == ("stale", False)

    async def crowd():
        limits = Deadlines(call_seconds=0.6, connections_per_host=1)
        async with transport(deadlines=limits) as made:
            first = asyncio.create_task(made.carry(post(http, "then=hang")))
            return await asyncio.gather(first, made.carry(post(http), begin_before=time.monotonic() + 0.1))

    first, second = asyncio.run(crowd())
    assert first.in_doubt
    assert not second.in_doubt
    assert len(received()) == 1


def test_a_server_that_does_not_shake_hands_is_definite():
    """Connecting has its own end, TLS included."""
    with listener() as server:
        call = HttpCall("POST", f"https://127.0.0.1:{server.getsockname()[1]}/", {}, b"x")
        (answer,) = carried(call, deadlines=Deadlines(connect_seconds=0.1))

    assert (answer.reason, answer.in_doubt) == ("connect", False)


def test_a_server_that_hangs_up_at_once_is_heard():
    """At once, not after the deadline: whether it did so before the first byte was written or after."""

    async def dial():
        async with await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            async with transport() as made:
                return await made.carry(HttpCall("POST", f"http://127.0.0.1:{port}/", {}, b"x"))

    assert asyncio.run(dial()).reason == "reset"


def test_every_address_of_a_name_is_tried(http):
    """And the name is asked for once, however many calls wait for it."""
    asked = []

    async def found(host, port):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", place)) for place in (free_port(), port)]

    async def dial():
        carrier = HttpCarrier(PATIENCE, Guard(), MACHINE_TLS, found)
        call = HttpCall("POST", f"http://provider.example:{http.port}/", {}, b"x")
        answers = await asyncio.gather(*(carrier.carry(call, Attempt(time.monotonic, None)) for _ in range(8)))
        await carrier.close()
        return answers

    assert [answer.status for answer in asyncio.run(dial())] == [200] * 8
    assert asked == ["provider.example"]


def test_a_name_server_that_is_silent_is_asked_once(http):
    """Each question holds one of a few threads: what every provider needs. Its answer, when it comes, is not lost."""
    asked = []

    async def dial():
        answered = asyncio.Event()

        async def found(host, port):
            asked.append(host)
            await answered.wait()
            return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port))]

        carrier = HttpCarrier(Deadlines(connect_seconds=0.3), Guard(), MACHINE_TLS, found)
        call = HttpCall("POST", f"http://provider.example:{http.port}/", {}, b"x")
        gave_up = [await carrier.carry(call, Attempt(time.monotonic, None)) for _ in range(2)]
        answered.set()
        last = await carrier.carry(call, Attempt(time.monotonic, None))
        await carrier.close()
        return gave_up, last

    gave_up, last = asyncio.run(dial())

    assert [(answer.reason, answer.in_doubt) for answer in gave_up] == [("connect", False)] * 2
    assert last.status == 200
    assert asked == ["provider.example"]


def test_a_call_that_may_not_begin_is_not_made(http, received):
    """It is asked last, with the connection in hand, and that connection carries the next call."""

    async def ask():
        async with transport() as made:
            allowed = await made.carry(post(http), may_begin=lambda: True)
            return allowed.status, await made.carry(post(http), may_begin=lambda: False), await made.carry(post(http))

    first, refused, last = asyncio.run(ask())
    assert (first, last.status) == (200, 200)
    assert (refused.reason, refused.in_doubt) == ("stale", False)
    assert len({request["connection"] for request in received()}) == 1
    assert len(received()) == 2


def test_a_call_can_be_late_with_a_connection_in_hand(http, received):
    """The connection goes back to the pool, and carries the next call."""

    async def crowd():
        async with transport(deadlines=Deadlines(connections_per_host=1)) as made:
            now = time.monotonic()
            early = [made.carry(post(http)) for _ in range(3)]
            # Begins only when the three before it are done, which takes longer than no time at all.
            late = made.carry(post(http), begin_before=now + 1e-4)
            return await asyncio.gather(*early, late, made.carry(post(http)))

    *early, late, last = asyncio.run(crowd())
    assert [answer.status for answer in (*early, last)] == [200] * 4
    assert late == NoAnswer("stale", in_doubt=False, detail="not begun in time")
    assert len({request["connection"] for request in received()}) == 1


def test_an_untrusted_certificate_is_definite(tmp_path):
    """No byte of the request has left; with the certificate trusted it goes through."""
    trusted = certificate.make(tmp_path)
    with running("http", tmp_path / "calls.jsonl", "--certificate", str(tmp_path)) as sink:
        call = HttpCall("POST", f"https://localhost:{sink.port}/", {}, b"x")
        (refused,) = carried(call)
        (answer,) = carried(call, tls=certificate.trusting(trusted))

        assert (refused.reason, refused.in_doubt) == ("tls", False)
        assert answer.status == 200
        assert len(sink.received()) == 1


# --- the guard ------------------------------------------------------------------------------------------------------

PRIVATE = """
127.0.0.1 127.8.8.8 0.0.0.0 0.1.2.3 10.0.0.1 172.16.0.1 172.31.255.255 192.168.0.1 169.254.169.254 169.254.170.2
100.64.0.1 100.127.255.255 192.0.0.1 192.0.0.8 192.0.0.170 192.0.2.1 192.88.99.1 198.18.0.1 198.51.100.1 203.0.113.1
224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
::1 :: ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1
64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::808:808 2002:7f00:1:: 2002:a00:1:: 2002:a9fe:a9fe::
2001::1 2001:0:4136:e378:8000:63bf:80ff:fffe 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 3fff::1 5f00::1 100::1
fe80::1 fe80::1%eth0 febf::1 fc00::1 fd00:ec2::254 fdff::1 fec0::1 ff02::1 ff0e::1 localhost
"""
PUBLIC = "8.8.8.8 192.0.1.1 100.128.0.1 2606:4700::1111 ::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::1"

# Ways of writing 127.0.0.1, and names that lead there.
SPELLINGS = """
127.0.0.1 127.1 127.0.1 2130706433 0x7f000001 0x7f.0.0.1 0x7f.1 0177.0.0.1 017700000001 127.0.0.1. 0 0.0.0.0 0x0
localhost LOCALHOST localhost. [::1] [0:0:0:0:0:0:0:1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1]
[64:ff9b::7f00:1] [2002:7f00:1::]
"""


@pytest.mark.parametrize("address", PRIVATE.split())
def test_private_addresses_are_refused(address):
    """Also when an IPv6 form carries them."""
    assert not_public(address)


@pytest.mark.parametrize("address", PUBLIC.split())
def test_public_addresses_are_not(address):
    """Translation to a public IPv4 address is public."""
    assert not not_public(address)


@pytest.mark.parametrize("host", SPELLINGS.split())
def test_no_spelling_of_this_machine_is_dialled(host):
    """Nobody knocks, and the answer is a definite no."""
    with listener() as server:
        port = server.getsockname()[1]
        call = HttpCall("POST", f"https://{host}:{port}/", {}, b"x", guarded=True)
        (answer,) = carried(call, guard=Guard(ports=frozenset({port})))

        assert not answer.in_doubt
        assert answer.reason in ("not_allowed", "dns", "connect")
        assert not knocked(server)


def test_a_name_that_changes_its_address_gains_nothing():
    """The address that is checked is the one that is dialled, whatever DNS says at each question (rebinding)."""

    async def rebound(_host, port):
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port))]

    async def dial(server):
        port = server.getsockname()[1]
        carrier = HttpCarrier(PATIENCE, Guard(ports=frozenset({port})), MACHINE_TLS, rebound)
        call = HttpCall("POST", f"https://provider.example:{port}/", {}, b"x", guarded=True)
        answer = await carrier.carry(call, Attempt(time.monotonic, None))
        await carrier.close()
        return answer

    with listener() as server:
        answer = asyncio.run(dial(server))
        assert answer == NoAnswer("not_allowed", in_doubt=False, detail="127.0.0.1 is loopback")
        assert not knocked(server)


@pytest.mark.parametrize(
    "url", ["http://provider.example/", "https://provider.example:8443/", "https://provider.example:22/"]
)
def test_recipes_reach_https_on_its_own_port_only(url):
    """Other services of a host are not a recipe's business."""
    (answer,) = carried(HttpCall("POST", url, {}, b"x", guarded=True))

    assert (answer.reason, answer.in_doubt) == ("not_allowed", False)


def test_a_guarded_call_does_not_borrow_an_open_connection(http, received):
    """What an unguarded account has dialled stays its own."""
    guarded = HttpCall("POST", f"http://127.0.0.1:{http.port}/", {}, b"x", guarded=True)
    first, second = carried(post(http), guarded, guard=Guard(scheme="http", ports=frozenset({http.port})))

    assert first.status == 200
    assert (second.reason, second.in_doubt) == ("not_allowed", False)
    assert len(received()) == 1


# --- SMTP -----------------------------------------------------------------------------------------------------------

OPEN_FILES = Path("/proc/self/fd")

MAIL = b"From: oi@casalume.example\r\nSubject: Oi\r\n\r\nOi\r\n.\r\n.Fim\r\n"


def mail(sink, *, security: str = "none", username: str = "", password: str = "", message: bytes = MAIL) -> SmtpCall:
    return SmtpCall(
        "localhost", sink.port, security, username, password, "oi@casalume.example", "joana@example.com", message
    )


@pytest.fixture(scope="module")
def smtp(tmp_path_factory):
    with running("smtp", tmp_path_factory.mktemp("smtp") / "mails.jsonl") as sink:
        yield sink


@pytest.mark.parametrize("message", [MAIL, b".\r\n", b"a\r\n..b\r\n", b"no end", b"a\n.\nb\r.\rc\r\n"])
def test_a_mail_arrives_as_it_was_written(smtp, message):
    """Dots survive, and no line break of another kind can end it early."""
    (answer,) = carried(mail(smtp, message=message))
    arrived = smtp.received()[-1]

    assert isinstance(answer, SmtpAnswer)
    assert (answer.code, answer.text.partition(" as ")[0]) == (250, "2.0.0 Ok: queued")
    assert (arrived["sender"], arrived["recipients"]) == ("oi@casalume.example", ["joana@example.com"])
    whole = message.decode().replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").replace("\n", "\r\n")
    assert arrived["message"] == f"{whole}\r\n"


def test_smtp_connections_are_kept_and_few(smtp):
    """Mails at once share no more connections than an account may have."""
    before = len(smtp.received())

    async def at_once():
        async with transport() as made:
            return await asyncio.gather(*(made.carry(mail(smtp)) for _ in range(12)))

    assert [answer.code for answer in asyncio.run(at_once())] == [250] * 12
    connections = {arrived["connection"] for arrived in smtp.received()[before:]}
    assert len(connections) <= PATIENCE.connections_per_smtp_account


@pytest.mark.parametrize(("security", "options"), [("starttls", ()), ("tls", ("--implicit-tls",))])
def test_mail_is_encrypted_and_logged_in(tmp_path, security, options):
    """By STARTTLS and by TLS, with a certificate that is checked before the password leaves."""
    trusted = certificate.make(tmp_path)
    arguments = ("--certificate", str(tmp_path), "--login", "lume:secret", *options)
    with running("smtp", tmp_path / "mails.jsonl", *arguments) as sink:
        call = mail(sink, security=security, username="lume", password="secret")
        (untrusted,) = carried(call)
        wrong, right, again = carried(
            mail(sink, security=security, username="lume", password="wrong"),
            call,
            call,
            tls=certificate.trusting(trusted),
        )

        assert (untrusted.reason, untrusted.in_doubt) == ("tls", False)
        assert (wrong.reason, wrong.in_doubt) == ("not_allowed", False)
        assert "535" in wrong.detail
        assert (right.code, again.code) == (250, 250)
        first, second = sink.received()
        assert (first["encrypted"], first["user"]) == (True, "lume")
        assert first["connection"] == second["connection"]


def test_a_server_without_starttls_gets_nothing(smtp):
    """Encryption that was asked for is not given up."""
    (answer,) = carried(mail(smtp, security="starttls"))

    assert (answer.reason, answer.in_doubt) == ("not_allowed", False)


@pytest.mark.parametrize(
    ("stage", "reply"),
    [
        ("mail", "451 4.3.0 later"),
        ("rcpt", "550 5.1.1 no such user"),
        ("data", "452 4.3.1 no room"),
        ("dot", "554 5.6.0 malformed"),
    ],
)
def test_a_reply_of_the_envelope_is_the_answer(tmp_path, stage, reply):
    """And the connection is clean again for the next mail."""
    with running("smtp", tmp_path / "mails.jsonl", "--answer", reply, "--at", stage) as sink:
        first, second = carried(mail(sink), mail(sink))

    assert f"{first.code} {first.text}" == reply
    assert second == first


@pytest.mark.parametrize(
    ("stage", "reply"), [("mail", "354 go on"), ("rcpt", "354 go on"), ("data", "250 2.0.0 Ok"), ("dot", "354 go on")]
)
def test_a_reply_to_something_else_is_no_answer(tmp_path, stage, reply):
    """That a server says "ok" before it has the text does not mean that it has it; nor "go on" that it has it not."""
    with running("smtp", tmp_path / "mails.jsonl", "--answer", reply, "--at", stage) as sink:
        (answer,) = carried(mail(sink))

    assert isinstance(answer, NoAnswer)
    assert (answer.reason, answer.in_doubt) == ("unreadable", stage == "dot")


@pytest.mark.parametrize("stage", ["greeting", "ehlo"])
def test_a_refusal_before_the_envelope_is_about_the_account(tmp_path, stage):
    """It must not be taken for a refusal of the customer's address."""
    reply = "554 5.7.1 go away"
    with running("smtp", tmp_path / "mails.jsonl", "--answer", reply, "--at", stage) as sink:
        (answer,) = carried(mail(sink))

    assert isinstance(answer, NoAnswer)
    assert (answer.reason, answer.in_doubt) == ("not_allowed", False)
    assert "554" in answer.detail


@pytest.mark.parametrize("silence", ["hang", "drop"])
@pytest.mark.parametrize("stage", ["greeting", "mail", "rcpt", "data", "dot"])
def test_only_silence_after_the_final_dot_is_doubt(tmp_path, stage, silence):
    """Before it the server cannot have taken anything."""
    with running("smtp", tmp_path / "mails.jsonl", "--answer", silence, "--at", stage) as sink:
        (answer,) = carried(mail(sink), deadlines=SILENCE if silence == "hang" else PATIENCE)

        assert isinstance(answer, NoAnswer)
        assert answer.in_doubt == (stage == "dot")
        assert len(sink.received()) == (1 if stage == "dot" else 0)


def test_a_server_that_hung_up_is_called_again(tmp_path):
    """A kept connection that says 421, or is gone, costs nothing but a new one."""
    with running("smtp", tmp_path / "mails.jsonl", "--messages-per-connection", "1") as sink:
        answers = carried(*[mail(sink)] * 3)

        assert [answer.code for answer in answers] == [250, 250, 250]
        assert len({arrived["connection"] for arrived in sink.received()}) == 3


@pytest.mark.skipif(not OPEN_FILES.is_dir(), reason="no list of what is open")
def test_a_server_that_takes_too_long_to_be_reached_keeps_no_connection(tmp_path):
    """Each of its steps may be in time, and all of them together too late: what was opened is closed."""

    def files():
        return len(list(OPEN_FILES.iterdir()))

    async def opened(sink):
        async with transport(deadlines=Deadlines(connect_seconds=9, call_seconds=0.2)) as made:
            before = files()
            answers = [await made.carry(mail(sink)) for _ in range(3)]
        for _ in range(3):  # closing takes the loop a turn or two
            await asyncio.sleep(0)
        return answers, files() - before

    with running("smtp", tmp_path / "mails.jsonl", "--answer", "hang", "--at", "ehlo") as sink:
        answers, more = asyncio.run(opened(sink))

    assert {(answer.reason, answer.in_doubt) for answer in answers} == {("timeout", False)}
    assert more <= 0


def test_no_smtp_server_is_definite():
    """Refused, and unknown by name."""

    class Nowhere:
        port = free_port()

    (answer,) = carried(mail(Nowhere))
    assert (answer.reason, answer.in_doubt) == ("connect", False)
    for host in ("smtp.invalid", "smtp..example"):
        (answer,) = carried(SmtpCall(host, 25, "none", "", "", "a@b.example", "c@d.example", MAIL))
        assert (answer.reason, answer.in_doubt) == ("dns", False)


def test_a_late_mail_is_not_begun(smtp):
    """Nor is a connection opened for it."""
    before = len(smtp.received())
    (answer,) = carried(mail(smtp), begin_before=time.monotonic() - 1)

    assert (answer.reason, answer.in_doubt) == ("stale", False)
    assert len(smtp.received()) == before


# --- the inbox ------------------------------------------------------------------------------------------------------


def entry(number: int) -> InboxCall:
    rendered = Rendered(message="oi", channel=Channel.SMS, locale="pt-BR", text="Oi")
    return InboxCall(
        InboxEntry(
            reference=f"msg_{number}",
            customer_id="cus_1",
            object_id="",
            channel=Channel.SMS,
            address="+5511955550123",
            rendered=rendered,
        ),
        1_795_600_800_000,
    )


def test_a_slice_is_one_transaction():
    """All calls of a turn are one `put`, in the thread that owns the database, and each gets its own id."""
    inbox = ListInbox()

    async def slices():
        async with transport(inbox=inbox) as made:
            first = await asyncio.gather(*(made.carry(entry(number)) for number in range(500)))
            second = await made.carry(entry(7))
            return first, second

    first, second = asyncio.run(slices())
    assert first == [InboxAnswer(f"inb_{number}") for number in range(500)]
    assert second == InboxAnswer("inb_7")
    assert inbox.batches == [500, 1]
    assert threading.get_ident() not in inbox.threads


def test_the_inbox_can_be_asked():
    """What it holds and what it does not are both answers."""
    kept, found, missing = carried(entry(1), InboxLookUp("msg_1"), InboxLookUp("msg_2"))

    assert found == kept == InboxAnswer("inb_0")
    assert missing == InboxAnswer(None)


def test_a_broken_inbox_is_doubt():
    """Its transaction may have been committed; a look-up tells."""
    inbox = ListInbox()
    inbox.broken = True
    (answer,) = carried(entry(1), inbox=inbox)

    assert (answer.reason, answer.in_doubt) == ("unreadable", True)
    assert "disk full" in answer.detail


# --- pace -----------------------------------------------------------------------------------------------------------


def test_room_follows_the_slow_twentieth():
    """Optimistic until measured, then connections times the calls of a second; never nothing."""

    class Stepping(MachineClock):
        """Every look at it takes a quarter of a second; a call looks three times."""

        def __init__(self, step: float) -> None:
            self.step = step
            self.seconds = 0.0

        def monotonic(self) -> float:
            self.seconds += self.step
            return self.seconds

    async def room(step):
        limits = Deadlines(connections_per_host=10)
        async with transport(clock=Stepping(step), deadlines=limits) as made:
            before = made.slice_room("inbox")
            for number in range(30):
                await made.carry(entry(number))
            return before, made.slice_room(host_of(entry(1)))

    assert asyncio.run(room(0.25)) == (1_500, 40)
    assert asyncio.run(room(5.0)) == (1_500, 10)
    assert asyncio.run(room(0.0)) == (1_500, 1_500)


def test_a_host_is_where_a_call_goes():
    """One name for each pace."""
    assert host_of(HttpCall("POST", "https://api.provider.example/send?to=1", {}, b"")) == "api.provider.example:443"
    assert host_of(SmtpCall("smtp.example", 587, "tls", "", "", "a", "b", b"")) == "smtp.example:587"
    assert host_of(InboxLookUp("msg_1")) == "inbox"
