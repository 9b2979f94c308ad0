"""Policies in an agent's own words: which one a figure is about, and whether something is asked for at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.catalog.folding import fold
from orchestrator.catalog.periods import read_period
from orchestrator.catalog.statements import StatementKind, read_statements
from orchestrator.domain.claim import ClaimKind
from orchestrator.replies.mentions import mentions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from orchestrator.catalog.statements import Statement
    from orchestrator.domain.claim import StatedClaim


# --- what a policy is about -------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Subjects:
    """The words that each policy of a reply has and no other: "troca" in "troca em 30 dias", and of `exchange_window`.

    So two policies may not change places.
    """

    words: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, text: str, claims: Iterable[StatedClaim], locale: str) -> Subjects:
        """The subjects of the policies among some claims, by the clauses in which a text states them."""
        named = mentions(text, locale)
        beside: dict[str, frozenset[str]] = {}
        for claim in claims:
            if claim.kind is ClaimKind.POLICY:
                stated = figures(claim, locale)
                clauses = " ".join(one.clause for one in named if any(same(one.said, figure) for figure in stated))
                beside[claim.name] = (_stems(clauses) - _stems(fold(claim.text))) | subject_of(claim.fact)
        return cls(words={name: own - _joined(beside[other] for other in beside if other != name)
                          for name, own in beside.items()})  # fmt: skip

    def named_in(self, clause: str) -> frozenset[str]:
        """The policies that a clause is about, by their claims' names; none where its words do not tell."""
        return frozenset(name for name, own in self.words.items() if speaks_of(clause, own))


def subject_of(fact: str) -> frozenset[str]:
    """The words that a fact is named after, in either language: `policies.exchange_window`."""
    named = _stems(fact.rpartition(".")[2].replace("_", " "))
    return named | _joined(_IN_PORTUGUESE.get(one, frozenset()) for one in named)


def speaks_of(clause: str, subject: frozenset[str]) -> bool:
    """Whether a folded clause has one of the words of a subject."""
    return not _stems(clause).isdisjoint(subject)


# --- what it says -----------------------------------------------------------------------------------------------------


def figures(claim: StatedClaim, locale: str) -> tuple[Statement, ...]:
    """What the words of a claim state by value."""
    return read_statements(claim.text, locale)


def same(one: Statement, other: Statement) -> bool:
    """Whether two statements have one value: "uma semana" has that of "7 dias"."""
    if one.kind is StatementKind.DURATION and other.kind is StatementKind.DURATION:
        return read_period(one.value) == read_period(other.value)
    return (one.kind, one.value) == (other.kind, other.value)


def asks_nothing(text: str) -> bool:
    """Whether a text says that something costs nothing: "sem custo", "por nossa conta", "grátis"."""
    return _FREE_OF_CHARGE.search(fold(text)) is not None


def free_of_charge(text: str) -> frozenset[str]:
    """The words of the sentences in which a text says so: what is free of charge."""
    return _joined(_stems(fold(one)) for one in _SENTENCE_END.split(text) if asks_nothing(one))


def is_free(clause: str, free: frozenset[str]) -> bool:
    """Whether a clause that asks nothing speaks of what is free, or of nothing else: "e é de graça"."""
    own = _FREE_OF_CHARGE.sub(" ", clause)
    return bool(free) and (not _stems(own) or speaks_of(own, free))


_SENTENCE_END = re.compile(r"[.!?](?=\s)|\n\s*\n")
_FREE_OF_CHARGE = re.compile(
    r"(?<!nao )(?<!nao e )(?<!nao sai )(?<!not )(?<!\w)"
    r"(?:sem (?:nenhum )?custos?|sem cobranca|sem pagar nada|por nossa conta|gratis|gratuit[oa]s?|de graca|custo zero"
    r"|r[$] ?0(?:,00)?(?![\d.,]*\d)|free(?!\w)|at no (?:extra )?(?:cost|charge)|on us)"
)

# --- words ------------------------------------------------------------------------------------------------------------

# Enough of a word to know "trocar" in "troca".
_STEM = 4
# What facts are named after in English.
_IN_PORTUGUESE: Mapping[str, frozenset[str]] = {
    "exch": frozenset({"troc", "troq"}),
    "retu": frozenset({"devo", "desi", "arre"}),
    "refu": frozenset({"reem", "esto", "dinh", "valo"}),
    "canc": frozenset({"desi"}),
    "warr": frozenset({"gara", "defe"}),
    "repl": frozenset({"resp"}),
    "sear": frozenset({"busc", "proc"}),
}
# What may stand beside any policy, or in its name, tells nothing.
_ANY_POLICY = frozenset((
    *("voce", "pode", "para", "dias", "praz", "pedi", "prod", "comp", "apos", "depo", "quan", "cheg", "rece"),
    *("your", "have", "days", "with", "when", "orde", "wind", "time", "firs", "poli"),
))  # fmt: skip


def _stems(folded: str) -> frozenset[str]:
    return frozenset(word[:_STEM] for word in re.findall(r"[a-z]{4,}", folded)) - _ANY_POLICY


def _joined(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset[str]().union(*sets)
