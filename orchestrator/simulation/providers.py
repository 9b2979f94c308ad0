"""What providers know, as a life supposes it: nobody wrote lately, and every template is approved as it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.dispatch.scripts import language_of, template_name
from orchestrator.store.port import ProviderTemplate
from orchestrator.store.port.templates import APPROVED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from orchestrator.domain.time import Instant
    from orchestrator.release import Release


class Conversations:
    """See `port.Conversations`."""

    def open(self, address_ids: Collection[str], since: Instant) -> dict[tuple[str, str], Instant]:
        """Nobody wrote."""
        del address_ids, since
        return {}

    def capped(self, address_ids: Collection[str], now: Instant) -> dict[tuple[str, str], Instant]:
        """Nobody has had enough."""
        del address_ids, now
        return {}


class Shares:
    """See `port.Shares`."""

    def current(self) -> dict[str, int]:
        """Every account has all of its weight."""
        return {}


class Templates:
    """See `port.Templates`: those of a release that was never submitted."""

    def __init__(self, release: Release | None) -> None:
        self._release = release

    def of_messages(self, messages: Collection[str], accounts: Collection[str]) -> list[ProviderTemplate]:
        """Each message in each of its languages, approved."""
        return [] if self._release is None else list(self._approved(self._release, messages, accounts))

    def _approved(
        self, release: Release, messages: Collection[str], accounts: Collection[str]
    ) -> Iterator[ProviderTemplate]:
        for message in sorted({*messages} & release.messages.keys()):
            words = release.messages[message]
            for locale in (release.voice.locale, *words.translations):
                own = words.translations.get(locale, words).message.channels.whatsapp
                name = template_name(release, words, locale)
                if not name or own is None or own.template is None:
                    continue
                for account in sorted(accounts):
                    yield ProviderTemplate(
                        account=account, name=name, language=language_of(words, locale), message=message,
                        locale=locale, release_id=release.id, status=APPROVED, content="", submitted_at=None,
                        category=own.template.category,
                    )  # fmt: skip
