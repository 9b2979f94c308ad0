"""The voice's own file: what is wrong in it is said at once, and mends nobody's copy."""

from __future__ import annotations

import pytest

from orchestrator.check.fixing import fix
from orchestrator.check.run import check
from orchestrator.project import Project
from tests.check.cases import TODAY, read_cases, unmark

CASES = {case.name: case for case in read_cases("broken")}
VOICE, MESSAGE = "brand_voice.yaml", "templates/messages/order_placed.yaml"


@pytest.fixture
def spoilt(tmp_path):
    """A project with the faults of some cases."""

    def make(*names):
        root = tmp_path / "shop"
        CASES[names[0]].make(root)
        for name in names[1:]:
            for change in CASES[name].changes:
                change.apply(root)
                unmark(root, change.file)
        return root

    return make


def edit(path, before, after):
    text = path.read_text("utf-8")
    assert text.count(before) == 1
    path.write_text(text.replace(before, after), "utf-8")


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("owner: marketing\n", "owner: marketing\ncolour: red\n", "YA101"),
        ("  - id: shouting\n    extends: occurrence\n", "  - id: shouting\n    extends: occurence\n", "YA104"),
        ("  en:\n    formats:\n", "  en:\n    format:\n", "YA101"),
    ],
)
def test_a_rule_that_is_wrong_is_said_beside_a_fault_of_the_file(spoilt, before, after, code):
    """Whoever mends the file sees both at once, and nothing of what follows from them."""
    root = spoilt("BV102_bad_example_that_is_fine")
    edit(root / VOICE, before, after)

    found = check(Project(root), TODAY).findings

    assert sorted(finding.code for finding in found) == ["BV102", code]
    assert {finding.file for finding in found} == {VOICE}


def test_a_file_that_is_no_yaml_says_that_alone(spoilt):
    """Rules cannot be read out of it."""
    root = spoilt("BV102_bad_example_that_is_fine")
    edit(root / VOICE, "owner: marketing\n", "owner: [marketing\n")

    assert [finding.code for finding in check(Project(root), TODAY).findings] == ["YA100"]


def test_rules_that_are_wrong_mend_nothing(spoilt):
    """A word that somebody's typing error made "wrong" is not rewritten all over the project."""
    root = spoilt("BV130_word_of_the_warehouse", "BV102_bad_example_that_is_fine")
    before = (root / MESSAGE).read_text("utf-8")
    report = check(Project(root), TODAY)

    assert {finding.code for finding in report.findings} == {"BV102", "BV130"}
    assert report.fixable == 0
    assert list(fix(root, report)) == []
    assert (root / MESSAGE).read_text("utf-8") == before

    edit(root / VOICE, "bad: Correndo", "bad: Corra")
    assert [mended.file for mended in fix(root, check(Project(root), TODAY))] == [MESSAGE]


def test_a_better_word_is_named(spoilt):
    """In the message, so that whoever reads it in a log knows what to write."""
    (finding,) = check(Project(spoilt("BV130_word_of_the_warehouse")), TODAY).findings

    assert 'Use "enviado", not "despachado"' in finding.message
