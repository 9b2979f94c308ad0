"""Who listens for an account: the same wherever its news comes in, at a hook or out of a mailbox."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from orchestrator.dispatch.forwarding import forwarding
from orchestrator.dispatch.hear import Ear

if TYPE_CHECKING:
    from orchestrator.app import App
    from orchestrator.domain.customer import Channel
    from orchestrator.release import Release


def open_ear(app: App, release: Release, account: str, channel: Channel) -> Ear:
    """The ear of an account; what nobody automatic deals with is forwarded, but in staging."""
    settings = app.settings
    return Ear(
        store=app.store,
        release=release,
        clock=app.clock,
        account=account,
        channel=channel,
        quarantines=settings.unknown_events == "quarantine",
        forward=forwarding(release, app.clock, staging=settings.environment == "staging"),
        named=partial(_named, app),
    )


def _named(app: App, token: str) -> str:
    """The message whose link ends a topic; nothing where the token is none of ours, or too old."""
    from orchestrator.tokens import InvalidToken, TokenPurpose  # noqa: PLC0415  # few letters name nothing else

    try:
        return app.keyring.read(TokenPurpose.UNSUBSCRIBE, token, app.clock.now()).get("delivery", "")
    except InvalidToken:
        return ""
