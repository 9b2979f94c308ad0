"""Every family of rules, and every rule by its code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from orchestrator.check import (
    accounts,
    capabilities,
    channels,
    claims,
    conditions,
    consent,
    contradictions,
    encounters,
    facts,
    importing,
    journeys,
    measuring,
    overlays,
    own_words,
    privacy,
    prose,
    reading,
    replies,
    restraint,
    scenarios,
    strays,
    suppressing,
    timing,
    unreached,
    variables,
    way_out,
    whatsapp,
    wordings,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.check.rule import Rule
    from orchestrator.domain.errors import Finding
    from orchestrator.project import Survey


class Family(Protocol):
    """A module of rules about one thing."""

    @property
    def RULES(self) -> tuple[Rule, ...]:  # noqa: N802  # a module's constant
        """All that it looks for."""

    def findings(self, survey: Survey) -> Iterator[Finding]:
        """What is wrong with a project, in no particular order. Files that could not be read are absent."""


FAMILIES: tuple[Family, ...] = (
    strays,
    variables,
    claims,
    contradictions,
    facts,
    overlays,
    channels,
    accounts,
    capabilities,
    whatsapp,
    conditions,
    unreached,
    journeys,
    encounters,
    timing,
    measuring,
    own_words,
    consent,
    way_out,
    wordings,
    importing,
    restraint,
    suppressing,
    privacy,
    replies,
    scenarios,
    prose,
)

_ALL = (*reading.RULES, *(rule for family in FAMILIES for rule in family.RULES))

RULES: Mapping[str, Rule] = {rule.code: rule for rule in sorted(_ALL, key=lambda rule: rule.code)}
"""In the order of their codes."""
