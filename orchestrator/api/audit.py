"""GET /v1/audit: who did what, and whose data they looked at, newest first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.api.models.audit import AuditEntry, AuditPage, AuditQuery
from orchestrator.api.pages import after, respond_found
from orchestrator.api.reading import read_query
from orchestrator.api.services import API
from orchestrator.audit_chain import BY, CUSTOMER
from orchestrator.dispatch.record import require_known_kind
from orchestrator.domain.time import rfc3339
from orchestrator.store.port import ChainQuery

if TYPE_CHECKING:
    from aiohttp import web

    from orchestrator.audit_chain import ChainEntry

_PLACE = re.compile(r"[0-9]{1,18}")


async def get_audit(request: web.Request) -> web.Response:
    """A page of the audit log."""
    api, query = request.app[API], read_query(request, AuditQuery)
    require_known_kind(query.kind)
    last = after(query.cursor, _PLACE)
    wanted = ChainQuery(
        # One more than asked for tells whether there is a next page.
        limit=query.limit + 1,
        before=int(last) if last else None,
        customer_id=query.customer_id,
        kind=query.kind,
        by=query.by,
        since=query.since,
        until=query.until,
    )

    def read() -> list[AuditEntry]:
        with api.app.store.read() as transaction:
            zone = api.releases.read(transaction).project.timezone
            return [_shown(entry, zone) for entry in transaction.chain.page(wanted)]

    found = await api.run(read)
    return respond_found(request, AuditPage, found, limit=query.limit, last=lambda one: str(one.id))


def _shown(entry: ChainEntry, zone: str) -> AuditEntry:
    said = entry.said()
    return AuditEntry(
        id=entry.seq,
        place=entry.place,
        kind=entry.kind,
        at=rfc3339(entry.at, zone),
        by=said.pop(BY, None),
        customer_id=said.pop(CUSTOMER, None),
        details=said,
        erased=entry.erased,
    )
