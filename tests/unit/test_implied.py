"""One condition holds wherever another does: told where their texts say so, and never where they do not."""

from __future__ import annotations

from itertools import product

import pytest

from orchestrator.check.implied import implies
from orchestrator.expressions import compile_expression, holds

PARTS = [
    *(f"cart.total {sign} {number}" for sign in ("==", "!=", "<", "<=", ">", ">=") for number in ("1.0", "2", "3.5")),
    'cart.city == "a"',
    'cart.city != "a"',
    "cart.city != 'b'",
    'cart.city in ["a", "b"]',
    'cart.city in ["b", "c",]',
]
CARTS = [{"total": total, "city": city} for total in (0.5, 1.0, 1.5, 2.0, 3.0, 3.5, 4.0) for city in "abcd"]


def test_implied_condition_is_true_wherever_the_other_is():
    """No pair of conditions is told to be one inside the other when some cart shows that it is not."""
    true = {
        part: {place for place, cart in enumerate(CARTS) if holds(compile_expression(part), {"cart": cart})[0]}
        for part in PARTS
    }
    for one, other in product(PARTS, PARTS):
        assert not implies(one, other) or true[one] <= true[other], (one, other)


@pytest.mark.parametrize(
    ("condition", "other"),
    [
        ("cart.total >= 500.0", "cart.total >= 100.0"),
        ("cart.total > 100.0", "cart.total >= 100.0"),
        ("cart.total == 100.0", "cart.total <= 100.0"),
        ("cart.total >= 500.0 && cart.vip", "cart.total >= 100.0"),
        ("cart.vip && cart.total  >= 100.0", "cart.total >= 100.0 && cart.vip"),
        ('cart.city == "a"', 'cart.city in ["a", "b"]'),
        ('cart.city == "a"', 'cart.city != "b"'),
        ("cart.total >= 500.0", None),
    ],
)
def test_narrower_condition_implies_the_wider_one(condition, other):
    """A higher threshold, one of several texts, a part more."""
    assert implies(condition, other)


@pytest.mark.parametrize(
    ("condition", "other"),
    [
        ("cart.total >= 100.0", "cart.total >= 500.0"),
        ("cart.total >= 100.0", "cart.total > 100.0"),
        ("cart.total >= 500.0 || cart.vip", "cart.total >= 100.0"),
        ("cart.total >= 500.0", "order.total >= 100.0"),
        ('cart.city in ["a", "b"]', 'cart.city == "a"'),
        (None, "cart.total >= 100.0"),
    ],
)
def test_nothing_is_told_of_what_the_texts_leave_open(condition, other):
    """A lower threshold, another value, an alternative."""
    assert not implies(condition, other)
