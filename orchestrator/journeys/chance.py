"""Chance that is the same whenever it is asked: who enters a rollout, and which way of a split a customer goes."""

from __future__ import annotations

from hashlib import blake2b
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_BITS = 53  # as many as a float keeps: with more, the last number would be rounded to 1


def lot(*names: str) -> float:
    """A number from 0 to below 1, spread evenly over names and always the same for the same ones."""
    digest = blake2b("\x1f".join(names).encode(), digest_size=8).digest()
    return (int.from_bytes(digest) >> (64 - _BITS)) / (1 << _BITS)


def drawn(weights: Mapping[str, int], *names: str) -> str:
    """Which of several ways somebody goes. Weights are relative to each other; their order is part of the draw."""
    at = lot(*names) * sum(weights.values())
    return next(way for way, end in zip(weights, accumulate(weights.values()), strict=True) if at < end)
