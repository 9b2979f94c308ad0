"""Whom journeys and campaigns are for."""

from __future__ import annotations

from orchestrator.api import segments
from orchestrator.api.models.segments import SegmentCounted, SegmentsPage
from orchestrator.api.reading import JSON
from orchestrator.api.routes.route import Reply, Route

SEGMENTS = (
    Route(
        method="GET",
        path="/v1/segments",
        handler=segments.list_segments,
        scopes=("segments:read",),
        name="listSegments",
        says="The segments of the running release, by id.",
        replies={200: Reply("All of them.", {JSON: SegmentsPage})},
    ),
    Route(
        method="GET",
        path="/v1/segments/{id}",
        handler=segments.get_segment,
        scopes=("segments:read",),
        name="getSegment",
        says="One segment: its filter, and how many customers it fits now.",
        replies={200: Reply("The segment.", {JSON: SegmentCounted})},
        refuses=(404,),
    ),
)
