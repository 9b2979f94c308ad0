"""The domains that letters are sent from, as mailbox providers see them: SPF, DKIM and DMARC, from the DNS."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any

import dns.asyncresolver
import dns.exception
import dns.resolver

from orchestrator.channels import SmtpCall
from orchestrator.cli.checkups.check import Check, Verdict, of_seen
from orchestrator.contract.inspections.sender_domain import Sender, Unanswered, dkim, dmarc, spf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.channels import Call
    from orchestrator.cli.terminal import Terminal
    from orchestrator.contract.inspections.sender_domain import Look

SECONDS = 3.0
"""How long one name may take, and how long one domain."""


def resolver(server: str | None, *, seconds: float = SECONDS) -> Look:
    """TXT records from this machine's name servers, or from `host:port`. A name may take `seconds`."""
    names: dict[str, list[str]] = {}

    async def look(name: str) -> list[str]:
        if name not in names:
            names[name] = await _txt(asking, name)
        return names[name]

    asking = dns.asyncresolver.Resolver(configure=server is None)
    if server is not None:
        host, _, port = server.rpartition(":")
        asking.nameservers, asking.port = [host.strip("[]") or server], int(port) if host else 53
    asking.lifetime, asking.timeout = seconds, seconds / 2
    return look


async def _txt(asking: dns.asyncresolver.Resolver, name: str) -> list[str]:
    try:
        answer = await asking.resolve(name, "TXT", search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise Unanswered(name) from error
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]


def sender_of(settings: Mapping[str, Any], call: Call) -> Sender | None:
    """Who the letters of an account are from, by its settings and by the call that a letter would be."""
    domain = _domain(str(settings.get("sender") or ""))
    if not domain:
        return None
    back = _domain(call.sender) if isinstance(call, SmtpCall) else _domain(str(settings.get("bounce_to") or ""))
    return Sender(domain=domain, bounce_domain=back or domain, selector=str(settings.get("dkim_selector") or ""))


def _domain(address: str) -> str:
    return parseaddr(address)[1].rpartition("@")[2].lower()


async def sender_checks(terminal: Terminal, name: str, sender: Sender, look: Look) -> list[Check]:
    """The three records, at the same time."""
    judged = await asyncio.gather(*(_judge(terminal, name, *one, sender, look) for one in _RECORDS))
    lost = [check for check in judged if check.verdict is Verdict.UNREACHABLE]
    return [replace(one, aspect="DNS") for one in lost[:1]] + [check for check in judged if check not in lost]


_RECORDS = (("SPF", spf), ("DKIM", dkim), ("DMARC", dmarc))


async def _judge(terminal: Terminal, name: str, aspect: str, ask: Any, sender: Sender, look: Look) -> Check:
    try:
        async with asyncio.timeout(SECONDS):
            return of_seen(terminal, name, aspect, await ask(look, sender))
    except (Unanswered, TimeoutError):
        return Check(
            name=name, aspect=aspect, verdict=Verdict.UNREACHABLE,
            told=terminal.words("No name server says anything about {domain}.", domain=sender.domain),
            remedy=terminal.words("Check the network, or name another server: JOGRAL_RESOLVER=1.1.1.1:53"),
        )  # fmt: skip
