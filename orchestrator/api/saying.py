"""What bodies say that customers said: recorded with its proof, whichever route it comes by."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.api.faults import pointer
from orchestrator.api.models.customers import ConsentLeftOut
from orchestrator.dispatch.consents import Agreed, Proof, agree, require_topic, withdraw
from orchestrator.dispatch.keys import actor
from orchestrator.domain.customer import ConsentState
from orchestrator.domain.errors import InputError
from orchestrator.domain.time import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.api.models.customers import ConsentSaid
    from orchestrator.dispatch.consents import LeftOut
    from orchestrator.domain.time import Clock
    from orchestrator.release import Release
    from orchestrator.store.port import ApiKey, ConsentEvent, Transaction

# Where nothing else was said: a key told us.
_THROUGH_THE_API = "api"


def record_said(
    transaction: Transaction,
    release: Release,
    clock: Clock,
    caller: ApiKey,
    customer_id: str,
    said: Sequence[ConsentSaid],
) -> Agreed:
    """Record what a customer said, in order. Raises what `agree` and `withdraw` raise, with the place in the body."""
    events: list[ConsentEvent] = []
    left_out: list[LeftOut] = []
    for place, one in enumerate(said):
        proof = Proof(
            method=one.method or _THROUGH_THE_API,
            source=one.source or _THROUGH_THE_API,
            actor=actor(caller),
            wording=one.wording,
            evidence=one.evidence,
            at=one.at,
        )
        with told_at(pointer("#", "consents", place)):
            if one.state is ConsentState.WITHDRAWN:
                require_topic(transaction, release, customer_id, one.topic)
                events += withdraw(transaction, clock, [customer_id], one.topic, [one.channel], proof)
            else:
                agreed = agree(
                    transaction, release, clock, customer_id, one.topic, [one.channel], proof, state=one.state
                )
                events += agreed.events
                left_out += agreed.left_out
    return Agreed(events=tuple(events), left_out=tuple(left_out))


def left_out_shown(agreed: Agreed, zone: str) -> tuple[ConsentLeftOut, ...]:
    """What was not recorded, as it is answered."""
    return tuple(
        ConsentLeftOut(
            topic=one.topic,
            channel=one.channel.value,
            why=one.why,
            since=None if one.since is None else rfc3339(one.since, zone),
        )
        for one in agreed.left_out
    )


@contextmanager
def told_at(place: str) -> Iterator[None]:
    """Errors about a part of the body say where it stands: `#/topic` is `#/consents/0/topic`."""
    try:
        yield
    except InputError as error:
        error.fields = tuple(replace(one, pointer=place + one.pointer.removeprefix("#")) for one in error.fields)
        raise
