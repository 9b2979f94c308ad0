"""How a request moves from state to state, and what is left of one that has ended."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from orchestrator.domain.errors import Conflict
from orchestrator.domain.privacy import FOLLOWING, PrivacyRequest, RequestKind, RequestState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.time import Instant


def moved(request: PrivacyRequest, state: RequestState) -> PrivacyRequest:
    """The request in its next state. Raises Conflict where that one does not follow."""
    if state not in FOLLOWING[request.state]:
        raise Conflict(
            "This request is {state}, and cannot become {wanted}.",
            remedy="See it with: jogral privacy show {id}",
            code="privacy_request_state",
            state=request.state.value,
            wanted=state.value,
            id=request.id,
        )
    return replace(request, state=state)


def closed(request: PrivacyRequest, now: Instant, result: Mapping[str, Any]) -> PrivacyRequest:
    """A request that has ended keeps what came of it, and neither the address nor what was to be corrected."""
    return replace(request, contact=None, details={}, completed_at=now, result={**request.result, **result})


DONE_WITH = "done_with"
"""In the result of an erasure that somebody proved: the request by which they were erased."""

ERASED = "erased"
"""The reason why what somebody proved was not carried out any more."""


def emptied(request: PrivacyRequest, now: Instant, erased_by: str) -> PrivacyRequest:
    """A request of somebody who was erased: it was made, perhaps proven, and nobody can tell by whom."""
    return replace(_ended(request, now, erased_by), contact=None, customer_ids=(), details={}, digest="")


def _ended(request: PrivacyRequest, now: Instant, erased_by: str) -> PrivacyRequest:
    if request.ended:
        return request
    if request.state is RequestState.OPENED:
        return closed(moved(request, RequestState.EXPIRED), now, {})
    if request.kind is RequestKind.ERASE:
        return closed(moved(request, RequestState.DONE), now, {DONE_WITH: erased_by})
    return closed(moved(request, RequestState.REFUSED), now, {"reason": ERASED})
