"""CL114: what one text promises of returns, refunds and the like, another text does not contradict."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING

from orchestrator.check.copies import copies
from orchestrator.check.literals import MOST
from orchestrator.check.matter_words import Matter
from orchestrator.check.matters import Named, Promise, matters_of, promises
from orchestrator.check.rule import Rule
from orchestrator.domain.claim import ClaimKind
from orchestrator.domain.errors import Word, mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from orchestrator.check.copies import Copy, Place, Saying
    from orchestrator.domain.errors import Finding
    from orchestrator.facts.sheet import FactSheet
    from orchestrator.project import Survey

_TWO_ANSWERS = Rule(
    code="CL114",
    level="error",
    title=mark("Two texts promise different things of the same"),
    why=mark(
        "A customer who reads 7 days in a campaign and hears 10 from support was told wrong by one of them, and the "
        "better promise binds. One fact behind both makes them one."
    ),
    bad="""\
# templates/messages/order_delivered.yaml: {{ claims.returns }} is policies.return_window, 7 days
content:
  body: Para devolver, você tem {{ claims.returns }}.
# templates/replies/devolucao.yaml: {{ claims.returns }} is policies.club_window, 10 days
variants:
  - otherwise: true
    body: Você tem {{ claims.returns }} para devolver.
""",
    good="""\
# both claim policies.return_window
claims:
  returns: {kind: policy, from: policies.return_window}
""",
)
RULES = (_TWO_ANSWERS,)


def findings(survey: Survey) -> Iterator[Finding]:
    """One for each matter of each text. What facts say comes first, so what is typed in is what is found wrong."""
    known: dict[Matter, dict[object, list[_Heard]]] = {}
    told: set[tuple[str, Matter]] = set()
    heard = [one for copy in copies(survey) for one in islice(_heard_in(copy, survey.sheet), MOST)]
    for one in sorted(heard, key=lambda one: not one.fact):
        for matter in sorted(one.promise.matters):
            before = known.setdefault(matter, {})
            other = _contradicted(one, chain.from_iterable(before.values()))
            alike = before.setdefault((one.copy.locale, one.fact, one.promise.value, one.promise.cases), [])
            if len(alike) < _ENOUGH and all(it.text != one.text for it in alike):
                alike.append(one)
            if other is not None and (one.text, matter) not in told:
                told.add((one.text, matter))
                yield _finding(matter, one, other, survey.sheet)


# Texts that say the same alike: one for all others, and another for the one itself, which does not contradict itself.
_ENOUGH = 2


# --- hearing --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class _Heard:
    """A promise in a text, where it stands in the file's own words, and the fact that says it if one does."""

    copy: Copy
    promise: Promise
    said: str
    start: int
    end: int
    fact: str = ""

    @property
    def text(self) -> str:
        """What does not contradict itself: a message with its translations, a reply with all its variants."""
        file = self.copy.document.file
        return f"{file.rpartition('/')[0]}/{self.copy.message.id}" if self.copy.message else file

    @property
    def place(self) -> str:
        """File and line."""
        span = self.copy.document.finding(self.copy.path, "", code="", offset=self.start, length=self.end - self.start)
        return f"{span.file}:{span.line}"


def _heard_in(copy: Copy, sheet: FactSheet) -> Iterator[_Heard]:
    title = copy.message.title if copy.message else ""
    said_already: set[int] = set()  # what stands around a plural is said by every form
    for saying in copy.sayings:
        spoken = _Spoken(copy, saying, sheet)
        for promise in promises(spoken.text, copy.locale, title, spoken.named()):
            fact, start, end = spoken.source(promise)
            span = saying.written(start, end)
            if span[0] not in said_already:
                said_already.add(span[0])
                yield _Heard(
                    copy=copy, promise=promise, fact=fact, start=span[0], end=span[1],
                    said=" ".join(spoken.text[promise.start : promise.end].split()),
                )  # fmt: skip


class _Spoken:
    """A saying with the approved words of policies where they are claimed, as customers hear it."""

    def __init__(self, copy: Copy, saying: Saying, sheet: FactSheet) -> None:
        self._spans: list[tuple[int, int, Place, str]] = []
        text, end = "", 0
        for place in saying.places:
            policy = _policy(copy, place)
            words = _words(policy, copy.locale, sheet) if policy else ""
            if words:
                text += saying.text[end : place.start]
                self._spans.append((len(text), len(text) + len(words), place, policy))
                text, end = text + words, place.end
        self.text = text + saying.text[end:]

    def named(self) -> list[Named]:
        """The policies in it whose ids say what they are about."""
        return [
            Named(start=start, end=end, matters=matters_of(policy.rpartition(".")[2]))
            for start, end, _, policy in self._spans
        ]

    def source(self, promise: Promise) -> tuple[str, int, int]:
        """The fact that a promise comes from, if one does, and where it stands in the saying."""
        moved = 0
        for start, end, place, policy in self._spans:
            if promise.end <= start:
                break
            if promise.start < end:
                return policy, place.start, place.end
            moved += (place.end - place.start) - (end - start)
        return "", promise.start + moved, promise.end + moved


def _policy(copy: Copy, place: Place) -> str:
    """The policy that a place states."""
    claims = copy.message.claims if copy.message else {}
    claim = claims.get(place.name.removeprefix("claims.")) if place.claim else None
    return claim.from_ if claim is not None and claim.kind is ClaimKind.POLICY else ""


def _words(path: str, locale: str, sheet: FactSheet) -> str:
    return sheet.translated.get((path, locale)) or sheet.written.get(path, "")


# --- judging --------------------------------------------------------------------------------------------------------


def _contradicted(one: _Heard, known: Iterable[_Heard]) -> _Heard | None:
    """Another text that says otherwise, in the same language if there is one."""
    against = [
        other
        for other in known
        if other.text != one.text
        and (not one.fact or other.fact != one.fact)
        and one.promise.contradicts(other.promise)
    ]
    return min(against, key=lambda other: other.copy.locale != one.copy.locale, default=None)


_MATTERS: Mapping[Matter, Word] = {
    Matter.RETURN: Word(mark("returns")),
    Matter.EXCHANGE: Word(mark("exchanges")),
    Matter.CANCELLATION: Word(mark("cancellations")),
    Matter.REFUND: Word(mark("refunds")),
    Matter.WARRANTY: Word(mark("the warranty")),
    Matter.FIRST_REPLY: Word(mark("the first reply")),
}
_BY_TWO_FACTS = mark(
    "This is {fact} ({fact_place}), and {place} states {other_fact} ({other_fact_place}): let both state one fact."
)
_BY_ONE_FACT = mark("{place} states {other_fact} ({other_fact_place}): state it here too.")
_BY_NONE = mark("Let this text and {place} state one fact of templates/facts.")


def _finding(matter: Matter, one: _Heard, other: _Heard, sheet: FactSheet) -> Finding:
    return one.copy.finding(
        _TWO_ANSWERS, mark('This says "{text}" of {matter}, and {place} "{other}"'), one.start, one.end,
        help=_BY_TWO_FACTS if one.fact else _BY_ONE_FACT if other.fact else _BY_NONE,
        matter=_MATTERS[matter], text=one.said, place=other.place, other=other.said,
        fact=one.fact, fact_place=_written_at(one.fact, sheet),
        other_fact=other.fact, other_fact_place=_written_at(other.fact, sheet),
    )  # fmt: skip


def _written_at(fact: str, sheet: FactSheet) -> str:
    place = sheet.place(fact)
    return f"{place.file}:{place.line}" if place else ""
