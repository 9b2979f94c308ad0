"""What a provider's no says of a template: all of its messages would get the same, so none is tried meanwhile.

It is news of the template like any other, as old as the call: what Meta decided since then is not undone by it. The
message itself is as good as never called: the gate decides anew, for the words before, another channel, or a wait.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import structlog

from orchestrator.contract.notices import TemplateNews
from orchestrator.dispatch.rehearsed import is_test
from orchestrator.domain.delivery import OutcomeKind, Rejection
from orchestrator.store.port.templates import AWAITING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from orchestrator.dispatch.draft import Draft
    from orchestrator.domain.delivery import Outcome
    from orchestrator.domain.time import Instant
    from orchestrator.store.port import Transaction

log = structlog.get_logger()

REFUSED_AT_SEND: Final = "refused_at_send"
"""The reason of a status that was told by the refusal of a message."""

_SECOND_MS = 1_000


@dataclass(frozen=True, order=True, slots=True)
class UnsendableTemplate:
    """One that an account may not send, and what it is by that answer."""

    account: str
    name: str
    language: str
    status: str


def refused_templates(ended: Iterable[tuple[Draft, Outcome]]) -> list[UnsendableTemplate]:
    """Each of them once. In one order, because their rows are locked in it."""
    return sorted({
        UnsendableTemplate(draft.send.account, draft.send.template, template["language"], outcome.template)
        for draft, outcome in ended
        if _is_of_the_template(draft, outcome) and (template := draft.rendered.template) is not None
    })  # fmt: skip


def undecided(draft: Draft, outcome: Outcome) -> Outcome:
    """The outcome as it is settled: what was refused for its template alone is decided anew, and not lost.

    In a conversation no approval was asked for, and the gate would decide the same again: it is said on another
    channel. What the provider has given an id it has taken in some way: that ends here.
    """
    if outcome.provider_id or not outcome.template or is_test(draft.request):
        return outcome
    if not draft.send.template:
        return replace(outcome, reason=Rejection.CHANNEL.reason)
    return replace(outcome, kind=OutcomeKind.NOT_SENT, reason=AWAITING)


def _is_of_the_template(draft: Draft, outcome: Outcome) -> bool:
    """Whether the template was chosen by its approval: in a conversation it may be what cannot be said freely."""
    return bool(outcome.template and draft.send.template) and not is_test(draft.request)


def block(transaction: Transaction, refused: Sequence[UnsendableTemplate], called_at: Instant) -> None:
    """Nothing more is sent in them until news says that they are approved: a callback, or `jogral whatsapp sync`."""
    # Meta tells whole seconds: of the same one, what comes later counts.
    at = called_at - called_at % _SECOND_MS
    for one in refused:
        news = TemplateNews(name=one.name, language=one.language, at=at, status=one.status, reason=REFUSED_AT_SEND)
        if transaction.templates.hear(one.account, [news]):
            log.error(
                "template_refused",
                account=one.account,
                template=one.name,
                language=one.language,
                status=one.status,
                remedy="Run: jogral whatsapp sync",
            )
