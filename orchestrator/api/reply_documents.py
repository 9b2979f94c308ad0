"""Support replies as documents, for the API and for `--json`, in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.api.models.replies import (
    AskShown,
    ContradictionShown,
    MissingShown,
    PromiseShown,
    RenderedReply,
    ReplyClaim,
    ReplyShown,
    WarningShown,
)
from orchestrator.domain.claim import ClaimKind
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import State
from orchestrator.domain.errors import filled
from orchestrator.domain.time import rfc3339
from orchestrator.domain.verdict import Send
from orchestrator.reasons import reason
from orchestrator.replies.model import AskType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from orchestrator.dispatch.already_promised import Promised
    from orchestrator.dispatch.replies import Composed
    from orchestrator.replies.answer import Contradiction
    from orchestrator.replies.model import PublishedReply


def reply_document(published: PublishedReply, locale: str) -> ReplyShown:
    """What there is to know of a reply before it is said."""
    reply = published.said_in(locale)
    return ReplyShown(
        id=reply.id,
        title=reply.title,
        shortcut=reply.shortcut,
        keywords=reply.keywords,
        topic=reply.topic,
        stage=reply.stage,
        owner=reply.owner,
        knowledge=reply.knowledge or None,
        ask=tuple(
            AskShown(
                path=path,
                label=ask.label,
                type=ask.type,
                max_length=ask.max_length if ask.type is AskType.STRING else None,
                choices=ask.choices,
            )
            for path, ask in reply.ask.items()
        ),
    )


def rendered_document(composed: Composed, zone: str, translate: Callable[[str], str]) -> RenderedReply:
    """An answer, with what its agent should know; `zone` is the project's."""
    answer, refusal = composed.answer, _refusal(composed)
    return RenderedReply(
        reply=answer.reply,
        variant=answer.variant,
        channel=answer.channel,
        locale=answer.locale,
        text=answer.text,
        missing=tuple(
            MissingShown(path=one.path, label=one.label, why=one.why.told(translate)) for one in answer.missing
        ),
        would_send=None if refusal is None else not refusal,
        reason=refusal or "",
        why=reason(State.BLOCKED, refusal, translate).sentence if refusal else "",
        claims=tuple(
            ReplyClaim(
                name=one.claim.name,
                kind=one.claim.kind,
                value=one.claim.value,
                text=one.claim.text,
                fact=one.claim.fact,
                age_seconds=(composed.at - one.at) / 1000 if one.at is not None else None,
            )
            for one in composed.claims
        ),
        contradictions=tuple(contradiction_documents(answer.contradictions, translate)),
        already_promised=tuple(_promise(one, zone) for one in composed.promised),
        warnings=tuple(
            WarningShown(rule=one.rule, code=one.code, message=filled("{said}", {"said": one.message}, translate))
            for one in answer.advice
        ),
    )


def _refusal(composed: Composed) -> str | None:
    """The code of what stands in its way, the gate's before its own; nothing where it would leave, None if unasked."""
    if composed.gate is None:
        return None
    if not isinstance(composed.gate, Send):
        return composed.gate.reason
    return "missing_variable" if composed.answer.missing else ""


def contradiction_documents(
    found: Iterable[Contradiction], translate: Callable[[str], str]
) -> Iterator[ContradictionShown]:
    """Where the words and the facts differ."""
    for one in found:
        yield ContradictionShown(
            claim=one.claim, kind=one.kind, wrote=one.wrote, fact=one.fact, detail=one.told(translate)
        )


def _promise(one: Promised, zone: str) -> PromiseShown:
    made = one.made
    return PromiseShown(
        when=rfc3339(made.at, zone),
        channel=Channel(made.channel),
        message=made.message,
        message_id=made.delivery_id,
        kind=ClaimKind(made.kind),
        value=made.value,
        text=made.text,
        fact=made.fact,
        status="current" if one.holds else "superseded",
    )
