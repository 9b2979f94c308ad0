"""A row of a file as a person: who they are, where they are reached, and what they said, with its proof."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from orchestrator.addresses import normalise
from orchestrator.customer_sheet import (
    EMAIL,
    EXTERNAL_ID,
    LOCALE,
    PHONE,
    PUSH_TOKEN,
    TIME_ZONE,
    Answer,
    InColumn,
    attribute,
)
from orchestrator.dispatch.consents import CONFIRMED_AT, DOUBLE_OPT_IN
from orchestrator.domain.customer import AddressKind, Channel, ConsentState
from orchestrator.domain.errors import JogralError, Phrase, mark
from orchestrator.domain.time import at_wall, instant, rfc3339, zone_info

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from orchestrator.customer_file import Row
    from orchestrator.customer_sheet import ConsentSheet, CustomerSheet, Said
    from orchestrator.domain.time import Instant

_KINDS = {EMAIL: AddressKind.EMAIL, PHONE: AddressKind.PHONE, PUSH_TOKEN: AddressKind.PUSH_TOKEN}

EXTERNAL_ID_LENGTH_MAX = 200
ATTRIBUTE_LENGTH_MAX = 1_000

_LOCALE = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{2}))?")
# What no text holds, and PostgreSQL takes none of.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class UnfitRow(JogralError):
    """A row that cannot be imported; it is kept aside with this reason, which repeats nothing of the row."""

    code = "unfit_row"
    exit_code = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Proven:
    """What a row says of one topic. A grant has its proof; of an opt-out the time may be unknown."""

    topic: str
    channels: tuple[Channel, ...]
    state: ConsentState
    wording: str | None
    method: str
    source: str
    evidence: Mapping[str, str]
    at: Instant | None


class Unclear(NamedTuple):
    """A word where a row says what the person wants, and that the mapping does not know: it may be an opt-out."""

    topic: str
    word: str


class Unproven(NamedTuple):
    """A grant that a row claims without proof, and what it lacks."""

    topic: str
    why: Phrase


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """A row. Addresses are normalised, the first of each kind is the best; `known_at` is since when all this holds."""

    row: Row
    external_id: str | None = None
    addresses: Mapping[AddressKind, tuple[str, ...]] = field(default_factory=dict)
    locale: str | None = None
    time_zone: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    known_at: Instant | None = None
    said: tuple[Proven, ...] = ()
    unproven: tuple[Unproven, ...] = ()
    unclear: tuple[Unclear, ...] = ()

    @property
    def keys(self) -> set[tuple[str, str]]:
        """By what they are told from the other people of the file: the id, e-mails, and a phone for want of both."""
        emails = self.addresses.get(AddressKind.EMAIL, ())
        known = {(EMAIL, value) for value in emails}
        if self.external_id is not None:
            known.add((EXTERNAL_ID, self.external_id))
        return known or {(PHONE, value) for value in self.addresses.get(AddressKind.PHONE, ())}


class RowReader:
    """Reads the rows of one file."""

    def __init__(self, columns: Sequence[str], sheet: CustomerSheet) -> None:
        self._width = len(columns)
        self._place = {column: columns.index(column) for column in sheet.named_columns()}
        self._targets = [(self._place[column], target) for column, target in sheet.columns.items()]
        self._sheet = sheet

    def read(self, row: Row) -> Person:
        """The person of a row. Raises UnfitRow, InvalidAddress."""
        if len(row.cells) != self._width:
            raise UnfitRow(
                "The row has {got} cells, the header has {wanted}.", got=len(row.cells), wanted=self._width
            )  # fmt: skip
        if any(_CONTROL.search(cell) for cell in row.cells):
            raise UnfitRow("The row holds characters that no text has (control characters).")
        found: dict[str, list[str]] = {}
        for place, target in self._targets:
            if row.cells[place]:
                found.setdefault(target, []).append(row.cells[place])
        said = [read for one in self._sheet.consents if (read := self._consent(one, row.cells)) is not None]
        person = Person(
            row=row,
            external_id=_first(found, EXTERNAL_ID, _external_id),
            addresses={
                kind: tuple(dict.fromkeys(normalise(kind, value) for value in found[target]))
                for target, kind in _KINDS.items()
                if target in found
            },
            locale=_first(found, LOCALE, _locale),
            time_zone=_first(found, TIME_ZONE, _time_zone),
            attributes={
                name: _attribute(name, values[0])
                for target, values in found.items()
                if (name := attribute(target)) is not None
            },
            known_at=self._known_at(row.cells),
            said=tuple(one for one in said if isinstance(one, Proven)),
            unproven=tuple(one for one in said if isinstance(one, Unproven)),
            unclear=tuple(one for one in said if isinstance(one, Unclear)),
        )
        if not person.keys:
            raise UnfitRow("The row has no id, no e-mail address and no phone: nobody knows whom it is about.")
        return person

    def _known_at(self, cells: Sequence[str]) -> Instant | None:
        written = self._said(self._sheet.known_at, cells)
        try:
            return self._instant(written) if written else None
        except (ValueError, OverflowError) as error:
            raise UnfitRow("The time at which the row was changed cannot be read.") from error

    # --- what they said -----------------------------------------------------------------------------------------------

    def _consent(self, sheet: ConsentSheet, cells: Sequence[str]) -> Proven | Unproven | Unclear | None:
        """An opt-out wins over a grant in the same row, and so does a word that may be one."""
        withdrawn = sheet.withdrawn is not None and self._answered(sheet.withdrawn, cells)
        if not withdrawn and (word := self._unclear(sheet, cells)):
            return Unclear(sheet.topic, word)
        if not withdrawn and not self._granted(sheet, cells):
            return None
        at, written_at = None, self._said(sheet.at, cells)
        if written_at:
            try:
                at = self._instant(written_at)
            except (ValueError, OverflowError):
                if not withdrawn:
                    return Unproven(sheet.topic, Phrase(_NO_TIME))
        method = self._said(sheet.method, cells)
        evidence = {name: text for name, column in sheet.evidence.items() if (text := self._said(column, cells))}
        if method == DOUBLE_OPT_IN and CONFIRMED_AT in evidence and not withdrawn:
            try:
                evidence[CONFIRMED_AT] = rfc3339(self._instant(evidence[CONFIRMED_AT]), self._sheet.timezone)
            except (ValueError, OverflowError):
                return Unproven(sheet.topic, Phrase(_NO_CONFIRMATION))
        one = Proven(
            topic=sheet.topic,
            channels=sheet.channels,
            state=ConsentState.WITHDRAWN if withdrawn else ConsentState.GRANTED,
            wording=self._said(sheet.wording, cells) or None,
            method=method,
            source=self._said(sheet.source, cells),
            evidence=evidence,
            at=at,
        )
        if withdrawn:
            return one
        lacking = next((why for name, why in _PROOF if getattr(one, name) in (None, "")), None)
        return one if lacking is None else Unproven(sheet.topic, Phrase(lacking))

    def _unclear(self, sheet: ConsentSheet, cells: Sequence[str]) -> str:
        """The word of a row that is neither a yes nor a no; empty where there is none."""
        answers = [one for one in (sheet.granted, sheet.withdrawn) if isinstance(one, Answer)]
        asks_who_agreed = {sheet.granted.column} if isinstance(sheet.granted, Answer) else set()
        for column in dict.fromkeys(one.column for one in answers):
            word = cells[self._place[column]]
            known = any(one.given(word) for one in answers if one.column == column)
            # In a column that only says who left, these say that somebody did not.
            stayed = column not in asks_who_agreed and word.casefold() in _NOT
            if word and not known and not stayed:
                return word
        return ""

    def _granted(self, sheet: ConsentSheet, cells: Sequence[str]) -> bool:
        if isinstance(sheet.granted, Answer):
            return self._answered(sheet.granted, cells)
        return sheet.granted is not None

    def _answered(self, answer: Answer, cells: Sequence[str]) -> bool:
        return answer.given(cells[self._place[answer.column]])

    def _said(self, said: Said | None, cells: Sequence[str]) -> str:
        if isinstance(said, InColumn):
            return cells[self._place[said.column]]
        return said or ""

    def _instant(self, text: str) -> Instant:
        """A time as the mapping says that the file writes it, or with an offset of its own. ValueError."""
        try:
            wall = datetime.strptime(text, self._sheet.times)  # noqa: DTZ007  # a wall time
        except ValueError:
            wall = datetime.fromisoformat(text)
        return instant(wall) if wall.tzinfo is not None else at_wall(wall, self._sheet.timezone)


_NO_TIME = mark("the time at which they agreed cannot be read")
_NO_CONFIRMATION = mark("the time at which they confirmed cannot be read")

_NOT = frozenset({"0", "false", "falso", "n", "no", "não", "nao"})

_PROOF = (
    ("wording", mark("no wording says what they agreed to")),
    ("method", mark("nothing says how they agreed")),
    ("source", mark("nothing says where they agreed")),
    ("at", mark("nothing says when they agreed")),
)


# --- cells ------------------------------------------------------------------------------------------------------------


def _first(found: Mapping[str, Sequence[str]], target: str, read: Callable[[str], str]) -> str | None:
    return read(found[target][0]) if target in found else None


def _external_id(text: str) -> str:
    if len(text) > EXTERNAL_ID_LENGTH_MAX:
        raise UnfitRow("The id has more than {most} characters.", most=EXTERNAL_ID_LENGTH_MAX)
    return text


def _attribute(name: str, text: str) -> str:
    if len(text) > ATTRIBUTE_LENGTH_MAX:
        raise UnfitRow("{name} has more than {most} characters.", name=name, most=ATTRIBUTE_LENGTH_MAX)
    return text


def _locale(text: str) -> str:
    found = _LOCALE.fullmatch(text)
    if found is None:
        raise UnfitRow("The language is not written as pt-BR or en.")
    language, region = found[1].lower(), found[2]
    return f"{language}-{region.upper()}" if region else language


def _time_zone(text: str) -> str:
    try:
        zone_info(text)
    except (KeyError, ValueError, OSError) as error:
        raise UnfitRow("There is no such time zone; it is written as America/Sao_Paulo.") from error
    return text
