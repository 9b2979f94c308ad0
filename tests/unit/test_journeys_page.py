"""docs/reference/journeys.md: what the page shows can be read, and every kind of step and every key is on it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from orchestrator.documents import parse
from orchestrator.expressions import FUNCTIONS as COMMON
from orchestrator.journeys.conditions import FUNCTIONS as OWN
from orchestrator.journeys.model import Entry, Exit, Goal, Journey, Trigger
from orchestrator.journeys.steps import KINDS, Emission, Handoff, SendStep, Share, Wait, WaitFor, Watch
from tests.playing import journey, send

PAGE = (Path(__file__).parents[2] / "docs/reference/journeys.md").read_text(encoding="utf-8")
JOURNEYS = PAGE[PAGE.index("\n## Journeys\n") :]
BLOCKS = re.findall(r"```yaml\n(.*?)```", JOURNEYS, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.partition("\n")[0])
def test_what_the_page_shows_can_be_read(block):
    """A whole file, steps of one, or a part that stands beside steps."""
    if block.startswith("kind:"):
        parse(block, file="page").read(Journey)
        return
    shown = YAML(typ="safe", pure=True).load(block)
    if isinstance(shown, list):
        assert len(journey(*shown).all_steps()) >= len(shown)
    elif "triggers" in shown:
        Journey.model_validate({**journey(send("a")).model_dump(exclude={"trigger", "steps"}), **shown})
    else:
        journey(send("a"), **shown)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_step_has_a_section_with_an_example(kind):
    """Under its own name."""
    section = JOURNEYS.partition(f"\n### {kind}\n")[2].partition("\n##")[0]
    assert re.search(rf"\b{kind}:", "".join(re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)))


@pytest.mark.parametrize(
    "model",
    [Journey, Trigger, Entry, Exit, Goal, SendStep, Wait, WaitFor, Watch, Share, Emission, Handoff],
    ids=lambda model: model.__name__,
)
def test_every_key_is_on_the_page(model):
    """As YAML writes it."""
    keys = {field.alias or name for name, field in model.model_fields.items()}
    assert {key for key in keys if not re.search(rf"(?<!\w){key}(?!\w)", JOURNEYS)} == set()


def test_every_function_of_ours_is_on_the_page():
    """CEL's own have a page of their own."""
    assert [name for name in OWN if f"`{name}(" not in JOURNEYS] == []
    assert "timestamp" in COMMON
