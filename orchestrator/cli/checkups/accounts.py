"""The accounts: credentials are really tried, with calls that only read, all at the same time. Nothing is sent."""

from __future__ import annotations

import asyncio
import dataclasses
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from orchestrator.app.accounts import refuse_strangers, wire_account
from orchestrator.app.draining import StoreInbox
from orchestrator.channels import DeviceCalls, HttpAnswer, HttpCall, SmtpCall
from orchestrator.cli.checkups.certificates import certificates
from orchestrator.cli.checkups.check import Check, Verdict, of_seen, trouble
from orchestrator.cli.checkups.hooks import approvals, hook
from orchestrator.cli.checkups.links import is_of_this_machine
from orchestrator.cli.checkups.senders import resolver, sender_checks, sender_of
from orchestrator.contract.inspections import inspections_of
from orchestrator.contract.inspections.grants import of_grant
from orchestrator.contract.inspections.look_up import of_look_up
from orchestrator.domain.customer import ADDRESS_KINDS, Address, AddressKind, Channel
from orchestrator.domain.delivery import Delivery
from orchestrator.domain.errors import InputError, JogralError, mark
from orchestrator.domain.message import Purpose, Rendered
from orchestrator.transport import Deadlines, Transport
from orchestrator.transport.probe import probe

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from orchestrator.app import App
    from orchestrator.channels import Adapter, Call
    from orchestrator.cli.terminal import Terminal
    from orchestrator.contract.inspections import Inspection
    from orchestrator.contract.inspections.sender_domain import Look
    from orchestrator.release import Release

T = TypeVar("T")

SECONDS = 3.0
"""How long one question may take. Those of all accounts are asked at once."""

SKEW_SECONDS_MAX = 60
"""Amazon and Google refuse what is signed five minutes off; a minute already says that nothing sets this clock."""

_NOT_LET_IN = ("530", "534", "535")


@dataclasses.dataclass
class Accounts:
    """What the accounts of a release are asked. `calls` are those that messages would be, by account; none is made.

    `refused` are those that could not be made into adapters, and why; `templates` the names and languages of the
    release's templates.
    """

    terminal: Terminal
    app: App
    adapters: dict[str, Adapter]
    refused: dict[str, JogralError]
    names: dict[str, str]
    templates: Collection[tuple[str, str]] = ()
    calls: dict[str, Call] = dataclasses.field(default_factory=dict)
    skews: list[float] = dataclasses.field(default_factory=list)

    def checks(self) -> Iterator[Check]:
        """Every account's, in the order of the project; then this machine's clock by theirs, and the certificates."""
        yield from asyncio.run(self._examined())

    @property
    def mails(self) -> list[Call]:
        """The calls that letters would be."""
        return [call for name, call in self.calls.items() if self.adapters[name].channel is Channel.EMAIL]

    async def _examined(self) -> list[Check]:
        transport = Transport(
            inbox=StoreInbox(self.app),
            run=_at_once,
            clock=self.app.clock,
            deadlines=Deadlines(connect_seconds=SECONDS, call_seconds=SECONDS),
        )
        look = resolver(self.app.settings.resolver)
        try:
            found = await asyncio.gather(*(self._account(name, transport, look) for name in self.names))
        finally:
            await transport.close()
        checks = [check for one in found for check in one] + self._strangers()
        return (
            checks
            + self._skew()
            + await certificates(self.terminal, self.app.public_url, self._urls(), self.app.clock.now())
        )

    def _strangers(self) -> list[Check]:
        try:
            refuse_strangers(self.app.settings, self.names)
        except JogralError as error:
            return [trouble(self.terminal, "accounts", error)]
        return []

    async def _account(self, name: str, transport: Transport, look: Look) -> list[Check]:
        if name in self.refused:
            return [trouble(self.terminal, name, self.refused[name])]
        adapter = self.adapters[name]
        try:
            call = _sample_call(adapter, self.app)
        except InputError:  # the made-up message is none that this adapter can say
            call = None
        except JogralError as error:
            return [trouble(self.terminal, name, error)]
        if call is not None:
            self.calls[name] = call
        reached = await self._reached(name, call)
        if adapter.can.local:
            return [reached]
        # Who cannot be reached is asked nothing; what the DNS says of the sender is somebody else's.
        talks = reached.verdict is Verdict.GOOD
        asked = [self._asked(name, one, transport) for one in self._inspections(name, call) if talks]
        sender = sender_of(_settings(adapter), call) if call is not None and adapter.channel is Channel.EMAIL else None
        if sender is not None and call is not None and not is_of_this_machine(_host(call)):
            asked.append(sender_checks(self.terminal, name, sender, look))
        checks = [reached, *(check for found in await asyncio.gather(*asked) for check in found)]
        if (adapter.can.receives or adapter.can.hears) and (call is None or not is_of_this_machine(_host(call))):
            checks.append(hook(self.terminal, self.app, name, _settings(adapter).get("callback_url")))
        # A key pair that is none was refused when the adapter was made.
        if public := getattr(adapter, "public_key", ""):
            told = self.terminal.words("The key pair is valid; browsers subscribe with {key}", key=public)
            checks.append(Check(name=name, aspect="VAPID", verdict=Verdict.GOOD, told=told))
        if adapter.can.templates:
            checks += approvals(self.terminal, self.app.store, name, self.templates)
        return checks

    async def _reached(self, name: str, call: Call | None) -> Check:
        terminal, adapter = self.terminal, self.adapters[name]
        about = f"{adapter.channel.value}, {self.names[name]}"
        if call is None:
            return Check(name=name, verdict=Verdict.GOOD, told=about)
        why = await probe(call)
        settings = terminal.words(
            "Check the account in templates/project.yaml and JOGRAL_ACCOUNTS__{account}__…", account=name.upper()
        )
        if why and isinstance(call, SmtpCall) and any(f"({code}," in why for code in _NOT_LET_IN):
            told = terminal.words("{about}: the server does not let us in: {why}", about=about, why=why)
            return Check(name=name, verdict=Verdict.BAD, told=told, remedy=settings)
        if why:
            told = terminal.words("{about}: cannot be reached: {why}", about=about, why=why)
            return Check(name=name, verdict=Verdict.UNREACHABLE, told=told, remedy=settings)
        if adapter.can.local:
            where = terminal.words("stays on this machine")
        elif isinstance(call, SmtpCall) and call.username:
            where = terminal.words("can be reached, and lets us in")
        else:
            where = terminal.words("can be reached")
        return Check(name=name, verdict=Verdict.GOOD, told=f"{about}: {where}")

    def _inspections(self, name: str, call: Call | None) -> tuple[Inspection, ...]:
        adapter = self.adapters[name]
        own: Callable[[], tuple[Inspection, ...]] | None = getattr(adapter, "inspections", None)
        found = own() if own is not None else inspections_of(self.names[name], _settings(adapter))
        granted = (of_grant(call.grant, call),) if isinstance(call, HttpCall) and call.grant is not None else ()
        return (*found, *granted, *of_look_up(adapter))

    async def _asked(self, name: str, inspection: Inspection, transport: Transport) -> list[Check]:
        before = self.app.clock.now()
        answer = await transport.carry(inspection.ask(before))
        self._heard_the_hour(answer, before)
        seen = inspection.read(answer)
        check = of_seen(self.terminal, name, self.terminal.words(inspection.name), seen)
        further = await asyncio.gather(*(self._asked(name, one, transport) for one in seen.further))
        return [check, *(one for found in further for one in found)]

    def _heard_the_hour(self, answer: object, before: int) -> None:
        said = answer.headers.get("date", "") if isinstance(answer, HttpAnswer) else ""
        try:
            theirs = parsedate_to_datetime(said).timestamp()
        except (TypeError, ValueError):
            return
        # It was theirs at some time between our question and now, to the second.
        low, high = before / 1000 - 1, self.app.clock.now() / 1000 + 1
        self.skews.append(min(theirs - low, 0) + max(theirs - high, 0))

    def _skew(self) -> list[Check]:
        """By the answer that is nearest: a provider's clock may be wrong, all of them are not."""
        if not self.skews:
            return []
        nearest: float = min(self.skews, key=abs)
        seconds = round(nearest)
        if abs(seconds) <= SKEW_SECONDS_MAX:
            told = self.terminal.words("This machine and the providers agree on the time.")
            return [Check(name="time", verdict=Verdict.GOOD, told=told)]
        words = _BEHIND if seconds > 0 else _AHEAD
        return [
            Check(
                name="time", verdict=Verdict.BAD, told=self.terminal.words(words, seconds=abs(seconds)),
                remedy=self.terminal.words("Let NTP set it: what we sign with the hour in it is refused."),
            )
        ]  # fmt: skip

    def _urls(self) -> list[str]:
        return [call.url for call in self.calls.values() if isinstance(call, HttpCall) and not call.guarded]


_BEHIND = mark("This clock is {seconds} s behind the providers'.")
_AHEAD = mark("This clock is {seconds} s ahead of the providers'.")


def wired(app: App, release: Release) -> tuple[dict[str, Adapter], dict[str, JogralError], dict[str, str]]:
    """The adapters of a release, the accounts that cannot be made into one, and the adapters' names, all by account.

    Each is made alone: one account's trouble hides nothing of the others.
    """
    names = {account.id: account.adapter for one in release.project.channels.values() for account in one.accounts}
    adapters: dict[str, Adapter] = {}
    refused: dict[str, JogralError] = {}
    for name in names:
        try:
            adapter = wire_account(app.settings, release, name)
        except JogralError as error:
            refused[name] = error
        else:
            assert adapter is not None  # it is one of the release's
            adapters[name] = adapter
    return adapters, refused, names


async def _at_once(work: Callable[[], T], /) -> T:
    return work()


def _settings(adapter: Adapter) -> dict[str, Any]:
    """An account's settings, as its adapter was made with them."""
    if not dataclasses.is_dataclass(adapter):
        return {}
    return {one.name: getattr(adapter, one.name) for one in dataclasses.fields(adapter) if one.init}


def _host(call: Call) -> str:
    match call:
        case SmtpCall():
            return call.host
        case HttpCall():
            return urlsplit(call.url).hostname or ""
        case _:
            return ""


# Nobody's: it only shows where a call would go.
_SAMPLE_ADDRESSES = {
    AddressKind.EMAIL: "doctor@example.com",
    AddressKind.PHONE: "+5511912345678",
    AddressKind.PUSH_TOKEN: "doctor-doctor",
}


def _sample_call(adapter: Adapter, app: App) -> Call:
    """The call that a message would be. It is looked at, and never made."""
    channel = Channel(adapter.channel)
    kind = ADDRESS_KINDS[channel]
    nobody = Address(id="doctor", kind=kind, value=_SAMPLE_ADDRESSES[kind])
    delivery = Delivery(
        reference="doctor",
        customer_id="doctor",
        object_id="",
        channel=channel,
        address=nobody,
        purpose=Purpose.TRANSACTIONAL,
        topic="doctor",
        rendered=Rendered(message="doctor", channel=channel, locale="en", text="-", subject="-", title="-"),
        devices=(nobody,) if channel is Channel.PUSH else (),
        conversing=True,
    )
    call = adapter.call(delivery, app.clock.now(), app.clock.entropy)
    return call.calls[0] if isinstance(call, DeviceCalls) else call
