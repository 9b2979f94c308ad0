"""What a worker works with: the release that is current, ready to decide, render and call."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from orchestrator.caps import reach_ms
from orchestrator.catalog.claimed import Claimed
from orchestrator.catalog.locales import negotiate
from orchestrator.decide import Rules
from orchestrator.decide.recipients import EVERYBODY, Recipients
from orchestrator.dispatch.promised import book_of
from orchestrator.dispatch.settle import InDoubt
from orchestrator.dispatch.spoken import published, said_on
from orchestrator.domain.errors import ConfigurationError
from orchestrator.release import read_release

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from orchestrator.channels import Adapter
    from orchestrator.domain.customer import Customer
    from orchestrator.domain.delivery import Request
    from orchestrator.domain.fact import LiveFact
    from orchestrator.facts.book import FactBook
    from orchestrator.release import Release
    from orchestrator.store.port import Transaction


_NOTHING = Claimed()


@dataclass(frozen=True)
class Current:
    """One release with its adapters."""

    id: str
    release: Release
    adapters: Mapping[str, Adapter]
    recipients: Recipients = EVERYBODY

    @cached_property
    def rules(self) -> Rules:
        """Where each channel goes, when, and how often."""
        project = self.release.project
        return Rules(
            accounts={channel: account.id for channel, account in self.release.accounts.items()},
            said_on=said_on(self.release),
            journeys=frozenset(self.release.journeys),
            quiet_hours=project.quiet_hours,
            caps=project.frequency_caps,
            suppress_rules=project.suppress_rules,
            time_zone=project.timezone,
            is_holiday=project.calendar.is_holiday,
            recipients=self.recipients,
            rivals=self.release.rivals,
            account_ids=self.release.account_ids,
            scripted=self.scripted,
            browsers=self.browsers,
        )

    @cached_property
    def scripted(self) -> frozenset[str]:
        """Accounts that take templates only: by the name of their adapter too, where nobody has made it."""
        capable = {name for name, adapter in self.adapters.items() if adapter.can.templates}
        return self.release.scripted | capable

    @cached_property
    def browsers(self) -> Mapping[str, bool]:
        """Accounts that push to browsers alone (true) or to apps alone; known as `scripted` are."""
        told = {name: adapter.can.subscriptions for name, adapter in self.adapters.items()}
        return self.release.browsers | {name: only for name, only in told.items() if only is not None}

    @cached_property
    def recipes(self) -> frozenset[str]:
        """Accounts that are spoken to by a recipe, whose refusals may be mistakes of ours."""
        channels = self.release.project.channels.values()
        return frozenset(one.id for settings in channels for one in settings.accounts if one.adapter == "webhook")

    @cached_property
    def far_away(self) -> bool:
        """Whether some account may be a provider's, which counts things itself."""
        return not self.adapters or not self.local

    @cached_property
    def counts_since_ms(self) -> int | None:
        """How far back the frequency caps look, in milliseconds; None where there are none."""
        return reach_ms(self.rules.caps) if self.rules.caps else None

    @cached_property
    def exits(self) -> frozenset[str]:
        """The journeys that an event may end."""
        return frozenset(journey.id for journey in self.release.journeys.values() if journey.exit_on)

    def watched(self, requests: Iterable[Request]) -> frozenset[str]:
        """The kinds of objects that suppress rules about these requests read."""
        purposes = {request.purpose for request in requests}
        return frozenset(
            rule.object
            for rule in self.rules.suppress_rules
            if not rule.purposes or not purposes.isdisjoint(rule.purposes)
        )

    def in_doubt(self, account: str, topic: str) -> InDoubt:
        """What is done about a call through an account that may have arrived."""
        adapter = self.adapters.get(account)
        if adapter is None:
            return InDoubt.STOP
        if adapter.can.looks_up:
            return InDoubt.LOOK_UP
        return self.after_doubt(adapter, topic)

    def after_doubt(self, adapter: Adapter, topic: str) -> InDoubt:
        """The same where nobody can be asked, or answers. A topic that was taken out of the project is not repeated."""
        if topic not in self.release.project.topics or self.release.on_doubt(topic) == "stop":
            return InDoubt.STOP
        return InDoubt.REPEAT if adapter.can.idempotent else InDoubt.RESEND

    @cached_property
    def local(self) -> bool:
        """Whether nothing leaves this machine, so that made-up addresses and a moved clock are safe."""
        return all(adapter.can.local for adapter in self.adapters.values())

    def claimed(self, request: Request) -> Claimed:
        """Where a request's claims are read from; nowhere, where its message was taken out of the project."""
        found = published(self.release, request)
        return _NOTHING if found is None else found.claimed

    def live_paths(self, requests: Iterable[Request]) -> frozenset[str]:
        """The live facts that requests depend on."""
        said = {published(self.release, request) for request in requests}
        facts = {path for one in said if one is not None for path in one.claimed.facts}
        return self.release.facts.live_paths(facts) if facts else frozenset()

    def book(self, live: Mapping[str, LiveFact]) -> FactBook:
        """The facts, with the live values of now."""
        return book_of(self.release, live)

    def locale(self, request: Request, customer: Customer) -> str:
        """The language in which a customer is written to: what was asked for, else their own, else the voice's."""
        found = published(self.release, request)
        translations = found.translations if found is not None else {}
        return negotiate(request.locale or customer.locale or "", translations, self.release.voice.locale)


def read_current(
    transaction: Transaction,
    known: Current | None,
    wire: Callable[[Release], Mapping[str, Adapter]],
    recipients: Recipients = EVERYBODY,
) -> Current:
    """The current release; the known one when it still is. Raises ConfigurationError before the first release."""
    release_id = transaction.ledger.release_id()
    if known is not None and known.id == release_id:
        return known
    content = transaction.ledger.release(release_id) if release_id else None
    if release_id is None or content is None:
        raise ConfigurationError("The ledger holds no release yet.", remedy="Run: jogral up (or serve, or demo)")
    release = read_release(content)
    return Current(release_id, release, wire(release), recipients)


def data_for(
    request: Request, customer: Customer, objects: Mapping[tuple[str, str], Mapping[str, Any]]
) -> dict[str, Any]:
    """What a message may read: the customer, what it is about as that is now, and what came with the request."""
    return data_of(customer, request.objects, objects, request.data)


def data_of(
    customer: Customer,
    about: Mapping[str, str],
    objects: Mapping[tuple[str, str], Mapping[str, Any]],
    own: Mapping[str, Any],
) -> dict[str, Any]:
    """The same before there is a request: `about` names the objects, and `own` is what came with the wish.

    A mapping of the own data adds to the object of the same name, and wins.
    """
    data: dict[str, Any] = {"customer": {**customer.attributes, "id": customer.id}}
    for kind, object_id in about.items():
        known = objects.get((kind, object_id), {})
        data[kind] = {**known, "id": object_id}
    for name, value in own.items():
        existing = data.get(name)
        data[name] = {**existing, **value} if isinstance(existing, dict) and isinstance(value, dict) else value
    return data
