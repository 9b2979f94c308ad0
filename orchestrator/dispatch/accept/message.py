"""A message that a door asks for directly, and what every request is made of."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from orchestrator.dispatch.accept.event import unknown_word
from orchestrator.dispatch.accept.later import ensure_in_time
from orchestrator.dispatch.promised import last_instant
from orchestrator.dispatch.spoken import topic_of
from orchestrator.dispatch.whose import lock_customer
from orchestrator.domain.delivery import Mode, Request
from orchestrator.domain.errors import InputError, NotFound, did_you_mean
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.store.port import NewDelivery

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.dispatch.accept.later import Later
    from orchestrator.domain.customer import Channel
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.journeys.steps import Channels
    from orchestrator.release import Release
    from orchestrator.store.port import Transaction


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedMessage:
    """A message that a door asks for directly. `objects` names what it is about (kind → id)."""

    message: str
    customer_id: str
    channels: Channels
    objects: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    locale: str | None = None
    not_after: Instant | None = None
    send_at: Later | None = None
    mode: Mode = Mode.LIVE


def accept_message(
    transaction: Transaction, release: Release, clock: Clock, wanted: WantedMessage, *, identity: str, origin: str
) -> list[Request]:
    """Store one request for every slot that was asked for; with `send_at` as timers, which become requests then.

    Raises:
        NotFound: no such message or customer.
        InputError: the message says nothing on a channel that was asked for, or the time is not one to wait for.
    """
    if wanted.message not in release.messages:
        raise NotFound(
            'There is no message "{message}"{hint}',
            code="unknown_message",
            fields=[unknown_word("#/message", "unknown_message", wanted.message, release.messages)],
            message=wanted.message,
            hint=did_you_mean(wanted.message, release.messages),
        )
    owner = lock_customer(transaction, wanted.customer_id)
    if owner is None:
        raise NotFound(
            'There is no customer "{customer}".',
            remedy="Create them first: POST /v1/customers.",
            code="unknown_customer",
            customer=wanted.customer_id,
        )
    wanted = replace(wanted, customer_id=owner)
    silent = [
        channel
        for _, channels in wanted.channels.slots()
        for channel in channels
        if channel not in release.said_on[wanted.message]
    ]
    if silent:
        raise InputError(
            '"{message}" is not said on {channel}.',
            remedy="It is said on: {known}.",
            code="silent_channel",
            message=wanted.message,
            channel=silent[0].value,
            known=", ".join(sorted(channel.value for channel in release.said_on[wanted.message])),
        )
    objects = own_objects(transaction, wanted.customer_id, wanted.objects, wanted.data)
    now = transaction.ledger.clock().now(clock.now())
    if wanted.send_at is None:
        when = None
        ends = last_instant(release, wanted.message, {**objects, **wanted.data}, now)
    else:
        when = wanted.send_at.wall_time(transaction, release, wanted.customer_id)
        ensure_in_time(when, wanted.not_after, now)
        ends = None  # what it promises then is known then
    deliveries = [
        NewDelivery(
            request=new_request(
                release,
                clock,
                message=wanted.message,
                customer_id=wanted.customer_id,
                candidates=candidates,
                objects=wanted.objects,
                data=wanted.data,
                locale=wanted.locale,
                due_at=None if when is None else when.instant,
                not_after=_earlier(wanted.not_after, ends),
                mode=wanted.mode,
            ),
            identity=f"{identity}/{slot}",
            origin=origin,
        )
        for slot, candidates in wanted.channels.slots()
    ]
    if when is None:
        transaction.deliveries.add(deliveries, clock.now())
    else:
        transaction.timers.add([(when, delivery) for delivery in deliveries], clock.now())
    return [delivery.request for delivery in deliveries]


def _earlier(one: Instant | None, other: Instant | None) -> Instant | None:
    return min(filter(None, (one, other)), default=None)


def own_objects(
    transaction: Transaction, customer_id: str, objects: Mapping[str, str], data: Mapping[str, Any]
) -> dict[str, Any]:
    """What is known of the objects that a message is about (kind → data); `data` is what the wish says itself.

    One customer's order must not be told to another, and a misspelt id must not become a failed message.
    """
    found = transaction.events.objects(set(objects.items()))
    for kind, object_id in objects.items():
        one = found.get((kind, object_id))
        # What the request says itself needs no object behind it.
        known = one is not None or kind in data
        if not known or (one is not None and one.customer_id not in (None, customer_id)):
            raise InputError.at(
                f"#/objects/{kind}",
                'This customer has no {kind} "{object}".',
                code="unknown_object",
                kind=kind,
                object=object_id,
            )
    return {kind: {**one.data, "id": object_id} for (kind, object_id), one in found.items()}


def new_request(  # noqa: PLR0913  # a request has that many sides, and all of them are named
    release: Release,
    clock: Clock,
    *,
    message: str,
    customer_id: str,
    candidates: tuple[Channel, ...],
    objects: Mapping[str, str],
    data: Mapping[str, Any],
    locale: str | None = None,
    priority: str = "normal",
    due_at: Instant | None = None,
    not_after: Instant | None = None,
    journey: str | None = None,
    run_id: str | None = None,
    step: str | None = None,
    mode: Mode = Mode.LIVE,
) -> Request:
    now = clock.now()
    topic = topic_of(release, message)
    return Request(
        id=new_id("msg", now, clock.entropy(ENTROPY_SIZE)),
        message=message,
        customer_id=customer_id,
        topic=topic,
        purpose=release.purpose(topic),
        candidates=candidates,
        objects=objects,
        data=data,
        locale=locale,
        priority=priority,
        due_at=now if due_at is None else due_at,
        not_after=not_after,
        accepted_at=now,
        journey=journey,
        run_id=run_id,
        step=step,
        mode=mode,
    )
