"""Wordings: the words that people agree to. A version says one thing for ever, because consent rests on what was read.

`templates/wordings.yaml` holds them all, old versions too while anybody may still agree to one. New words are a new
version: `optin_ofertas@5`.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from orchestrator.domain.errors import Unfit
from orchestrator.schema import Identifier, Schema, Spelled

if TYPE_CHECKING:
    from collections.abc import Mapping

_VERSION = re.compile(r"[a-z][a-z0-9_]*@[1-9][0-9]*")
_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")

FILE = "templates/wordings.yaml"


def _version(value: str) -> str:
    if not _VERSION.fullmatch(value):
        raise Unfit('must be a name and a version, such as "optin_ofertas@4"')
    return value


def _locale(value: str) -> str:
    if not _LOCALE.fullmatch(value):
        raise Unfit('must be a language and perhaps a country, such as "pt-BR" or "en"')
    return value


WordingId = Annotated[str, Field(max_length=80), AfterValidator(_version), Spelled(_VERSION)]
"""A name and a version: `optin_ofertas@4`."""

Locale = Annotated[str, AfterValidator(_locale), Spelled(_LOCALE)]

Words = Annotated[str, Field(min_length=1, max_length=4_000)]


class Wording(Schema):
    """What a person reads beside the box that they tick, in each language, and the topic that it asks for."""

    topic: Identifier
    texts: Annotated[dict[Locale, Words], Field(min_length=1)]

    @property
    def digest(self) -> str:
        """SHA-256 of topic and texts: what shows that nobody changed them afterwards."""
        return digest_of(self.topic, self.texts)


def digest_of(topic: str, texts: Mapping[str, str]) -> str:
    """SHA-256 of a topic and of the words that ask for it."""
    said = json.dumps([topic, dict(texts)], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()


class Wordings(Schema):
    """`templates/wordings.yaml`."""

    kind: Literal["wordings"]
    wordings: dict[WordingId, Wording]
