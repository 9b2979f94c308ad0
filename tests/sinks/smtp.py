"""An SMTP provider of our own: `python -m tests.sinks.smtp --port 0 --record mails.jsonl`.

It records every message whose final dot it saw, and accepts it. Options choose other endings:

    --certificate FOLDER        offer STARTTLS, and refuse mail without it
    --implicit-tls              speak TLS from the first byte
    --login user:password       refuse mail without AUTH
    --answer "550 5.1.1 no such user" --at rcpt
                                answer so at greeting, ehlo, mail, rcpt, data (before the text) or dot (after it);
                                the answers "hang" and "drop" say nothing and wait, or hang up
    --messages-per-connection N then 421 at the next MAIL
"""

from __future__ import annotations

import argparse
import asyncio
import hmac
import itertools
import logging
from typing import IO, Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from tests.sinks import certificate, process

STAGES = ("greeting", "ehlo", "mail", "rcpt", "data", "dot")


class Conversation(SMTP):
    """aiosmtpd's server, interrupted where the options say."""

    numbers = itertools.count(1)
    ids = itertools.count(1)

    def __init__(self, options: argparse.Namespace, record: IO[str], **settings: Any) -> None:
        super().__init__(self, hostname="sink.example", **settings)
        self.options = options
        self.record = record
        self.number = next(self.numbers)
        self.taken = 0
        self.greeted = False

    async def push(self, status: str | bytes) -> None:
        if not self.greeted:
            self.greeted = True
            if await self.interrupted("greeting"):
                return
        await super().push(status)

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802  # aiosmtpd's name
        if not await self.interrupted("ehlo"):
            await super().smtp_EHLO(hostname)

    async def smtp_MAIL(self, arg: str) -> None:  # noqa: N802  # aiosmtpd's name
        if self.taken == self.options.messages_per_connection:
            await self.push("421 4.7.0 enough for this connection")
            self.transport.close()
        elif not await self.interrupted("mail"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str) -> None:  # noqa: N802  # aiosmtpd's name
        if not await self.interrupted("rcpt"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802  # aiosmtpd's name
        if not await self.interrupted("data"):
            await super().smtp_DATA(arg)

    async def handle_DATA(self, _server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        self.taken += 1
        number = next(self.ids)
        process.write(
            self.record,
            sender=envelope.mail_from,
            recipients=envelope.rcpt_tos,
            message=envelope.original_content.decode("ascii"),
            encrypted=session.ssl is not None or self.options.implicit_tls,
            user=session.auth_data.login.decode() if session.auth_data else "",
            connection=self.number,
        )
        answer = self.options.answer if self.options.at == "dot" else f"250 2.0.0 Ok: queued as {number}"
        if answer == "hang":
            await asyncio.Event().wait()
        if answer == "drop":
            self.transport.abort()
        return answer

    async def interrupted(self, stage: str) -> bool:
        if self.options.at != stage or not self.options.answer:
            return False
        match self.options.answer:
            case "hang":
                await asyncio.Event().wait()
            case "drop":
                self.transport.abort()
            case answer:
                await super().push(answer)
        return True


def authenticator(login: str) -> Any:
    expected = login.encode()

    def check(_server: SMTP, _session: Any, _envelope: Any, _mechanism: str, given: LoginPassword) -> AuthResult:
        right = hmac.compare_digest(expected, given.login + b":" + given.password)
        return AuthResult(success=right, handled=False, auth_data=given)

    return check


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    process.add_arguments(parser)
    parser.add_argument("--implicit-tls", action="store_true")
    parser.add_argument("--login", default="")
    parser.add_argument("--answer", default="")
    parser.add_argument("--at", choices=STAGES, default="rcpt")
    parser.add_argument("--messages-per-connection", type=int, default=-1)
    options = parser.parse_args()
    logging.getLogger("mail").setLevel(logging.CRITICAL)  # every hang-up that we ask for would be told as a failure
    tls = certificate.serving(options.certificate) if options.certificate else None
    settings: dict[str, Any] = {}
    if tls and not options.implicit_tls:
        settings |= {"tls_context": tls, "require_starttls": True}
    if options.login:
        settings |= {"authenticator": authenticator(options.login), "auth_required": True}
        settings |= {"auth_require_tls": not options.implicit_tls}
    with process.recorder(options.record) as record:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: Conversation(options, record, loop=loop, **settings),
            "127.0.0.1",
            options.port,
            ssl=tls if options.implicit_tls else None,
        )
        await process.serve(server, options)


if __name__ == "__main__":
    asyncio.run(main())
