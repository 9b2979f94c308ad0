"""Periods are compared by how long they are, whatever they are written in."""

from __future__ import annotations

import pytest

from orchestrator.catalog.periods import read_period


@pytest.mark.parametrize(
    ("one", "other"),
    [("7d", "1w"), ("24h", "1d"), ("5-7d", "7d"), ("12mo", "1y"), ("0.5y", "6mo"), ("90m", "1.5h"), ("1bw", "5bd")],
)
def test_one_length_is_one_value(one, other):
    """In days or weeks, in hours or days, in months or years; of a range the end counts."""
    assert read_period(one) == read_period(other)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("7d", "10d", True),
        ("7d", "1w", False),
        ("24h", "2d", True),
        ("2bd", "5bd", True),
        ("2bh", "3bh", True),
        # A month may have 30 days, and not 15; a year may have 365, and not 90.
        ("1mo", "30d", False),
        ("1mo", "15d", True),
        ("3mo", "90d", False),
        ("1y", "365d", False),
        ("12mo", "90d", True),
        # Business days are at least as many days, and nobody knows how many more.
        ("7d", "7bd", False),
        ("10d", "7bd", False),
        ("7d", "10bd", True),
        ("24h", "2bh", False),
    ],
)
def test_periods_exclude_each_other_where_no_calendar_makes_them_one(one, other, expected):
    """Both ways."""
    first, second = read_period(one), read_period(other)

    assert first.excludes(second) is expected
    assert second.excludes(first) is expected


@pytest.mark.parametrize("value", ["", "7", "d", "7x", "5.d", "1.2.3d", "2026-11-27", "20%", "129.90 BRL", "LUME20"])
def test_what_is_no_period_is_none(value):
    """Whatever else a text states."""
    assert read_period(value) is None
