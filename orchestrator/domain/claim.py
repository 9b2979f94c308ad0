"""A promise inside a message: which fact, with which value, in which words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ClaimKind(StrEnum):
    """What can be promised. Each kind has one way of being written, which the brand voice decides."""

    PRICE = "price"
    DISCOUNT = "discount"
    DELIVERY_DATE = "delivery_date"
    DEADLINE = "deadline"
    COUPON = "coupon"
    POLICY = "policy"


@dataclass(frozen=True, kw_only=True, slots=True)
class StatedClaim:
    """A claim as one rendering states it: `value` is canonical (`2026-11-27`), `text` is what the customer reads."""

    name: str
    kind: ClaimKind
    fact: str
    value: str
    text: str
    superseded: bool = False
