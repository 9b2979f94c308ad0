"""docs/reference/scenarios.md names every word of the dialect, and its examples and those of the how-to are valid."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestrator.documents import parse
from orchestrator.scenarios.expectations import COUNTED, EXPECTATIONS
from orchestrator.scenarios.model import HAPPENINGS, Case, Given, Scenario

DOCS = Path(__file__).parents[2] / "docs"
PAGE, HOW_TO = DOCS / "reference/scenarios.md", DOCS / "how-to/test-journeys.md"
BLOCKS = [
    (path.name, block)
    for path in (PAGE, HOW_TO)
    for block in re.findall(r"```yaml\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
]


@pytest.mark.parametrize(("page", "block"), BLOCKS, ids=[name for name, _ in BLOCKS])
def test_an_example_of_the_pages_is_a_scenario(page, block):
    parse(block, file=page).read(Scenario)


def test_the_page_explains_every_word():
    text = PAGE.read_text(encoding="utf-8")
    words = {*EXPECTATIONS, *HAPPENINGS, *Given.model_fields, *Case.model_fields, *Scenario.model_fields}
    fields = {name for model in (*EXPECTATIONS.values(), *HAPPENINGS.values()) for name in model.model_fields}

    def explained(word):
        return re.search(rf"`[^`\n]*\b{word}\b[^`\n]*`", text)

    assert sorted(word for word in words | fields if not explained(word)) == []


def test_every_state_that_can_be_counted_has_its_line():
    assert set(COUNTED) <= set(EXPECTATIONS)
