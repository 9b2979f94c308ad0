"""A mail server, played: it takes letters, refuses them, or stays silent after the final dot (RFC 5321).

It speaks SMTP on a port of its own, in the clear, because it listens on this machine only; the HTTP side is for whoever
tests with it. Letters that come back are posted to `/hooks/{account}`, as the pipe of a mail server would.

`POST /smtp/_say`:

    {"answer": "451 4.7.1 greylisted", "at": "rcpt", "count": 1}
        how the next letters end, at mail, rcpt, data or dot; "silence" says nothing, "drop" hangs up, "ok" is well
    {"bounce": "<our reference>", "status": "5.1.1", "action": "failed"}     a delivery report comes back
    {"complaint": "<our reference>"}                                         a feedback report comes back
    {"reply": "<our reference>", "text": "SAIR"}                             the recipient answers
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from orchestrator.simulators.frame import HOST, Account, Simulator

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import Message

    from orchestrator.simulators.frame import Hooks, Told

SECRET: Final = "played-inbound-secret"  # noqa: S105  # made up, and shown to whoever asks
STAGES: Final = ("mail", "rcpt", "data", "dot")
LETTER_BYTES_MAX: Final = 40 * 1024 * 1024
IDLE_SECONDS: Final = 300.0
# Commands that have one answer.
_REPLIES: Final = {
    "EHLO": b"250-mx.played.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 41943040\r\n",
    "HELO": b"250 mx.played.example\r\n",
    "NOOP": b"250 2.0.0 Ok\r\n",
    "RSET": b"250 2.0.0 Ok\r\n",
    "DATA": b"554 5.5.1 no valid recipients\r\n",
    "QUIT": b"221 2.0.0 Bye\r\n",
}
_PATH = re.compile(r"(?:FROM|TO):\s*<([^<>]*)>.*", re.IGNORECASE)


class _HungUp(Exception):  # it is what happened
    """Nothing more is said."""


_ENDINGS = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, _HungUp)


class Smtp(Simulator):
    """One mail server."""

    name = "smtp"

    def __init__(self, told: Told, hooks: Hooks, options: Mapping[str, str]) -> None:
        self._told = told
        self._hooks = hooks
        self._account = options.get("account", "email")
        self._port = int(options.get("smtp_port", "0"))
        self._server: asyncio.Server | None = None
        self._talking: set[asyncio.Task[Any]] = set()
        self._ids = itertools.count(1)
        self._letters: dict[str, tuple[str, bytes]] = {}
        self._answer, self._at, self._count = "ok", "rcpt", -1

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/", self._about)]

    def account(self, base: str) -> Account:  # noqa: ARG002  # it speaks SMTP, not HTTP
        return Account(
            channel="email",
            id=self._account,
            adapter="email_smtp",
            settings={"host": HOST, "port": self._port, "security": "none"},
            secrets={"inbound_secret": SECRET},
        )

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._talk, HOST, self._port, limit=LETTER_BYTES_MAX)
        self._port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._talking):
            task.cancel()
        await asyncio.gather(*self._talking, return_exceptions=True)

    async def say(self, said: Mapping[str, Any]) -> Any:
        if "answer" in said:
            return self._become(said)
        for key, write in (("bounce", _bounce), ("complaint", _complaint), ("reply", _reply)):
            if key in said:
                sender, letter = self._letters[said[key]]
                raw = write(sender, message_from_bytes(letter), next(self._ids), said)
                headers = {"Content-Type": "message/rfc822", "X-Jogral-Secret": SECRET}
                self._hooks.call(self._account, "POST", headers, raw)
                return raw.decode("utf-8", "replace")
        raise ValueError("say answer, bounce, complaint or reply")

    def _become(self, said: Mapping[str, Any]) -> dict[str, Any]:
        answer, at = said["answer"], said.get("at", "rcpt")
        if at not in STAGES or not (answer in {"ok", "silence", "drop"} or re.match(r"[2-5]\d\d ", answer)):
            raise ValueError(
                f"at is one of: {', '.join(STAGES)}; answer is ok, silence, drop or a reply such as 451 no"
            )
        self._answer, self._at, self._count = answer, at, int(said.get("count", -1))
        return {"answer": answer, "at": at, "count": self._count}

    async def _about(self, _request: web.Request) -> web.Response:
        return web.json_response({"host": HOST, "port": self._port})

    # --- the dialogue -----------------------------------------------------------------------------------------------

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talking.add(task)
        try:
            # Cancelled is how it ends when nobody plays any more, and the stream would log it as a failure.
            with contextlib.suppress(*_ENDINGS, asyncio.CancelledError):
                async with asyncio.timeout(IDLE_SECONDS):
                    await self._dialogue(reader, writer)
        finally:
            self._talking.discard(task)
            writer.close()

    async def _dialogue(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx.played.example ESMTP\r\n")
        sender, recipients = "", list[str]()
        verb = ""
        while verb != "QUIT":
            await writer.drain()
            line = (await reader.readuntil(b"\r\n")).decode("utf-8", "replace").strip()
            verb, _, rest = line.partition(" ")
            match verb := verb.upper():
                case "MAIL":
                    sender, recipients = _path(rest), []
                    await self._reply(writer, "mail", "250 2.1.0 Ok")
                case "RCPT":
                    if await self._reply(writer, "rcpt", "250 2.1.5 Ok"):
                        recipients.append(_path(rest))
                case "DATA" if recipients:
                    if await self._reply(writer, "data", "354 End data with <CR><LF>.<CR><LF>"):
                        await writer.drain()
                        await self._take(reader, writer, sender, recipients)
                    recipients = []
                case _:
                    recipients = [] if verb == "RSET" else recipients
                    writer.write(_REPLIES.get(verb, b"502 5.5.2 unknown command\r\n"))

    async def _take(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sender: str, recipients: list[str]
    ) -> None:
        text = b"\r\n" + await reader.readuntil(b"\r\n.\r\n")
        raw = text.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")[2:]
        letter = message_from_bytes(raw)
        message_id = str(letter["Message-ID"] or "").strip("<>")
        reference = message_id.partition("@")[0] or f"letter-{next(self._ids)}"
        refused = self._mood("dot")
        # Silence after the dot: it may have been taken, and here it was.
        if refused is None or not refused[:1].isdigit() or refused.startswith("2"):
            self._letters[reference] = (sender, raw)
            body = {"sender": sender, "recipients": recipients, "message": raw.decode("utf-8", "replace")}
            self._told.add("email", reference, recipients[0], body)
        await self._say(writer, refused or f"250 2.0.0 Ok: queued as {next(self._ids):010X}")

    async def _reply(self, writer: asyncio.StreamWriter, stage: str, well: str) -> bool:
        refused = self._mood(stage)
        await self._say(writer, refused or well)
        return refused is None

    async def _say(self, writer: asyncio.StreamWriter, answer: str) -> None:
        if answer == "silence":
            await asyncio.sleep(IDLE_SECONDS)
        if answer in {"silence", "drop"}:
            writer.transport.abort()
            raise _HungUp
        writer.write(f"{answer}\r\n".encode())

    def _mood(self, stage: str) -> str | None:
        """The answer of this mood, None where all is well."""
        if self._answer == "ok" or stage != self._at or self._count == 0:
            return None
        self._count -= 1
        return self._answer


def make(told: Told, hooks: Hooks, options: Mapping[str, str]) -> Smtp:
    """One played mail server."""
    return Smtp(told, hooks, options)


# --- letters that come back -----------------------------------------------------------------------------------------


def _bounce(sender: str, letter: Message, number: int, said: Mapping[str, Any]) -> bytes:
    """A delivery report (RFC 3464)."""
    status, action = said.get("status", "5.1.1"), said.get("action", "failed")
    code = "250" if action in {"delivered", "relayed"} else "451" if status.startswith("4") else "550"
    return _report(
        sender, number, "delivery-status",
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.played.example\r\n\r\n"
        f"Final-Recipient: rfc822; {_recipient(letter)}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; {code} {status} {said.get('text', 'played')}\r\n",
        f"Content-Type: text/rfc822-headers\r\n\r\n{_head(letter)}",
    )  # fmt: skip


def _complaint(sender: str, letter: Message, number: int, said: Mapping[str, Any]) -> bytes:
    """A feedback report (RFC 5965), its recipient left out as most providers do."""
    return _report(
        sender, number, "feedback-report",
        f"Content-Type: message/feedback-report\r\n\r\nFeedback-Type: {said.get('type', 'abuse')}\r\n"
        "User-Agent: Played/1.0\r\nVersion: 1\r\n",
        f"Content-Type: message/rfc822\r\n\r\n{_head(letter)}\r\n",
    )  # fmt: skip


def _reply(_sender: str, letter: Message, number: int, said: Mapping[str, Any]) -> bytes:
    to, subject = letter["Reply-To"] or letter["From"], letter["Subject"]
    return (
        f"From: {_recipient(letter)}\r\nTo: {to}\r\nSubject: Re: {subject}\r\n"
        f"Date: {_date()}\r\nMessage-ID: <{number}@played.example>\r\nIn-Reply-To: {letter['Message-ID']}\r\n"
        f'Content-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{said["text"]}\r\n'
    ).encode()


def _report(to: str, number: int, kind: str, *parts: str) -> bytes:
    inside = "".join(f"--B\r\n{part}\r\n" for part in ("Content-Type: text/plain\r\n\r\nSorry.\r\n", *parts))
    return (
        f"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.played.example\r\nTo: {to}\r\nDate: {_date()}\r\n"
        f"Message-ID: <{number}@mx.played.example>\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="B"\r\n\r\n{inside}--B--\r\n'
    ).encode()


def _head(letter: Message) -> str:
    """The letter's own head, which servers send back."""
    return "".join(f"{name}: {value}\r\n" for name, value in letter.items())


def _recipient(letter: Message) -> str:
    return parseaddr(str(letter["To"]))[1]


def _date() -> str:
    return format_datetime(datetime.now(UTC))


def _path(said: str) -> str:
    found = _PATH.fullmatch(said)
    return found[1] if found else ""
