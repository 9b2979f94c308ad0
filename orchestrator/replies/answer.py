"""One reply for one customer, as an agent may send it: never with a hole, and never unnoticed against a fact. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from orchestrator.catalog.links import with_links
from orchestrator.catalog.locales import negotiate
from orchestrator.catalog.prepare import prepare
from orchestrator.catalog.proof import shaped
from orchestrator.catalog.prose import Fault, faults, refuse
from orchestrator.catalog.prose_brought import about_message
from orchestrator.catalog.sms import segment
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import Phrase, mark
from orchestrator.expressions import compile_expression, holds
from orchestrator.replies.asked import read_asked
from orchestrator.replies.compared import rendered_around, true_besides
from orchestrator.replies.contradictions import Contradiction, contradicted_by, contradictions
from orchestrator.replies.language import NAMES, foreign
from orchestrator.replies.missing import Missing, gap, gaps, open_places, unpromised
from orchestrator.schema import merged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from orchestrator.catalog.model import PublishedMessage
    from orchestrator.catalog.prepare import Prepared
    from orchestrator.catalog.voice import Voice
    from orchestrator.domain.claim import StatedClaim
    from orchestrator.domain.message import Rendered
    from orchestrator.domain.time import Instant
    from orchestrator.facts.book import FactBook
    from orchestrator.replies.asked import Said
    from orchestrator.replies.model import PublishedReply, Reply

__all__ = ["Answer", "Contradiction", "Missing", "answer", "contradictions"]


TODAY = "today"
"""What conditions call the day that it is in the shop's zone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A reply for one customer.

    `text` is what would be sent: the agent's own words where there are some, and nothing at all while something is
    `missing`; `rendered` is that as its channel has it. `claims` are what the reply promises by itself, as far as that
    is known: the agent's words are compared with them. `own` is what the agent answered, nested as data is, `advice`
    what is not forbidden and yet advised against. `variant` counts from 0.
    """

    reply: str
    variant: int
    channel: Channel
    locale: str
    text: str
    rendered: Rendered | None
    missing: tuple[Missing, ...]
    claims: tuple[StatedClaim, ...]
    contradictions: tuple[Contradiction, ...]
    own: Mapping[str, Any]
    advice: tuple[Fault, ...]


def answer(  # noqa: PLR0913  # a customer, what is known of them, what the agent says, and where and when
    published: PublishedReply,
    voice: Voice,
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
        published: the reply.
        voice: whose reply it is.
        data: of the customer and of what it is about, nested (`{"order": {"number": "10234"}}`).
        asked: what the agent says, by the path that asks for it (`{"ticket.next_step": "…"}`). Blank is not said.
        channel: where the customer is.
        book: the facts of now.
        now: business time.
        locale: the customer's language; where the reply has no such translation, the voice's.
        edited: the agent's own words instead of the reply's: they need what they are compared with, and nothing else.

    Raises:
        SilentChannel: replies are not said there.
        InputError: something was said that nobody asks for, or an edit has no words.
        RenderError, ClaimMismatch: as `render` does. OffBrand: the text breaks a rule of the brand voice.
    """
    spoken_in = negotiate(locale, published.translations, voice.locale)
    said = read_asked(published.said_in(spoken_in), published.reply, asked)
    variant = chosen(published.reply, merged(dict(data), said.known), book.today(now))
    message = published.spoken[variant]
    prepared = prepare(message, voice, spoken_in, channel)
    whole = merged(dict(with_links(data)), said.own)
    whole |= book.nested([used.claim.from_ for used in prepared.claims], whole, now, locale=spoken_in)
    known = _Known(message, prepared, said, whole, book, now)
    missing = tuple(known.missing(edited))
    around = known.rendered(edited)
    rendered = around if edited is None else _in_own_words(around, prepared, edited)
    words = (rendered.text,) if edited is not None else tuple(known.answers.values())
    return Answer(
        reply=published.reply.id,
        variant=variant,
        channel=channel,
        locale=spoken_in,
        text="" if missing else rendered.text,
        rendered=None if missing else rendered,
        missing=missing,
        claims=around.claims,
        contradictions=known.contradictions(words, around, edited=edited is not None),
        own=said.own,
        advice=(
            *(() if missing and edited is None else known.faults(rendered.text, refused=edited is not None)),
            *(one for text in words for one in _foreign(text, locale or voice.locale)),
        ),
    )


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


@dataclass(frozen=True, slots=True)
class _Known:
    """The variant for the customer's state on a channel, and all that is known for it."""

    message: PublishedMessage
    prepared: Prepared
    said: Said
    data: Mapping[str, Any]
    book: FactBook
    now: Instant

    @property
    def answers(self) -> dict[str, str]:
        """The agent's words that the variant prints."""
        return self.said.in_words({used.name for used in self.prepared.variables})

    @property
    def sources(self) -> frozenset[str]:
        """Where its claims are read from."""
        return frozenset(used.claim.from_ for used in self.prepared.claims)

    def missing(self, edited: str | None) -> Iterator[Missing]:
        """All that keeps it from being said. An edit needs what its promises are compared with, and no more."""
        unfit = self.said.unfit
        for path in dict.fromkeys((*unfit, *gaps(self.prepared, self.data))):
            if edited is None or path in self.sources:
                yield unfit[path] if path in unfit else gap(path, self.said.reply)
        yield from unpromised(self.prepared, self.data, self.book, self.now)
        yield from open_places(edited)

    def rendered(self, edited: str | None) -> Rendered:
        """What it says by itself. The agent's answers vouch for nothing that their edit says."""
        unvouched = set() if edited is None else {*self.answers} - self.sources
        around = {*gaps(self.prepared, self.data), *unvouched}
        return rendered_around(around, self.message, self.prepared, self.data, self.book.today(self.now))

    def contradictions(self, words: Iterable[str], around: Rendered, *, edited: bool) -> tuple[Contradiction, ...]:
        """An edit takes the reply's place, so it may leave a promise out too; an answer stands beside the promises."""
        found: list[Contradiction] = []
        for text in words:
            true, locale = true_besides(self.prepared, self.book, self.now), around.locale
            found += (
                contradictions(text, around, locale, known=true)
                if edited
                else contradicted_by(text, around.claims, locale, known=true)
            )
        return tuple(dict.fromkeys(found))

    def faults(self, text: str, *, refused: bool) -> list[Fault]:
        """What the voice advises against. Raises OffBrand for what it forbids, where nobody has judged that before."""
        found = faults(self.prepared.voice, text, about_message(self.message, self.prepared))
        if refused:
            refuse([one for one in found if one.level == "error"], message=self.message.message.id)
        return [one for one in found if one.level != "error"]


# --- the agent's own words --------------------------------------------------------------------------------------------


def _in_own_words(rendered: Rendered, prepared: Prepared, edited: str) -> Rendered:
    """The reply with the agent's text in the place of its own; of an e-mail too, which is plain then."""
    text = edited.strip()
    if rendered.channel is not Channel.SMS:
        return replace(rendered, text=text, html="", masked={})
    counted = segment(shaped(prepared, text))
    return replace(
        rendered,
        text=shaped(prepared, text),
        masked={},
        encoding=counted.encoding,
        units=counted.units,
        segments=counted.segments,
    )


_FOREIGN = mark("This reads like {language}, and the customer reads {wanted}.")


def _foreign(words: str, locale: str) -> Iterator[Fault]:
    if found := foreign(words, locale):
        told = Phrase(_FOREIGN, language=NAMES[found], wanted=NAMES[locale[:2].lower()])
        yield Fault("language", "other_language", "warn", told, 0, len(words))
