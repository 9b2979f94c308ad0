"""A request as a row of `deliveries`, and a row as a request."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import Mode, Rejection, Request, State
from orchestrator.domain.message import Purpose
from orchestrator.store import bulk
from orchestrator.store.tables import deliveries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.domain.time import Instant
    from orchestrator.store.port import NewDelivery

_TABLE = deliveries.c
_PURPOSES = {purpose.value: purpose for purpose in Purpose}
_MODES = {mode.value: mode for mode in Mode}
_CHANNELS = {channel.value: channel for channel in Channel}
_CANDIDATES: dict[str, tuple[Channel, ...]] = {"": ()}

COLUMNS = (
    "id",
    "identity",
    "message",
    "customer_id",
    "topic",
    "purpose",
    "candidates",
    "objects",
    "data",
    "locale",
    "priority",
    "origin",
    "event_id",
    "run_id",
    "step",
    "journey",
    "state",
    "lane",
    "due_at",
    "not_after",
    "next_action_at",
    "accepted_at",
    "pinned_address_id",
    "mode",
)
"""What is written of a new delivery."""

REQUEST = (
    _TABLE.id,
    _TABLE.message,
    _TABLE.customer_id,
    _TABLE.topic,
    _TABLE.purpose,
    _TABLE.candidates,
    _TABLE.objects,
    _TABLE.data,
    _TABLE.locale,
    _TABLE.priority,
    _TABLE.due_at,
    _TABLE.not_after,
    _TABLE.accepted_at,
    _TABLE.first_call_at,
    _TABLE.attempts,
    _TABLE.calls,
    _TABLE.journey,
    _TABLE.run_id,
    _TABLE.step,
    _TABLE.excluded,
    _TABLE.channel,
    _TABLE.stuck_at,
    _TABLE.possible_duplicate,
    _TABLE.doubts,
    _TABLE.pinned_address_id,
    _TABLE.mode,
    _TABLE.account,
    _TABLE.address_id,
)
"""What a worker needs of one."""


def row_of(new: NewDelivery, at: Instant) -> tuple[Any, ...]:
    """A new delivery as a row of COLUMNS."""
    request = new.request
    return (
        request.id,
        new.identity,
        request.message,
        request.customer_id,
        request.topic,
        request.purpose.value,
        ",".join(request.candidates),
        bulk.dumps(dict(request.objects)),
        bulk.dumps(dict(request.data)),
        request.locale,
        request.priority,
        new.origin,
        new.event_id,
        request.run_id,
        request.step,
        request.journey,
        State.ACCEPTED.value,
        request.purpose.value,
        request.due_at,
        request.not_after,
        at,
        request.accepted_at,
        request.pinned_address_id,
        request.mode.value,
    )


def request_of(row: Sequence[Any]) -> Request:
    """A row of REQUEST as what a worker decides about."""
    (
        delivery_id,
        message,
        customer_id,
        topic,
        purpose,
        candidates,
        objects,
        data,
        locale,
        priority,
        due_at,
        not_after,
        accepted_at,
        first_call_at,
        attempts,
        calls,
        journey,
        run_id,
        step,
        excluded,
        tried,
        stuck_at,
        in_doubt,
        doubts,
        pinned_address_id,
        mode,
        tried_account,
        tried_address_id,
    ) = row
    return Request(
        id=delivery_id,
        message=message,
        customer_id=customer_id,
        topic=topic,
        purpose=_PURPOSES[purpose],
        candidates=channels_of(candidates),
        objects=objects,
        data=data,
        locale=locale,
        priority=priority,
        due_at=due_at,
        not_after=not_after,
        accepted_at=accepted_at,
        first_call_at=first_call_at,
        attempts=attempts,
        calls=calls,
        journey=journey,
        run_id=run_id,
        step=step,
        excluded=exclusions_of(excluded),
        tried=_CHANNELS.get(tried),
        stuck_at=stuck_at,
        in_doubt=bool(in_doubt),
        doubts=doubts or 0,
        pinned_address_id=pinned_address_id,
        mode=_MODES[mode],
        tried_account=tried_account,
        tried_address_id=tried_address_id,
    )


def channels_of(joined: str) -> tuple[Channel, ...]:
    """`email,sms` as channels. The same few lists come back for every row of a slice."""
    found = _CANDIDATES.get(joined)
    if found is None:
        found = _CANDIDATES[joined] = tuple(_CHANNELS[name] for name in joined.split(","))
    return found


@lru_cache(maxsize=1_024)
def exclusions_of(joined: str) -> Mapping[Channel, Rejection]:
    """`email,sms:channel` as channels and what their refusals were about: the address, where nothing else is said."""
    words = [one.partition(":") for one in joined.split(",") if one]
    return {_CHANNELS[name]: Rejection(word or Rejection.ADDRESS) for name, _, word in words}


def joined_exclusions(excluded: Mapping[Channel, Rejection]) -> str:
    """The same as it is kept."""
    return ",".join(
        channel if about is Rejection.ADDRESS else f"{channel}:{about}" for channel, about in excluded.items()
    )
