"""What `jogral doctor` asks a provider about an account: calls that only read, and what their answers mean.

An adapter may say its own (`inspections() -> tuple[Inspection, ...]`); those of the shipped adapters stand here, one
module a provider, and take an account's settings. Pure, as adapters are: whoever examines carries the calls.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, Any

from orchestrator.contract.calls import HttpAnswer, NoAnswer
from orchestrator.domain.errors import Phrase, mark

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.contract.calls import Answer, HttpCall
    from orchestrator.domain.time import Instant


class Verdict(StrEnum):
    """How a look at something went."""

    GOOD = "good"
    NOTE = "note"
    BAD = "bad"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What was seen and what to do about it. `further` is what can be asked now that this is known."""

    verdict: Verdict
    told: str
    remedy: str = ""
    further: tuple[Inspection, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Inspection:
    """One question. `name` says what it is about, in a word; `ask` makes the call, given the hour."""

    name: str
    ask: Callable[[Instant], HttpCall]
    read: Callable[[Answer], Seen]


# Which module knows the provider of an adapter.
_OF_ADAPTERS = {
    "email_ses": "ses",
    "sms_twilio": "twilio",
    "sms_zenvia": "zenvia",
    "whatsapp_cloud": "meta",
}


def inspections_of(adapter_name: str, settings: Mapping[str, Any]) -> tuple[Inspection, ...]:
    """What can be asked about an account of a shipped adapter; nothing about others."""
    module = _OF_ADAPTERS.get(adapter_name)
    if module is None:
        return ()
    found: tuple[Inspection, ...] = import_module(f"{__name__}.{module}").inspections(settings)
    return found


# --- what answers of all providers mean -------------------------------------------------------------------------------

CREDENTIALS = mark("credentials")

_REFUSED = frozenset({401, 403})
_EXCERPT_LENGTH_MAX = 160
_SERVER_ERROR = 500
_THROTTLED = 429


def judged(  # noqa: PLR0911  # a kind of answer each
    answer: Answer, read: Callable[[Any], Seen], *, missing: Seen | None = None
) -> Seen:
    """What a call that only reads was answered. `read` is given the JSON of a 200, `missing` is what a 404 means."""
    if isinstance(answer, NoAnswer):
        return unanswered(answer)
    if not isinstance(answer, HttpAnswer):
        return bad(mark("It does not answer as an HTTP server does."))
    if answer.status == 200:  # noqa: PLR2004  # every provider's yes
        try:
            document = json.loads(answer.body)
        except ValueError:
            return _strange(answer)
        return read(document) if isinstance(document, dict) else _strange(answer)
    if answer.status == 404 and missing is not None:  # noqa: PLR2004
        return missing
    if answer.status in _REFUSED:
        return refused(answer)
    if answer.status == _THROTTLED:
        return Seen(verdict=Verdict.NOTE, told=Phrase("It wants to be asked less often. Look again in a minute."))
    if answer.status >= _SERVER_ERROR:
        told = Phrase("It is out of order: {status}", status=answer.status)
        return Seen(verdict=Verdict.UNREACHABLE, told=told, remedy=Phrase("Look at the provider's status page."))
    return _strange(answer)


def unanswered(answer: NoAnswer) -> Seen:
    """Nothing came back."""
    return Seen(
        verdict=Verdict.UNREACHABLE,
        told=Phrase("It does not answer: {why}", why=answer.detail or answer.reason),
        remedy=Phrase("Check the network, and the account's base URL if it has one."),
    )


def refused(answer: HttpAnswer) -> Seen:
    """The credentials are wrong, or may not do this."""
    return bad(
        Phrase("The provider refuses them ({status}): {said}", status=answer.status, said=excerpt(answer)),
        Phrase("Copy them again from the provider's console into JOGRAL_ACCOUNTS__{account}__…", account="<ACCOUNT>"),
    )


def good(told: str, *further: Inspection) -> Seen:
    """All is well."""
    return Seen(verdict=Verdict.GOOD, told=told, further=further)


def note(told: str, remedy: str = "") -> Seen:
    """Nothing is broken, and somebody should know."""
    return Seen(verdict=Verdict.NOTE, told=told, remedy=remedy)


def bad(told: str, remedy: str = "") -> Seen:
    """It does not work so."""
    return Seen(verdict=Verdict.BAD, told=Phrase(told) if type(told) is str else told, remedy=remedy)


def excerpt(answer: HttpAnswer) -> str:
    """What a provider said, on one line and not at length."""
    return " ".join(answer.body[: _EXCERPT_LENGTH_MAX * 4].decode("utf-8", "replace").split())[:_EXCERPT_LENGTH_MAX]


def base_of(settings: Mapping[str, Any], default: str) -> str:
    """Where the provider is, or whoever plays it, without a slash at its end."""
    return str(settings.get("base_url") or default).rstrip("/")


def _strange(answer: HttpAnswer) -> Seen:
    return bad(
        Phrase("It answers what nobody expects ({status}): {said}", status=answer.status, said=excerpt(answer)),
        Phrase("Is this the provider's address? Check the account's base URL if it has one."),
    )
