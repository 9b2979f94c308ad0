"""What the columns of somebody's file of customers mean: `templates/mappings/<id>.yaml` of the kind `customers`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from orchestrator.domain.customer import Channel  # pydantic reads annotations
from orchestrator.domain.errors import Unfit, did_you_mean
from orchestrator.schema import Identifier, Schema, TimeZone

KIND = "customers"

EXTERNAL_ID, EMAIL, PHONE, PUSH_TOKEN = "external_id", "email", "phone", "push_token"
LOCALE, TIME_ZONE = "locale", "timezone"

# What a column may be. Of the first group a customer has one, of the second as many as there are columns.
_ONCE = (EXTERNAL_ID, LOCALE, TIME_ZONE)
_OFTEN = (EMAIL, PHONE, PUSH_TOKEN)
_ATTRIBUTE = re.compile(r"attributes\.([a-z][a-z0-9_]*)")

# By one of these a person of the file is told from the others.
_WHO = (EXTERNAL_ID, EMAIL, PHONE)


def _target(value: str) -> str:
    if value not in (*_ONCE, *_OFTEN) and not _ATTRIBUTE.fullmatch(value):
        raise Unfit(
            'must be external_id, email, phone, push_token, locale, timezone or attributes.<name>, not "{value}"{hint}',
            value=value,
            hint=did_you_mean(value, (*_ONCE, *_OFTEN, "attributes")),
        )
    return value


def attribute(target: str) -> str | None:
    """The attribute that a column becomes, or None where it becomes something else."""
    found = _ATTRIBUTE.fullmatch(target)
    return found[1] if found else None


Column = Annotated[str, Field(min_length=1, max_length=200)]
Target = Annotated[str, AfterValidator(_target)]


def _word(value: Any) -> Any:
    """`1` and `true` in YAML are what the file holds as text."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else value


class Answer(Schema):
    """The rows in which a column says one of these words, in capitals or not."""

    column: Column
    is_: Annotated[tuple[Annotated[str, BeforeValidator(_word)], ...], Field(alias="is", min_length=1)]

    def given(self, said: str) -> bool:
        """Whether the column's cell is such an answer."""
        return said.casefold() in {word.casefold() for word in self.is_}


class InColumn(Schema):
    """What a column says, row by row."""

    column: Column


Said = Annotated[str, Field(min_length=1, max_length=200)] | InColumn
"""What holds of all rows, or a column that says it."""


class ConsentSheet(Schema):
    """Where a row says what the person agreed to, and the proof: without all of it nobody agreed (LGPD art. 8 §2).

    An opt-out needs none.
    """

    topic: Identifier
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    granted: Answer | Literal["every_row"] | None = None
    withdrawn: Answer | None = None
    wording: Said | None = None
    method: Said | None = None
    source: Said | None = None
    at: InColumn | None = None
    evidence: dict[Identifier, InColumn] = {}

    @model_validator(mode="after")
    def _no_word_means_both(self) -> Self:
        if isinstance(self.granted, Answer) and self.withdrawn is not None:
            both = [word for word in self.granted.is_ if self.withdrawn.given(word)]
            if both and self.granted.column == self.withdrawn.column:
                raise Unfit('says that "{word}" both grants and withdraws', word=both[0])
        return self

    @model_validator(mode="after")
    def _a_grant_has_its_proof(self) -> Self:
        if self.granted is None and self.withdrawn is None:
            raise Unfit("must say by which column somebody agreed (`granted`) or opted out (`withdrawn`)")
        missing = [name for name in ("wording", "method", "source", "at") if getattr(self, name) is None]
        if self.granted is not None and missing:
            raise Unfit("must prove what `granted` says: it lacks {missing}", missing=", ".join(missing))
        return self

    def columns(self) -> list[str]:
        """Every column that it reads."""
        read = (self.granted, self.withdrawn, self.wording, self.method, self.source, self.at, *self.evidence.values())
        return [one.column for one in read if isinstance(one, Answer | InColumn)]


# One moment, written and read again: a way to write times that loses its year reads no consent.
_SAMPLE = datetime(2026, 11, 25, 15, 4, 5, tzinfo=UTC)
_YEAR = re.compile(r"%[YyGcx]")


def _times(value: str) -> str:
    if not (_YEAR.search(value) and _reads(value)):
        raise Unfit(
            'must say how the file writes times, such as "%d/%m/%Y %H:%M"; with "{value}" none can be read', value=value
        )
    return value


def _reads(times: str) -> bool:
    try:
        read = datetime.strptime(_SAMPLE.strftime(times), times)  # noqa: DTZ007  # only its year is looked at
    except ValueError:
        return False
    return read.year == _SAMPLE.year


class CustomerSheet(Schema):
    """The mapping. `source` is the system that the file comes from, and that external ids belong to.

    `known_at` says when that system last changed a row: of two sources that are trusted alike, the later is right.
    """

    kind: Literal["customers"]
    id: Identifier
    title: str
    owner: str
    source: Annotated[str, Field(min_length=1, max_length=200)]
    timezone: TimeZone
    times: Annotated[str, AfterValidator(_times)] = "%Y-%m-%d %H:%M:%S"
    columns: Annotated[dict[Column, Target], Field(min_length=1)]
    known_at: InColumn | None = None
    consents: tuple[ConsentSheet, ...] = ()
    without_proof: Literal["import", "quarantine"] = "import"

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        targets = list(self.columns.values())
        for target in _ONCE:
            if targets.count(target) > 1:
                raise Unfit("has two columns for {target}, of which a customer has one", target=target)
        if not set(targets) & set(_WHO):
            raise Unfit("needs a column for external_id, email or phone: nobody knows whom a row is about")
        return self

    def attributes(self) -> list[str]:
        """The attributes that it gives people."""
        return [name for target in self.columns.values() if (name := attribute(target)) is not None]

    def named_columns(self) -> list[str]:
        """Every column that it reads, once each."""
        known_at = () if self.known_at is None else (self.known_at.column,)
        consents = (column for consent in self.consents for column in consent.columns())
        return list(dict.fromkeys((*self.columns, *known_at, *consents)))
