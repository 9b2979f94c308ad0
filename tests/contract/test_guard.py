"""What recipes may reach (reliability, S12): every trick that we know, against a listener that must never be rung."""

from __future__ import annotations

import asyncio
import itertools
import socket
import ssl
import threading
import time
from contextlib import closing, contextmanager

import pytest

from orchestrator.channels import HttpCall
from orchestrator.transport.attempt import Attempt, Deadlines
from orchestrator.transport.guard import Guard
from orchestrator.transport.http import HttpCarrier

PATIENCE = Deadlines(connect_seconds=2, call_seconds=5)
TLS = ssl.create_default_context()

# Ways of writing this machine.
SPELLINGS = """
127.0.0.1 127.0.0.1. 127.1 127.0.1 127.000.000.001 127.8.8.8 127.255.255.254
2130706433 2130706433. 017700000001 0177.0.0.1 0177.0.0.01 0177.0.1 00177.0.0.1 0x7f000001 0x7F000001 0x7f.0.0.1
0x7f.1 0x7f.0x0.0x0.0x1 0x0000007f.1 127.0x1 127.0.0x1 0 0.0.0.0 0.0 0x0 00 0000.0.0.0
localhost LOCALHOST LocalHost localhost. localhost..
[::1] [::1%25lo] [::0001] [0:0:0:0:0:0:0:1] [0000:0000:0000:0000:0000:0000:0000:0001] [::] [0::0]
[::ffff:127.0.0.1] [::FFFF:127.0.0.1] [::ffff:7f00:1] [::ffff:7f00:0001] [0:0:0:0:0:ffff:127.0.0.1] [::ffff:0.0.0.0]
[::ffff:0:127.0.0.1] [::127.0.0.1] [::7f00:1]
[64:ff9b::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b::7f00:0001] [64:ff9b:1::7f00:1]
[2002:7f00:1::] [2002:7f00:0001::1] [2001:0:0:0:0:0:80ff:fffe]
"""

# What a name may mean. The name is harmless, the answer of the name server is not.
MEANINGS = """
127.0.0.1 127.8.8.8 0.0.0.0 ::1 :: ::ffff:127.0.0.1 64:ff9b::7f00:1 2002:7f00:1:: ::127.0.0.1
10.0.0.1 172.16.0.1 192.168.0.1 100.64.0.1 169.254.169.254 fd00:ec2::254 fe80::1 fc00::1 224.0.0.1 255.255.255.255
192.0.2.1 198.18.0.1 2001:db8::1 ::ffff:169.254.169.254 ::ffff:10.0.0.1
"""

# Whole URLs; PORT is where the listener is.
URLS = """
https://example.com@127.0.0.1:PORT/ https://example.com:443@127.0.0.1:PORT/ https://:@127.0.0.1:PORT/
https://@127.0.0.1:PORT/ https://user:password@127.0.0.1:PORT/ https://127.0.0.1:PORT@[::1]:PORT/
https://127.0.0.1:PORT#@provider.example/ https://127.0.0.1:PORT?@provider.example/
https://127.0.0.1:PORT\\@provider.example/ https://127.0.0.1%00.provider.example:PORT/
https://127.0.0.1%2f.provider.example:PORT/ https://127%2e0%2e0%2e1:PORT/ https://%6cocalhost:PORT/
https://1①7.0.0.1:PORT/ https://ⓛocalhost:PORT/ https://127。0。0。1:PORT/ https://[::1]:PORT\\.provider.example/
http://127.0.0.1:PORT/ HTTP://127.0.0.1:PORT/ ws://127.0.0.1:PORT/ wss://127.0.0.1:PORT/ ftp://127.0.0.1:PORT/
gopher://127.0.0.1:PORT/_GET dict://127.0.0.1:PORT/stat ldap://127.0.0.1:PORT/ tftp://127.0.0.1:PORT/
unix:///var/run/docker.sock file:///etc/passwd jar:https://127.0.0.1:PORT!/ data:text/plain,x javascript:x
//127.0.0.1:PORT/ 127.0.0.1:PORT /etc/passwd https: https:// https:/// https:127.0.0.1:PORT https:/127.0.0.1:PORT/
https:///127.0.0.1:PORT/ https://127.0.0.1:PORT:443/ https://127.0.0.1:-1/ https://127.0.0.1:99999/
https://127.0.0.1:０/ https://:PORT/ https://[::1/ https://::1]:PORT/ https://[127.0.0.1]:PORT/ https://0x:PORT/
"""  # noqa: RUF001  # letters that look like others are the point

# Other services of this machine, on a guard that knows https alone.
PORTS = (22, 25, 80, 2375, 3306, 5432, 6379, 8080, 8443, 9200, 27017)


def test_there_are_enough_of_them():
    """S12 asks for eighty."""
    assert len({*SPELLINGS.split(), *MEANINGS.split(), *URLS.split()}) + len(PORTS) >= 80


@pytest.mark.parametrize("host", SPELLINGS.split())
def test_no_spelling_of_this_machine_is_dialled(host, doorman):
    """A definite no, and nobody rings: neither with TLS nor without."""
    for scheme in ("https", "http"):
        refuse(doorman, f"{scheme}://{host}:{doorman.port}/", Guard(scheme=scheme, ports=frozenset({doorman.port})))


@pytest.mark.parametrize("meaning", MEANINGS.split())
def test_no_name_leads_there(meaning, doorman):
    """What is checked is the address that is dialled, not the name."""
    refuse(doorman, harmless(doorman), open_at(doorman), means(meaning))


@pytest.mark.parametrize("url", URLS.split())
def test_no_url_leads_there(url, doorman):
    """Logins, other schemes, escapes, letters that look like others, and what is no URL."""
    refuse(doorman, url.replace("PORT", str(doorman.port)), open_at(doorman))
    refuse(doorman, url.replace("PORT", str(doorman.port)), Guard())


@pytest.mark.parametrize("port", PORTS)
def test_no_other_port_is_dialled(port, doorman):
    """Not even of a host that is public; its name is not asked for."""
    asked = []

    async def resolve(host, _port):
        asked.append(host)
        return []

    refuse(doorman, f"https://provider.example:{port}/", Guard(), resolve)
    assert asked == []


def test_a_name_that_changes_its_mind_gains_nothing(doorman):
    """Each answer of the name server is checked when it is dialled (rebinding), many times over."""
    turns = itertools.cycle(["192.0.2.1", "127.0.0.1", "10.0.0.1", "::1"])

    async def resolve(_host, port):
        return [info(next(turns), port)]

    for _ in range(12):
        refuse(doorman, harmless(doorman), open_at(doorman), resolve)


def test_of_several_addresses_none_is_dialled_that_is_private(doorman):
    """A harmless one does not vouch for the others."""
    refuse(doorman, harmless(doorman), open_at(doorman), means("192.0.2.1", "127.0.0.1", "::1", "10.0.0.1"))


def test_many_at_once_gain_nothing(doorman):
    """Nor do those that wait for somebody else's answer about the same name."""
    answers = asyncio.run(carried([harmless(doorman)] * 50, open_at(doorman), means("127.0.0.1")))
    assert {(answer.reason, answer.in_doubt) for answer in answers} == {("not_allowed", False)}
    assert doorman.rings == 0


def test_a_redirect_is_an_answer_and_no_journey(doorman):
    """Whoever answers `Location: http://127.0.0.1` is not obeyed, by guarded calls and by any other."""
    with answering(f"http://127.0.0.1:{doorman.port}/latest/meta-data/") as redirecting:
        calls = [f"http://127.0.0.1:{redirecting}/{status}" for status in (301, 302, 303, 307, 308)]
        answers = asyncio.run(carried(calls, Guard(), guarded=False))

    assert [answer.status for answer in answers] == [301, 302, 303, 307, 308]
    assert doorman.rings == 0


def test_the_doorman_would_have_heard(doorman):
    """The same call without a guard rings: the tests above can fail."""
    asyncio.run(carried([f"http://127.0.0.1:{doorman.port}/"], Guard(), guarded=False))
    assert doorman.rings == 1


# --- what they are made of ------------------------------------------------------------------------------------------


class Doorman:
    """Somebody who listens on both loopback addresses, counts who rings, and hangs up."""

    def __init__(self):
        self.rings = 0
        self._sockets = [listening(socket.AF_INET, 0)]
        self.port = self._sockets[0].getsockname()[1]
        if socket.has_ipv6:
            self._sockets.append(listening(socket.AF_INET6, self.port))
        self._threads = [threading.Thread(target=self._listen, args=(one,)) for one in self._sockets]
        for thread in self._threads:
            thread.start()

    def close(self):
        for one in self._sockets:
            one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join()

    def _listen(self, server):
        while True:
            try:
                caller, _ = server.accept()
            except OSError:
                return
            self.rings += 1
            caller.close()


def listening(family, port):
    server = socket.socket(family, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    server.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", port))
    server.listen()
    return server


@pytest.fixture(scope="module")
def everywhere():
    doorman = Doorman()
    yield doorman
    doorman.close()


@pytest.fixture
def doorman(everywhere):
    everywhere.rings = 0
    return everywhere


@contextmanager
def answering(location):
    """A server that sends everybody elsewhere, with the status of the path."""
    with closing(listening(socket.AF_INET, 0)) as server:

        def serve():
            while True:
                try:
                    caller, _ = server.accept()
                except OSError:
                    return
                with caller:
                    status = caller.recv(4096).split(b" ")[1].lstrip(b"/").decode()
                    head = (
                        f"HTTP/1.1 {status} -\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                    )
                    caller.sendall(head.encode())

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def harmless(doorman):
    return f"https://provider.example:{doorman.port}/"


def open_at(doorman):
    """A guard that would let the port through: the address alone must stop it."""
    return Guard(ports=frozenset({doorman.port}))


def info(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    place = (address, port, 0, 0) if family == socket.AF_INET6 else (address, port)
    return family, socket.SOCK_STREAM, 0, "", place


def means(*addresses):
    async def resolve(_host, port):
        return [info(address, port) for address in addresses]

    return resolve


def refuse(doorman, url, guard, resolve=None):
    """The call is not made: nothing is in doubt, and nobody rang."""
    (answer,) = asyncio.run(carried([url], guard, resolve))
    assert answer.in_doubt is False
    assert answer.reason in ("not_allowed", "dns", "connect")
    assert doorman.rings == 0


async def carried(urls, guard, resolve=None, *, guarded=True):
    carrier = HttpCarrier(PATIENCE, guard, TLS, *([resolve] if resolve else []))
    calls = [HttpCall("POST", url, {}, b"x", guarded=guarded) for url in urls]
    try:
        return await asyncio.gather(*(carrier.carry(call, Attempt(time.monotonic)) for call in calls))
    finally:
        await carrier.close()
