"""The provider's process: `python -m tests.faults.provider_process --log FILE --seed N`.

It prints its ports (HTTP, SMTP, control) and ends with whoever started it. HTTP is HTTP/1.1 with keep-alive and
Content-Length, and SMTP without extensions, as far as our own clients speak them.
"""

from __future__ import annotations

import argparse
import asyncio
import email
import email.policy
import hashlib
import hmac
import itertools
import json
import os
import random
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.faults.provider import Behaviour, Call

# The endings of `Behaviour`, in the order in which their shares are laid end to end.
SHARES = ("drop", "black_hole", "slow_loris", "fail", "refuse")
NOT_TAKEN = frozenset({"fail", "refuse", "banned", "repeated"})
STATUSES = {"fail": 500, "refuse": 429, "banned": 429}
LORIS_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant on both clocks, in seconds."""

    monotonic: float
    wall: float

    @classmethod
    def now(cls) -> Moment:
        return cls(time.monotonic(), time.time())


@dataclass
class Account:
    """What the provider knows of one account."""

    behaviour: Behaviour
    taken: int = 0
    banned_until: float = 0.0
    ids: dict[str, str] = field(default_factory=dict)  # reference → our id of it
    answers: dict[str, str] = field(default_factory=dict)  # idempotency key → the first answer's id


class Provider:
    """Decides how each call ends, and writes it down before anybody hears of it."""

    def __init__(self, log: Path, seed: int) -> None:
        self._log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._random = random.Random(seed)
        self._behaviours: dict[str, Behaviour] = {"": Behaviour()}
        self._accounts: dict[str, Account] = {}
        self._numbers = itertools.count(1)
        self.receipts = Receipts(self)

    def behave(self, account: str, behaviour: Behaviour) -> None:
        self._behaviours[account] = behaviour
        for name, known in self._accounts.items():
            known.behaviour = self._behaviours.get(name, self._behaviours[""])

    def account(self, name: str) -> Account:
        if name not in self._accounts:
            self._accounts[name] = Account(self._behaviours.get(name, self._behaviours[""]))
        return self._accounts[name]

    def references(self, name: str) -> dict[str, str]:
        """What an account has taken, and under which ids."""
        return dict(self.account(name).ids)

    def take(self, name: str, first_byte: Moment, said: dict[str, Any], key: str) -> tuple[str, str, int]:
        """How a call ends, the id that it is answered with, and the seconds that it is asked to wait."""
        account = self.account(name)
        reference = str(said.get("reference", ""))
        ending = self._ending(account, key)
        given = account.answers[key] if ending == "repeated" else f"prov_{next(self._numbers)}"
        taken = ending not in NOT_TAKEN
        if taken:
            account.ids[reference] = given
            if key and account.behaviour.remembers_keys:
                account.answers[key] = given
            account.taken += 1
            if account.behaviour.quota and account.taken % account.behaviour.quota == 0:
                account.banned_until = time.monotonic() + account.behaviour.retry_after_s
        wait_s = account.behaviour.retry_after_s if ending in ("refuse", "banned") else 0
        self._write(name, first_byte, said | {"key": key}, ending=ending, taken=taken, retry_after_s=wait_s)
        return ending, given, wait_s

    def look_up(self, name: str, first_byte: Moment, reference: str) -> str | None:
        """The id of what was taken under a reference."""
        found = self.account(name).ids.get(reference)
        self._write(name, first_byte, {"reference": reference}, ending="ok" if found else "not_found", looked_up=True)
        return found

    def _ending(self, account: Account, key: str) -> str:
        if key in account.answers:
            return "repeated"
        if time.monotonic() < account.banned_until:
            return "banned"
        drawn = self._random.random()
        for name in SHARES:
            drawn -= getattr(account.behaviour, name)
            if drawn < 0:
                return name
        return "ok"

    def _write(
        self, account: str, first_byte: Moment, said: dict[str, Any], *, ending: str, taken: bool = False,
        looked_up: bool = False, retry_after_s: int = 0,
    ) -> None:  # fmt: skip
        now = Moment.now()
        words = {name: str(said.get(name, "")) for name in WORDS}
        call = Call(
            account=account,
            ending=ending,
            taken=taken,
            looked_up=looked_up,
            retry_after_s=retry_after_s,
            first_byte=first_byte.monotonic,
            first_byte_wall=first_byte.wall,
            at=now.monotonic,
            at_wall=now.wall,
            **words,
        )
        os.write(self._log, json.dumps(vars(call), ensure_ascii=False).encode() + b"\n")


WORDS = ("reference", "key", "customer", "message", "object", "to", "text")


# --- HTTP -------------------------------------------------------------------------------------------------------------


class Http(asyncio.Protocol):
    """One connection. POST takes a message; GET behind it looks one up."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._buffer = b""
        self._first_byte = Moment.now()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if not self._buffer:
            self._first_byte = Moment.now()
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            lines = self._buffer[:end].decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
            size = int(headers.get("content-length", 0))
            if len(self._buffer) < end + 4 + size:
                return
            body = self._buffer[end + 4 : end + 4 + size]
            self._buffer = self._buffer[end + 4 + size :]
            method, target, _ = lines[0].split(" ")
            self._received(method, target.strip("/").split("/"), headers, body)

    def _received(self, method: str, path: list[str], headers: dict[str, str], body: bytes) -> None:
        latency_s = self._provider.account(path[0]).behaviour.latency_s
        if method == "GET":
            found = self._provider.look_up(path[0], self._first_byte, path[-1])
            document = {"id": found, "status": "accepted"} if found else {"error": "not found"}
            self._later(latency_s, self._answer, 200 if found else 404, document, "")
            return
        ending, given, wait_s = self._provider.take(
            path[0], self._first_byte, json.loads(body), headers.get("idempotency-key", "")
        )
        match ending:
            case "black_hole":
                return
            case "drop":
                self._later(latency_s, self._transport.close)
            case "slow_loris":
                self._later(latency_s, self._dribble, _head(200, 64, "") + b" " * 64)
            case _:
                retry = f"Retry-After: {wait_s}\r\n" if wait_s else ""
                self._later(latency_s, self._answer, STATUSES.get(ending, 200), {"id": given}, retry)

    def _later(self, seconds: float, act: Any, *arguments: Any) -> None:
        if seconds:
            asyncio.get_running_loop().call_later(seconds, act, *arguments)
        else:
            act(*arguments)

    def _answer(self, status: int, document: dict[str, Any], extra: str) -> None:
        body = json.dumps(document).encode()
        self._transport.write(_head(status, len(body), extra) + body)

    def _dribble(self, rest: bytes) -> None:
        if rest and not self._transport.is_closing():
            self._transport.write(rest[:1])
            self._later(LORIS_SECONDS, self._dribble, rest[1:])


def _head(status: int, size: int, extra: str) -> bytes:
    return f"HTTP/1.1 {status} -\r\nContent-Length: {size}\r\n{extra}\r\n".encode()


# --- SMTP -------------------------------------------------------------------------------------------------------------

SMTP_ACCOUNT = "smtp"


class Smtp(asyncio.Protocol):
    """One connection of the account `smtp`, which is as slow as it is told: the latency comes before each answer."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._buffer = b""
        self._letter = False
        self._first_byte = Moment.now()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._say("220 provider.example")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            mark = b"\r\n.\r\n" if self._letter else b"\r\n"
            end = self._buffer.find(mark)
            if end < 0:
                return
            received, self._buffer = self._buffer[:end], self._buffer[end + len(mark) :]
            if self._letter:
                self._letter = False
                self._take(received)
            else:
                self._hear(received.decode("latin-1").upper())

    def _hear(self, command: str) -> None:
        if command.startswith("MAIL"):
            self._first_byte = Moment.now()
        if command.startswith("DATA"):
            self._letter = True
            self._say("354 go on")
        elif command.startswith("QUIT"):
            self._transport.close()
        else:
            self._say("250 ok")

    def _take(self, letter: bytes) -> None:
        parsed = email.message_from_bytes(letter, policy=email.policy.default)
        reference = str(parsed["Message-ID"]).strip("<> ").partition("@")[0]
        text = parsed.get_body(("plain",))
        said = {"reference": reference, "to": str(parsed["To"]), "text": text.get_content() if text else ""}
        ending, given, _ = self._provider.take(SMTP_ACCOUNT, self._first_byte, said, "")
        match ending:
            case "black_hole" | "slow_loris":
                return
            case "drop":
                self._transport.close()
            case "ok":
                latency_s = self._provider.account(SMTP_ACCOUNT).behaviour.latency_s
                asyncio.get_running_loop().call_later(latency_s, self._say, f"250 2.0.0 Ok: queued as {given}")
            case _:
                self._say("451 4.3.0 try again later")

    def _say(self, line: str) -> None:
        self._transport.write(f"{line}\r\n".encode())


# --- receipts ---------------------------------------------------------------------------------------------------------


class Receipts:
    """Posts what became of messages to a hook: each kind `copies` times, all of them shuffled.

    The body is signed as most providers do it: the hex HMAC-SHA256 of it stands in a header.
    """

    AT_ONCE = 16

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def send(self, *, account: str, url: str, header: str, secret: str, kinds: list[str], copies: int) -> None:
        notices = [
            json.dumps({"id": given, "reference": reference, "status": kind, "event": f"{given}/{kind}"}).encode()
            for reference, given in self._provider.references(account).items()
            for kind in kinds
            for _ in range(copies)
        ]
        random.Random(len(notices)).shuffle(notices)
        queue = iter(notices)
        async with aiohttp.ClientSession() as session:

            async def post() -> None:
                for body in queue:
                    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
                    headers = {header: signature, "Content-Type": "application/json"}
                    async with session.post(url, data=body, headers=headers) as answer:
                        answer.raise_for_status()

            await asyncio.gather(*(post() for _ in range(self.AT_ONCE)))


# --- the process ------------------------------------------------------------------------------------------------------


async def obey(provider: Provider, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One order a line."""
    while line := await reader.readline():
        order = json.loads(line)
        if "behaviour" in order:
            provider.behave(order["account"], Behaviour(**order["behaviour"]))
        else:
            await provider.receipts.send(**order["receipts"])
        writer.write(b"done\n")
    writer.close()


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    provider = Provider(options.log, options.seed)
    loop = asyncio.get_running_loop()
    servers = (
        await loop.create_server(lambda: Http(provider), "127.0.0.1", 0, backlog=1024),
        await loop.create_server(lambda: Smtp(provider), "127.0.0.1", 0),
        await asyncio.start_server(lambda reader, writer: obey(provider, reader, writer), "127.0.0.1", 0),
    )
    sys.stdout.write(" ".join(str(server.sockets[0].getsockname()[1]) for server in servers) + "\n")
    sys.stdout.flush()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


if __name__ == "__main__":
    asyncio.run(main())
