"""POST /v1/messages: say this to somebody. GET /v1/messages/{id}: what became of it, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from orchestrator.addresses import masked
from orchestrator.api.access import put_on_record, reader_of
from orchestrator.api.language import translate_for
from orchestrator.api.models.messages import (
    AcceptedDelivery,
    AcceptedMessage,
    MessageQuery,
    MessageShown,
    ReasonShown,
    WantedMessage,
)
from orchestrator.api.reading import idempotency_key, key_required, read_model, read_query
from orchestrator.api.responses import respond, shown
from orchestrator.api.services import API, CALLER
from orchestrator.api.whom import customer_named
from orchestrator.dispatch import accept
from orchestrator.domain.customer import ADDRESS_KINDS, Channel
from orchestrator.domain.delivery import State
from orchestrator.domain.errors import NotFound
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.domain.said import retold
from orchestrator.domain.time import rfc3339
from orchestrator.journeys.steps import Channels
from orchestrator.reasons import Reason, reason
from orchestrator.redaction import without_tokens
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiohttp import web

    from orchestrator.release import Release
    from orchestrator.store.port import Transaction

ACCEPTED = 202

# Columns of a delivery that are shown as they are.
_AS_STORED = (
    "id", "message", "customer_id", "topic", "purpose", "priority", "state", "channel", "account", "provider_id",
    "objects", "origin", "event_id", "run_id", "step", "release_id", "calls", "possible_duplicate", "mode",
)  # fmt: skip
_TIMES = ("accepted_at", "due_at", "not_after", "first_call_at", "sending_at", "settled_at")

_PLANNED = mark("It waits for the time that it was asked for.")


async def post_message(request: web.Request) -> web.Response:
    """Accept a message for one customer."""
    api = request.app[API]
    wanted, content = await read_model(request, WantedMessage)
    key = idempotency_key(request, "POST /v1/messages", content)
    if key is None:
        raise key_required(mark("Make one for each message that you want, and send it again when you try again."))
    lanes: Counter[str] = Counter()
    caller = request[CALLER]

    def work(transaction: Transaction) -> accept.Answer:
        release = api.releases.read(transaction)
        clock = api.app.clock
        requests = accept.accept_message(
            transaction,
            release,
            clock,
            replace(_wanted(transaction, release, wanted), mode=caller.mode),
            # Repetitions are the key's business: the deliveries of another one are others.
            identity=new_id("api", clock.now(), clock.entropy(ENTROPY_SIZE)),
            origin="api",
        )
        lanes.clear()
        lanes.update(one.purpose.value for one in requests)
        items = tuple(AcceptedDelivery(id=one.id, channels=one.candidates) for one in requests)
        return accept.Answer(ACCEPTED, shown(AcceptedMessage(id=items[0].id, items=items)))

    answer = await api.run(lambda: accept.once(api.app.store, api.app.clock, key, work))
    api.app.passing("after_accept")
    api.metrics.accepted(0, lanes)
    if wanted.send_at is None:
        api.ringer.ring(lanes)
    location = f"/v1/messages/{answer.document['id']}"
    return respond(answer.document, status=answer.status, location=location, replayed=answer.replayed)


async def get_message(request: web.Request) -> web.Response:
    """A delivery with its reason, its words and its decisions."""
    api = request.app[API]
    query = read_query(request, MessageQuery)
    delivery_id, who = request.match_info["id"], reader_of(request)

    def read() -> tuple[dict[str, Any] | None, str]:
        with api.app.store.read() as transaction:
            delivery = transaction.deliveries.get(delivery_id) or transaction.timers.get(delivery_id)
            zone = api.releases.read(transaction).project.timezone
        if delivery is not None:
            put_on_record(api, who, "message", [delivery["customer_id"]])
        return delivery, zone

    found, zone = await api.run(read)
    if found is None:
        raise NotFound('There is no message "{id}".', remedy="Ids begin with msg_.", id=delivery_id)
    return respond(shown(_shown(found, zone, translate_for(request), html=query.content == "html")))


def _wanted(transaction: Transaction, release: Release, wanted: WantedMessage) -> accept.WantedMessage:
    channels = wanted.channels
    return accept.WantedMessage(
        message=wanted.message,
        customer_id=customer_named(transaction, wanted.customer_id, wanted.customer),
        channels=Channels(all=channels.all, first_reachable=channels.first_reachable)
        if channels is not None
        else _wherever_said(release, wanted.message),
        objects=wanted.objects,
        data=wanted.data,
        locale=wanted.locale,
        not_after=wanted.not_after,
        send_at=wanted.later,
    )


def _wherever_said(release: Release, message: str) -> Channels:
    """The first reachable of all channels that the message has words for, in the order of Channel."""
    said_on = release.said_on.get(message)
    return Channels(first_reachable=tuple(channel for channel in Channel if said_on is None or channel in said_on))


def _shown(found: Mapping[str, Any], zone: str, translate: Callable[[str], str], *, html: bool) -> MessageShown:
    address, hidden = found["address"], _masked(found)
    why = _why(found, translate)

    def without_address(words: str) -> str:
        """Providers like to repeat whom they refused."""
        said: str = retold(words, translate)
        return said.replace(address, hidden) if address and hidden else said

    return MessageShown(
        **{name: found[name] for name in _AS_STORED},
        **{name: rfc3339(found[name], zone) for name in _TIMES if found[name] is not None},
        candidates=found["candidates"].split(","),
        address=hidden,
        reason=ReasonShown(
            code=found["reason"],
            sentence=why.sentence,
            action=why.action,
            detail=without_address(found["detail"]),
        ),
        rendering=_rendering(found["rendering"], html=html),
        decisions=[
            {
                **one,
                "at": rfc3339(one["at"], zone),
                "business_at": rfc3339(one["business_at"], zone),
                "trace": retold(one["trace"], translate),
            }
            for one in found["decisions"]
        ],
        receipt=found["receipt"] or None,
        receipts=[
            {**one, "detail": without_address(one["detail"]), "at": rfc3339(one["at"], zone)}
            for one in found.get("receipts", ())  # what is planned has none
        ],
    )


def _why(found: Mapping[str, Any], translate: Callable[[str], str]) -> Reason:
    if found["next_action_at"] is None:  # a timer: no worker will look at it before it fires
        return Reason(translate(_PLANNED))
    return reason(State(found["state"]), found["reason"], translate)


def _masked(found: Mapping[str, Any]) -> str | None:
    if found["address"] is None or found["channel"] is None:
        return None
    return masked(ADDRESS_KINDS[Channel(found["channel"])], found["address"])


def _rendering(said: Mapping[str, Any] | None, *, html: bool) -> dict[str, Any] | None:
    if said is None:
        return None
    content = {name: value for name, value in said["content"].items() if name != "html" or html}
    return {**without_tokens(content), "locale": said["locale"], "claims": said["claims"]}
