"""Supersede: where several messages wait for one customer's peace, the newest takes the place of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.message import Purpose

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from orchestrator.store.port import Deferred


def superseded(waiting: Iterable[Deferred]) -> list[Deferred]:
    """Those that a newer one makes pointless.

    Of marketing, one message of a topic is enough. What is transactional tells of one thing: only the same message
    about the same thing replaces it. What a team rehearses replaces nothing real, and nothing real a rehearsal.
    """
    newest: dict[Hashable, Deferred] = {}
    older: list[Deferred] = []
    for one in sorted(waiting, key=lambda one: (one.accepted_at, one.id)):
        replaced = newest.get(_place(one))
        if replaced is not None:
            older.append(replaced)
        newest[_place(one)] = one
    return older


def _place(one: Deferred) -> Hashable:
    if one.purpose is Purpose.MARKETING:
        return one.mode, one.customer_id, one.topic
    return one.mode, one.customer_id, one.topic, one.message, tuple(sorted(one.objects.items()))
