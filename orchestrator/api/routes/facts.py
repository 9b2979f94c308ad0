"""What holds now, and since when."""

from __future__ import annotations

from orchestrator.api import facts
from orchestrator.api.models.facts import (
    FactHistory,
    FactQuery,
    FactShown,
    FactsPage,
    FactsQuery,
    NewValue,
    PutFact,
)
from orchestrator.api.reading import JSON
from orchestrator.api.routes.route import Reply, Route

FACTS = (
    Route(
        method="GET",
        path="/v1/facts",
        handler=facts.list_facts,
        scopes=("facts:read", "facts:write"),
        name="listFacts",
        says="Every fact of the release, by path, page by page.",
        query=FactsQuery,
        replies={200: Reply("A page.", {JSON: FactsPage}, ("Link",))},
        refuses=(422,),
    ),
    Route(
        method="GET",
        path="/v1/facts/{path}",
        handler=facts.get_fact,
        scopes=("facts:read", "facts:write"),
        name="getFact",
        says=(
            "What holds now, who says so and since when. `promises.delivery.<id>` answers the date that an order gets "
            "which is placed `at` and goes to `region`: the one that messages and replies state."
        ),
        query=FactQuery,
        replies={200: Reply("The fact.", {JSON: FactShown}, ("ETag",))},
        refuses=(404, 422),
    ),
    Route(
        method="PUT",
        path="/v1/facts/{path}",
        handler=facts.put_fact,
        scopes=("facts:write",),
        name="putFact",
        says=(
            "Give a live fact its new value. Messages that wait are decided by it from then on, and those that were "
            "held because of it are released. A value that a file says changes with a release only: 409 names the line."
        ),
        body={JSON: NewValue},
        headers={
            "If-Match": "The ETag that you decided on; when it is not the newest any more, nothing is stored: 412.",
            "If-None-Match": "*: only if nobody has said it yet.",
        },
        replies={200: Reply("Stored, with what it did.", {JSON: PutFact}, ("ETag",))},
        refuses=(400, 404, 409, 412, 413, 415, 422),
    ),
    Route(
        method="GET",
        path="/v1/facts/{path}/history",
        handler=facts.get_history,
        scopes=("facts:read", "facts:write"),
        name="getFactHistory",
        says="Every version of a live fact, newest first, page by page. A value that a file says has none here.",
        query=FactsQuery,
        replies={200: Reply("A page.", {JSON: FactHistory}, ("Link",))},
        refuses=(404, 422),
    ),
)
