"""Forward: what people write and nobody automatic deals with goes to who answers them, by mail or to a webhook.

It is asked for in the transaction that hears the text, and carried by workers until it was taken or three days are
over. It goes twice rather than never: a webhook knows it by its id.
"""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import structlog

from orchestrator.channels import HttpAnswer, HttpCall, NoAnswer
from orchestrator.domain.customer import Address, AddressKind, Channel
from orchestrator.domain.delivery import Delivery, OutcomeKind
from orchestrator.domain.errors import ConfigurationError, JogralError
from orchestrator.domain.message import Purpose, Rendered
from orchestrator.domain.time import rfc3339
from orchestrator.store.port import FORWARD, Forward, ForwardState
from orchestrator.translations import mark, translator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from orchestrator.channels import Adapter, Answer, Call
    from orchestrator.dispatch.drain import Drain
    from orchestrator.dispatch.inbound import Heard
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.release import Forwarding, InboundRules, Release
    from orchestrator.store.port import KeptText, Transaction

log = structlog.get_logger()

EMAIL_ROUTE, WEBHOOK_ROUTE = "email", "webhook"

GIVEN_UP_AFTER_MS = 3 * 86_400_000
AGAIN_FIRST_MS = 15_000
AGAIN_MAX_MS = 3_600_000

# Taken for so long: more than a call and its deadline. Who dies meanwhile leaves it to the next round.
_TAKEN_MS = 60_000
_TOGETHER = 20

_OK, _REDIRECTS, _GONE = 200, 300, 410

# As Standard Webhooks writes a secret: 24 bytes or more.
_KEY = re.compile(r"(?:whsec_)?[A-Za-z0-9+/]{32,}={0,2}")

_SUBJECT = mark("A customer wrote to us: {channel}")
_INTRODUCTION = mark("{sender} wrote on {channel}, {at}:")
_UNKNOWN_SENDER = mark("Somebody whose address we do not know")
_NO_WORDS = mark("(a picture, a voice message or something else without text)")
_CUSTOMER = mark("Customer: {customers}")
_HOW_TO_ANSWER = mark("Answer them where they wrote: this letter comes from us, and they do not see your reply.")
_REPLY_REACHES_THEM = mark("Your reply to this letter goes to them.")


def forwarding(release: Release, clock: Clock, *, staging: bool) -> Callable[[Transaction, Heard], None]:
    """What asks for the forwards of a text that was heard. In staging nobody's words leave."""
    rules = release.project.inbound
    if rules is None or staging:
        return _nowhere

    def ask(transaction: Transaction, heard: Heard) -> None:
        kept = transaction.inbound.get(heard.id)
        if kept is None or _from_ourselves(transaction, rules, kept):
            return
        places = rules.answered_by(_handed_to(transaction, heard.holders, clock.now()))
        transaction.forwards.add([_forward(heard.id, route, clock.now()) for route in _routes(places)])

    return ask


def _nowhere(_transaction: Transaction, _heard: Heard) -> None:
    """Nobody is told."""


def _routes(forward: Forwarding) -> list[str]:
    named = {EMAIL_ROUTE: forward.email, WEBHOOK_ROUTE: forward.webhook}
    return [route for route, place in named.items() if place]


def _forward(inbound_id: str, route: str, now: Instant) -> Forward:
    """One id for a text and a route: whoever hears a text twice asks for its forward once."""
    digest = hashlib.sha256(f"{inbound_id}/{route}".encode()).hexdigest()[:26]
    return Forward(id=f"{FORWARD}{digest}", inbound_id=inbound_id, route=route, at=now)


def _handed_to(transaction: Transaction, holders: Sequence[str], now: Instant) -> str | None:
    """The team that one of them is handed off to."""
    return transaction.forwards.handed_to(holders, transaction.ledger.clock().now(now)) if holders else None


def _from_ourselves(transaction: Transaction, rules: InboundRules, kept: KeptText) -> bool:
    """Whether it comes from where it may go: an automatic answer there must not go round for ever."""
    ours = {one.email.lower() for one in (rules.forward, *rules.teams.values()) if one.email is not None}
    if not ours or not kept.address_id:
        return False
    address = transaction.customers.addresses([kept.address_id]).get(kept.address_id)
    return address is not None and address.value.lower() in ours


# --- carrying ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class _Item:
    """A forward with all that is known of its text, read at once."""

    forward: Forward
    kept: KeptText
    sender: str
    customers: tuple[str, ...]
    handed_to: str | None


async def forward_due(drain: Drain, *, secret: str, staging: bool) -> int:
    """Carry what is due to who answers; how many were tried.

    Args:
        drain: a worker's.
        secret: what the webhook's calls are signed with (Standard Webhooks, `whsec_…`); empty: none is called.
        staging: nobody's words leave, whatever was asked for.
    """
    if staging:
        return 0
    found = await drain.run(lambda: _take(drain))
    if found is None:
        return 0
    release, adapters, items = found
    done = await asyncio.gather(*(_told(drain, release, adapters, one, secret) for one in items))
    await drain.write(lambda: _settle(drain, list(zip(items, done, strict=True))))
    return len(items)


def _take(drain: Drain) -> tuple[Release, Mapping[str, Adapter], list[_Item]] | None:
    now = drain.clock.now()
    with drain.store.read() as transaction:
        if not transaction.forwards.waiting(now):
            return None
    with drain.store.write() as transaction:
        due = transaction.forwards.due(_TOGETHER, now, now + _TAKEN_MS)
        items = []
        for one in due:
            kept = transaction.inbound.get(one.inbound_id)
            if kept is None:
                transaction.forwards.end(one.id, ForwardState.DROPPED, "")
            else:
                items.append(_item(transaction, one, kept, now))
        if not items:
            return None
        current = drain.read_current(transaction)
    return current.release, current.adapters, items


def _item(transaction: Transaction, forward: Forward, kept: KeptText, now: Instant) -> _Item:
    known = transaction.customers.addresses([kept.address_id]) if kept.address_id else {}
    holders = tuple(sorted(transaction.customers.holders(known)))
    address = known.get(kept.address_id)
    handed = _handed_to(transaction, holders, now)
    sender = "" if address is None else address.value
    return _Item(forward=forward, kept=kept, sender=sender, customers=holders, handed_to=handed)


@dataclass(frozen=True, slots=True)
class _Done:
    state: ForwardState
    detail: str = ""


async def _told(drain: Drain, release: Release, adapters: Mapping[str, Adapter], item: _Item, secret: str) -> _Done:
    """One that can never be said ends by itself, and keeps no other from going."""
    try:
        return await _carried(drain, release, adapters, item, secret)
    except JogralError as error:
        return _Done(ForwardState.FAILED, str(error))
    except Exception as error:  # noqa: BLE001  # the others have gone: theirs must be written down, or they go again
        return _Done(ForwardState.OPEN, type(error).__name__)


async def _carried(
    drain: Drain, release: Release, adapters: Mapping[str, Adapter], item: _Item, secret: str
) -> _Done:  # fmt: skip
    rules = release.project.inbound
    places = rules.answered_by(item.handed_to) if rules is not None else None
    if rules is not None and places is not None and item.forward.route not in _routes(places):
        places = rules.forward  # they were handed off since, or back
    if item.forward.route == EMAIL_ROUTE and places is not None and places.email:
        found = _mailer(release, adapters)
        if found is None:
            return _Done(ForwardState.OPEN, "no e-mail account")
        adapter = _answering_to(found, item)
        letter = _letter(release, item, places.email, answered=adapter is not found)
        call = adapter.call(letter, drain.clock.now(), drain.clock.entropy)
        return _mailed(adapter, await drain.carrier.carry(call))
    if item.forward.route == WEBHOOK_ROUTE and places is not None and places.webhook:
        if not _KEY.fullmatch(secret):
            return _Done(ForwardState.OPEN, "JOGRAL_FORWARD_SECRET is no key: it is whsec_ and base64")
        return _posted(await drain.carrier.carry(_webhook(item, places.webhook, secret, drain.clock.now())))
    return _Done(ForwardState.DROPPED, "this route is not in the project any more")


def _settle(drain: Drain, done: list[tuple[_Item, _Done]]) -> None:
    now = drain.clock.now()
    with drain.store.write() as transaction:
        for item, outcome in done:
            forward, state = item.forward, outcome.state
            wait_ms = min(AGAIN_MAX_MS, AGAIN_FIRST_MS << min(forward.attempts - 1, 16))
            if state is ForwardState.OPEN and now + wait_ms - forward.at > GIVEN_UP_AFTER_MS:
                state = ForwardState.FAILED
            if state is ForwardState.OPEN:
                transaction.forwards.put_off(forward.id, now + wait_ms, outcome.detail)
                log.warning("forward_waits", route=forward.route, attempts=forward.attempts, why=outcome.detail)
                continue
            transaction.forwards.end(forward.id, state, outcome.detail)
            if state is ForwardState.FAILED:
                log.error(
                    "forward_failed", route=forward.route, forward=forward.id, why=outcome.detail,
                    remedy="Somebody wrote and nobody was told: look under inbound in templates/project.yaml.",
                )  # fmt: skip


# --- by mail ----------------------------------------------------------------------------------------------------------


def _mailer(release: Release, adapters: Mapping[str, Adapter]) -> Adapter | None:
    """The project's own e-mail account."""
    settings = release.project.channels.get(Channel.EMAIL)
    accounts = settings.accounts if settings is not None else ()
    return next((adapters[one.id] for one in accounts if one.weight and one.id in adapters), None)


def _answering_to(adapter: Adapter, item: _Item) -> Adapter:
    """The same adapter, or one whose letters are answered to who wrote by e-mail. They are never From them."""
    if item.kept.channel != Channel.EMAIL or not item.sender or not dataclasses.is_dataclass(adapter):
        return adapter
    if "reply_to" not in {one.name for one in dataclasses.fields(adapter)}:
        return adapter
    try:
        return cast("Adapter", dataclasses.replace(adapter, reply_to=item.sender))
    except ConfigurationError:
        return adapter  # josé@example.com stands in no head of ours: somebody has to read him all the same


def _letter(release: Release, item: _Item, to: str, *, answered: bool) -> Delivery:
    """The words, for who answers. `answered`: a reply to it goes to the person."""
    say = translator(release.project.locale)
    kept = item.kept
    sender = item.sender or say(_UNKNOWN_SENDER)
    quoted = [f"> {line}" for line in (kept.text or say(_NO_WORDS)).splitlines()]
    lines = [
        say(_INTRODUCTION).format(sender=sender, channel=kept.channel, at=rfc3339(kept.at)),
        "",
        *quoted,
        "",
        *([say(_CUSTOMER).format(customers=", ".join(item.customers))] if item.customers else []),
        say(_REPLY_REACHES_THEM if answered else _HOW_TO_ANSWER),
    ]
    rendered = Rendered(
        message="forwarded_reply", channel=Channel.EMAIL, locale=release.project.locale, text="\n".join(lines),
        # Nothing of theirs in a header.
        subject=say(_SUBJECT).format(channel=kept.channel),
    )  # fmt: skip
    return Delivery(
        reference=item.forward.id, customer_id="", object_id=kept.id, channel=Channel.EMAIL,
        address=Address(id="", kind=AddressKind.EMAIL, value=to), purpose=Purpose.TRANSACTIONAL, topic="",
        rendered=rendered,
    )  # fmt: skip


def _mailed(adapter: Adapter, answer: Answer) -> _Done:
    outcome = adapter.outcome(answer)
    if outcome.kind is OutcomeKind.SENT:
        return _Done(ForwardState.SENT)
    refused = outcome.kind is OutcomeKind.REFUSED
    return _Done(ForwardState.FAILED if refused else ForwardState.OPEN, f"{outcome.reason} {outcome.detail}".strip())


# --- by webhook -------------------------------------------------------------------------------------------------------


def _webhook(item: _Item, url: str, secret: str, now: Instant) -> Call:
    """Signed as Standard Webhooks says (standardwebhooks.com): id, timestamp and body."""
    from standardwebhooks.webhooks import Webhook  # noqa: PLC0415  # it brings libraries that other workers never need

    kept = item.kept
    document = {
        "type": "inbound.unanswered",
        "timestamp": rfc3339(now),
        "data": {
            "id": kept.id, "account": kept.source, "channel": kept.channel, "from": item.sender or None,
            "user_id": kept.user_id or None, "text": kept.text, "at": rfc3339(kept.at),
            "customer_ids": list(item.customers), "handed_to": item.handed_to,
        },
    }  # fmt: skip
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    at = datetime.fromtimestamp(now // 1000, UTC)
    headers = {
        "Content-Type": "application/json",
        "webhook-id": item.forward.id,
        "webhook-timestamp": str(now // 1000),
        "webhook-signature": Webhook(secret).sign(item.forward.id, at, body),
    }
    return HttpCall("POST", url, headers, body.encode(), guarded=True)


def _posted(answer: Answer) -> _Done:
    if isinstance(answer, HttpAnswer):
        if _OK <= answer.status < _REDIRECTS:
            return _Done(ForwardState.SENT)
        # "Stop sending", in the words of the standard.
        return _Done(ForwardState.FAILED if answer.status == _GONE else ForwardState.OPEN, f"HTTP {answer.status}")
    return _Done(ForwardState.OPEN, answer.reason if isinstance(answer, NoAnswer) else "no answer")
