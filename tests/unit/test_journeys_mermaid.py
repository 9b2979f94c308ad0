"""A journey as Mermaid text: read back by the rules of Mermaid's flowcharts, whatever people wrote into it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.documents import parse
from orchestrator.journeys.mermaid import LETTERS, mermaid_of, quoted
from orchestrator.journeys.model import Journey
from orchestrator.project import SHIPPED
from orchestrator.starters import FOLDER
from orchestrator.translations import translator
from tests.playing import journey as playing
from tests.playing import send

FILES = sorted([*Path(SHIPPED).glob("templates/journeys/*.yaml"), *FOLDER.glob("*/journeys/*.yaml")])

# What may stand in quotes: no quote, no markup but our own line break, and `#` for a code only.
LABEL = r'"(?:[^"#<>&`\\\n]|#(?:quot|amp|lt|gt|\d+);|<br/>)*"'
BOX = re.compile(rf"  (?P<name>[a-z]+\d*)(?:\[{LABEL}\]|\(\[{LABEL}\]\)|\{{\{{{LABEL}\}}\}}|\{{{LABEL}\}}|\(\( \)\))")
ARROW = re.compile(rf"  (?P<begins>\w+) (?P<line>-->|-\.->)(?:\|(?P<words>{LABEL})\|)? (?P<ends>\w+)")
# Words that Mermaid takes for itself wherever they stand alone.
ITS_OWN = {"end", "graph", "flowchart", "subgraph", "click", "style", "class", "default", "linkStyle", "direction"}


class Chart(NamedTuple):
    """Boxes by name, with their line; and arrows."""

    boxes: dict[str, str]
    arrows: list[tuple[str, str, str, str]]

    def named(self, step: str) -> str:
        return next(name for name, line in self.boxes.items() if re.search(rf"· {step}(?:<br/>|\")", line))


def read(text: str) -> Chart:
    """A flowchart. Every line is a box or an arrow between boxes, or it is not one."""
    first, *lines = text.removesuffix("\n").split("\n")
    assert first == "flowchart TD"
    boxes: dict[str, str] = {}
    arrows = []
    for line in lines:
        box, arrow = BOX.fullmatch(line), ARROW.fullmatch(line)
        assert box or arrow, line
        if box:
            assert box["name"] not in boxes | dict.fromkeys(ITS_OWN), line
            boxes[box["name"]] = line
        elif arrow:
            assert {arrow["begins"], arrow["ends"]} <= boxes.keys(), line
            arrows.append((arrow["begins"], arrow["line"], arrow["words"] or "", arrow["ends"]))
    assert "%%" not in text
    return Chart(boxes, arrows)


def drawn(*steps, **parts):
    return read(mermaid_of(playing(*steps, **parts), translator("en")))


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("language", ["en", "pt-BR"])
def test_every_shipped_journey_is_a_flowchart_in_which_every_step_is_reached(file, language):
    journey = parse(file.read_text(encoding="utf-8"), file=file.name).read(Journey)
    chart = read(mermaid_of(journey, translator(language)))

    reached = {ends for *_, ends in chart.arrows}
    roots = [name for name in chart.boxes if name not in reached]
    assert len(roots) == len(journey.beginnings())
    assert all(chart.named(step.id) for step in journey.all_steps())


def test_an_exit_ends_its_way_and_what_happens_meanwhile_is_dotted():
    """What follows the wait is reached from the wait, not from what happened beside it."""
    chart = drawn(
        {"id": "esperar", "wait_for": {
            "event": "shipment.sent", "timeout": "2d", "on_timeout": [send("lembrar")],
            "give_up": "9d", "then": [{"id": "end", "exit": "end"}]}},
        send("avisar"),
    )  # fmt: skip

    waits, reminds, ends, tells = map(chart.named, ("esperar", "lembrar", "end", "avisar"))
    assert (waits, "-.->", '"once, after 2d"', reminds) in chart.arrows
    assert (waits, "-->", '"in vain after 9d"', ends) in chart.arrows
    assert (waits, "-->", '"it came"', tells) in chart.arrows
    assert not [arrow for arrow in chart.arrows if arrow[0] in (reminds, ends)]


def test_ways_without_steps_lead_to_what_follows():
    """And at the end to the end; several triggers share that."""
    chart = drawn(
        {"id": "sorteio", "split": {"a": {"weight": 1, "steps": [send("dizer")]}, "b": {"weight": 3}}}, send("depois")
    )

    chance, said, then = map(chart.named, ("sorteio", "dizer", "depois"))
    assert {(chance, '"a 25%"', said), (said, "", then), (chance, '"b 75%"', then), (then, "", "over")} <= {
        (begins, words, ends) for begins, _, words, ends in chart.arrows
    }


@given(st.text(), st.text(max_size=5).map(lambda text: f'"{text}%%{{init}}%%{text}#x;</b>````\nend\\'))
def test_whatever_stands_in_a_label_stays_in_it(text, worse):
    """Quotes, markup, settings, ends of lines."""
    for label in (quoted((text,)), quoted((worse, text))):
        assert re.fullmatch(LABEL, label), label
        assert "%%" not in label


def test_a_long_condition_is_cut_for_the_map():
    """The list of steps says all of it."""
    label = quoted(("x" * 1_000,))

    assert label == f'"{"x" * (LETTERS - 1)}…"'
