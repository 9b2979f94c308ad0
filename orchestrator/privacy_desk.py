"""A project's desk for people's requests about their data. Beside `app`, because workers need none of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.dispatch.privacy import PrivacyDesk

if TYPE_CHECKING:
    from orchestrator.app import App
    from orchestrator.release import Release


def open_privacy_desk(app: App, release: Release) -> PrivacyDesk:
    """Where requests are dealt with, under the release that runs."""
    return PrivacyDesk(
        release=release,
        clock=app.clock,
        keyring=app.keyring,
        public_url=app.public_url,
        quarantine=app.state / "quarantine",
    )
