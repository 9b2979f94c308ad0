"""Where an agent's own words promise something else than the facts do: "you wrote 26/11, the fact says 27/11"."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.catalog.read_back import MASK, mismatches, says
from orchestrator.catalog.statements import StatementKind, read_statements
from orchestrator.domain.claim import ClaimKind
from orchestrator.domain.errors import filled, mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from orchestrator.catalog.statements import Statement
    from orchestrator.domain.claim import StatedClaim
    from orchestrator.domain.message import Rendered

_WROTE_ANOTHER = mark('You wrote "{wrote}"; the fact says "{fact}".')
_LEFT_OUT = mark('You left out "{fact}", which the reply promises.')
_WROTE_MORE = mark('You wrote "{wrote}", and the reply has no fact that says so.')


@dataclass(frozen=True, kw_only=True, slots=True)
class Contradiction:
    """One promise of which the agent's words and the facts differ.

    `claim` and `fact` are empty where the agent promises something that the reply does not; `wrote` is empty where a
    promise was left out.
    """

    claim: str
    kind: ClaimKind
    wrote: str
    fact: str

    def told(self, translate: Callable[[str], str] = str) -> str:
        """One sentence that names both."""
        sentence = _WROTE_ANOTHER if self.wrote and self.fact else _LEFT_OUT if self.fact else _WROTE_MORE
        return filled(sentence, {"wrote": self.wrote, "fact": self.fact}, translate)

    def __str__(self) -> str:
        return self.told()


# What a statement promises where nothing claims it, and how the promise of a kind is stated.
_PROMISED: Mapping[StatementKind, ClaimKind] = {
    StatementKind.MONEY: ClaimKind.PRICE,
    StatementKind.PERCENT: ClaimKind.DISCOUNT,
    StatementKind.DATE: ClaimKind.DELIVERY_DATE,
    StatementKind.DURATION: ClaimKind.POLICY,
    StatementKind.COUPON: ClaimKind.COUPON,
    StatementKind.RELATIVE: ClaimKind.DEADLINE,
    StatementKind.OFFER: ClaimKind.DISCOUNT,
}
# "Até amanhã" has no value to compare: by itself it may be about a call.
_VAGUE = frozenset({StatementKind.RELATIVE})

_DAYS = frozenset({StatementKind.DATE, StatementKind.RELATIVE})
_STATED: Mapping[ClaimKind, frozenset[StatementKind]] = {
    ClaimKind.PRICE: frozenset({StatementKind.MONEY}),
    ClaimKind.DISCOUNT: frozenset({StatementKind.PERCENT, StatementKind.OFFER}),
    ClaimKind.DELIVERY_DATE: _DAYS,
    ClaimKind.DEADLINE: _DAYS,
    ClaimKind.COUPON: frozenset({StatementKind.COUPON}),
}


def contradictions(edited: str, rendered: Rendered, locale: str) -> tuple[Contradiction, ...]:
    """What an edited text promises otherwise than the rendering that it was made of.

    What the rendering says of the customer's data ("seu pedido de R$ 259,80") may be said again: only what is new in
    the edit contradicts.
    """
    claims = {claim.name: claim for claim in rendered.claims}
    text = edited.replace(MASK, " ")
    differing = mismatches("text", text, tuple(claims.values()), locale)
    new = _new_statements(text, rendered.text, claims.values(), locale)
    found = [
        Contradiction(claim=one.claim, kind=claims[one.claim].kind, wrote=one.text, fact=claims[one.claim].text)
        for one in differing
        if one.reason == "weekday"
    ]
    missing = [claims[one.claim] for one in differing if one.reason == "missing"]
    for claim in [one for one in missing if not _said(one, text, locale)]:
        kinds = _kinds(claim, locale)
        wrote = next((one for one in new if one.kind in kinds), None)
        if wrote is not None:
            new.remove(wrote)
        found.append(_against(claim, "" if wrote is None else text[wrote.start : wrote.end]))
    found += [_beside(one, text[one.start : one.end], claims.values(), locale) for one in new if one.kind not in _VAGUE]
    return tuple(found)


def contradicted_by(words: str, claims: Iterable[StatedClaim], locale: str) -> Iterator[Contradiction]:
    """What words that the agent adds to a reply promise otherwise than its claims do, or beside them."""
    claims = tuple(claims)
    for one in read_statements(words.replace(MASK, " "), locale):
        if one.kind not in _VAGUE and not any(_agrees(claim, one, locale) for claim in claims):
            yield _beside(one, words[one.start : one.end], claims, locale)


def _new_statements(edited: str, original: str, claims: Iterable[StatedClaim], locale: str) -> list[Statement]:
    """The statements of the edit that neither its claims nor its original make, in order.

    A value that the original says twice may be said twice, a claim's own as often as one likes.
    """
    known = Counter((one.kind, one.value) for one in read_statements(original, locale))
    new = []
    for one in read_statements(edited, locale):
        if any(_agrees(claim, one, locale) for claim in claims):
            continue
        known[one.kind, one.value] -= 1
        if known[one.kind, one.value] < 0:
            new.append(one)
    return new


def _agrees(claim: StatedClaim, one: Statement, locale: str) -> bool:
    """Whether a statement is what a claim says; of a policy, a part of its words."""
    if claim.kind is ClaimKind.POLICY:
        return (one.kind, one.value) in _figures(claim.text, locale)
    day_alone = one.value.startswith(_DAY_ALONE) and claim.kind in (ClaimKind.DELIVERY_DATE, ClaimKind.DEADLINE)
    if day_alone:
        return claim.value[: len("2026-11-27")].endswith(one.value.removeprefix(_DAY_ALONE))
    return says(one, claim.kind, claim.value)


_DAY_ALONE = "---"  # `---27`: the 27th of some month, see Statement


def _figures(text: str, locale: str) -> frozenset[tuple[StatementKind, str]]:
    return frozenset((one.kind, one.value) for one in read_statements(text, locale))


def _kinds(claim: StatedClaim, locale: str) -> frozenset[StatementKind]:
    """How a claim is stated. A policy may speak of days, money and more: of what its words do."""
    return _STATED.get(claim.kind) or frozenset(one.kind for one in read_statements(claim.text, locale))


def _said(claim: StatedClaim, edited: str, locale: str) -> bool:
    """Whether a claim is told less exactly than copy tells it: "dia 27", or a policy with nothing but its figures."""
    told = read_statements(edited, locale)
    if claim.kind is not ClaimKind.POLICY:
        return any(_agrees(claim, one, locale) for one in told)
    figures = _figures(claim.text, locale)
    return bool(figures) and figures <= _figures(edited, locale)


def _against(claim: StatedClaim, wrote: str) -> Contradiction:
    return Contradiction(claim=claim.name, kind=claim.kind, wrote=wrote, fact=claim.text)


def _beside(one: Statement, wrote: str, claims: Iterable[StatedClaim], locale: str) -> Contradiction:
    """A promise that came with the edit: against the claim of its kind, or against none."""
    alike = [claim for claim in claims if one.kind in _kinds(claim, locale)]
    current = next((claim for claim in alike if not claim.superseded), None)
    if current is not None:
        return _against(current, wrote)
    return Contradiction(claim="", kind=_PROMISED[one.kind], wrote=wrote, fact="")
