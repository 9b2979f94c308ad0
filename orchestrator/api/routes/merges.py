"""Who is who."""

from __future__ import annotations

from orchestrator.api import merges
from orchestrator.api.access import REASON
from orchestrator.api.models.merges import MergeShown, MergesPage, MergesQuery, NewMerge, Values
from orchestrator.api.reading import JSON
from orchestrator.api.routes.route import Reply, Route

# Before the routes of a customer: none of them is called "merges".
MERGES = (
    Route(
        method="GET",
        path="/v1/customers/merges",
        handler=merges.list_merges,
        scopes=("customers:read",),
        name="listMerges",
        says="Customers who are one, were, or may be.",
        query=MergesQuery,
        replies={200: Reply("A page.", {JSON: MergesPage}, ("Link",))},
        refuses=(422,),
    ),
    Route(
        method="POST",
        path="/v1/customers/merges",
        handler=merges.post_merge,
        scopes=("customers:write",),
        name="postMerge",
        says="Make two customers one: everything follows the one who is kept.",
        body={JSON: NewMerge},
        idempotency="Optional.",
        replies={201: Reply("They are one.", {JSON: MergeShown}, ("Idempotency-Replayed",))},
        refuses=(400, 404, 413, 415, 422),
    ),
    Route(
        method="POST",
        path="/v1/customers/merges/{id}/apply",
        handler=merges.apply_merge,
        scopes=("customers:write",),
        name="applyMerge",
        says="Do what was suggested.",
        replies={200: Reply("They are one.", {JSON: MergeShown})},
        refuses=(404, 422),
    ),
    Route(
        method="POST",
        path="/v1/customers/merges/{id}/undo",
        handler=merges.undo_merge,
        scopes=("customers:write",),
        name="undoMerge",
        says="Make two of one again, as they were; what came after stays with the one who was kept.",
        replies={200: Reply("They are two.", {JSON: MergeShown})},
        refuses=(404, 422),
    ),
    Route(
        method="POST",
        path="/v1/customers/merges/{id}/dismiss",
        handler=merges.dismiss_merge,
        scopes=("customers:write",),
        name="dismissMerge",
        says="They are two: it is not suggested again.",
        replies={200: Reply("Dismissed.", {JSON: MergeShown})},
        refuses=(404, 422),
    ),
    Route(
        method="GET",
        path="/v1/customers/{id}/values",
        handler=merges.list_values,
        scopes=("customers:read",),
        name="listValues",
        says="Everything that sources said of a customer's profile, and which of it stands.",
        headers=REASON,
        replies={200: Reply("In order.", {JSON: Values})},
        refuses=(404, 422),
    ),
)
