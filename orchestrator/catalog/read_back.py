"""Reading a rendered message back: does it state what it claims, each as often as it claims it, and nothing else?

A message that says another price than the fact must not leave (decisions, section 4). The words of claims stand in the
text as the customer reads them; whatever else came from data is one MASK each, so that a customer's own words are never
taken for ours.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from babel.numbers import get_currency_precision

from orchestrator.catalog.folding import Folded, fold
from orchestrator.catalog.sms import transliterate
from orchestrator.catalog.statements import Statement, StatementKind, read_statements
from orchestrator.domain.claim import ClaimKind
from orchestrator.domain.errors import mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from orchestrator.domain.claim import StatedClaim

MASK = "\ufffc"
"""What stands for one value that came from data."""

Reason = Literal["missing", "unclaimed", "weekday", "touching"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Mismatch:
    """One difference between what a text states and what it claims.

    `missing`: the claim's value cannot be read. `unclaimed`: `text` states `value`, and nothing claims that.
    `weekday`: `text` names another weekday than the date has. `touching`: `text` stands directly beside data, which
    could make another value of it.
    """

    reason: Reason
    kind: str
    claim: str = ""
    value: str = ""
    text: str = ""

    def told(self, translate: Callable[[str], str] = str) -> str:
        """The end of a sentence that begins with the field's name, in the reader's language."""
        sentence = translate(_SENTENCES[self.reason])
        return sentence.format(claim=self.claim, value=self.value, text=self.text)

    def __str__(self) -> str:
        return self.told()


_SENTENCES: Mapping[Reason, str] = {
    "missing": mark('does not state the claim "{claim}" ({value})'),
    "unclaimed": mark('states {value} ("{text}"), which is not claimed'),
    "weekday": mark('names the wrong weekday in "{text}": "{claim}" is {value}'),
    "touching": mark('states "{text}" directly beside data'),
}


def mismatches(field: str, masked: str, stated: Sequence[StatedClaim], locale: str) -> tuple[Mismatch, ...]:
    """Where a field's text and its claims differ.

    Args:
        field: name of the rendered field; `html` is read as its visible text.
        masked: the text as it is read, with one MASK for every value that came from data and is no claim.
        stated: a claim for every place in the text where one is stated, in order.
        locale: of the rendering.
    """
    judge = _judge_letter if field == "html" else _judge_text
    return judge(masked, tuple(stated), locale)


def readable(claim: StatedClaim, locale: str) -> bool:
    """Whether a claim's words, read alone, say its value. Coupons and policies are their own words."""
    agrees = _AGREEMENT.get(claim.kind)
    if agrees is None:
        return True
    found = read_statements(claim.text, locale)
    return len(found) == 1 and agrees(claim.value, found[0]) and _right_weekday(claim, found[0])


def says(found: Statement, kind: ClaimKind, value: str) -> bool:
    """Whether a statement says the value of a fact or a claim of this kind. Policies are their own words: never."""
    if kind is ClaimKind.COUPON:
        return found.kind is StatementKind.COUPON and fold(found.value) == fold(value)
    return kind in _AGREEMENT and _AGREEMENT[kind](value, found)


# A campaign renders the same masked text thousands of times. Letters are long, so fewer of them are remembered.
@lru_cache(maxsize=2_048)
def _judge_text(masked: str, stated: tuple[StatedClaim, ...], locale: str) -> tuple[Mismatch, ...]:
    return _judge(masked, stated, locale)


@lru_cache(maxsize=128)
def _judge_letter(masked: str, stated: tuple[StatedClaim, ...], locale: str) -> tuple[Mismatch, ...]:
    return _judge(visible_text(masked), stated, locale)


# --- judging --------------------------------------------------------------------------------------------------------

_JUDGED = frozenset(StatementKind) - {StatementKind.RELATIVE, StatementKind.OFFER}


def _judge(text: str, stated: tuple[StatedClaim, ...], locale: str) -> tuple[Mismatch, ...]:
    """Claims that are words take their words out of the text; the others are matched with what is left by value."""
    by_words = [claim for claim in stated if _is_its_words(claim, locale)]
    by_value = [claim for claim in stated if claim not in by_words]
    missing, taken = _find_words(text, by_words)
    left = [found for found in read_statements(text, locale) if found.kind in _JUDGED and not _overlaps(found, taken)]
    spans = [*taken, *((found.start, found.end) for found in left)]
    return (
        *map(_missing, missing),
        *(_touching(text[slice(*span)]) for span in spans if _touches(text, *span)),
        *_by_value(text, by_value, sorted(left, key=_vague)),
    )


def _by_value(text: str, claims: list[StatedClaim], left: list[Statement]) -> Iterator[Mismatch]:
    """Each claim takes the first statement that agrees; what is left then, nothing claims."""
    for claim in claims:
        chosen = next((found for found in left if _AGREEMENT[claim.kind](claim.value, found)), None)
        if chosen is None:
            yield _missing(claim)
            continue
        left.remove(chosen)
        if not _right_weekday(claim, chosen):
            said = text[chosen.start : chosen.end]
            yield Mismatch(reason="weekday", kind=chosen.kind, claim=claim.name, value=claim.value, text=said)
    for found in left:
        said = text[found.start : found.end]
        yield Mismatch(reason="unclaimed", kind=found.kind, value=found.value, text=said)


def _vague(found: Statement) -> bool:
    """A date with its year can be one claim only, so it is taken first."""
    return found.value.startswith("-")


def _is_its_words(claim: StatedClaim, locale: str) -> bool:
    """Coupons and policies; and in a language that we do not read, every claim."""
    return claim.kind not in _AGREEMENT or (not locale.lower().startswith(("pt", "en")) and not readable(claim, locale))


def _missing(claim: StatedClaim) -> Mismatch:
    return Mismatch(reason="missing", kind=claim.kind, claim=claim.name, value=claim.value, text=claim.text)


# --- by value -------------------------------------------------------------------------------------------------------


def _same_price(value: str, found: Statement) -> bool:
    """A price is written with its currency's decimals, so it is compared with them."""
    if found.kind is not StatementKind.MONEY:
        return False
    amount, _, currency = value.partition(" ")
    said, _, said_currency = found.value.partition(" ")
    step = Decimal(1).scaleb(-get_currency_precision(currency))
    return currency == said_currency and Decimal(amount).quantize(step) == Decimal(said)


def _same_percent(value: str, found: Statement) -> bool:
    return found.kind is StatementKind.PERCENT and Decimal(value.rstrip("%")) == Decimal(found.value.rstrip("%"))


def _same_date(value: str, found: Statement) -> bool:
    """`27/11` agrees with 2026-11-27; an hour must be said where the claim has one, and only there."""
    if found.kind is not StatementKind.DATE:
        return False
    day, _, hour = value.replace(" ", "T").partition("T")
    said_day, _, said_hour = found.value.partition("T")
    same_day = day.endswith(said_day.removeprefix("-")) if said_day.startswith("--") else day == said_day
    return same_day and hour[: len("18:30")] == said_hour


_AGREEMENT: Mapping[ClaimKind, Callable[[str, Statement], bool]] = {
    ClaimKind.PRICE: _same_price,
    ClaimKind.DISCOUNT: _same_percent,
    ClaimKind.DELIVERY_DATE: _same_date,
    ClaimKind.DEADLINE: _same_date,
}


def _right_weekday(claim: StatedClaim, found: Statement) -> bool:
    return found.weekday is None or date.fromisoformat(claim.value[: len("2026-11-27")]).weekday() == found.weekday


# --- by words -------------------------------------------------------------------------------------------------------


def _find_words(text: str, claims: list[StatedClaim]) -> tuple[list[StatedClaim], list[tuple[int, int]]]:
    """Which claims' words the text lacks, and which spans the words of the others take."""
    folded = Folded(text)
    taken: list[tuple[int, int]] = []
    missing = []
    # The longest first: a policy may say the same as the beginning of another.
    for claim in sorted(claims, key=lambda claim: -len(claim.text)):
        span = _free_span(folded, claim.text, taken) or _free_span(folded, transliterate(claim.text, "ascii"), taken)
        if span is None or (claim.kind is ClaimKind.COUPON and fold(claim.value) not in fold(claim.text)):
            missing.append(claim)
        else:
            taken.append(span)
    return missing, taken


def _free_span(folded: Folded, words: str, taken: list[tuple[int, int]]) -> tuple[int, int] | None:
    """Where the words stand as whole words, and no claim before took them."""
    pattern = r"[ ]+".join(re.escape(word) for word in fold(words).split())
    if not pattern:
        return None
    for match in re.finditer(rf"(?<!\w){pattern}(?!\w)", folded.text):
        start, end = folded.span(*match.span())
        if not any(start < last and first < end for first, last in taken):
            return start, end
    return None


def _overlaps(found: Statement, taken: list[tuple[int, int]]) -> bool:
    return any(found.start < last and first < found.end for first, last in taken)


# --- beside data ----------------------------------------------------------------------------------------------------

_JOINTS = ".,/:-"


def _touches(text: str, start: int, end: int) -> bool:
    """`{{ x }}20%` may read 120%, and `27/11{{ x }}` 27/112; a point or a slash between does not part figures."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    joined_before = before[-1:] in _JOINTS and before[:1] == MASK and text[start].isdigit()
    joined_after = after[:1] in _JOINTS and after[1:] == MASK and text[end - 1].isdigit()
    return before.endswith(MASK) or after.startswith(MASK) or bool(joined_before or joined_after)


def _touching(said: str) -> Mismatch:
    return Mismatch(reason="touching", kind="", text=said)


# --- what a letter shows --------------------------------------------------------------------------------------------


def visible_text(source: str) -> str:
    """What a reader of an HTML part can see or hear: its text, alt texts and titles. Links come along, as links.

    Ours alone is read here: values from data were escaped before, so every `<` in it is the layout's.
    """
    links: list[str] = []

    def shown(part: re.Match[str]) -> str:
        links.extend(_either(_LINK, part["attributes"]))
        return _shown(part)

    text = _PART.sub(shown, source)
    return re.sub(r"\s+", " ", html.unescape(_BREAK.join((text, *links)))).replace(_BREAK, "\n\n").strip()


_BREAK = "\ue000"  # parts blocks, and is neither a letter nor a space
_PART = re.compile(
    r"""<!--.*?-->|<![^>]*>|<(?P<unseen>style|script)\b.*?</(?P=unseen)\s*>"""
    r"""|<(?P<close>/?)(?P<tag>[a-z][a-z0-9]*)(?P<attributes>(?:[^<>"']|"[^"]*"|'[^']*')*)>""",
    re.DOTALL | re.IGNORECASE,
)
_VALUE = r"""\s*=\s*(?:"([^"]*)"|'([^']*)')"""
_READ_ALOUD = re.compile(rf"\s(?:alt|title|aria-label){_VALUE}", re.IGNORECASE)
_LINK = re.compile(rf"\shref{_VALUE}", re.IGNORECASE)
_IN_LINE_TAGS = "a abbr b big code del em font i ins mark s small span strike strong sub sup u"
_IN_LINE = frozenset(_IN_LINE_TAGS.split())


def _shown(part: re.Match[str]) -> str:
    """What stands in the place of a tag, comment or style sheet: a text in it, a break between blocks, or nothing."""
    tag = (part["tag"] or "").lower()
    if read := _either(_READ_ALOUD, part["attributes"]):
        return _BREAK + _BREAK.join(read) + _BREAK
    return _BREAK if part["unseen"] or (tag and tag not in _IN_LINE) else ""


def _either(attribute: re.Pattern[str], attributes: str | None) -> list[str]:
    """The attribute's values, in whichever quotes."""
    return [double or single for double, single in attribute.findall(attributes or "") if double or single]
