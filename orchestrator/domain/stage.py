"""Where in a customer's way with the shop a text is read."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """From the first look to the return, in the order that a customer goes."""

    DISCOVERY = "discovery"
    CONSIDERATION = "consideration"
    PURCHASE = "purchase"
    DELIVERY = "delivery"
    AFTER_SALE = "after_sale"
    SUPPORT = "support"
    WIN_BACK = "win_back"
