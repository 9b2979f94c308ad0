"""What a request says: a message of the catalog, or a variant of a support reply. Looked up here, and nowhere else."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from orchestrator.catalog.render import render
from orchestrator.catalog.sms import segment
from orchestrator.domain.claim import StatedClaim
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import InputError
from orchestrator.replies.answer import answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from orchestrator.catalog.model import PublishedMessage
    from orchestrator.domain.delivery import Request
    from orchestrator.domain.message import Rendered
    from orchestrator.domain.time import Instant
    from orchestrator.facts.book import FactBook
    from orchestrator.release import Release
    from orchestrator.replies.answer import Answer, Contradiction

REPLY = "reply"
"""The name in a request's data under which stands what an agent agreed to."""


class ClaimContradicted(InputError):
    """A support reply does not say what the facts say: as its agent wrote it, or any more."""

    code = "claim_contradicted"


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreed:
    """What an agent agreed to send.

    `asked` are their answers to what the reply asks for, `claims` what it promised when they read it (name → value).
    `text` are their own words, and `reason` is why those say something else than the facts do. `by` names the key.
    """

    variant: int
    asked: Mapping[str, Any]
    claims: Mapping[str, str]
    text: str | None = None
    reason: str = ""
    by: str = ""

    def as_data(self) -> dict[str, Any]:
        """As the data of a request holds it."""
        return {REPLY: asdict(self)}


def agreed(request: Request) -> Agreed:
    """What the agent agreed to, of a request for a reply."""
    return Agreed(**request.data[REPLY])


# --- looked up --------------------------------------------------------------------------------------------------------


def is_reply(release: Release, request: Request) -> bool:
    """Whether a request is about a reply. One name is never both: `jogral check` and `send_reply` see to it."""
    return request.message not in release.messages and request.message in release.replies


def published(release: Release, request: Request) -> PublishedMessage | None:
    """The message, or the reply's variant; None for what was taken out of the project."""
    if not is_reply(release, request):
        return release.messages.get(request.message)
    spoken, variant = release.replies[request.message].spoken, agreed(request).variant
    return spoken[variant] if variant < len(spoken) else None


def said_on(release: Release) -> dict[str, frozenset[Channel]]:
    """Message or reply → the channels that it has words for."""
    return {
        name: frozenset(
            channel for channel in Channel if getattr(reply.spoken[0].message.channels, channel.value) is not None
        )
        for name, reply in release.replies.items()
    } | release.said_on


def topic_of(release: Release, name: str) -> str:
    """The topic of a message or a reply."""
    found = release.messages.get(name)
    return release.replies[name].reply.topic if found is None else found.message.topic


# --- said -------------------------------------------------------------------------------------------------------------


def say(
    release: Release,
    request: Request,
    locale: str,
    channel: Channel,
    data: Mapping[str, Any],
    book: FactBook,
    now: Instant,
) -> Rendered:
    """Put a request into words, by the one `render`. `data` holds the facts of now.

    Raises:
        InputError: it cannot be said, or is a reply that does not say any more what was agreed to.
    """
    if not is_reply(release, request):
        message = release.messages[request.message]
        return render(message, release.voice, locale, channel, data, today=book.today(now))
    wanted = agreed(request)
    found = answer(release, request.message, data, wanted.asked, channel, book, now, locale=locale, edited=wanted.text)
    _ensure_still_agreed(found, wanted)
    return in_words(found)


def in_words(found: Answer) -> Rendered:
    """The rendering of an answer, in the agent's own words where there are some.

    It promises then what those words say, be it what the facts say or not: what a person was told is known (I7).
    """
    rendered = found.rendered
    assert rendered is not None, "what is missing was asked for"
    if found.text == rendered.text:
        return rendered
    counts: dict[str, Any] = {}
    if rendered.channel is Channel.SMS:
        counted = segment(found.text)
        counts = {"encoding": counted.encoding, "units": counted.units, "segments": counted.segments}
    claims = tuple(_told(rendered.claims, found.contradictions))
    return replace(rendered, text=found.text, html="", masked={}, claims=claims, **counts)


def claims_of(found: Answer) -> dict[str, str]:
    """What an answer promises: claim → value."""
    return {claim.name: claim.value for claim in found.claims}


def _ensure_still_agreed(found: Answer, wanted: Agreed) -> None:
    """The agent's words were compared with claims that still hold, and are about what is still so."""
    if found.variant != wanted.variant:
        raise ClaimContradicted(
            "What it is about has changed since it was approved: another variant of the reply would say it now."
        )
    if found.missing:
        raise InputError(
            "The reply needs {path}, which is no longer known.", code="missing_variable", path=found.missing[0].path
        )
    if wanted.text is not None and claims_of(found) != dict(wanted.claims):
        changed = next(name for name, value in claims_of(found).items() if wanted.claims.get(name) != value)
        raise ClaimContradicted(
            'It was approved when "{claim}" was {before}, and that is {now} now.',
            claim=changed,
            before=wanted.claims.get(changed, "-"),
            now=claims_of(found)[changed],
        )


def _told(claims: Iterable[StatedClaim], contradictions: Iterable[Contradiction]) -> Iterable[StatedClaim]:
    """The claims as the agent's words make them: those that they leave out are not made."""
    differing = {one.claim: one for one in contradictions if one.claim}
    for claim in claims:
        one = differing.get(claim.name)
        if one is None:
            yield claim
        elif one.wrote:
            yield replace(claim, value=one.wrote, text=one.wrote)
    for one in contradictions:
        if not one.claim:
            yield StatedClaim(name=one.kind.value, kind=one.kind, fact="", value=one.wrote, text=one.wrote)
