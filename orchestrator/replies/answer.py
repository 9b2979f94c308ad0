"""One reply for one customer, as an agent may send it: never with a hole, and never unnoticed against a fact. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Protocol

from orchestrator.catalog.locales import negotiate
from orchestrator.catalog.prepare import prepare
from orchestrator.catalog.proof import shaped
from orchestrator.catalog.prose import About, refuse_faults
from orchestrator.catalog.refusals import MissingVariable
from orchestrator.catalog.render import render
from orchestrator.catalog.values import look_up
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import InputError, NotFound, Phrase, Unfit, did_you_mean, mark
from orchestrator.domain.fact import names_fact
from orchestrator.expressions import compile_expression, holds
from orchestrator.replies.contradictions import Contradiction, contradicted_by, contradictions
from orchestrator.replies.model import AskType
from orchestrator.schema import merged, nest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from orchestrator.catalog.model import PublishedMessage
    from orchestrator.catalog.prepare import Prepared
    from orchestrator.catalog.voice import Voice
    from orchestrator.domain.claim import StatedClaim
    from orchestrator.domain.message import Rendered
    from orchestrator.domain.time import Instant
    from orchestrator.facts.book import FactBook
    from orchestrator.replies.model import Ask, PublishedReply, Reply

__all__ = ["Answer", "Contradiction", "Missing", "answer", "contradictions"]


TODAY = "today"
"""What conditions call the day that it is in the shop's zone."""


class Speaker(Protocol):
    """What a release says of support: its voice, and its replies."""

    @property
    def voice(self) -> Voice: ...

    @property
    def replies(self) -> Mapping[str, PublishedReply]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Missing:
    """What keeps a reply from being said. `why` is a sentence about `label`, and can be said in other languages."""

    path: str
    label: str
    why: Phrase


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A reply for one customer.

    `text` is what would be sent: the agent's own words where there are some, and nothing at all while something is
    `missing`. `rendered` is what the reply says by itself, whose `claims` the agent's words are compared with.
    `variant` counts from 0.
    """

    reply: str
    variant: int
    channel: Channel
    locale: str
    text: str
    missing: tuple[Missing, ...] = ()
    claims: tuple[StatedClaim, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    rendered: Rendered | None = None


def answer(  # noqa: PLR0913  # a customer, what is known of them, what the agent says, and where and when
    release: Speaker,
    reply_id: str,
    data: Mapping[str, Any],
    asked: Mapping[str, Any],
    channel: Channel,
    book: FactBook,
    now: Instant,
    *,
    locale: str,
    edited: str | None = None,
) -> Answer:
    """Say a reply to a customer.

    Args:
        release: whose reply it is.
        reply_id: which one.
        data: of the customer and of what it is about, nested (`{"order": {"number": "10234"}}`).
        asked: what the agent says, by the path that asks for it (`{"ticket.next_step": "…"}`). Blank is not said.
        channel: where the customer is.
        book: the facts of now.
        now: business time.
        locale: the customer's language; where the reply has no such translation, the voice's.
        edited: the agent's own words instead of the reply's.

    Raises:
        NotFound: there is no such reply. SilentChannel: replies are not said there.
        InputError: something was said that nobody asks for, or an edit has no words.
        RenderError, ClaimMismatch: as `render` does. OffBrand: the text breaks a rule of the brand voice.
    """
    published = _find(release, reply_id)
    locale = negotiate(locale, published.translations, release.voice.locale)
    reply = published.said_in(locale)
    said, unfit = read_asked(reply, published.reply, asked)
    variant = chosen(
        published.reply, merged(dict(data), _nested(_as_written(said, reply, published.reply))), book.today(now)
    )
    whole = merged(dict(data), _nested(said))
    message = published.spoken[variant]
    prepared = prepare(message, release.voice, locale, channel)
    whole |= book.nested([used.claim.from_ for used in prepared.claims], whole, now, locale=locale)
    absent = _Absent(reply, prepared, whole, book, now)
    missing = [*unfit, *absent.all({one.path for one in unfit}), *_open_places(edited)]
    silent = Answer(reply=reply_id, variant=variant, channel=channel, locale=locale, text="", missing=tuple(missing))
    if missing:
        return silent
    try:
        rendered = render(message, release.voice, locale, channel, whole, today=book.today(now))
    except MissingVariable as blank:
        return replace(silent, missing=(absent.of(str(blank.params["path"])),))
    return _in_words(silent, message, prepared, rendered, said, edited)


def chosen(reply: Reply, data: Mapping[str, Any], today: date) -> int:
    """The variant for the state that the data is in: the first whose condition holds, or the last, said otherwise.

    Conditions read the data, what the agent says, and `today`, as dates are written: `shipment.promised_date < today`.
    """
    known = {**data, TODAY: today.isoformat()}
    return next(
        (
            place
            for place, variant in enumerate(reply.variants)
            if variant.when is None or holds(compile_expression(variant.when), known)[0]
        ),
        len(reply.variants) - 1,
    )


def _find(release: Speaker, reply_id: str) -> PublishedReply:
    published = release.replies.get(reply_id)
    if published is None:
        raise NotFound(
            'There is no reply "{reply}"{hint}',
            code="unknown_reply",
            remedy="`jogral reply search` finds them by their words.",
            reply=reply_id,
            hint=did_you_mean(reply_id, release.replies),
        )
    return published


def _as_written(said: Mapping[str, Any], reply: Reply, original: Reply) -> dict[str, Any]:
    """What the agent chose in the words that conditions know it by: the original's."""
    return {
        path: original.ask[path].choices[reply.ask[path].choices.index(value)]
        if reply.ask[path].type is AskType.CHOICE
        else value
        for path, value in said.items()
    }


def _nested(said: Mapping[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for path, value in said.items():
        nest(nested, path, value)
    return nested


# --- what is missing --------------------------------------------------------------------------------------------------

_UNANSWERED = mark('"{label}" has not been answered yet.')
_NOT_KNOWN = mark("The customer's data does not have {label}.")
_NO_FACT = mark("The fact {label} is not known now.")
_NOT_PROMISED = mark("The fact {label} cannot be promised now: {why}.")
_OPEN = mark("{label} would be sent as it stands.")


@dataclass(frozen=True, slots=True)
class _Absent:
    """What a variant prints or claims on a channel, and nobody brought."""

    reply: Reply
    prepared: Prepared
    data: Mapping[str, Any]
    book: FactBook
    now: Instant

    def all(self, known: Collection[str]) -> Iterator[Missing]:
        """All of it, each once, but what is known to be wrong."""
        needed = [
            *(used.name for used in self.prepared.variables if used.variable.fallback is None),
            *(used.claim.from_ for used in self.prepared.claims if used.fallback is None),
        ]
        for path in dict.fromkeys(needed):
            if path not in known and look_up(self.data, tuple(path.split("."))) is None:
                yield self.of(path)
        for path in dict.fromkeys(used.claim.from_ for used in self.prepared.claims if names_fact(used.claim.from_)):
            obstacle = self.book.obstacle([path], self.now)
            if obstacle is not None and look_up(self.data, tuple(path.split("."))) is not None:
                yield _lacking(path, path, _NOT_PROMISED, why=obstacle.detail)

    def of(self, path: str) -> Missing:
        """One value that is not there."""
        if path in self.reply.ask:
            return _lacking(path, self.reply.ask[path].label, _UNANSWERED)
        return _lacking(path, path, _NO_FACT if names_fact(path) else _NOT_KNOWN)


def _lacking(path: str, label: str, sentence: str, **params: object) -> Missing:
    return Missing(path=path, label=label, why=Phrase(sentence, label=label, **params))


# What a text still has of a template, or of one in another tool: {nome}, [NOME], [LINK], XXX, ____.
_PLACE = re.compile(
    r"\{\{[^{}]*\}\}|\{%[^{}]*%\}|\[\[[^\[\]]*\]\]|\{\{|\}\}|\{%|%\}"
    r"|\{[^{}\s][^{}]{0,60}\}|\[[^\W\d_a-zà-ÿ][A-ZÀ-Þ0-9_ ]{1,60}\]|\bX{3,}\b|_{3,}"
)


def _open_places(text: str | None) -> Iterator[Missing]:
    """Places that an agent pasted with the words around them. Raises InputError for an edit without words."""
    if text is None:
        return
    if not text.strip():
        raise InputError("The text is empty.", code="empty_text", remedy="Write it, or leave it as the reply has it.")
    for place in dict.fromkeys(found[0] for found in _PLACE.finditer(text)):
        yield _lacking(place.strip("{}[] "), place, _OPEN)


# --- what the agent says ----------------------------------------------------------------------------------------------


def read_asked(reply: Reply, original: Reply, asked: Mapping[str, Any]) -> tuple[dict[str, Any], list[Missing]]:
    """What the agent says, by its path, and what of it does not fit. Raises InputError for what nobody asks for."""
    values: dict[str, Any] = {}
    unfit: list[Missing] = []
    for path, said in asked.items():
        if path not in reply.ask:
            raise InputError(
                'The reply "{reply}" does not ask for "{path}"{hint}',
                code="unknown_ask",
                remedy="It asks for: {known}." if reply.ask else "It asks for nothing.",
                reply=reply.id,
                path=path,
                hint=did_you_mean(path, reply.ask),
                known=", ".join(reply.ask),
            )
        if said is None or not str(said).strip():
            continue
        ask = reply.ask[path]
        try:
            values[path] = _READ[ask.type](str(said).strip(), ask, original.ask[path])
        except Unfit as error:
            unfit.append(_lacking(path, ask.label, _UNFIT, why=error.said))
    return values, unfit


_UNFIT = mark('"{label}" {why}.')


def _string(said: str, ask: Ask, _original: Ask) -> str:
    if len(said) > ask.max_length:
        raise Unfit("has {count} characters, and at most {most} fit", count=len(said), most=ask.max_length)
    if place := _PLACE.search(said):
        raise Unfit("still holds {place}", place=place[0])
    return said


def _date(said: str, _ask: Ask, _original: Ask) -> str:
    try:
        return date.fromisoformat(said).isoformat()
    except ValueError as error:
        raise Unfit('must be a date such as 2026-11-27, not "{said}"', said=said) from error


def _number(said: str, _ask: Ask, _original: Ask) -> int | float:
    try:
        number = Decimal(said.replace(",", "."))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise Unfit('must be a number, not "{said}"', said=said)
    return int(number) if number == number.to_integral_value() else float(number)


def _choice(said: str, ask: Ask, original: Ask) -> str:
    """In the customer's words, in whichever language it was chosen."""
    for choices in (ask.choices, original.choices):
        if said in choices:
            return ask.choices[choices.index(said)]
    raise Unfit('must be one of {choices}, not "{said}"', choices=", ".join(ask.choices), said=said)


_READ: Mapping[AskType, Callable[[str, Ask, Ask], Any]] = {
    AskType.STRING: _string,
    AskType.DATE: _date,
    AskType.NUMBER: _number,
    AskType.CHOICE: _choice,
}


# --- in words -------------------------------------------------------------------------------------------------------


def _in_words(
    found: Answer,
    message: PublishedMessage,
    prepared: Prepared,
    rendered: Rendered,
    said: Mapping[str, Any],
    edited: str | None,
) -> Answer:
    """The reply's own words, or the agent's: on brand, and compared with what the reply claims."""
    text = rendered.text if edited is None else _as_sent(prepared, edited)
    if edited is not None:
        refuse_faults(prepared.voice, text, _about(message, prepared), message=found.reply)
    printed = {used.name for used in prepared.variables}
    against = [
        one
        for path, words in said.items()
        if path in printed and isinstance(words, str) and words in text
        for one in contradicted_by(words, rendered.claims, found.locale)
    ]
    against += contradictions(text, rendered, found.locale)
    return replace(
        found, text=text, claims=rendered.claims, rendered=rendered, contradictions=tuple(dict.fromkeys(against))
    )


def _as_sent(prepared: Prepared, edited: str) -> str:
    text = edited.strip()
    return shaped(prepared, text) if prepared.channel is Channel.SMS else text


def _about(message: PublishedMessage, prepared: Prepared) -> About:
    return About(
        purpose=message.purpose or "",
        tags=frozenset(prepared.message.tags),
        claim_kinds=frozenset(used.claim.kind for used in prepared.claims if not used.claim.superseded),
        channel=prepared.channel,
    )
