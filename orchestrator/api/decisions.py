"""GET /v1/decisions: why messages were or were not sent, newest first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.api.access import put_on_record, reader_of
from orchestrator.api.language import translate_for
from orchestrator.api.models.decisions import DecisionListed, DecisionsPage, DecisionsQuery
from orchestrator.api.models.messages import ReasonShown, StepShown
from orchestrator.api.pages import after, cursor_of, respond_page
from orchestrator.api.reading import read_query
from orchestrator.api.services import API
from orchestrator.dispatch.explain import list_decisions, reason_of
from orchestrator.domain.delivery import State
from orchestrator.domain.errors import InputError, did_you_mean
from orchestrator.domain.said import retold
from orchestrator.domain.time import rfc3339
from orchestrator.reasons import REASONS, reason
from orchestrator.store.evidence import WantedDecisions

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web

    from orchestrator.store.evidence import ListedDecision

_PLACE = re.compile(r"[0-9]{1,18}")


async def get_decisions(request: web.Request) -> web.Response:
    """A page of decisions."""
    api, query, who = request.app[API], read_query(request, DecisionsQuery), reader_of(request)
    _require_known_reason(query.reason)
    last = after(query.cursor, _PLACE)
    wanted = WantedDecisions(
        customer_id=query.customer_id,
        message=query.message,
        journey=query.journey,
        state=query.state,
        since=query.since,
        until=query.until,
    )

    def read() -> tuple[list[ListedDecision], int | None, str]:
        with api.app.store.read() as transaction:
            zone = api.releases.read(transaction).project.timezone
            before = int(last) if last else None
            found, following = list_decisions(
                transaction, wanted, reason=query.reason or "", before=before, limit=query.limit
            )
        put_on_record(api, who, "decisions", [one.customer_id for one in found])
        return found, following, zone

    found, following, zone = await api.run(read)
    translate = translate_for(request)
    cursor = None if following is None else cursor_of(str(following))
    page = DecisionsPage(data=tuple(_listed(one, zone, translate) for one in found), next_cursor=cursor)
    return respond_page(request, page, limit=query.limit, cursor=cursor)


def _require_known_reason(code: str | None) -> None:
    """A misspelt one would be searched for through everything, and never found."""
    if code is None or code.partition(":")[0] in REASONS:
        return
    raise InputError.at(
        "?reason",
        'There is no reason "{reason}"{hint}',
        code="unknown_reason",
        reason=code,
        hint=did_you_mean(code, REASONS),
    )


def _listed(one: ListedDecision, zone: str, translate: Callable[[str], str]) -> DecisionListed:
    decision = one.decision
    return DecisionListed(
        id=f"dec_{decision.seq}",
        message_id=decision.delivery_id,
        message=one.message,
        customer_id=one.customer_id,
        journey=one.journey,
        run_id=one.run_id,
        step=one.step,
        verdict=decision.verdict,
        reason=_reason(one, translate),
        state=one.state,
        at=rfc3339(decision.at, zone),
        business_at=rfc3339(decision.business_at, zone),
        release_id=decision.release_id,
        trace=tuple(
            StepShown(gate=step.gate, result=step.result, channel=step.channel, detail=retold(step.detail, translate))
            for step in decision.trace
        ),
    )


def _reason(one: ListedDecision, translate: Callable[[str], str]) -> ReasonShown | None:
    code = reason_of(one.decision)
    if not code:
        return None
    why = reason(State(one.decision.verdict), code, translate)
    return ReasonShown(code=code, sentence=why.sentence, action=why.action)
