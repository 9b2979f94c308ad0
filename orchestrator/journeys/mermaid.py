"""A journey as a flowchart in Mermaid's text: the same tree as the map, for pages that draw it themselves.

Steps are called n1, n2… there, never by their own ids: `end` and `click` are words of Mermaid, and whatever people
wrote stands in quotes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.journeys.tree import trees_of
from orchestrator.journeys.words import STEPS, way_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from orchestrator.journeys.model import Journey
    from orchestrator.journeys.tree import Node, Way

LETTERS = 80
"""As many as a line of a box or an arrow shows; the list of steps says all."""

# Kind → the box: what begins and ends is round, where people stand has six sides, where the way parts four corners.
_ROUND, _SIX, _CORNERS, _PLAIN = ("([", "])"), ("{{", "}}"), ("{", "}"), ("[", "]")
_BOXES: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("trigger", "quiet", "schedule", "enters", "exit"), _ROUND),
    **dict.fromkeys(("wait", "wait_for", "watch", "handoff"), _SIX),
    **dict.fromkeys(("branch", "split"), _CORNERS),
}

# What would end the quotes or begin markup, as Mermaid's own character codes.
_CODES = str.maketrans({
    "#": "#35;", '"': "#quot;", "&": "#amp;", "<": "#lt;", ">": "#gt;", "`": "#96;", "\\": "#92;",
})  # fmt: skip
# `%%{` begins settings, also in quotes.
_SETTING = re.compile("%(?=%)")

End = tuple[str, str]
"""A box from which the way goes on, and the words on the arrow."""


def mermaid_of(journey: Journey, say: Callable[[str], str]) -> str:
    """The flowchart, in the words that `say` translates."""
    drawn = _Drawing(say)
    for nodes in trees_of(journey):
        drawn.finish(drawn.stack(nodes, ()))
    return "\n".join(("flowchart TD", *(f"  {line}" for line in (*drawn.boxes, *drawn.arrows)))) + "\n"


def quoted(lines: Iterable[str]) -> str:
    """Words as Mermaid shows them, whatever stands in them."""
    fitted = (line if len(line) <= LETTERS else f"{line[: LETTERS - 1].rstrip()}…" for line in lines)
    return '"' + "<br/>".join(_shown(line) for line in fitted) + '"'


def _shown(line: str) -> str:
    return _SETTING.sub("#37;", " ".join(line.split()).translate(_CODES))


class _Drawing:
    def __init__(self, say: Callable[[str], str]) -> None:
        self.boxes: list[str] = []
        self.arrows: list[str] = []
        self._say = say
        self._over = ""

    def stack(self, nodes: Sequence[Node], ends: Sequence[End], arrow: str = "-->") -> Sequence[End]:
        """Steps in their order, the first one reached from `ends`; where the way goes on from there."""
        for node in nodes:
            box = self._box(node)
            self._arrows(ends, box, arrow)
            for way in node.asides:
                self.stack(way.nodes, [self._end(box, way)], "-.->")
            ends, arrow = self._onward(node, box), "-->"
        return ends

    def finish(self, ends: Sequence[End]) -> None:
        """All ways that are still open end in one point."""
        if ends and not self._over:
            self._over = "over"
            self.boxes.append("over(( ))")
        self._arrows(ends, self._over, "-->")

    def _onward(self, node: Node, box: str) -> Sequence[End]:
        if node.kind == "exit":
            return ()
        if not node.ahead:
            return [(box, "")]
        return [end for way in node.ahead for end in self.stack(way.nodes, [self._end(box, way)])]

    def _box(self, node: Node) -> str:
        name = f"n{len(self.boxes) + 1}"
        begins, ends = _BOXES.get(node.kind, _PLAIN)
        title = self._say(STEPS[node.kind]) + ("" if node.step.startswith("@") else f" · {node.step}")
        self.boxes.append(f"{name}{begins}{quoted(filter(None, (title, node.about)))}{ends}")
        return name

    def _end(self, box: str, way: Way) -> End:
        return box, way_words(way, self._say)

    def _arrows(self, ends: Sequence[End], box: str, arrow: str) -> None:
        self.arrows += [f"{end} {arrow}{f'|{quoted((words,))}|' if words else ''} {box}" for end, words in ends]
