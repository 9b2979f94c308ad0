"""Whether an event can be understood: its type is declared, its data fit, and so does the address that it names.

Whose it is is asked later, of the ledger; this needs the project's files alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.dispatch.accept.event import unknown_word
from orchestrator.dispatch.accept.who import unfit_address
from orchestrator.domain.errors import InputError, did_you_mean
from orchestrator.events import faults
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.dispatch.accept.event import IncomingEvent
    from orchestrator.events import EventType

NOT_UNDERSTOOD = frozenset({
    "unknown_event_type", "invalid_event", "invalid_address", "unknown_customer", "foreign_object",
})  # fmt: skip
"""Why events are set aside: what may be mended in files or ledger, without its source saying it anew."""


def misfit(types: Mapping[str, EventType], event: IncomingEvent) -> InputError | None:
    """What is wrong with an event by itself, whatever the ledger knows; None where it can be understood."""
    event_type = types.get(event.type)
    if event_type is None:
        return InputError(
            'Unknown event type "{type}"{hint}',
            code="unknown_event_type",
            fields=[unknown_word("#/type", "unknown_event_type", event.type, types)],
            type=event.type,
            hint=did_you_mean(event.type, types),
        )
    wrong = list(faults(event_type, event.data))
    if wrong:
        return InputError(
            mark("{count} problems in {type}: {pointer} {first}")
            if len(wrong) > 1
            else mark("A problem in {type}: {pointer} {first}"),
            code="invalid_event",
            fields=wrong,
            count=len(wrong),
            type=event.type,
            pointer=wrong[0].pointer,
            first=wrong[0],
        )
    return unfit_address(event.customer)
