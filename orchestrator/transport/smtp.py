"""Carrying e-mail over pooled, authenticated SMTP connections."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiosmtplib

from orchestrator.channels import NoAnswer, SmtpAnswer
from orchestrator.transport.attempt import Stale

if TYPE_CHECKING:
    from orchestrator.channels import Answer, SmtpCall
    from orchestrator.transport.attempt import Attempt, Deadlines

# A server says this when it is about to hang up, whatever it was asked.
CLOSING = 421

# Why a connection did not come about; the first match wins. A reply before the envelope (greeting, EHLO, STARTTLS,
# AUTH) speaks of our account, not of the message: it is `not_allowed`, never a refusal of the customer's address.
CONNECTING_FAILURES: tuple[tuple[type[BaseException], str], ...] = (
    (aiosmtplib.SMTPResponseException, "not_allowed"),
    (aiosmtplib.SMTPTimeoutError, "connect"),
    (ssl.SSLError, "tls"),
    (socket.gaierror, "dns"),
    (UnicodeError, "dns"),
    (OSError, "connect"),
    (aiosmtplib.SMTPException, "not_allowed"),
)


@dataclass(slots=True)
class _Session:
    """A connection that has said EHLO and logged in. `soiled`: its last envelope was refused and must be reset."""

    smtp: aiosmtplib.SMTP
    soiled: bool = False


class _Pool:
    def __init__(self, connections: int) -> None:
        self.room = asyncio.Semaphore(connections)
        self._rested: list[_Session] = []

    def take(self) -> _Session | None:
        """The connection used last, which is the likeliest to be alive."""
        while self._rested:
            session = self._rested.pop()
            if session.smtp.is_connected:
                return session
        return None

    def give_back(self, session: _Session) -> None:
        if session.smtp.is_connected:
            self._rested.append(session)


class SmtpCarrier:
    """One pool for each account: host, port, security and user name."""

    def __init__(self, deadlines: Deadlines, tls: ssl.SSLContext) -> None:
        self._deadlines = deadlines
        self._tls = tls
        self._pools: dict[tuple[str, int, str, str], _Pool] = {}

    async def carry(self, call: SmtpCall, attempt: Attempt) -> Answer:
        account = (call.host, call.port, call.security, call.username)
        pool = self._pools.get(account)
        if pool is None:
            pool = self._pools[account] = _Pool(self._deadlines.connections_per_smtp_account)
        async with pool.room:
            # Checked before dialling as well: a crowd that came too late must not open connections in vain.
            attempt.ensure_fresh()
            rested = pool.take()
            answer = await self._over(rested, pool, call, attempt) if rested else None
            if answer is None or (_hung_up(answer) and not attempt.in_doubt):
                # The server had left meanwhile, and nothing of the message is with it: begin again on a new one.
                session = await self._connected(call)
                if isinstance(session, NoAnswer):
                    return session
                answer = await self._over(session, pool, call, attempt)
            return answer

    async def close(self) -> None:
        pools, self._pools = self._pools, {}
        for pool in pools.values():
            while session := pool.take():
                await self._say_goodbye(session.smtp)

    async def _connected(self, call: SmtpCall) -> _Session | NoAnswer:
        smtp = aiosmtplib.SMTP(
            hostname=call.host,
            port=call.port,
            username=call.username or None,
            password=call.password if call.username else None,
            # Known without asking the machine's resolver, and a name that the provider may know.
            local_hostname=call.sender.rpartition("@")[2],
            use_tls=call.security == "tls",
            start_tls=call.security == "starttls",
            tls_context=self._tls,
            timeout=self._deadlines.connect_seconds,
        )
        try:
            await smtp.connect()
            if smtp.is_ehlo_or_helo_needed:
                await smtp.ehlo()
        except (aiosmtplib.SMTPException, OSError, UnicodeError) as error:
            smtp.close()
            return _not_connected(error)
        except BaseException:
            # The call's time is up, while every step took less than its own.
            smtp.close()
            raise
        return _Session(smtp)

    async def _over(self, session: _Session, pool: _Pool, call: SmtpCall, attempt: Attempt) -> Answer:
        try:
            attempt.begin()
        except Stale:
            pool.give_back(session)
            raise
        try:
            answer = await _transaction(session, call, attempt)
        except aiosmtplib.SMTPException as error:
            session.smtp.close()
            reason = "reset" if isinstance(error, ConnectionError) else "unreadable"
            return NoAnswer(reason, in_doubt=attempt.in_doubt, detail=f"{type(error).__name__}: {error}")
        except BaseException:
            # Cancelled in the middle of a dialogue: the next command would get this one's reply.
            session.smtp.close()
            raise
        if answer.code == CLOSING:
            session.smtp.close()
        session.soiled = answer.code // 100 != 2  # noqa: PLR2004  # accepted
        pool.give_back(session)
        return answer

    async def _say_goodbye(self, smtp: aiosmtplib.SMTP) -> None:
        try:
            await smtp.quit(timeout=self._deadlines.connect_seconds)
        except (aiosmtplib.SMTPException, OSError):
            # It hung up first: that is what we wanted.
            smtp.close()


async def _transaction(session: _Session, call: SmtpCall, attempt: Attempt) -> SmtpAnswer:
    """One envelope and one message. No reply before the final dot leaves any doubt; silence after it does.

    Raises SMTPException: what came is no reply to what was said, so that nothing after it could be believed.
    """
    if session.soiled and (await _replied(session, 2, b"RSET")).code // 100 != 2:  # noqa: PLR2004  # done
        raise aiosmtplib.SMTPException("The server does not begin anew")
    commands = (
        (2, (b"MAIL", b"FROM:<" + call.sender.encode("ascii") + b">")),
        (2, (b"RCPT", b"TO:<" + call.recipient.encode("ascii") + b">")),
        (3, (b"DATA",)),
    )
    for going_on, command in commands:
        reply = await _replied(session, going_on, *command)
        if reply.code // 100 != going_on:
            return reply
    # aiosmtplib's own `data()` does not tell a silence before the text from one after it.
    protocol = session.smtp.protocol
    if protocol is None:
        raise aiosmtplib.SMTPServerDisconnected("Connection lost")
    protocol.write(_stuffed(call.message))
    attempt.in_doubt = True
    return _ensured(await protocol.read_response(), 2)


async def _replied(session: _Session, going_on: int, *command: bytes) -> SmtpAnswer:
    return _ensured(await session.smtp.execute_command(*command, timeout=None), going_on)


def _ensured(reply: aiosmtplib.SMTPResponse, going_on: int) -> SmtpAnswer:
    """A reply that goes on as this step does, or refuses. Only "go on" to the final dot says that it was taken."""
    if reply.code // 100 not in (going_on, 4, 5):
        raise aiosmtplib.SMTPException(f"{reply.code} is no reply to that: {reply.message}")
    return SmtpAnswer(reply.code, reply.message)


_LONE_BREAK = re.compile(rb"\r(?!\n)|(?<!\r)\n")


def _stuffed(message: bytes) -> bytes:
    """The message as DATA carries it: dots at the beginning of lines doubled, and a dot alone at the end.

    A lone CR or LF would let some servers see an end where we see none (SMTP smuggling).
    """
    if not message.count(b"\r\n") == message.count(b"\n") == message.count(b"\r"):
        message = _LONE_BREAK.sub(b"\r\n", message)
    if message.startswith(b"."):
        message = b"." + message
    end = b".\r\n" if message.endswith(b"\r\n") else b"\r\n.\r\n"
    return message.replace(b"\r\n.", b"\r\n..") + end


def _hung_up(answer: Answer) -> bool:
    return answer.code == CLOSING if isinstance(answer, SmtpAnswer) else True


def _not_connected(error: Exception) -> NoAnswer:
    # aiosmtplib wraps what the socket said; the cause tells DNS and TLS apart.
    causes = (error, error.__cause__)
    reason = next(reason for kind, reason in CONNECTING_FAILURES if any(isinstance(cause, kind) for cause in causes))
    return NoAnswer(reason, in_doubt=False, detail=f"{type(error).__name__}: {error}")
