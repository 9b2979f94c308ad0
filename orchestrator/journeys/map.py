"""Where everything stands on the map of a journey: boxes, lines between them, and words on the lines.

Steps form a tree, so no search for a good layout is needed: what follows stands below, ways stand side by side, and
what happens while people wait stands to the right.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.journeys.tree import trees_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.journeys.model import Journey
    from orchestrator.journeys.tree import Node, Way

WIDTH, HEIGHT = 240, 56
GAP_X, GAP_Y = 40, 34
WORDS = 24
"""How high the words above the first step of a way are."""
MARGIN = 12

Point = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Box:
    """A step: its upper left corner."""

    node: Node
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Line:
    """From one box to another, by corners. Aside: to what happens while people wait."""

    points: tuple[Point, ...]
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """What stands above a way, around the middle of it."""

    way: Way
    x: int
    y: int


@dataclass
class Map:
    """All of it, and how large it is. `ends` are where ways end behind the last step."""

    width: int = 0
    height: int = 0
    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)
    ends: list[Point] = field(default_factory=list)


def map_of(journey: Journey) -> Map:
    """The map of a journey. Several triggers stand side by side."""
    drawn = _Drawing()
    x = MARGIN
    for nodes in trees_of(journey):
        stack = drawn.stack(nodes, x, MARGIN, [])
        drawn.finish(stack, x)
        x = drawn.map.width + GAP_X
    drawn.map.width += MARGIN
    drawn.map.height += MARGIN
    return drawn.map


@dataclass(frozen=True, slots=True)
class _Stack:
    """A list of steps that was drawn: its lower and right edges, and the points from which the way goes on."""

    bottom: int
    right: int
    ends: Sequence[Point]


class _Drawing:
    def __init__(self) -> None:
        self.map = Map()

    def stack(self, nodes: Sequence[Node], x: int, y: int, ends: Sequence[Point]) -> _Stack:
        """Steps one below the other, the first one reached from `ends`."""
        right, bottom = x + WIDTH, y
        for node in nodes:
            for end in ends:
                self._line(_merging(end, (x + WIDTH // 2, y)))
            self._box(node, x, y)
            beside = self._asides(node, x, y)
            below = self._ways(node, x, y + HEIGHT, beside.bottom)
            ends, bottom = below.ends, below.bottom
            right, y = max(right, beside.right, below.right), below.bottom + GAP_Y
        return _Stack(bottom, right, ends)

    def finish(self, stack: _Stack, x: int) -> None:
        """All ways that are still open end in one point."""
        if stack.ends:
            end = (x + WIDTH // 2, stack.bottom + GAP_Y)
            for one in stack.ends:
                self._line(_merging(one, end))
            self.map.ends.append(end)
            self._reach(*end)

    def _asides(self, node: Node, x: int, y: int) -> _Stack:
        """What happens beside a step, one below the other to its right."""
        left, top, right, bottom = x + WIDTH + GAP_X, y, x + WIDTH, y + HEIGHT
        for way in node.asides:
            self.map.words.append(Words(way, left + WIDTH // 2, top))
            middle, first = y + HEIGHT // 2, top + WORDS + HEIGHT // 2
            corner = x + WIDTH + GAP_X // 2
            points = ((x + WIDTH, middle), (corner, middle), (corner, first), (left, first))
            self._line(points, aside=True)
            drawn = self.stack(way.nodes, left, top + WORDS, [])
            right, bottom = max(right, drawn.right), max(bottom, drawn.bottom)
            top = drawn.bottom + GAP_Y // 2
        return _Stack(bottom, right, ())

    def _ways(self, node: Node, x: int, y: int, bottom: int) -> _Stack:
        """The ways that part below a step, side by side; without any, the way goes on from the step itself.

        `y` is the step's lower edge, `bottom` that of what stands beside it.
        """
        begins = (x + WIDTH // 2, y)
        if node.kind == "exit":
            return _Stack(bottom, x + WIDTH, ())
        if not node.ahead:
            return _Stack(bottom, x + WIDTH, (begins,))
        left, top, lowest, right = x, bottom + GAP_Y, bottom, x + WIDTH
        ends: list[Point] = []
        for way in node.ahead:
            middle = left + WIDTH // 2
            self._line(_parting(begins, (middle, top + WORDS), bottom + GAP_Y // 2))
            self.map.words.append(Words(way, middle, top))
            drawn = self.stack(way.nodes, left, top + WORDS, [])
            ends += drawn.ends if way.nodes else [(middle, top + WORDS)]
            lowest, right = max(lowest, drawn.bottom), max(right, drawn.right)
            self._reach(left + WIDTH, top + WORDS)
            left = drawn.right + GAP_X
        return _Stack(lowest, right, ends)

    def _box(self, node: Node, x: int, y: int) -> None:
        self.map.boxes.append(Box(node, x, y))
        self._reach(x + WIDTH, y + HEIGHT)

    def _line(self, points: Sequence[Point], *, aside: bool = False) -> None:
        straight = tuple(point for place, point in enumerate(points) if place == 0 or point != points[place - 1])
        if len(straight) > 1:
            self.map.lines.append(Line(straight, aside))

    def _reach(self, x: int, y: int) -> None:
        self.map.width, self.map.height = max(self.map.width, x), max(self.map.height, y)


def _merging(begins: Point, ends: Point) -> tuple[Point, ...]:
    """Down, to the side just above where it ends, and down."""
    corner = ends[1] - GAP_Y // 2
    return (begins, (begins[0], corner), (ends[0], corner), ends)


def _parting(begins: Point, ends: Point, corner: int) -> tuple[Point, ...]:
    """The same, to the side at a given height."""
    return (begins, (begins[0], corner), (ends[0], corner), ends)
