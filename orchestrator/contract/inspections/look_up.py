"""Accounts that can be asked whether they know a message: a reference that never was must get a definite no.

Otherwise nothing that is in doubt is ever settled: a typo in `look_up.url` is found here, and not on a bad day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.contract.calls import HttpCall, NoAnswer
from orchestrator.contract.inspections import Inspection, bad, good, unanswered
from orchestrator.domain.delivery import OutcomeKind
from orchestrator.domain.errors import Phrase, mark

if TYPE_CHECKING:
    from orchestrator.contract.adapter import Adapter
    from orchestrator.contract.calls import Answer
    from orchestrator.contract.inspections import Seen

NEVER_SENT = "msg_00000000000000000000000000"
"""A reference in the form of ours that no message has."""


def of_look_up(adapter: Adapter) -> tuple[Inspection, ...]:
    """The question about a message that never was; nothing where the provider cannot be asked over HTTP."""
    call = adapter.look_up(NEVER_SENT) if adapter.can.looks_up else None
    if not isinstance(call, HttpCall):
        return ()
    return (Inspection(name=mark("look-up"), ask=lambda _now: call, read=lambda answer: _read(adapter, answer)),)


def _read(adapter: Adapter, answer: Answer) -> Seen:
    if isinstance(answer, NoAnswer):
        return unanswered(answer)
    found = adapter.found(answer)
    match found.kind:
        case OutcomeKind.NOT_SENT | OutcomeKind.REFUSED:
            return good(Phrase("Asked for a message that never was, it says no."))
        case OutcomeKind.SENT:
            return bad(
                Phrase("It says that it has a message that never was."),
                Phrase("Check look_up: what is in doubt would be taken for sent."),
            )
        case _:
            return bad(
                Phrase("Asked for a message that never was, it gives no definite no: {said}", said=found.detail),
                Phrase("Check look_up.url, its headers, and missing or empty_at."),
            )
