"""Whose request somebody here opens: a customer's, or that of whoever wrote to us and is none."""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from orchestrator.addresses import InvalidAddress
from orchestrator.cli.actor import actor
from orchestrator.domain.errors import Conflict, InputError, NotFound
from orchestrator.domain.privacy import PrivacyRequest, RequestKind

if TYPE_CHECKING:
    from orchestrator.app import App
    from orchestrator.dispatch.privacy import PrivacyDesk, WantedRequest
    from orchestrator.store.port import Transaction

# As WhatsApp writes the scoped id of a person, or of a person at a company: a country, and no phone.
_USER_ID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")


def ask(
    opened: App, desk: PrivacyDesk, kind: RequestKind, who: str, vouched: str, details: dict[str, Any]
) -> PrivacyRequest:
    """Open a request that somebody here vouches for. Raises NotFound, and InputError where nobody could be told."""
    from orchestrator.dispatch import privacy

    with opened.store.write() as transaction:
        wanted = replace(_whom(transaction, kind, who), details=details, vouched=vouched)
        asked = privacy.ask(transaction, desk, wanted, by=actor())
        if len(asked.customer_ids) > 1:
            # Of a family's phone nobody is shown what is another's.
            raise Conflict(
                "{count} customers have the address that asked.",
                remedy="Find out which of them it is, and name them: {known}.",
                code="ambiguous_person",
                count=len(asked.customer_ids),
                known=", ".join(asked.customer_ids),
            )
        if kind is RequestKind.EXPORT and not asked.customer_ids and privacy.HANDED_OVER not in details:
            raise InputError(
                "We write to customers alone: there is nobody to send the link to.",
                remedy="Write the files with --to FOLDER, and hand them over.",
                code="nobody_to_tell",
            )
    return asked


def _whom(transaction: Transaction, kind: RequestKind, who: str) -> WantedRequest:
    """A customer; or a stranger, by their address or a provider's id, where a request may be theirs."""
    from orchestrator.dispatch import privacy
    from orchestrator.dispatch.explain.names import find_customer
    from orchestrator.dispatch.privacy import WantedRequest

    try:
        return WantedRequest(kind=kind, customer_id=find_customer(transaction, who).id)
    except NotFound:
        if kind not in privacy.FOR_STRANGERS:
            raise
        if _USER_ID.fullmatch(who):
            return WantedRequest(kind=kind, user_id=who)
        with contextlib.suppress(InvalidAddress):
            return WantedRequest(kind=kind, contact=privacy.read_contact(who))
        raise
