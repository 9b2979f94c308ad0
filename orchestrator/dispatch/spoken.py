"""What a request says: a message of the catalog, or a variant of a support reply. Looked up here, and nowhere else."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from orchestrator.catalog.render import render
from orchestrator.dispatch.told import told
from orchestrator.domain.errors import InputError
from orchestrator.replies.answer import answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.catalog.model import PublishedMessage
    from orchestrator.domain.customer import Channel
    from orchestrator.domain.delivery import Request
    from orchestrator.domain.message import Rendered
    from orchestrator.domain.time import Instant
    from orchestrator.facts.book import FactBook
    from orchestrator.release import Release
    from orchestrator.replies.answer import Answer

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
    replies = {name: frozenset(reply.spoken[0].message.said_on) for name, reply in release.replies.items()}
    return replies | release.said_on


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
    reply, today = release.replies[request.message], book.today(now)
    found = answer(
        reply, release.voice, data, wanted.asked, channel, book, now, locale=locale, edited=wanted.text
    )  # fmt: skip
    rendered = _still_agreed(found, wanted)
    return replace(rendered, claims=told(found, today, edited=wanted.text is not None))


def claims_of(found: Answer) -> dict[str, str]:
    """What an answer promises: claim → value."""
    return {claim.name: claim.value for claim in found.claims}


def _still_agreed(found: Answer, wanted: Agreed) -> Rendered:
    """The agent's words were compared with claims that still hold, and are about what is still so."""
    if found.variant != wanted.variant:
        raise ClaimContradicted(
            "What it is about has changed since it was approved: another variant of the reply would say it now."
        )
    if found.rendered is None:
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
    return found.rendered
