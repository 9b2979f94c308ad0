"""Say what happened, ask for a message, and see what became of it and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.api import decisions, events, messages
from orchestrator.api.access import REASON
from orchestrator.api.forms import CLOUD_EVENT, CLOUD_EVENTS, LINES
from orchestrator.api.models.decisions import DecisionsPage, DecisionsQuery
from orchestrator.api.models.events import (
    CloudEvent,
    CloudEvents,
    Event,
    Line,
    OneOrMoreAccepted,
    OneOrMoreEvents,
)
from orchestrator.api.models.messages import AcceptedMessage, MessageQuery, MessageShown, WantedMessage
from orchestrator.api.reading import JSON
from orchestrator.api.routes.route import Reply, Route

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel


_EVENT_BODIES: Mapping[str, type[BaseModel]] = {
    JSON: OneOrMoreEvents,
    LINES[0]: Event,
    CLOUD_EVENT: CloudEvent,
    CLOUD_EVENTS: CloudEvents,
}

MESSAGES = (
    Route(
        method="POST",
        path="/v1/events",
        handler=events.post_events,
        scopes=("events:write",),
        name="postEvents",
        says=(
            "Say what happened. One event, a list (all are stored, or none), NDJSON (a result a line), or CloudEvents "
            "1.0: structured, batch, or binary (attributes in ce-* headers, `ce-customerid` names the customer). "
            "An event that is known already answers as the first time, with `Idempotency-Replayed: true`."
        ),
        body=_EVENT_BODIES,
        idempotency="Required where the events have no id of their own.",
        replies={
            202: Reply("Stored.", {JSON: OneOrMoreAccepted}, ("Location", "Idempotency-Replayed")),
            200: Reply("NDJSON: the result of each line.", {LINES[0]: Line}, ("Idempotency-Replayed",)),
        },
        refuses=(400, 413, 415, 422),
    ),
    Route(
        method="POST",
        path="/v1/messages",
        any_mode=True,
        handler=messages.post_message,
        scopes=("messages:send",),
        name="postMessage",
        says=(
            "Send a message to one customer, now or at `send_at`: by the customer's own clock unless `zone` names "
            "another. What is asked for later is stored at once, and becomes a delivery at its time."
        ),
        body={JSON: WantedMessage},
        idempotency="Required.",
        replies={202: Reply("Stored.", {JSON: AcceptedMessage}, ("Location", "Idempotency-Replayed"))},
        refuses=(400, 404, 413, 415, 422),
    ),
    Route(
        method="GET",
        path="/v1/messages/{id}",
        handler=messages.get_message,
        scopes=("messages:read", "messages:send"),
        name="getMessage",
        says="What became of a delivery, why, and what was said.",
        query=MessageQuery,
        headers=REASON,
        replies={200: Reply("The delivery.", {JSON: MessageShown})},
        refuses=(404, 422),
    ),
    Route(
        method="GET",
        path="/v1/decisions",
        handler=decisions.get_decisions,
        scopes=("messages:read",),
        name="listDecisions",
        says=(
            "What the gate said, newest first, page by page: every step in its order. A request that had to wait has "
            "several. What is asked for without `customer_id` is looked for in a bounded stretch a page: while there "
            "is a `next_cursor` there may be more, even after an empty page."
        ),
        query=DecisionsQuery,
        headers=REASON,
        replies={200: Reply("A page.", {JSON: DecisionsPage}, ("Link",))},
        refuses=(422,),
    ),
)
