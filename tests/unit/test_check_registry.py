"""Every rule is written down, once, and docs/reference/rules.md is what they say: pytest --refresh-golden writes it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from orchestrator.check import reading
from orchestrator.check.registry import FAMILIES, RULES
from orchestrator.documents import CODES

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/reference/rules.md"

INTRODUCTION = """# Rules

What `jogral check` looks for. **error** stops: `check` exits with 1, and the project does not come into force.
**warn** and **info** stop nothing. Where a rule is *fixable*, some of its findings carry what `--fix` writes.

A finding that is right but meant so is waived beside it, with a day and a reason; see
[Check a project](../how-to/check-a-project.md). On the command line: `jogral explain-rule CODE`.

This page is made from the rules themselves; a test keeps it so.
"""

NAMES = {
    "YA": "YAML and files",
    "VA": "Variables",
    "CL": "Claims and facts",
    "CH": "Channels",
    "WA": "WhatsApp templates",
    "JO": "Journeys",
    "TE": "Scenarios: the tests of journeys",
    "CO": "Consent, quiet hours and caps",
    "PR": "Privacy",
    "RE": "Support replies",
    "BV": "Brand voice",
}


def test_the_page_of_rules_is_what_they_say(request):
    """Nobody has to remember to write it."""
    text = "\n".join([INTRODUCTION, *(section(family) for family in NAMES)])
    if request.config.getoption("--refresh-golden"):
        PAGE.write_text(text, encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == text, "run pytest --refresh-golden, and read the page"


def section(family):
    rules = [rule for code, rule in RULES.items() if code.startswith(family)]
    index = "\n".join(f"| [{rule.code}](#{rule.code.lower()}) | {rule.level} | {rule.title} |" for rule in rules)
    return f"## {NAMES[family]}\n\n| Rule | Level | |\n|---|---|---|\n{index}\n\n" + "\n".join(map(told, rules))


def told(rule):
    fixable = ", fixable" if rule.fixable else ""
    return (
        f"### {rule.code}\n\n{rule.title} ({rule.level}{fixable}).\n\n{rule.why}\n\n"
        f"Bad:\n\n```yaml\n{rule.bad}\n```\n\nGood:\n\n```yaml\n{rule.good}\n```\n"
    )


def test_no_two_rules_share_a_code():
    """A code means one thing, for ever."""
    codes = Counter(rule.code for family in (reading, *FAMILIES) for rule in family.RULES)

    assert [code for code, count in codes.items() if count > 1] == []


def test_every_rule_belongs_to_a_documented_family():
    """Two letters say what a rule is about."""
    assert {code[:2] for code in RULES} <= set(NAMES)


@pytest.mark.parametrize("code", RULES)
def test_a_rule_says_why_and_shows_both_sides(code):
    """Sentences end with a full stop, titles do not, and the two excerpts differ."""
    rule = RULES[code]

    assert re.fullmatch(r"[A-Z]{2}\d{3}", rule.code)
    assert rule.title
    assert not rule.title.endswith(".")
    assert rule.why.endswith(".")
    assert rule.bad.strip() != rule.good.strip()


def test_every_code_that_the_code_says_is_a_rule():
    """`explain-rule` knows whatever a finding may carry."""
    said = {
        code
        for path in (ROOT / "orchestrator").rglob("*.py")
        for code in re.findall(r'"((?:YA|VA|CL|CH|WA|JO|TE|CO|PR)\d{3})"', path.read_text(encoding="utf-8"))
    }

    assert said - set(RULES) == set()
    assert set(CODES) <= set(RULES)
