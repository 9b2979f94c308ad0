"""Events that nobody understood. `POST /v1/events` itself stands with what it asks for, in `messages`."""

from __future__ import annotations

from orchestrator.api import quarantine
from orchestrator.api.access import REASON
from orchestrator.api.models.quarantine import (
    Chosen,
    Discarded,
    QuarantinedWhole,
    QuarantinePage,
    QuarantineQuery,
    RetriedEvents,
    Retry,
)
from orchestrator.api.reading import JSON
from orchestrator.api.routes.route import Reply, Route

EVENTS = (
    Route(
        method="GET",
        path="/v1/events/quarantine",
        handler=quarantine.list_quarantined,
        scopes=("events:read",),
        name="listQuarantinedEvents",
        says="Events that nobody understood, in the order in which they came, and what stands against each now.",
        query=QuarantineQuery,
        replies={200: Reply("A page.", {JSON: QuarantinePage}, ("Link",))},
        refuses=(422,),
    ),
    Route(
        method="GET",
        path="/v1/events/quarantine/{id}",
        handler=quarantine.get_quarantined,
        scopes=("events:read",),
        name="getQuarantinedEvent",
        says="One of them, with all that it says.",
        headers=REASON,
        replies={200: Reply("The event.", {JSON: QuarantinedWhole})},
        refuses=(404, 422),
    ),
    Route(
        method="POST",
        path="/v1/events/quarantine/retry",
        handler=quarantine.post_retry,
        scopes=("events:mend",),
        name="retryQuarantinedEvents",
        says=(
            "Accept events after all, once what they name was mended: those that can be understood now, in the order "
            "in which they happened, and up to 500 a round. The others stay."
        ),
        body={JSON: Retry},
        idempotency="Optional.",
        replies={200: Reply("What became of each.", {JSON: RetriedEvents}, ("Idempotency-Replayed",))},
        refuses=(400, 404, 413, 415, 422),
    ),
    Route(
        method="POST",
        path="/v1/events/quarantine/discard",
        handler=quarantine.post_discard,
        scopes=("events:mend",),
        name="discardQuarantinedEvents",
        says="Throw events away, for good.",
        body={JSON: Chosen},
        idempotency="Optional.",
        replies={200: Reply("They are gone.", {JSON: Discarded}, ("Idempotency-Replayed",))},
        refuses=(400, 404, 413, 415, 422),
    ),
)
