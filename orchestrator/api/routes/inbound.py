"""What people write to us."""

from __future__ import annotations

from orchestrator.api import inbound
from orchestrator.api.models.inbound import InboundHeard, NewInbound
from orchestrator.api.reading import JSON
from orchestrator.api.routes.route import Reply, Route

INBOUND = (
    Route(
        method="POST",
        path="/v1/inbound",
        handler=inbound.post_inbound,
        scopes=("inbound:write",),
        name="postInbound",
        says=(
            "Somebody wrote to us. A STOP, in any reasonable words of Portuguese, English or Spanish, ends all "
            "marketing at that address on that channel before the answer leaves, and is confirmed once; what was "
            "bought is still told. A yes confirms what this phone was asked to confirm; whoever is the wrong person is "
            "not written to at all. What is about something else is kept, and changes nothing. The same text may come "
            "as often as it likes."
        ),
        body={JSON: NewInbound},
        replies={201: Reply("Heard.", {JSON: InboundHeard}, ("Idempotency-Replayed",))},
        refuses=(400, 413, 415, 422),
    ),
)
