"""A slice on paper: each of its requests decided and said by what was read, before anything is locked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.catalog.model import LINKS
from orchestrator.catalog.values import look_up
from orchestrator.contract.subscriptions import is_subscription
from orchestrator.decide import NOTHING_PROMISED, decide
from orchestrator.dispatch.current import data_for
from orchestrator.dispatch.links import EXAMPLE_LINKS, unsubscribe_url
from orchestrator.dispatch.promised import backing, with_facts
from orchestrator.dispatch.rehearsed import is_test
from orchestrator.dispatch.scripts import as_taken, release_saying
from orchestrator.dispatch.spoken import agreed, is_reply, say
from orchestrator.domain.errors import InputError
from orchestrator.domain.said import whole
from orchestrator.domain.verdict import Send, Step
from orchestrator.store.port import Promise

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from orchestrator.catalog.claimed import Claimed
    from orchestrator.channels import Capabilities
    from orchestrator.decide import Backing
    from orchestrator.dispatch.current import Current
    from orchestrator.dispatch.links import LinksOf
    from orchestrator.dispatch.situation import Situation
    from orchestrator.domain.customer import Address
    from orchestrator.domain.delivery import Request
    from orchestrator.domain.message import Rendered
    from orchestrator.domain.time import Instant
    from orchestrator.facts.book import FactBook


@dataclass(frozen=True, slots=True)
class Draft:
    """A request that is to be sent, said in its voice. What the gate will write is prepared outside the lock.

    `read` are the values that its claims were read from, as they were then. `steps` is what its words add to the trace.
    `unsubscribe_url`: see `Delivery`. `devices` are all that a push may go to, as the gate saw them.
    """

    request: Request
    send: Send
    rendered: Rendered
    read: tuple[Any, ...]
    content: str
    promises: tuple[Promise, ...]
    steps: tuple[Step, ...] = ()
    unsubscribe_url: str = ""
    devices: tuple[Address, ...] = ()

    def as_called(self, devices: tuple[Address, ...]) -> Draft:
        """The draft as it is called: what the ledger keeps of it is written."""
        url = self.unsubscribe_url
        return Draft(self.request, self.send, self.rendered, (), "", (), unsubscribe_url=url, devices=devices)

    def devices_for(self, can: Capabilities) -> tuple[Address, ...]:
        """Those of them that an account reaches, as many as it takes at once."""
        fit = [one for one in self.devices if can.subscriptions in (None, is_subscription(one.value))]
        return tuple(fit[: can.devices_max])


def drafts_of(
    current: Current, requests: Iterable[tuple[Request, Instant]], found: Situation, links: LinksOf
) -> tuple[dict[str, Draft], dict[str, tuple[str, str]]]:
    """Decide each request for its instant and say those that may be sent.

    Returns:
        request id → draft, and request id → (code, detail) of those that cannot be said.
    """
    book = current.book(found.live)
    drafts: dict[str, Draft] = {}
    failures: dict[str, tuple[str, str]] = {}
    for request, now in requests:
        standing = found.standings[request.customer_id]
        data = data_for(request, standing.customer, found.objects)
        claimed = current.claimed(request)
        backed_by = backing(data, claimed, book, now)
        decision = decide(request, standing, current.rules, now, backed_by, found.circumstances)
        if not isinstance(decision.verdict, Send):
            continue
        send = decision.verdict
        locale = current.locale(request, standing.customer)
        data = with_facts(data, claimed, book, now, locale)
        # The links of a test lead nowhere: whoever looks at it must not end a customer's topic.
        own = (EXAMPLE_LINKS if is_test(request) else links).of(request, send.address.id)
        try:
            # Links last: no event and no door can bring one of its own.
            script = found.circumstances.scripts.get((request.id, send.account)) if send.template else None
            said_by = release_saying(current, script, found.formers)
            rendered = as_taken(say(said_by, request, locale, send.channel, {**data, LINKS: own}, book, now), script)
        except InputError as error:
            failures[request.id] = (error.code, whole(error))
            continue
        drafts[request.id] = Draft(
            request,
            send,
            rendered,
            _read(current, request, data, claimed),
            _content(rendered),
            _promises(rendered, book) if rendered.claims else (),
            _overruled(current, request),
            unsubscribe_url(own, request.purpose, send.channel),
        )
    return drafts, failures


def failure_step(code: str) -> Step:
    """Which gate stopped what cannot be said: it could not be written, or does not say what it should."""
    return Step("read_back" if code in _READ_BACK else "render", "stop", code)


_READ_BACK = frozenset({"claim_mismatch", "claim_contradicted", "voice_error"})


def _overruled(current: Current, request: Request) -> tuple[Step, ...]:
    """That an agent's words say something else than the facts do, and why: the trace keeps the reason."""
    reason = agreed(request).reason if is_reply(current.release, request) else ""
    return (Step("read_back", "pass", f"agent: {reason}"),) if reason else ()


def promised(current: Current, request: Request, found: Situation, book: FactBook, now: Instant) -> tuple[Any, ...]:
    """What the claims of a request are read from now, to be compared with its draft's."""
    claimed = current.claimed(request)
    customer = found.standings[request.customer_id].customer
    data = data_for(request, customer, found.objects)
    return _read(current, request, with_facts(data, claimed, book, now, current.locale(request, customer)), claimed)


def backed(current: Current, request: Request, found: Situation, book: FactBook, now: Instant) -> Backing:
    """What stands behind a request's promises now."""
    claimed = current.claimed(request)
    if claimed.only_data:
        return NOTHING_PROMISED
    data = data_for(request, found.standings[request.customer_id].customer, found.objects)
    return backing(data, claimed, book, now)


def _read(current: Current, request: Request, data: Mapping[str, Any], claimed: Claimed) -> tuple[Any, ...]:
    if is_reply(current.release, request):
        return (data,)  # which variant is said depends on all of it
    return tuple(look_up(data, tuple(path.split("."))) for path in claimed.paths)


# --- as the ledger keeps it -----------------------------------------------------------------------------------------

_dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

# What a rendering keeps, where it says something; what it promises is kept beside it.
_KEPT = ("text", "subject", "preheader", "html", "title", "url", "template", "encoding", "units", "segments")


def _content(rendered: Rendered) -> str:
    content = {name: value for name in _KEPT if (value := getattr(rendered, name))}
    if rendered.buttons:
        content["buttons"] = [
            {"label": button.label, "url": button.url, "emit": button.emit} for button in rendered.buttons
        ]
    return _dumps(content)


def _promises(rendered: Rendered, book: FactBook) -> tuple[Promise, ...]:
    return tuple(
        Promise(
            claim.name,
            claim.kind.value,
            claim.fact,
            book.version(claim.fact),
            claim.value,
            claim.text,
            claim.superseded,
        )
        for claim in rendered.claims
    )
