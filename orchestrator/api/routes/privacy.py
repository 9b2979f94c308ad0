"""What people ask about their own data."""

from __future__ import annotations

from orchestrator.api import privacy
from orchestrator.api.models.privacy import (
    NewPrivacyRequest,
    PrivacyExport,
    PrivacyRequestMoved,
    PrivacyRequestShown,
    PrivacyRequestsPage,
    PrivacyRequestsQuery,
)
from orchestrator.api.reading import JSON
from orchestrator.api.routes.route import Reply, Route

PRIVACY = (
    Route(
        method="GET",
        path="/v1/privacy/requests",
        handler=privacy.list_requests,
        scopes=("privacy:read", "privacy:write"),
        name="listPrivacyRequests",
        says="What people asked for, oldest first, page by page. Addresses are masked.",
        query=PrivacyRequestsQuery,
        replies={200: Reply("A page.", {JSON: PrivacyRequestsPage}, ("Link",))},
        refuses=(422,),
    ),
    Route(
        method="POST",
        path="/v1/privacy/requests",
        handler=privacy.post_request,
        scopes=("privacy:write",),
        name="postPrivacyRequest",
        says=(
            "Open a request for a person: export, erase, rectify or unsubscribe. Their address gets a link that proves "
            "it is theirs, unless you vouch for them. Once proven, all but corrections are carried out within seconds."
        ),
        body={JSON: NewPrivacyRequest},
        idempotency="Optional.",
        replies={201: Reply("Opened.", {JSON: PrivacyRequestShown}, ("Location", "Idempotency-Replayed"))},
        refuses=(400, 404, 413, 415, 422),
    ),
    Route(
        method="GET",
        path="/v1/privacy/requests/{id}",
        handler=privacy.get_request,
        scopes=("privacy:read", "privacy:write"),
        name="getPrivacyRequest",
        says="One request, and what came of it.",
        replies={200: Reply("The request.", {JSON: PrivacyRequestShown})},
        refuses=(404,),
    ),
    Route(
        method="PATCH",
        path="/v1/privacy/requests/{id}",
        handler=privacy.patch_request,
        scopes=("privacy:write",),
        name="patchPrivacyRequest",
        says=(
            "Carry out a request that waits for a person (a correction, or one by an address that several customers "
            "have), or refuse it. An erasure that still says verified waits for a message that is being sent."
        ),
        body={JSON: PrivacyRequestMoved},
        replies={200: Reply("The request as it is now.", {JSON: PrivacyRequestShown})},
        refuses=(400, 404, 413, 415, 422),
    ),
    Route(
        method="GET",
        path="/v1/privacy/requests/{id}/export",
        handler=privacy.get_export,
        scopes=("privacy:write",),
        name="getPrivacyExport",
        says="Everything that is held about the person now, and nothing of others. Each call is in the audit log.",
        replies={200: Reply("Their data.", {JSON: PrivacyExport})},
        refuses=(404, 422),
    ),
)
