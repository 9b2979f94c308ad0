"""What a person may ask of us about their own data (LGPD art. 18), and how far each request has come."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.customer import AddressKind
    from orchestrator.domain.time import Instant


class RequestKind(StrEnum):
    """What is asked for."""

    EXPORT = "export"
    ERASE = "erase"
    RECTIFY = "rectify"
    UNSUBSCRIBE = "unsubscribe"


class RequestState(StrEnum):
    """How far it has come. A request is `verified` once somebody proved whose it is."""

    OPENED = "opened"
    VERIFIED = "verified"
    DONE = "done"
    REFUSED = "refused"
    EXPIRED = "expired"


class WaitsFor(StrEnum):
    """Whose turn it is, where a request has not ended."""

    PROOF = "proof"
    PERSON = "person"
    TIMER = "timer"


# State → those that may follow it.
FOLLOWING: Mapping[RequestState, frozenset[RequestState]] = {
    RequestState.OPENED: frozenset({RequestState.VERIFIED, RequestState.REFUSED, RequestState.EXPIRED}),
    RequestState.VERIFIED: frozenset({RequestState.DONE, RequestState.REFUSED}),
    RequestState.DONE: frozenset(),
    RequestState.REFUSED: frozenset(),
    RequestState.EXPIRED: frozenset(),
}

# What nobody has to look at before it is done: a correction is a proposal that a person approves.
AUTOMATIC = frozenset({RequestKind.EXPORT, RequestKind.ERASE, RequestKind.UNSUBSCRIBE})


@dataclass(frozen=True, kw_only=True, slots=True)
class PrivacyRequest:
    """One request. `contact` is the address that proves whose it is, gone once the request has ended.

    `customer_ids` are those whom it may be about: a request of somebody who is no customer names none, and one by an
    address that several share names them all until a person chooses. `details` is what was asked for beside the kind,
    `result` what came of it, without identity.
    """

    id: str
    kind: RequestKind
    state: RequestState
    customer_ids: tuple[str, ...]
    contact_kind: AddressKind
    contact: str | None
    digest: str
    locale: str
    opened_by: str
    opened_at: Instant
    due_at: Instant
    legal_due_at: Instant
    details: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)
    verified_at: Instant | None = None
    reminded_at: Instant | None = None
    completed_at: Instant | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will be done about it."""
        return not FOLLOWING[self.state]

    @property
    def waits_for(self) -> WaitsFor | None:
        """Whose turn it is: a person's where somebody has to look at it, or to find out whose it is."""
        if self.ended:
            return None
        if self.state is RequestState.OPENED:
            return WaitsFor.PROOF
        # What ends marketing at an address is for everybody who has it.
        alone = len(self.customer_ids) == 1 or self.kind is RequestKind.UNSUBSCRIBE
        # We write to no stranger: a copy of their data is handed over by somebody here.
        alone = alone or (not self.customer_ids and self.kind is RequestKind.ERASE)
        return WaitsFor.TIMER if alone and self.kind in AUTOMATIC else WaitsFor.PERSON
