"""What a provider says of the account itself: its templates, and what whoever runs it has to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from orchestrator.channels import Received
    from orchestrator.domain.time import Instant
    from orchestrator.store.port import Store

log = structlog.get_logger()

# An alarm is a sentence; a provider's own words in it are cut.
_ALARM_LENGTH = 400


def hear_account(store: Store, account: str, received: Received, now: Instant) -> set[str]:
    """Keep news of templates, and tell alarms; the lanes in which something may go on because of it."""
    for alarm in received.alarms:
        # Ours, around words of the provider's: it is told, less the addresses and numbers that may be in it.
        log.error("provider_alarm", account=account, alarm=alarm[:_ALARM_LENGTH], remedy="Run: jogral doctor")
    if not received.templates:
        return set()
    with store.write() as transaction:
        changed = transaction.templates.hear(account, received.templates)
        approved = {one.after.message for one in changed if one.newly_approved}
        lanes = transaction.templates.wake(approved, now, transaction.ledger.clock().now(now)) if approved else {}
    for one in changed:
        log.warning(
            "template_changed",
            account=account,
            template=one.after.name,
            language=one.after.language,
            status=one.after.status,
            category=one.after.category,
            quality=one.after.quality,
            recategorised=one.recategorised,
            reason=one.after.reason,
        )
    return set(lanes)
