"""Bombs in a project's files: templates, expressions and YAML, each met by the whole check and refused at once."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.corpora import bombs

ROOT = Path(__file__).parents[2]
SECONDS = (
    5  # of the processor; a look at the project takes one, and twice that beside other load. A bomb takes minutes.
)
MEGABYTES = 300

# Only pages that are ours are compiled.
MAY_COMPILE = {"orchestrator/console/pages.py", "orchestrator/public/pages.py"}

# Where a layout is applied, for its own file is no document.
ALSO = {"layout": {"templates/messages/confirm_offers.yaml", "templates/messages/order_placed.yaml"}}


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """What became of each, in one process that met them all."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.bomb_disposal", tmp_path_factory.mktemp("bombs")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,  # half a minute alone; a machine that does much else took more than two
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def met(reports):
    return [report for report in reports if report["kind"] != "control"]


def test_there_are_enough_and_the_one_of_the_issue_is_among_them(met):
    kinds = Counter(report["kind"] for report in met)
    assert len({*bombs.TEMPLATES, *bombs.BLOCKS, *bombs.ADVISORIES}) >= 60
    assert kinds["template"] + kinds["block"] >= 60
    assert kinds["expression"] >= 15
    assert kinds["document"] >= 10
    assert "{% if false %}{{ 9**(9**9) }}{% endif %}" in set(bombs.TEMPLATES) & set(bombs.BLOCKS)


def test_each_is_refused_in_the_file_where_it_lies(met):
    """An error, there and nowhere else: the check goes on with the other files. A layout is told where it is used."""
    missed = [
        report for report in met if {file for _, file in report["found"]} != ALSO.get(report["kind"], {report["file"]})
    ]
    assert missed == []


def test_each_is_refused_at_once(met):
    assert [report for report in met if report["seconds"] >= SECONDS] == []


def test_all_together_need_little_memory(met):
    assert max(report["peak_megabytes"] for report in met) < MEGABYTES


def test_none_reaches_a_compiler(reports, met):
    """Jinja folds constants while it compiles. What Python compiled, it said aloud, and no bomb was heard."""
    assert [report for report in met if report["compiled"]] == []
    (control,) = [report for report in reports if report["kind"] == "control"]
    assert control["compiled"]


def test_only_our_own_pages_are_compiled_at_all():
    """Whoever writes `from_string` elsewhere is asked by this test whose text it is."""
    found = set()
    for path in (ROOT / "orchestrator").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            name = getattr(called, "attr", getattr(called, "id", ""))
            if name in ("from_string", "compile_templates", "get_template", "Template") or (
                name in ("compile", "eval", "exec") and isinstance(called, ast.Name)
            ):
                found.add(path.relative_to(ROOT).as_posix())
    assert found <= MAY_COMPILE
