"""A correction: what the person proposes, as a person here approved it, is put into the profile and told to others."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from orchestrator.dispatch.accept import CustomerReference, EventDesk, IncomingEvent
from orchestrator.dispatch.register import Profile, revise
from orchestrator.domain.errors import InputError, did_you_mean
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.dispatch.privacy.desk import PrivacyDesk
    from orchestrator.domain.privacy import PrivacyRequest
    from orchestrator.store.port import Person, Transaction

CHANGES = "changes"
"""Where a request's details hold what is to be changed; `text` is what the person wrote about it."""

EVENT = "customer.rectified"
"""The event by which other systems learn of it, where the project declares it."""

FIELDS = ("locale", "time_zone", "attributes", "emails", "phones")


def rectify(
    transaction: Transaction, desk: PrivacyDesk, request: PrivacyRequest, person: Person, changes: Mapping[str, Any]
) -> dict[str, Any]:
    """Apply the changes to the one customer whom the request is about; the names of what changed.

    Raises:
        InputError: nothing is to be changed, or something that is no field of a profile.
        InvalidAddress: an address cannot be written to.
    """
    customer_id = request.customer_ids[0] if len(request.customer_ids) == 1 else person.customer_ids[0]
    profile = profile_of(changes)
    revise(transaction, customer_id, profile, desk.clock)
    names = sorted(_names(profile))
    _emit(transaction, desk, customer_id, names)
    return {"changed": names}


def profile_of(changes: Mapping[str, Any]) -> Profile:
    """Changes as a profile. Raises InputError, InvalidAddress."""
    unknown = next((name for name in changes if name not in FIELDS), None)
    if unknown is not None:
        raise InputError(
            'A profile has no field "{field}"{hint}',
            remedy="There are: {known}.",
            code="unknown_field",
            field=unknown,
            hint=did_you_mean(unknown, FIELDS),
            known=", ".join(FIELDS),
        )
    if not changes:
        raise InputError(
            "Nothing is to be corrected.",
            remedy="Say what the profile should hold: {known}.",
            code="nothing_to_correct",
            known=", ".join(FIELDS),
        )
    lists = {name: tuple(changes[name]) for name in ("emails", "phones") if name in changes}
    profile = Profile(**{**changes, **lists})
    profile.check()
    return profile


def _names(profile: Profile) -> list[str]:
    """What it says anything about; of attributes, which ones."""
    said = [one.name for one in fields(profile) if one.name in FIELDS and getattr(profile, one.name)]
    return [*(name for name in said if name != "attributes"), *(f"attributes.{name}" for name in profile.attributes)]


def _emit(transaction: Transaction, desk: PrivacyDesk, customer_id: str, names: list[str]) -> None:
    if EVENT not in desk.release.events:
        return
    now = desk.clock.now()
    event = IncomingEvent(
        source="jogral",
        id=new_id("rct", now, desk.clock.entropy(ENTROPY_SIZE)),
        type=EVENT,
        occurred_at=transaction.ledger.clock().now(now),
        data={"fields": ", ".join(names)},
        customer=CustomerReference(id=customer_id),
    )
    [result] = EventDesk(release=desk.release, clock=desk.clock).accept(transaction, [event])
    if isinstance(result, InputError):
        raise result
