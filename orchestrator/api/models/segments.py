"""Segments, as the release has them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from orchestrator.api.models.parts import Document


class SegmentShown(Document):
    """A segment."""

    id: str
    title: str
    owner: str


class SegmentsPage(Document):
    """Every segment of the release: a project has some dozens at most."""

    data: tuple[SegmentShown, ...]


class SegmentCounted(SegmentShown):
    """A segment with what it asks, and how many it fits."""

    where: Annotated[dict[str, Any], Field(description="The filter, as templates/segments/ says it.")]
    customers: Annotated[int, Field(description="How many customers it fits now.")]
