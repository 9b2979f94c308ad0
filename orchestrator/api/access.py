"""Who looks at people's data through the API, why, and whom they saw: on record before the answer goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.api.services import CALLER
from orchestrator.dispatch.keys import actor
from orchestrator.dispatch.reads import Reader, reader, record_reads, require_reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aiohttp import web

    from orchestrator.api.services import Api

REASON: Mapping[str, str] = {
    "X-Jogral-Reason": "Why you look at this person's data, such as ticket 8841: it is kept in the audit log."
}
"""The header of every route that shows people's data, for the description."""


def reader_of(request: web.Request) -> Reader:
    """The key that asks, and the reason that it gives. Raises InputError."""
    return reader(actor(request[CALLER]), request.headers.get("X-Jogral-Reason", ""))


def put_on_record(api: Api, who: Reader, what: str, customer_ids: Iterable[str]) -> None:
    """Write down whose data are about to be shown. Raises InputError where the project wants a reason."""
    with api.app.store.write(durable=False) as transaction:
        require_reason(api.releases.read(transaction), who)
        record_reads(transaction, api.app.clock, who, what, customer_ids)
