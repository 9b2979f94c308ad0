"""/v1/segments: whom a filter means, and how many those are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.api.models.segments import SegmentCounted, SegmentShown, SegmentsPage
from orchestrator.api.responses import respond, shown
from orchestrator.api.services import API
from orchestrator.domain.errors import NotFound, did_you_mean
from orchestrator.store.port import Audience

if TYPE_CHECKING:
    from aiohttp import web


async def list_segments(request: web.Request) -> web.Response:
    """All of them."""
    api = request.app[API]

    def read() -> dict[str, Any]:
        with api.app.store.read() as transaction:
            segments = api.releases.read(transaction).segments
        named = sorted(segments.values(), key=lambda one: one.id)
        return shown(
            SegmentsPage(data=tuple(SegmentShown(id=one.id, title=one.title, owner=one.owner) for one in named))
        )

    return respond(await api.run(read))


async def get_segment(request: web.Request) -> web.Response:
    """One, counted now."""
    api, name = request.app[API], request.match_info["id"]

    def read() -> dict[str, Any]:
        with api.app.store.read() as transaction:
            release = api.releases.read(transaction)
            segment = release.segments.get(name)
            if segment is None:
                raise NotFound(
                    'There is no segment "{segment}"{hint}', code="unknown_segment", segment=name,
                    hint=did_you_mean(name, release.segments),
                )  # fmt: skip
            now = transaction.ledger.clock().now(api.app.clock.now())
            audience = Audience(where=segment.where, now=now, zone=release.project.timezone)
            customers = transaction.segments.count(audience)
        where = segment.where.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return shown(
            SegmentCounted(id=name, title=segment.title, owner=segment.owner, where=where, customers=customers)
        )

    return respond(await api.run(read))
