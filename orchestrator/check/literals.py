"""What copy says beside its claims: CL101, CL102, CL103 and CL105, each at the character where it stands."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from orchestrator.catalog.folding import Folded, fold
from orchestrator.catalog.read_back import says
from orchestrator.catalog.statements import Statement, StatementKind, read_statements
from orchestrator.check.rule import Rule
from orchestrator.domain.claim import ClaimKind
from orchestrator.domain.errors import mark
from orchestrator.schema import VariableType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.check.copies import Copy, Place, Saying
    from orchestrator.domain.errors import Finding
    from orchestrator.facts.sheet import FactSheet

LITERAL = Rule(
    code="CL101",
    level="error",
    title=mark("Copy says a price, percentage, date, period, coupon or policy itself"),
    why=mark(
        "A value that is typed into copy is right on one channel on one day. Stated as a claim it comes from one fact, "
        "and cannot differ between channels, languages and people."
    ),
    bad="""\
content:
  body: O Kit Banho sai por R$ 129,90 até amanhã.
""",
    good="""\
claims:
  price: {kind: price, from: offers.banho_lume20.price}
  ends:  {kind: deadline, from: offers.banho_lume20.ends_at}
content:
  body: O Kit Banho sai por {{ claims.price }} até {{ claims.ends }}.
""",
)
OUTSIDE = Rule(
    code="CL102",
    level="error",
    title=mark("An amount or a date is printed outside a claim"),
    why=mark("What is printed as a plain variable is neither read back nor remembered as a promise."),
    bad="""\
variables:
  order.promised_date: {type: date, example: 2026-11-25}
content:
  body: Chega até {{ order.promised_date }}.
""",
    good="""\
variables:
  order.promised_date: {type: date, example: 2026-11-25}
claims:
  arrives: {kind: delivery_date, from: order.promised_date}
content:
  body: Chega até {{ claims.arrives }}.
""",
)
SIGN = Rule(
    code="CL103",
    level="error",
    title=mark("A sign or a unit makes a value of a variable"),
    why=mark("`{{ x }}%` is a percentage that no claim states: nobody checks what x is."),
    bad="""\
content:
  headline: "{{ offer.percent }}% no Kit Banho"
""",
    good="""\
claims:
  discount: {kind: discount, from: offers.banho_lume20.discount}
content:
  headline: "{{ claims.discount }} no Kit Banho"
""",
)
TOUCHING = Rule(
    code="CL105",
    level="error",
    title=mark("A claim touches another place or a figure"),
    why=mark("Without a space between them two values read as one: 1 and 20% as 120%."),
    bad="""\
content:
  headline: "{{ cart.items_count }}{{ claims.discount }} no Kit Banho"
""",
    good="""\
content:
  headline: "{{ cart.items_count }} itens com {{ claims.discount }}"
""",
)
RULES = (LITERAL, OUTSIDE, SIGN, TOUCHING)


# Of one text. Each place is looked for in the file from its beginning, and nobody reads the hundred and first.
MOST = 100


def findings_in(copy: Copy, sheet: FactSheet) -> Iterator[Finding]:
    """What one text says that a claim should say; not more than anybody would read."""
    return islice(_findings(copy, sheet), MOST)


def _findings(copy: Copy, sheet: FactSheet) -> Iterator[Finding]:
    yield from _literals(copy, sheet)
    yield from _outside(copy)
    yield from _signs(copy)
    yield from _touching(copy)


def occurrences(phrase: str, text: str) -> Iterator[tuple[int, int]]:
    """Where a phrase stands in copy, which may break its lines."""
    pattern = r"\s+".join(map(re.escape, phrase.split()))
    return (found.span() for found in re.finditer(pattern, text)) if pattern else iter(())


# --- CL101 ----------------------------------------------------------------------------------------------------------

_SENTENCES: Mapping[StatementKind, tuple[str, ClaimKind]] = {
    StatementKind.MONEY: (mark('Hard-coded price "{text}" in copy'), ClaimKind.PRICE),
    StatementKind.PERCENT: (mark('Hard-coded percentage "{text}" in copy'), ClaimKind.DISCOUNT),
    StatementKind.DATE: (mark('Hard-coded date "{text}" in copy'), ClaimKind.DEADLINE),
    StatementKind.DURATION: (mark('Hard-coded period "{text}" in copy'), ClaimKind.POLICY),
    StatementKind.COUPON: (mark('Hard-coded coupon "{text}" in copy'), ClaimKind.COUPON),
    StatementKind.RELATIVE: (mark('Hard-coded deadline "{text}" in copy'), ClaimKind.DEADLINE),
    StatementKind.OFFER: (mark('Hard-coded offer "{text}" in copy'), ClaimKind.DISCOUNT),
}
_POLICY = mark('Hard-coded policy "{text}" in copy')
_COUPON, _ = _SENTENCES[StatementKind.COUPON]

_DECLARED = mark("Write `{{{{ claims.{claim} }}}}`, which this message declares.")
_KNOWN = mark("Declare `claims: {{{claim}: {{kind: {kind}, from: {path}}}}}` and write `{{{{ claims.{claim} }}}}`.")
_UNKNOWN = mark(
    "Declare `claims: {{{claim}: {{kind: {kind}, from: …}}}}` from a fact or a variable, "
    "and write `{{{{ claims.{claim} }}}}`."
)


def _literals(copy: Copy, sheet: FactSheet) -> Iterator[Finding]:
    told: set[int] = set()  # what stands around a plural is said by every form
    for saying in copy.sayings:
        for start, end, sentence, kind, path in _said_by_hand(copy, saying, sheet):
            span = saying.written(start, end)
            if span[0] not in told:
                told.add(span[0])
                yield _literal(copy, sentence, span, saying.text[start:end], kind, path)


_ByHand = tuple[int, int, str, ClaimKind, str | None]


def _said_by_hand(copy: Copy, saying: Saying, sheet: FactSheet) -> Iterator[_ByHand]:
    """Start, end, what to say of it, as which claim, and the fact that says it if there is one."""
    innocent = [
        span
        for phrase in (copy.message.not_claims if copy.message else ())
        for span in occurrences(phrase, saying.text)
    ]
    taken: list[tuple[int, int]] = []
    for start, end, path in words_of_facts(saying.text, sheet):
        if not _overlaps(start, end, taken) and not _lies_in(start, end, innocent):
            taken.append((start, end))
            kind = sheet.kind_of(path) or ClaimKind.POLICY
            yield start, end, _POLICY if kind is ClaimKind.POLICY else _COUPON, kind, path
    for found in read_statements(saying.text, copy.locale):
        if not _overlaps(found.start, found.end, taken) and not _lies_in(found.start, found.end, innocent):
            sentence, usual = _SENTENCES[found.kind]
            known = _fact_that_says(found, sheet)
            yield found.start, found.end, sentence, (sheet.kind_of(known) if known else None) or usual, known


def words_of_facts(text: str, sheet: FactSheet) -> Iterator[tuple[int, int, str]]:
    """Where approved words of policies, and coupons, stand as they are; the longest first."""
    folded = Folded(text)
    written = ((path, value) for path, value in sheet.written.items() if sheet.kind_of(path) in _IN_WORDS)
    for path, first, pattern in _patterns(tuple(written)):
        for match in pattern.finditer(folded.text) if first in folded.text else ():
            yield *folded.span(*match.span()), path


_IN_WORDS = frozenset({ClaimKind.POLICY, ClaimKind.COUPON})


@lru_cache(maxsize=8)
def _patterns(written: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    """For each fact its path, its first word, which most texts do not have, and a pattern of all its words."""
    words = {tuple(fold(value).split()): path for path, value in written}
    return tuple(
        (path, said[0], re.compile(rf"(?<![\w/?=&]){' +'.join(map(re.escape, said))}(?!\w)"))
        for said, path in sorted(words.items(), key=lambda item: len(" ".join(item[0])), reverse=True)
        if said
    )


def _overlaps(start: int, end: int, taken: list[tuple[int, int]]) -> bool:
    return any(start < last and first < end for first, last in taken)


def _lies_in(start: int, end: int, spans: list[tuple[int, int]]) -> bool:
    return any(first <= start and end <= last for first, last in spans)


def _fact_that_says(found: Statement, sheet: FactSheet) -> str | None:
    """The path of a fact with this value, if there is one to suggest."""
    for path, value in sheet.written.items():
        kind = sheet.kind_of(path)
        if kind is not None and says(found, kind, value):
            return path
        if path.startswith("policies.") and path.endswith(".value") and value == found.value:
            return path.removesuffix(".value")
    return None


def _literal(copy: Copy, sentence: str, span: tuple[int, int], text: str, kind: ClaimKind, path: str | None) -> Finding:
    claims = copy.message.claims if copy.message else {}
    declared = next((name for name, claim in claims.items() if path and claim.from_ == path), None)
    return copy.finding(
        LITERAL, sentence, *span,
        help=_DECLARED if declared else _KNOWN if path else _UNKNOWN,
        text=" ".join(text.split()), claim=declared or kind.value, kind=kind.value, path=path,
    )  # fmt: skip


# --- CL102 ----------------------------------------------------------------------------------------------------------

_PROMISES: Mapping[VariableType, ClaimKind] = {
    VariableType.MONEY: ClaimKind.PRICE,
    VariableType.DATE: ClaimKind.DELIVERY_DATE,
    VariableType.DATETIME: ClaimKind.DEADLINE,
}


def _outside(copy: Copy) -> Iterator[Finding]:
    """Items of a loop are not looked at: a list of what was bought repeats an order, and promises nothing new."""
    variables = copy.message.variables if copy.message else {}
    for place in copy.places:
        variable = variables.get(place.name)
        if variable is not None and variable.type in _PROMISES:
            kind = _PROMISES[variable.type]
            yield copy.finding(
                OUTSIDE, mark('"{path}" is a {type} and is printed outside a claim'), place.start, place.end,
                help=_KNOWN, path=place.name, type=variable.type.value, kind=kind.value, claim=kind.value,
            )  # fmt: skip


# --- CL103 ----------------------------------------------------------------------------------------------------------

_SIGN_BEFORE = re.compile(r"(?:r\$|us\$|[$€£]|\b(?:brl|usd|eur))\s?$", re.IGNORECASE)
_UNIT_AFTER = re.compile(
    r"\s?(?:%|(?:por cento|per ?cent|reais|dollars|euros"
    r"|dias?|horas?|semanas?|meses|(?:business )?days?|hours?|weeks?|months?)\b)",
    re.IGNORECASE,
)


def _signs(copy: Copy) -> Iterator[Finding]:
    told: set[int] = set()
    for saying in copy.sayings:
        for place in saying.places:
            sign = None if place.claim else _sign_beside(place, saying.text)
            span = saying.written(*sign) if sign else (0, 0)
            if sign and span[0] not in told:
                told.add(span[0])
                yield copy.finding(
                    SIGN, mark('"{sign}" makes a value of {name}, which is not a claim'), *span,
                    help=mark("State it as a claim, which brings its sign or its unit with it."),
                    sign=saying.text[slice(*sign)].strip(), name=place.name,
                )  # fmt: skip


def _sign_beside(place: Place, text: str) -> tuple[int, int] | None:
    found = _SIGN_BEFORE.search(text, max(0, place.start - 8), place.start) or _UNIT_AFTER.match(text, place.end)
    return found.span() if found else None


# --- CL105 ----------------------------------------------------------------------------------------------------------


def _touching(copy: Copy) -> Iterator[Finding]:
    for first, second in pairwise(copy.places):
        between = copy.text[first.end : second.start]
        if (first.claim or second.claim) and not between.strip("*_~`"):
            yield _touch(copy, first if first.claim else second)
    for place in copy.places:
        figure_before = copy.masked[: place.start].rstrip("*_~`")[-1:].isdigit()
        figure_after = copy.masked[place.end :].lstrip("*_~`")[:1].isdigit()
        if place.claim and (figure_before or figure_after):
            yield _touch(copy, place)


def _touch(copy: Copy, place: Place) -> Finding:
    return copy.finding(
        TOUCHING, mark("{name} stands directly beside another value"), place.start, place.end,
        help=mark("Put a space or a word between them."), name=place.name,
    )  # fmt: skip
