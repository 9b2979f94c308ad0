"""Who did what."""

from __future__ import annotations

from orchestrator.api import audit
from orchestrator.api.models.audit import AuditPage, AuditQuery
from orchestrator.api.reading import JSON
from orchestrator.api.routes.route import Reply, Route

AUDIT = (
    Route(
        method="GET",
        path="/v1/audit",
        handler=audit.get_audit,
        scopes=("audit:read",),
        name="listAudit",
        says=(
            "Who did what and whose data they looked at, newest first, page by page. Entries are chained: "
            "`jogral audit verify` finds one that was changed, taken out or moved."
        ),
        query=AuditQuery,
        replies={200: Reply("A page.", {JSON: AuditPage}, ("Link",))},
        refuses=(422,),
    ),
)
