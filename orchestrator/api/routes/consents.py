"""What customers agree to."""

from __future__ import annotations

from orchestrator.api import consents
from orchestrator.api.access import REASON
from orchestrator.api.models.consents import ConsentAccepted, ConsentsPage, ConsentsQuery, NewConsent
from orchestrator.api.reading import JSON
from orchestrator.api.routes.route import Reply, Route

CONSENTS = (
    Route(
        method="POST",
        path="/v1/consents",
        handler=consents.post_consent,
        scopes=("consents:write",),
        name="postConsent",
        says="Record what a customer agreed to or refused, with its proof.",
        body={JSON: NewConsent},
        idempotency="Optional.",
        replies={201: Reply("Recorded.", {JSON: ConsentAccepted}, ("Idempotency-Replayed",))},
        refuses=(400, 404, 413, 415, 422),
    ),
    Route(
        method="GET",
        path="/v1/customers/{id}/consents",
        handler=consents.list_consents,
        scopes=("customers:read",),
        name="listConsents",
        says="All that a customer said, with its proof, newest first.",
        query=ConsentsQuery,
        headers=REASON,
        replies={200: Reply("A page.", {JSON: ConsentsPage}, ("Link",))},
        refuses=(404, 422),
    ),
)
