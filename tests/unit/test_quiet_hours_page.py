"""docs/reference/quiet-hours-and-caps.md: what stands there works, and names every key."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from orchestrator.caps import FrequencyCap
from orchestrator.check.run import check
from orchestrator.project import SHIPPED, Project
from orchestrator.quiet_hours import QuietHours
from orchestrator.suppress_rules import SuppressRule

PAGE = (Path(__file__).parents[2] / "docs/reference/quiet-hours-and-caps.md").read_text("utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
BEFORE = "quiet_hours:\n"
"""Where the rules of the sample shop begin; they are the last that its project says."""


def test_the_examples_of_the_page_pass_the_check(tmp_path):
    """All together, in the sample shop, in place of its own."""
    shutil.copytree(SHIPPED / "templates", tmp_path / "templates")
    shutil.copy(SHIPPED / "brand_voice.yaml", tmp_path)
    file = tmp_path / "templates/project.yaml"
    rest, _, _ = file.read_text("utf-8").partition(BEFORE)
    file.write_text(rest + "\n".join(BLOCKS), encoding="utf-8")

    findings = [one for one in check(Project(tmp_path), date(2026, 11, 25)).findings if one.level != "info"]

    assert [str(one) for one in findings if one.file == "templates/project.yaml"] == []
    assert len(BLOCKS) == 3


@pytest.mark.parametrize("model", [QuietHours, FrequencyCap, SuppressRule])
def test_every_key_is_on_the_page(model):
    """In code font."""
    keys = {field.alias or name for name, field in model.model_fields.items()}
    assert {key for key in keys if f"`{key}`" not in PAGE} == set()
