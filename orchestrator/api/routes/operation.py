"""What keeps it running: providers' notices, pauses, health and this description."""

from __future__ import annotations

from orchestrator.api import health, hooks, pauses
from orchestrator.api.models.health import Alive, Readiness
from orchestrator.api.models.pauses import NewPause, PauseNamed, PauseShown, PausesPage, PausesQuery, Resumed
from orchestrator.api.reading import JSON
from orchestrator.api.routes.route import Reply, Route

OPERATION = (
    Route(
        method="POST",
        path="/hooks/{account}",
        handler=hooks.post_notice,
        scopes=(),
        name="postNotice",
        says=(
            "A provider tells what became of messages, and what people write. It needs no key: the notice is signed, "
            "in the way that the account's adapter or recipe says. The same news may come as often as it likes, in any "
            "order. A STOP is in force before the answer."
        ),
        replies={200: Reply("Kept; receipts are applied afterwards.", {"text/plain": None})},
        refuses=(401, 404, 413, 422),
    ),
    Route(
        method="GET",
        path="/hooks/{account}",
        handler=hooks.get_notice,
        scopes=(),
        name="getNotice",
        says="A provider asks whether it calls the right place, as Meta does before its first notice.",
        replies={200: Reply("It does: what the provider wants to read.", {"text/plain": None})},
        refuses=(401, 404, 422),
    ),
    Route(
        method="GET",
        path="/v1/pauses",
        handler=pauses.list_pauses,
        scopes=("pauses:read", "pauses:write"),
        name="listPauses",
        says="What is paused now, oldest first, page by page.",
        query=PausesQuery,
        replies={200: Reply("A page.", {JSON: PausesPage}, ("Link",))},
        refuses=(422,),
    ),
    Route(
        method="POST",
        path="/v1/pauses",
        handler=pauses.post_pause,
        scopes=("pauses:write",),
        name="postPause",
        says=(
            "Stop a channel, an account, a journey, a message, one customer's marketing, or everything (the kill "
            "switch). What is due meanwhile is held; a channel or account is passed over where another reaches the "
            "customer. It is in force within 5 seconds. What is paused already is paused as the newest body says."
        ),
        body={JSON: NewPause},
        replies={201: Reply("Paused.", {JSON: PauseShown})},
        refuses=(400, 404, 413, 415, 422),
    ),
    Route(
        method="DELETE",
        path="/v1/pauses",
        handler=pauses.delete_pause,
        scopes=("pauses:write",),
        name="deletePause",
        says="Go on. What was held for it is decided anew at once; what is not paused says so.",
        query=PauseNamed,
        replies={200: Reply("It goes on.", {JSON: Resumed})},
        refuses=(404, 422),
    ),
    Route(
        method="GET",
        path="/healthz",
        handler=health.healthz,
        scopes=(),
        name="healthz",
        says="The process lives.",
        replies={200: Reply("It does.", {JSON: Alive})},
    ),
    Route(
        method="GET",
        path="/readyz",
        handler=health.readyz,
        scopes=(),
        name="readyz",
        says="Requests can be served: the ledger answers, fits, and holds a release. Redis is reported, not required.",
        replies={
            200: Reply("Ready.", {JSON: Readiness}),
            503: Reply("Not ready, with the reasons.", {JSON: Readiness}),
        },
    ),
    Route(
        method="GET",
        path="/metrics",
        handler=health.metrics,
        scopes=(),
        name="metrics",
        says="Numbers for Prometheus; no label names a person.",
        replies={200: Reply("Prometheus' text format.", {"text/plain": None})},
    ),
    Route(
        method="GET",
        path="/openapi.json",
        handler=health.openapi,
        scopes=(),
        name="openapi",
        says="This description.",
        replies={200: Reply("OpenAPI 3.1.", {JSON: None})},
    ),
)
