"""Zenvia: list the subscriptions. It says whether the token is right, and whether news of messages come back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from orchestrator.contract.calls import HttpAnswer, HttpCall
from orchestrator.contract.inspections import CREDENTIALS, Inspection, base_of, good, judged, note
from orchestrator.domain.errors import Phrase

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.contract.calls import Answer
    from orchestrator.contract.inspections import Seen
    from orchestrator.domain.time import Instant

WANTED = ("MESSAGE_STATUS", "MESSAGE")


def inspections(settings: Mapping[str, Any]) -> tuple[Inspection, ...]:
    """One: the subscriptions (https://zenvia.github.io/zenvia-openapi-spec/v2/)."""
    url = f"{base_of(settings, 'https://api.zenvia.com')}/v2/subscriptions"
    token = str(settings.get("token") or "")

    def ask(_now: Instant) -> HttpCall:
        return HttpCall("GET", url, {"X-API-TOKEN": token}, b"")

    return (Inspection(name=CREDENTIALS, ask=ask, read=_read),)


def _read(answer: Answer) -> Seen:
    listed = _listed(answer)
    return judged(answer, lambda _: note(Phrase("They are right."))) if listed is None else _subscriptions(listed)


def _listed(answer: Answer) -> Sequence[Any] | None:
    if not isinstance(answer, HttpAnswer) or answer.status != 200:  # noqa: PLR2004  # Zenvia's yes
        return None
    try:
        said = json.loads(answer.body)
    except ValueError:
        return None
    return said if isinstance(said, list) else None


def _subscriptions(listed: Sequence[Any]) -> Seen:
    found = {
        one.get("eventType")
        for one in listed
        if isinstance(one, dict)
        and one.get("status", "ACTIVE") == "ACTIVE"
        and (one.get("criteria") or {}).get("channel", "sms") == "sms"
    }
    missing = [name for name in WANTED if name not in found]
    if not missing:
        return good(Phrase("They are right, and statuses and answers are subscribed to."))
    return note(
        Phrase("They are right. Nothing is subscribed to for {missing}.", missing=", ".join(missing)),
        Phrase("In Zenvia's console, let it post them to /hooks/<account> of this shop."),
    )
