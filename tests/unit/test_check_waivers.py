"""An exception is written beside what it allows, ends on a day, and is seen when it serves nobody."""

from __future__ import annotations

from datetime import date

import pytest

from orchestrator.check import waivers
from orchestrator.domain.errors import Finding

TODAY = date(2026, 11, 25)
KNOWN = {"VA150": None, "CH130": None, "YA101": None}

ALLOWED = "# jogral: allow VA150 until 2026-12-31: campanha da rádio"


def finding(line, code="VA150", level="error"):
    return Finding(code=code, level=level, message="Said", file="m.yaml", line=line, column=5)


def told(text, *findings, refusals=()):
    """What is left: the lines of findings, and what is said of waivers."""
    left = waivers.apply(findings, refusals, {"m.yaml": text}, TODAY, known=KNOWN)
    return sorted(
        f"{one.line}:{one.column}-{one.end_column} {one.message}" if one.code == "YA110" else f"{one.line} {one.code}"
        for one in left
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"title: R$ 99  {ALLOWED}\n", 1),
        (f"{ALLOWED}\ntitle: R$ 99\n", 2),
        (f"\ufeff{ALLOWED}\r\ntitle: R$ 99\r\n", 2),
        (f"{ALLOWED}\n# why this line is as it is\ntitle: R$ 99\n", 3),
        (f"body: |  {ALLOWED}\n  Oi\n\n  R$ 99\n", 4),
        (f"{ALLOWED}\nbody: |\n  Oi\n\n  R$ 99\n", 5),
        (f"- body: >-  {ALLOWED}\n    Oi\n    R$ 99\n  title: x\n", 3),
        (f"list:\n  - |2  {ALLOWED}\n     R$ 99\n", 3),
        (f"body: &a |  {ALLOWED}\n  R$ 99\n", 2),
    ],
)
def test_a_waiver_allows_its_line_the_next_one_or_the_block_of_its_key(text, line):
    """Comments cannot stand inside a block of text, so the key's line speaks for all of it."""
    assert told(text, finding(line)) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"title: R$ 99  {ALLOWED}\nother: R$ 99\n", 2),
        (f"{ALLOWED}\ntitle: x\nother: R$ 99\n", 3),
        (f"body: |  {ALLOWED}\n  Oi\ntitle: R$ 99\n", 3),
        (f"- body: |  {ALLOWED}\n    Oi\n  title: R$ 99\n", 3),
    ],
)
def test_a_waiver_allows_nothing_beyond(text, line):
    """The finding stays, and the waiver is useless."""
    left = told(text, finding(line))

    assert f"{line} VA150" in left
    assert any("waives nothing" in one for one in left)


def test_two_waivers_may_stand_above_one_line():
    """One for each rule."""
    text = f"{ALLOWED}\n# jogral: allow CH130 until 2026-12-31: nome próprio\nbody: R$ 99 não\n"

    assert told(text, finding(3), finding(3, "CH130", "info")) == []


def test_the_last_day_counts_and_the_next_does_not():
    """A waiver holds through the day that it names."""
    through = "title: x  # jogral: allow VA150 until 2026-11-25: hoje ainda\n"
    ended = "title: x  # jogral: allow VA150 until 2026-11-24: ontem ainda\n"

    assert told(through, finding(1)) == []
    assert told(ended, finding(1)) == ["1 VA150", "1:11-62 This waiver of VA150 ended on 2026-11-24"]


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("# jogral: allow VA150", "is not written as one"),
        ("# jogral: allow VA150 until 2026-12-31", "is not written as one"),
        ("# jogral: allow VA150 until 2026-12-31:", "is not written as one"),
        ("# jogral: allow VA150 until 2026-13-31: x", "is not written as one"),
        ("# jogral: alow VA150 until 2026-12-31: x", "is not written as one"),
        ("# jogral: allow VA151 until 2026-12-31: x", 'There is no rule "VA151"; did you mean "VA150"?'),
        ("# jogral: allow CH130 until 2026-12-31: x", "This waiver of CH130 waives nothing"),
    ],
)
def test_a_waiver_that_does_nothing_is_a_finding(comment, said):
    """Nobody believes to have allowed what is still refused."""
    left = told(f"title: x  {comment}\n", finding(1))

    assert "1 VA150" in left
    assert any(said in one for one in left)


def test_what_cannot_be_sent_cannot_be_waived():
    """A message with an unknown key has no release; saying that it is fine would not send it."""
    text = "titel: x  # jogral: allow YA101 until 2026-12-31: x\n"

    left = told(text, refusals=[finding(1, "YA101")])

    assert left == ["1 YA101", "1:11-52 YA101 cannot be waived: nothing can be sent with it"]


@pytest.mark.parametrize("code", ["CL101", "CL102", "CL103", "CL105", "CL106", "CL120"])
def test_what_is_read_back_cannot_be_waived(code):
    """A project that is whole must be able to send."""
    text = f"title: R$ 99  {ALLOWED.replace('VA150', code)}\n"
    known = {**KNOWN, code: None}

    fault, left = sorted(
        waivers.apply([finding(1, code)], [], {"m.yaml": text}, TODAY, known=known),
        key=lambda one: one.level == "error",
    )

    assert (left.code, fault.code, fault.level) == (code, "YA110", "warn")
    assert fault.message == f"{code} cannot be waived: what is sent is read back"
    assert fault.help == "List the phrase under not_claims, or state it as a claim."


def test_a_waiver_inside_a_text_is_copy():
    """Customers would read it."""
    text = f"body: |\n  R$ 99\n  {ALLOWED}\n"

    assert told(text, finding(2)) == ["2 VA150", "3:3-60 This is part of a text, not a comment"]


def test_what_is_wrong_with_a_waiver_is_said_in_the_readers_language():
    """The sentence keeps its places open."""
    (fault,) = waivers.apply([], [], {"m.yaml": f"{ALLOWED}\ntitle: x\n"}, TODAY, known=KNOWN)

    assert (fault.level, fault.code) == ("warn", "YA110")
    assert fault.told(lambda _: "A exceção {code} não serve") == "A exceção VA150 não serve"
