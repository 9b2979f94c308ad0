"""What a person was told (I7) where an agent's words say something else than the facts: the promises of those words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from orchestrator.catalog.statements import StatementKind, read_statements
from orchestrator.domain.claim import ClaimKind, StatedClaim

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.replies.answer import Answer, Contradiction


def told(answer: Answer, today: date, *, edited: bool) -> tuple[StatedClaim, ...]:
    """The promises that leave with an answer, be they what the facts say or not.

    An edit takes the place of the reply: what it leaves out is not promised. What an agent answers to a question is
    promised beside the rest.
    """
    return tuple(_of_edit(answer, today) if edited else _of_answers(answer, today))


def _of_edit(answer: Answer, today: date) -> Iterator[StatedClaim]:
    for claim in answer.claims:
        differing = [one for one in answer.contradictions if one.claim == claim.name]
        if not differing:
            yield claim
        for one in differing:
            if one.wrote:
                yield replace(claim, value=_value(one, answer, today), text=one.wrote)
    for one in answer.contradictions:
        if not one.claim:
            yield _own(one, answer, today)


def _of_answers(answer: Answer, today: date) -> Iterator[StatedClaim]:
    yield from answer.claims
    for one in answer.contradictions:
        yield _own(one, answer, today)


def _own(one: Contradiction, answer: Answer, today: date) -> StatedClaim:
    """The agent's own promise; of the fact that it contradicts, if any."""
    fact = next((claim.fact for claim in answer.claims if claim.name == one.claim), "")
    return StatedClaim(name=one.kind.value, kind=one.kind, fact=fact, value=_value(one, answer, today), text=one.wrote)


# --- as values --------------------------------------------------------------------------------------------------------

# What has no value to compare is kept in its words.
_IN_WORDS = frozenset({StatementKind.RELATIVE, StatementKind.OFFER})


def _value(one: Contradiction, answer: Answer, today: date) -> str:
    """Canonical, where the words state a value: a day that is written without its year is the one near the fact's."""
    fact = next((claim for claim in answer.claims if claim.name == one.claim and claim.kind in _DAYS), None)
    near = today if fact is None else date.fromisoformat(fact.value[: len("2026-11-27")])
    for text in (answer.text, one.wrote):  # by itself it may be read otherwise, or not at all: "até o dia 27"
        for found in read_statements(text, answer.locale):
            if text[found.start : found.end] == one.wrote and found.kind not in _IN_WORDS:
                return _whole(found.value, near)
    return one.wrote


_DAYS = frozenset({ClaimKind.DELIVERY_DATE, ClaimKind.DEADLINE})
_LEAP = 4 * 366  # days until there is a 29 February again


def _whole(value: str, near: date) -> str:
    """`--11-27` and `---27`, see Statement, as the nearest such day; any other value as it is."""
    if not value.startswith("--"):
        return value
    written, separator, hour = value.partition("T")
    days = (near + timedelta(days=sign * far) for far in range(_LEAP) for sign in (1, -1))
    day = next((one.isoformat() for one in days if one.isoformat().endswith("-" + written.lstrip("-"))), written)
    return day + separator + hour
