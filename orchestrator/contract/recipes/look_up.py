"""Asking a provider whether it has a message: the question, and what each answer means.

Only two answers are definite: an id where the recipe says that one stands, and the absence that the recipe declares.
Anything else leaves the doubt, because the next step after a definite no is to send again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.contract.adapter import still_unknown
from orchestrator.contract.calls import HttpAnswer, HttpCall, NoAnswer
from orchestrator.contract.recipes import filling
from orchestrator.contract.recipes.reading import NotThere, at, check_keys, document, path, statuses, text_of, word_at
from orchestrator.domain.delivery import Outcome, OutcomeKind
from orchestrator.domain.errors import ConfigurationError, Phrase, mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.contract.calls import Answer
    from orchestrator.contract.recipes.filling import Places, Read
    from orchestrator.contract.recipes.reading import Path

KEYS = ("url", "headers", "found_at", "missing", "empty_at")
_PART = "look_up"
_FOUND = range(200, 300)
# Refusals that speak of the account or of the moment, never of the message.
_NO_ANSWERS = frozenset({401, 402, 403, 408, 409, 425, 429})


@dataclass(frozen=True, kw_only=True, slots=True)
class LookUp:
    """One question. `missing` are the statuses that say no, `empty_at` is where a 2xx holds an empty list to say so."""

    url: Read
    headers: tuple[tuple[str, Read], ...]
    guarded: bool
    found_at: Path
    missing: frozenset[int]
    empty_at: Path | None

    def call(self, reference: str) -> HttpCall:
        """The request that asks."""
        headers = {name: read(reference) for name, read in self.headers}
        return HttpCall("GET", self.url(reference), headers, b"", guarded=self.guarded)

    def found(self, answer: Answer) -> Outcome:
        """What was answered: it has the message, it never had it, or that is not known."""
        match answer:
            case HttpAnswer(status) if status in self.missing:
                return _missing(Phrase("{status}: it does not know the reference", status=status))
            case HttpAnswer(status) if status in _FOUND:
                return self._read(answer)
            case HttpAnswer(status):
                return still_unknown(f"the look-up was answered {status}")
            case NoAnswer(reason):
                return still_unknown(f"the look-up was not answered: {reason}")
            case _:
                return still_unknown("not an answer of an HTTP server")

    def _read(self, answer: HttpAnswer) -> Outcome:
        try:
            said = document(answer.body)
            if self.empty_at is not None and at(said, self.empty_at) in ([], None):
                words = mark("{status}: nothing at {place}") if self.empty_at else mark("{status}: nothing at the top")
                return _missing(Phrase(words, status=answer.status, place=".".join(self.empty_at)))
            return Outcome(OutcomeKind.SENT, provider_id=word_at(said, self.found_at))
        except NotThere as error:
            return still_unknown(f"{answer.status}, and no id: {error}")


def look_up(written: Any, account_headers: Mapping[str, str], token: str, *, allow_private: bool) -> LookUp:
    """The recipe's `look_up`, compiled. Without headers of its own it sends the account's.

    Raises:
        ConfigurationError: what is wrong with it, and what to write.
    """
    said = check_keys(_PART, written, KEYS, ("url", "found_at"))
    if "missing" not in said and "empty_at" not in said:
        raise ConfigurationError(
            "look_up does not say how the provider answers for a message that it does not have",
            remedy='Write missing: "404", or empty_at: items for a list that is empty then.',
        )
    places: Places = {"reference": str, "token": lambda _: token}
    headers = said.get("headers", account_headers)
    if not isinstance(headers, dict):
        raise ConfigurationError("look_up.headers is not a mapping", remedy='Write headers: {{Accept: "…"}}.')
    return LookUp(
        url=_url(text_of(_PART, said, "url"), places, allow_private=allow_private),
        headers=filling.headers(headers, places),
        guarded=not allow_private,
        found_at=_found_at(text_of(_PART, said, "found_at")),
        missing=_missing_statuses(said["missing"]) if "missing" in said else frozenset(),
        empty_at=path(text_of(_PART, said, "empty_at")) if "empty_at" in said else None,
    )


def _url(written: str, places: Places, *, allow_private: bool) -> Read:
    url = filling.url(written, places, allow_private=allow_private)
    if url("one") == url("another"):
        raise ConfigurationError(
            "look_up.url asks for every message alike",
            remedy="Put our reference into it: https://api.provider.example/messages/{{reference}}.",
        )
    return url


def _found_at(written: str) -> Path:
    if not written:
        raise ConfigurationError("look_up.found_at is empty", remedy="Write where the id stands: found_at: data.0.id.")
    return path(written)


def _missing_statuses(written: object) -> frozenset[int]:
    found = statuses("look_up.missing", written)
    unfit = sorted(status for status in found if status // 100 != 4 or status in _NO_ANSWERS)  # noqa: PLR2004  # 4xx
    if unfit:
        raise ConfigurationError(
            "look_up.missing names {status}, which does not say that the provider never had the message",
            remedy="Write the status of a message that is not there: 404, perhaps 410.",
            status=unfit[0],
        )
    return found


def _missing(detail: Phrase) -> Outcome:
    return Outcome(OutcomeKind.NOT_SENT, "provider_unavailable", detail=detail)
