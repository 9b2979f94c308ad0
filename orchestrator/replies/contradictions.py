"""Where an agent's own words promise something else than the facts do: "you wrote 26/11, the fact says 27/11".

To agree, words must say a fact: what they deny, put off or tell as over is told as a contradiction, with the words that
do so. Neither what happened ("postado em 20/11") nor what the agent will do themselves is a promise of the shop.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from orchestrator.catalog.read_back import MASK, mismatches, says
from orchestrator.catalog.statements import FREE, StatementKind
from orchestrator.domain.claim import ClaimKind
from orchestrator.domain.errors import filled, mark
from orchestrator.replies.manners import Manner
from orchestrator.replies.mentions import mentions
from orchestrator.replies.policies import (
    Subjects,
    asks_nothing,
    figures,
    free_of_charge,
    is_free,
    same,
    speaks_of,
    subject_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from orchestrator.catalog.statements import Statement
    from orchestrator.domain.claim import StatedClaim
    from orchestrator.domain.message import Rendered
    from orchestrator.replies.mentions import Mention

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


def contradictions(
    edited: str, rendered: Rendered, locale: str, *, known: Iterable[StatedClaim] = ()
) -> tuple[Contradiction, ...]:
    """What an edited text promises otherwise than the rendering that it was made of.

    What the rendering says of the customer's data ("seu pedido de R$ 259,80") may be said again: only what is new in
    the edit contradicts.

    Args:
        edited: the agent's words.
        rendered: what the reply says by itself.
        locale: of both.
        known: what else is true, as claims: policies and offers that the reply does not speak of.
    """
    text = edited.replace(MASK, " ")
    reply = _Reply.of(rendered, locale, known)
    named = mentions(text, locale)
    unread = {one.claim for one in mismatches("text", text, reply.claims, locale) if one.reason == "missing"}
    compared = [_Compared.of(claim, reply, named, text, in_words=claim.name not in unread) for claim in reply.claims]
    kept = {one.claim.name for one in compared if one.said}
    new = reply.new(named, kept)
    differing = [
        _against(one.claim, one.unsaid or one.named or _instead(new, one.claim, locale))
        for one in compared
        if not one.said
    ]
    return (*differing, *(reply.beside(one) for one in new))


def contradicted_by(
    words: str, claims: Iterable[StatedClaim], locale: str, *, known: Iterable[StatedClaim] = ()
) -> Iterator[Contradiction]:
    """What words that the agent adds to a reply promise otherwise than its claims do, or beside them."""
    claims = tuple(claims)
    reply = _Reply(claims=claims, known=tuple(known), locale=locale, subjects=Subjects.of("", claims, locale))
    named = mentions(words.replace(MASK, " "), locale)
    for claim in reply.claims:
        if unsaid := _Compared.of(claim, reply, named, words, in_words=True).unsaid:
            yield _against(claim, unsaid)
    for one in reply.new(named, {claim.name for claim in reply.claims}):
        yield reply.beside(one)


# --- what a reply says by itself --------------------------------------------------------------------------------------

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
_DAYS = frozenset({StatementKind.DATE, StatementKind.RELATIVE})
_STATED: Mapping[ClaimKind, frozenset[StatementKind]] = {
    ClaimKind.PRICE: frozenset({StatementKind.MONEY}),
    ClaimKind.DISCOUNT: frozenset({StatementKind.PERCENT, StatementKind.OFFER}),
    ClaimKind.DELIVERY_DATE: _DAYS,
    ClaimKind.DEADLINE: _DAYS,
    ClaimKind.COUPON: frozenset({StatementKind.COUPON}),
}
_NO_PROMISE = frozenset({Manner.HAPPENED, Manner.OWN})
_TAKES_BACK = frozenset({Manner.DENIED, Manner.OVER})
_UNSAYS = frozenset({Manner.DENIED, Manner.MOVED, Manner.OVER})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Reply:
    """What an agent's words are compared with.

    `mentions` are those of the reply's own text. What it names in a manner may be named so again; a value of data that
    it says twice may be said twice, a claim's own as often as one likes. `free` are the words of what costs nothing.
    """

    claims: tuple[StatedClaim, ...]
    known: tuple[StatedClaim, ...]
    locale: str
    subjects: Subjects
    mentions: tuple[Mention, ...] = ()
    free: frozenset[str] = frozenset()

    @classmethod
    def of(cls, rendered: Rendered, locale: str, known: Iterable[StatedClaim]) -> _Reply:
        claims = tuple({claim.name: claim for claim in rendered.claims}.values())
        return cls(
            claims=claims,
            known=tuple(known),
            locale=locale,
            subjects=Subjects.of(rendered.text, claims, locale),
            mentions=mentions(rendered.text, locale),
            free=free_of_charge(rendered.text),
        )

    def says(self, claim: StatedClaim, one: Mention) -> bool:
        """Whether a mention names the value of a claim, in whichever manner; of a policy, a part of its words."""
        if claim.kind is not ClaimKind.POLICY:
            return _names(claim, one.said)
        about = self.subjects.named_in(one.clause)
        return (not about or claim.name in about) and any(same(one.said, it) for it in figures(claim, self.locale))

    def manners(self, claim: StatedClaim) -> frozenset[Manner]:
        """In which manners a claim may be named: what is superseded, in any."""
        if claim.superseded:
            return frozenset(Manner)
        return frozenset({Manner.SAID, *(one.manner for one in self.mentions if self.says(claim, one))})

    def new(self, named: Sequence[Mention], kept: Collection[str]) -> list[Mention]:
        """The promises that neither the claims nor the text of the reply make, in order. `kept` are the claims made."""
        own = Counter((one.said.kind, one.said.value) for one in self.mentions if not self._is_claimed(one))
        new = []
        for one in named:
            if self._is_claimed(one) or self._is_true(one, kept):
                continue
            own[one.said.kind, one.said.value] -= 1
            if own[one.said.kind, one.said.value] < 0:
                new.append(one)
        return new

    def _is_claimed(self, one: Mention) -> bool:
        return any(self.says(claim, one) for claim in self.claims)

    def _is_true(self, one: Mention, kept: Collection[str]) -> bool:
        """Whether a mention promises nothing, or what is so anyway."""
        if one.manner in _NO_PROMISE or (_costs_nothing(one.said) and is_free(one.clause, self.free)):
            return True
        days = [claim for claim in self.claims if claim.name in kept and _STATED.get(claim.kind) is _DAYS]
        current = [claim for claim in days if not claim.superseded]
        if one.said.kind in _DAYS and one.manner in _TAKES_BACK and current:
            return True
        same_day = one.said.kind is StatementKind.RELATIVE and any(_weekday(it) == one.said.weekday for it in current)
        return same_day or any(self._is_known(fact, one) for fact in self.known)

    def _is_known(self, fact: StatedClaim, one: Mention) -> bool:
        """Whether another fact says it: a policy where it is named, others where no claim is stated that way."""
        if fact.kind is ClaimKind.POLICY:
            named = speaks_of(one.clause, subject_of(fact.fact)) and not self.subjects.named_in(one.clause)
            return named and any(same(one.said, it) for it in figures(fact, self.locale))
        stated = frozenset[StatementKind]().union(*(_kinds(claim, self.locale) for claim in self.claims))
        return one.said.kind not in stated and _names(fact, one.said)

    def beside(self, one: Mention) -> Contradiction:
        """A promise that came with the edit: against the claim that it is about, of its kind, or against none."""
        about = self.subjects.named_in(one.clause)
        alike = [claim for claim in self.claims if not claim.superseded and one.said.kind in _kinds(claim, self.locale)]
        alike.sort(key=lambda claim: claim.name not in about)
        if alike:
            return _against(alike[0], one.words)
        return Contradiction(claim="", kind=_PROMISED[one.said.kind], wrote=one.words, fact="")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Compared:
    """A claim, and whether an agent's words say it; else which of them unsay it, or do no more than name it."""

    claim: StatedClaim
    said: bool
    unsaid: str = ""
    named: str = ""

    @classmethod
    def of(cls, claim: StatedClaim, reply: _Reply, named: Sequence[Mention], text: str, *, in_words: bool) -> _Compared:
        mentioned = [one for one in named if reply.says(claim, one)]
        manners = reply.manners(claim)
        bent = [one for one in mentioned if one.manner in _UNSAYS - manners]
        told = [one for one in mentioned if one.manner in manners | {Manner.OWN}]
        day = _weekday(claim)
        weekday = [one for one in told if day is not None and one.said.weekday not in (None, day)]
        if bent or weekday:
            return cls(claim=claim, said=False, unsaid=(bent or weekday)[0].words)
        if mentioned:
            whole = claim.kind is not ClaimKind.POLICY or all(
                any(same(one.said, figure) for one in told) for figure in figures(claim, reply.locale)
            )
            return cls(claim=claim, said=bool(told) and whole, named="" if told else mentioned[0].words)
        free = claim.kind is ClaimKind.POLICY and asks_nothing(claim.text) and asks_nothing(text)
        return cls(claim=claim, said=in_words or (free and not figures(claim, reply.locale)))


# --- values -----------------------------------------------------------------------------------------------------------


def _names(claim: StatedClaim, one: Statement) -> bool:
    """Whether a statement names a claim's value, be it less exactly than copy does: "dia 27"."""
    if one.value.startswith(_DAY_ALONE) and claim.kind in (ClaimKind.DELIVERY_DATE, ClaimKind.DEADLINE):
        return claim.value[: len("2026-11-27")].endswith(one.value.removeprefix(_DAY_ALONE))
    return says(one, claim.kind, claim.value)


_DAY_ALONE = "---"  # `---27`: the 27th of some month, see Statement


def _weekday(claim: StatedClaim) -> int | None:
    if _STATED.get(claim.kind) is not _DAYS:
        return None
    return date.fromisoformat(claim.value[: len("2026-11-27")]).weekday()


def _costs_nothing(one: Statement) -> bool:
    return one.value == FREE or (one.kind is StatementKind.MONEY and Decimal(one.value.partition(" ")[0]) == 0)


def _kinds(claim: StatedClaim, locale: str) -> frozenset[StatementKind]:
    """How a claim is stated. A policy may speak of days, money and more: of what its words do."""
    return _STATED.get(claim.kind) or frozenset(one.kind for one in figures(claim, locale))


# --- told -------------------------------------------------------------------------------------------------------------


def _instead(new: list[Mention], claim: StatedClaim, locale: str) -> str:
    """What stands in the place of a claim that is not made, and is told with it."""
    wrote = next((one for one in new if one.said.kind in _kinds(claim, locale)), None)
    if wrote is None:
        return ""
    new.remove(wrote)
    return wrote.words


def _against(claim: StatedClaim, wrote: str) -> Contradiction:
    return Contradiction(claim=claim.name, kind=claim.kind, wrote=wrote, fact=claim.text)
