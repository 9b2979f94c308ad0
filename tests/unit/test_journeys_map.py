"""The map of a journey: each step once, nothing on top of anything else, and every line from somewhere to somewhere."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from orchestrator.documents import parse
from orchestrator.journeys.map import GAP_Y, HEIGHT, WIDTH, WORDS, map_of
from orchestrator.journeys.model import Journey
from orchestrator.journeys.run import TRIGGER
from orchestrator.journeys.steps import Wait
from orchestrator.journeys.tree import trees_of, wait_words
from orchestrator.project import SHIPPED
from orchestrator.starters import FOLDER

FILES = sorted([*Path(SHIPPED).glob("templates/journeys/*.yaml"), *FOLDER.glob("*/journeys/*.yaml")])


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def journey(request):
    return parse(request.param.read_text(encoding="utf-8"), file=request.param.name).read(Journey)


def test_each_step_stands_on_the_map_once_and_beside_no_other(journey):
    """Triggers too; and all of it is on the paper."""
    found = map_of(journey)

    steps = [box.node.step for box in found.boxes if box.node.step != TRIGGER]
    assert sorted(steps) == sorted(step.id for step in journey.all_steps())
    assert len(found.boxes) - len(steps) == len(journey.beginnings())
    for one, other in itertools.combinations(found.boxes, 2):
        assert abs(one.x - other.x) >= WIDTH or abs(one.y - other.y) >= HEIGHT, (one, other)
    for x, y in [*(point for line in found.lines for point in line.points), *found.ends]:
        assert 0 <= x <= found.width
        assert 0 <= y <= found.height


def test_every_step_but_the_first_is_reached_and_what_is_only_beside_by_a_line_from_the_side(journey):
    """A line ends at the top of a box, at its left side, at the words of a way or at the end."""
    found = map_of(journey)
    reached = {line.points[-1] for line in found.lines}

    for box in found.boxes:
        above, beside = (box.x + WIDTH // 2, box.y), (box.x, box.y + HEIGHT // 2)
        assert {above, beside} & reached or box.node.step == TRIGGER, box
    for line in found.lines:
        (x1, y1), (x2, y2) = line.points[0], line.points[-1]
        assert y2 >= y1
        assert all(a[0] == b[0] or a[1] == b[1] for a, b in itertools.pairwise(line.points))
        assert line.aside == ((x1, y1) not in {(box.x + WIDTH // 2, box.y + HEIGHT) for box in found.boxes}
                              and x2 in {box.x for box in found.boxes})  # fmt: skip


def test_ways_stand_side_by_side_and_meet_again():
    """The one without steps leads on as well as the one with."""
    found = map_of(journey_with({"id": "which", "split": {
        "much": {"weight": 3, "steps": [{"id": "say", "send": "welcome"}]},
        "nothing": {"weight": 1},
    }}, {"id": "last", "exit": "done"}))  # fmt: skip

    boxes = {box.node.step: box for box in found.boxes}
    assert boxes["say"].x == boxes["which"].x == boxes["last"].x
    assert boxes["say"].y == boxes["which"].y + HEIGHT + GAP_Y + WORDS
    assert [one.way.about for one in found.words] == ["much 75%", "nothing 25%"]
    into_last = [line for line in found.lines if line.points[-1] == (boxes["last"].x + WIDTH // 2, boxes["last"].y)]
    assert len(into_last) == 2
    assert found.ends == []  # nobody goes on behind an exit


def test_a_branch_that_has_no_otherwise_shows_how_the_others_go_on():
    """The way that the file leaves unsaid."""
    (nodes,) = trees_of(journey_with({"id": "big", "branch": [{"when": "order.total > 1.0", "steps": []}]}))

    assert [(way.kind, way.about) for way in nodes[1].ways] == [("when", "order.total > 1.0"), ("otherwise", "")]


@pytest.mark.parametrize(
    ("wait", "told"),
    [
        ({"for": "1d"}, "1d"),
        ({"business_days": 2}, "2bd"),
        ({"for": "1d", "until": "10:00", "days": ["mon", "tue"]}, "1d → 10:00 (mon, tue)"),
        ({"until": "10:00"}, "10:00"),
        ({"days": ["fri"]}, "(fri)"),
    ],
)
def test_a_wait_is_said_in_few_letters(wait, told):
    """As the file says it."""
    assert wait_words(Wait.model_validate(wait)) == told


def journey_with(*steps):
    return Journey.model_validate(
        {"kind": "journey", "id": "one", "title": "One", "owner": "us", "topic": "offers",
         "trigger": {"event": "order.placed"}, "steps": list(steps)}
    )  # fmt: skip


def test_the_segment_that_somebody_enters_stands_where_an_event_would():
    """With what the trigger asks beside it."""
    found = Journey.model_validate({
        "kind": "journey", "id": "ouro", "title": "Ouro", "owner": "m", "topic": "offers",
        "trigger": {"enters": "clientes_ouro", "when": "customer.city == 'Recife'"},
        "steps": [{"id": "esperar", "wait": "1d"}],
    })  # fmt: skip
    ((trigger, _),) = trees_of(found)
    assert (trigger.step, trigger.kind, trigger.about) == (
        TRIGGER,
        "enters",
        "clientes_ouro · customer.city == 'Recife'",
    )
