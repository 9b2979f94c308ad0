"""Each broken project has exactly one finding: its code, at its file, line and column."""

from __future__ import annotations

import re

import pytest

from orchestrator.check import reading
from orchestrator.check.registry import RULES
from orchestrator.translations import translator
from tests.check.cases import GOOD, checked, read_cases

CASES = read_cases("broken")

SAID_WHILE_READING = {"YA110", *(rule.code for rule in reading.RULES)}
"""Some of these say all that there is to say: a key that is missing must be written."""

WITHOUT_A_CASE: dict[str, str] = {}
"""Codes that no broken project of a few lines can have, and why."""


FINE = read_cases("fine")

PORTUGUESE = translator("pt-BR")
QUOTED = re.compile(r'"[^"]*"|`[^`]*`')
ENGLISH = re.compile(r"\b(?:the|is|are|must|not|of|or|and|in|on|it|that|this|which|with|has|[a-z]+_?\{[a-z]+\})\b")
"""Words that no sentence in Portuguese has, and a place that nothing filled."""


def test_good_project_has_no_findings():
    """What the cases break is whole before."""
    assert [str(finding) for finding in checked(GOOD).findings] == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_broken_project_has_exactly_its_finding(case, tmp_path):
    """One thing is broken, and one thing is said, where it is."""
    root = tmp_path / "shop"
    (expected,) = case.make(root)
    findings = checked(root).findings
    told = [finding for finding in findings if finding.level != "info" or finding.code == case.code]
    assert [(one.code, (one.file, one.line, one.column)) for one in told] == [(case.code, expected)], "\n".join(
        map(str, findings)
    )
    (finding,) = told
    assert finding.level == RULES[case.code].level
    assert (finding.told(), finding.remedy()) == (finding.message, finding.help)
    assert finding.help or finding.level == "info" or case.code in SAID_WHILE_READING
    for english, portuguese in (
        (finding.message, finding.told(PORTUGUESE)),
        (finding.help, finding.remedy(PORTUGUESE)),
    ):
        assert portuguese != english or not english
        assert not ENGLISH.search(QUOTED.sub("", portuguese)), portuguese


@pytest.mark.parametrize("case", FINE, ids=lambda case: case.name)
def test_fine_project_has_no_findings(case, tmp_path):
    """What looks like the broken ones, and is not."""
    root = tmp_path / "shop"
    assert case.make(root) == []
    assert [str(finding) for finding in checked(root).findings] == []


@pytest.mark.parametrize("case", CASES[:: len(CASES) // 8], ids=lambda case: case.name)
def test_command_says_the_same(case, tmp_path, jogral_in):
    """A few of them through `jogral check --json`, on the day that it is."""
    root = tmp_path / "shop"
    ((file, line, column),) = case.make(root)
    done = jogral_in(root)("check", "--json")
    told = [item for item in done.document["items"] if item["level"] != "info" or item["code"] == case.code]
    assert [(item["code"], item["file"], item["line"], item["column"]) for item in told] == [
        (case.code, file, line, column)
    ]
    assert done.code == (1 if told[0]["level"] == "error" else 0)
    assert done.document["ok"] is (told[0]["level"] != "error")


def test_every_rule_is_broken_by_a_case():
    """A rule that nothing breaks is a rule that nobody has seen work."""
    assert set(RULES) - {case.code for case in CASES} == set(WITHOUT_A_CASE)


def test_every_case_names_a_rule():
    """A code that no rule has would be expected in vain."""
    assert {case.code for case in CASES} <= set(RULES)
