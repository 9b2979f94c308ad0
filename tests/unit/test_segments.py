"""Segments: what a filter may say, and which moment a comparison of times means."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import get_args

import pytest
from pydantic import ValidationError

from orchestrator.documents import parse
from orchestrator.domain.time import at_wall, moment
from orchestrator.segments.model import DEPTH_MAX, KINDS, TESTS_MAX, Segment
from orchestrator.segments.operators import LISTED_MAX, Operator, bound_of

ZONE = "America/Sao_Paulo"
FAN = {"field": "customer.fan", "op": "is", "value": True}


def segment(where):
    return Segment.model_validate({"kind": "segment", "id": "s", "title": "S", "owner": "m", "where": where})


def field(op, *value, name="customer.n"):
    return {"field": name, "op": op, **({"value": value[0]} if value else {})}


def deep(levels):
    where = FAN
    for _ in range(levels):
        where = {"not": where}
    return where


@pytest.mark.parametrize(
    ("where", "complaint"),
    [
        ("customer.n >= 1", "is a filter here, not an expression"),
        ({"all": []}, "at least 1"),
        (FAN | {"event": "order.placed"}, "Unable to extract tag"),
        ({"feild": "customer.n"}, "Unable to extract tag"),
        (field("is", 1, name="order.total"), 'begin with "customer."'),
        ({"event": "order.placed", "where": FAN}, 'begin with "event."'),
        ({"object": "order", "where": field("exists", name="event.total")}, 'begin with "order."'),
        ({"object": "order", "where": {"not": {"event": "order.placed"}}}, "holds fields only"),
        ({"event": "order.placed", "at_least": 0}, "greater than or equal to 1"),
        ({"event": "order.placed", "within": "5bd"}, "duration such as"),
        ({"consent": "offers", "channel": "fax"}, "email"),
        ({"engaged": "opened"}, "clicked"),
        (field("is"), "a text, a number"),
        (field("is", ["vip"]), "a text, a number"),
        (field("one_of", []), "not an empty one"),
        (field("one_of", [1] * (LISTED_MAX + 1)), "must be a list"),
        (field("contains", ""), "must be a text"),
        (field("at_least", "10"), "must be a number for at_least"),
        (field("at_least", True), "must be a number for at_least"),
        (field("before", "30/11/2026"), "must be a date"),
        (field("before", "2026-02-30"), "must be a date"),
        (field("since", 2026), "must be a date"),
        (field("older_than", "5bd"), "must be a duration"),
        (field("older_than", "30m"), "must be a duration"),
        (field("exists", True), "goes with another op"),
        (field("like", "a%"), "at_least"),
        (deep(DEPTH_MAX), "stands too deep"),
        ({"all": [FAN] * TESTS_MAX}, "at most 50"),
    ],
)
def test_a_filter_that_could_be_misread_is_refused(where, complaint):
    with pytest.raises(ValidationError, match=complaint):
        segment(where)


def test_a_filter_says_which_fields_of_a_customer_it_reads():
    """Each once, and none of an event's or an object's."""
    where = {"any": [FAN, {"not": FAN}, {"event": "order.placed", "where": field("exists", name="event.total")},
                     field("exists", name="customer.plan.name")]}  # fmt: skip
    assert segment(where).fields == ("customer.fan", "customer.plan.name")


def test_a_filter_is_the_same_after_a_release_kept_it():
    """As JSON in the ledger."""
    written = segment({"all": [FAN, {"not": {"consent": "offers", "channel": "email"}}, deep(3)]})
    assert Segment.model_validate_json(written.model_dump_json(by_alias=True)) == written


@pytest.mark.parametrize(
    ("op", "value", "instant", "wall"),
    [
        ("before", "2026-11-30", "2026-11-30T00:00", "2026-11-30"),
        ("since", "2026-11-30T21:00:00", "2026-11-30T21:00", "2026-11-30T21:00:00"),
        ("since", "2026-11-30T21:00:00Z", "2026-11-30T18:00", "2026-11-30T18:00:00"),
        ("older_than", "1d", "2026-11-24T09:00", "2026-11-24T09:00:00"),
        ("newer_than", "36h", "2026-11-23T21:00", "2026-11-23T21:00:00"),
        ("before", "2017-10-15", "2017-10-15T01:00", "2017-10-15"),
    ],
)
def test_a_bound_is_a_moment_on_the_wall_of_the_project(op, value, instant, wall):
    """São Paulo's clocks skipped midnight on 15 October 2017: that day began at one."""
    now = at_wall(datetime.fromisoformat("2026-11-25T09:00"), ZONE)
    bound = bound_of(op, value, now, ZONE)

    assert moment(bound.seconds * 1000, ZONE).strftime("%Y-%m-%dT%H:%M") == instant
    assert bound.wall == wall


PAGE = (Path(__file__).parents[2] / "docs/reference/segments.md").read_text(encoding="utf-8")


def test_the_page_of_segments_says_what_a_segment_may_say():
    """Its example is one, and its tables have every part and every operator."""
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert parse(example, file="page.md").read(Segment).id == "inativos_120d"

    cells = " ".join(line.split("|")[1] for line in PAGE.splitlines() if line.startswith("|"))
    named = set(re.findall(r"`([a-z_]+)", cells))
    assert named >= {*KINDS, *get_args(Operator)}
