"""The proof of a rendering: its texts as a reader sees them, compared with its claims before anything is sent.

What is the same for many customers is done once: the skeleton of each text for a message, its words for the claims.
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from orchestrator.catalog.escape import escaped
from orchestrator.catalog.plurals import NUMBER, OTHER
from orchestrator.catalog.read_back import MASK, Mismatch, mismatches, visible_text
from orchestrator.catalog.refusals import ClaimMismatch
from orchestrator.catalog.script import agrees
from orchestrator.catalog.sms import transliterate
from orchestrator.catalog.templates import CLAIMS, Place, walk
from orchestrator.catalog.text import normalise_spaces
from orchestrator.domain.claim import StatedClaim
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import Word, mark
from orchestrator.domain.message import Masked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.catalog.prepare import Prepared
    from orchestrator.catalog.script import Run, Values
    from orchestrator.catalog.templates import Part, Parts
    from orchestrator.domain.message import Rendered

# Of each claim that the channel states: its canonical value, and its words.
Stated = tuple[tuple[str, str], ...]

# What {% if %} and {% for %} made of a text: every answer, and for every loop the same of each item.
Shape = tuple[Any, ...]

ALTERED = Word(mark("is not the text that was read back"))

# Every masked text is one as it is read already: of HTML, what its reader sees.
_READ = "text"


@dataclass(frozen=True, slots=True)
class Proof:
    """The claims of a rendering, and its texts with data masked."""

    claims: tuple[StatedClaim, ...]
    masked: Mapping[str, Masked]

    def compare(self, texts: Mapping[str, str]) -> str | None:
        """The field whose text is not the one that was read back; None for what was rendered from it."""
        return next((name for name, one in self.masked.items() if not agrees(texts[name], one.pieces)), None)


@dataclass(frozen=True, slots=True)
class Difference:
    """What a field of a rendering does wrong, as the end of a sentence that begins with its name."""

    field: str
    says: Mismatch | Word


def shape_of(values: Values) -> Shape:
    """The answers and loops among a text's values. A flat text has none."""
    return tuple(
        (key, tuple(shape_of(item) for item in value) if isinstance(value, list) else value)
        for key, value in values.items()
        if key.startswith(("if ", "for "))
    )


@lru_cache(maxsize=4_096)
def prove(prepared: Prepared, stated: Stated, shape: Shape) -> Proof:
    """Read every text back, for all customers to whom the same is promised. Raises ClaimMismatch."""
    claims = {
        used.name: StatedClaim(
            name=used.name,
            kind=used.claim.kind,
            fact=used.claim.from_,
            value=value,
            text=words,
            superseded=used.claim.superseded,
        )
        for used, (value, words) in zip(prepared.claims, stated, strict=True)
    }
    masked: dict[str, Masked] = {}
    for skeleton in _skeletons(prepared, shape):
        masked[skeleton.field] = one = _with_claims(skeleton, claims, prepared)
        if _right_around_claims(skeleton, claims, prepared.locale):
            continue
        wrong = mismatches(_READ, one.text, [claims[name] for name in one.claims], prepared.locale)
        if wrong:
            raise refused(prepared, Difference(skeleton.field, wrong[0]))
    # Under {% if %}, a claim may not have been stated.
    said = {name for one in masked.values() for name in one.claims}
    return Proof(tuple(claim for name, claim in claims.items() if name in said), masked)


def refused(prepared: Prepared, difference: Difference) -> ClaimMismatch:
    """The refusal of a rendering that differs."""
    return ClaimMismatch(
        'message "{message}", {channel}, {field}: {says}',
        message=prepared.message.id,
        channel=prepared.channel.value,
        field=difference.field,
        says=difference.says,
    )


def differences(rendered: Rendered) -> tuple[Difference, ...]:
    """Where a rendering promises something else than its claims do: nothing, of what `render` gave."""
    by_name = {claim.name: claim for claim in rendered.claims}
    found: list[Difference] = []
    for name, one in rendered.masked.items():
        if not agrees(rendered.field(name), one.pieces):
            found.append(Difference(name, ALTERED))
        wrong = mismatches(_READ, one.text, [by_name[claim] for claim in one.claims], rendered.locale)
        found += [Difference(name, mismatch) for mismatch in wrong]
    return tuple(found)


# --- once for a message and a shape ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Skeleton:
    """A text before its claims have words. In `text`, as it is read, each place of a claim is a token.

    `stated` are the claims in the order in which they are read. `windows` are the parts of the text around them, each
    with its own: all there is to read, where the rest was read once and states nothing. None: the text is read whole.
    """

    field: str
    runs: tuple[Run, ...]
    text: str
    tokens: Mapping[str, str]
    stated: tuple[str, ...]
    windows: tuple[tuple[str, tuple[str, ...]], ...] | None


# Private characters, one for each place of a claim; no font has them, and no copy.
_FIRST_TOKEN = 0xE100


@lru_cache(maxsize=8_192)
def _skeletons(prepared: Prepared, shape: Shape) -> tuple[_Skeleton, ...]:
    return tuple(_each_skeleton(prepared, _values(prepared, shape)))


def _each_skeleton(prepared: Prepared, values: Values) -> Iterator[_Skeleton]:
    for name, script in prepared.scripts:
        if name.endswith("url"):
            continue  # an address is not read as a text
        runs = script.runs(values)
        tokens: dict[str, str] = {}
        text = MASK.join(
            "".join(_token(part, tokens) if isinstance(part, Place) else part for part in run) for run in runs
        )
        if name == "html":
            text = visible_text(text)
        _refuse_smuggled(prepared, name, script.parts)
        if prepared.channel is not Channel.SMS:  # which is spelled anew with its claims first
            text = _without_innocents(text, prepared)
        # An SMS is spelled anew with its claims; and what states something by itself is refused as a whole.
        whole = prepared.channel is Channel.SMS or mismatches(_READ, text, (), prepared.locale)
        windows = None if whole else tuple((one, _stated(one, tokens)) for one in _windows(text, tokens))
        yield _Skeleton(name, runs, text, tokens, _stated(text, tokens), windows)


def _without_innocents(text: str, prepared: Prepared) -> str:
    """The text without the phrases that the message says are no promises ("100% algodão")."""
    for phrase in prepared.message.not_claims:
        said = shaped(prepared, phrase) if prepared.channel is Channel.SMS else phrase
        text = text.replace(said, _INNOCENT)
    return text


# A word that states nothing, and parts what stands around it.
_INNOCENT = "x"


def _refuse_smuggled(prepared: Prepared, field: str, parts: Parts) -> None:
    """The words that a filter brings are copy too: `plural(other="{n} itens por R$ 5")` promises a price.

    Raises ClaimMismatch.
    """
    for category in dict.fromkeys(
        form for part, _ in walk(parts) if isinstance(part, Place) for one in part.filters for form, _ in one.words
    ):
        text = "".join(_spoken(part, category) for part, _ in walk(parts))
        wrong = mismatches(
            "html" if field == "html" else _READ, _without_innocents(text, prepared), (), prepared.locale
        )
        if wrong:
            raise refused(prepared, Difference(field, wrong[0]))


def _spoken(part: Part, category: str) -> str:
    """A part with the words of one plural form; claims are left out, and data is masked."""
    if isinstance(part, str):
        return part
    if not isinstance(part, Place) or part.name.startswith(CLAIMS):
        return _INNOCENT if isinstance(part, Place) else ""
    forms = [dict(one.words) for one in part.filters if one.words]
    return forms[-1].get(category, forms[-1][OTHER]).replace(NUMBER, MASK) if forms else MASK


# Words that can make another value of a claim stand right beside it: "20% de 30 %", "27 de novembro de 2026, 18h30".
_WINDOW = 40


def _windows(text: str, tokens: Mapping[str, str]) -> Iterator[str]:
    """The text around each token, from space to space; tokens that stand near are in one window."""
    places = [place for place, character in enumerate(text) if character in tokens]
    start = end = -1
    for place in places:
        begin = max(text.rfind(" ", 0, max(0, place - _WINDOW)), 0)
        if end >= 0 and begin > end:
            yield text[start:end]
            start = -1
        start = begin if start < 0 else start
        space = text.find(" ", min(len(text), place + _WINDOW))
        end = len(text) if space < 0 else space
    if end >= 0:
        yield text[start:end]


def _stated(text: str, tokens: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(tokens[character] for character in text if character in tokens)


def _token(place: Place, tokens: dict[str, str]) -> str:
    token = chr(_FIRST_TOKEN + len(tokens))
    tokens[token] = place.name.removeprefix(CLAIMS)
    return token


def _values(prepared: Prepared, shape: Shape) -> Values:
    """The answers and loops of a shape; no words, which a skeleton does not ask for."""
    loops = {one.key for one in prepared.lists}
    return {key: [dict(item) for item in answer] if key in loops else answer for key, answer in shape}


# --- once for the same claims ---------------------------------------------------------------------------------------


def _right_around_claims(skeleton: _Skeleton, claims: Mapping[str, StatedClaim], locale: str) -> bool:
    """Whether the windows say it is right, which they only can where there are some. What they refuse is read whole."""
    return skeleton.windows is not None and not any(
        mismatches(_READ, _worded(window, skeleton, claims), [claims[name] for name in stated], locale)
        for window, stated in skeleton.windows
    )


def _worded(text: str, skeleton: _Skeleton, claims: Mapping[str, StatedClaim]) -> str:
    for token, name in skeleton.tokens.items():
        text = text.replace(token, claims[name].text)
    return text


def _with_claims(skeleton: _Skeleton, claims: Mapping[str, StatedClaim], prepared: Prepared) -> Masked:
    text = _worded(skeleton.text, skeleton, claims)
    if prepared.channel is Channel.SMS:
        text = _shaped_around_data(prepared, text)
        spelled = tuple((piece,) for piece in text.split(MASK))
        return Masked(_without_innocents(text, prepared), skeleton.stated, spelled)
    words = {CLAIMS + name: claim.text for name, claim in claims.items()}
    if skeleton.field == "html":
        words = escaped(words)
    pieces = tuple(
        tuple(words[part.name] if isinstance(part, Place) else part for part in run) for run in skeleton.runs
    )
    return Masked(text, skeleton.stated, pieces)


# Characters of every alphabet: one that the text does not hold stands for the data while it is spelled.
_STAND_INS = "~|^_{}[]\\" + "@#&*+=<>;" + string.ascii_letters + string.digits


def _shaped_around_data(prepared: Prepared, text: str) -> str:
    """As the SMS is, with every MASK still in it."""
    stand_in = next((character for character in _STAND_INS if character not in text), None)
    if stand_in is None:
        return MASK.join(shaped(prepared, piece) for piece in text.split(MASK))
    return shaped(prepared, text.replace(MASK, stand_in)).replace(stand_in, MASK)


def shaped(prepared: Prepared, text: str) -> str:
    """An SMS in the voice's alphabet. No fixed space is left in it: one would triple its price (trap T1)."""
    return transliterate(normalise_spaces(text), prepared.accents)
