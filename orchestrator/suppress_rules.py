"""Suppress rules: what must not be said while something is so, such as no marketing while an order is late.

A rule reads one kind of object. It forbids where any of the customer's own makes its condition true; an object that
lacks what the condition names does not.
"""

from __future__ import annotations

import contextlib
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from orchestrator.domain.message import Purpose
from orchestrator.domain.time import moment
from orchestrator.expressions import Condition, compile_expression, holds
from orchestrator.schema import Identifier, Schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from orchestrator.domain.time import Instant


class SuppressRule(Schema):
    """What is not said while `when` is true of an object of the customer's. Empty `purposes` or `topics` mean all.

    `when` reads the object by the name of its kind, `today` (the project's date, as `2026-11-25`) and `now` (a
    timestamp).
    """

    id: Identifier
    title: str
    purposes: tuple[Purpose, ...] = ()
    topics: tuple[Identifier, ...] = ()
    object: Identifier
    when: Condition

    def __hash__(self) -> int:
        """By its id: rules are looked up by the thousand, and equal ones have equal ids."""
        return hash(self.id)

    def concerns(self, purpose: Purpose, topic: str) -> bool:
        """Whether it may forbid such messages."""
        return (not self.purposes or purpose in self.purposes) and (not self.topics or topic in self.topics)


def forbidding(
    rules: tuple[SuppressRule, ...],
    objects: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    purpose: Purpose,
    topic: str,
    now: Instant,
    zone: str,
) -> SuppressRule | None:
    """The first rule that forbids a message, or None.

    Args:
        rules: all of the project.
        objects: the customer's own, by kind.
        purpose: why the message is sent.
        topic: what it is about.
        now: business time.
        zone: the project's time zone.
    """
    for rule in _concerned(rules, purpose, topic):
        for one in objects.get(rule.object, ()):
            if _forbids(rule, one, now, zone):
                return rule
    return None


@lru_cache(maxsize=1_024)
def _concerned(rules: tuple[SuppressRule, ...], purpose: Purpose, topic: str) -> tuple[SuppressRule, ...]:
    return tuple(rule for rule in rules if rule.concerns(purpose, topic))


def _forbids(rule: SuppressRule, one: Mapping[str, Any], now: Instant, zone: str) -> bool:
    """A campaign asks the same of many objects that differ only in what the rule does not read."""
    fields = _fields_read(rule)
    if fields is not None:
        with contextlib.suppress(TypeError):  # a list or an object among the values, which cannot be remembered
            return _forbids_these(rule, fields, now, zone, *(one.get(name, _MISSING) for name in fields))
    return holds(compile_expression(rule.when), {rule.object: one, **_times(now, zone)})[0]


_MISSING = object()


@lru_cache(maxsize=4_096, typed=True)
def _forbids_these(rule: SuppressRule, fields: tuple[str, ...], now: Instant, zone: str, *values: Any) -> bool:
    read = {name: value for name, value in zip(fields, values, strict=True) if value is not _MISSING}
    return holds(compile_expression(rule.when), {rule.object: read, **_times(now, zone)})[0]


@lru_cache(maxsize=256)
def _fields_read(rule: SuppressRule) -> tuple[str, ...] | None:
    """The fields of the object that a condition reads; None where it reads it in another way than `object.field`."""
    found = re.findall(rf"\b{rule.object}\b(?:\.([A-Za-z_]\w*))?", rule.when)
    return tuple(sorted(set(found))) if all(found) else None


@lru_cache(maxsize=256)
def _times(now: Instant, zone: str) -> dict[str, str | datetime]:
    """In UTC, because the CEL library takes no zone of its own."""
    return {"today": moment(now, zone).date().isoformat(), "now": moment(now)}
