"""Which templates a release wants at Meta, and what a sync made of each."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestrator.catalog.whatsapp import is_valid, template_document, violations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.contract.meta.templates import Listed
    from orchestrator.release import Release
    from orchestrator.store.port import HeardTemplate, ProviderTemplate

_TTL = "message_send_ttl_seconds"


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedTemplate:
    """A message in one language, as it goes to Meta; `base` is the name that its file gives it."""

    message: str
    locale: str
    base: str
    document: Mapping[str, Any]

    @property
    def key(self) -> tuple[str, str]:
        """Its name and language there."""
        return str(self.document["name"]), str(self.document["language"])

    @property
    def category(self) -> str:
        """What it is for, by its file."""
        return str(self.document["category"]).lower()

    def to_edit(self, known: ProviderTemplate) -> dict[str, int]:
        """What is another now in the template that Meta has: for how long it tries, which is not among its words."""
        wanted = self.document.get(_TTL)
        return {} if wanted is None or json.loads(known.content).get(_TTL) == wanted else {_TTL: wanted}

    @property
    def refused(self) -> str:
        """The codes of what Meta would refuse in it."""
        found = violations(self.document)
        return "" if is_valid(found) else ", ".join(dict.fromkeys(each.code for each in found if each.level == "error"))


def wanted_templates(release: Release) -> list[WantedTemplate]:
    """Every message that has a WhatsApp template, in each of its languages."""
    return [one for message in sorted(release.messages) for one in _wanted(release, message)]


def _wanted(release: Release, message: str) -> Iterator[WantedTemplate]:
    published = release.messages[message]
    seen: set[tuple[str, str]] = set()
    for locale in dict.fromkeys((release.voice.locale, *published.translations)):
        document = template_document(published, release.voice, locale)
        if document is not None:
            base = document["name"].rpartition("_")[0]
            found = WantedTemplate(message=message, locale=locale, base=base, document=document)
            if found.key not in seen:
                seen.add(found.key)
                yield found


@dataclass(frozen=True, kw_only=True, slots=True)
class Synced:
    """What became of one wanted template in one business account.

    `done` is submitted, adopted (Meta had it), edited, known, wanted or to_edit (not now, or a dry run) or failed;
    `said` why.
    """

    accounts: tuple[str, ...]
    wanted: WantedTemplate
    done: str
    status: str = ""
    category: str = ""
    quality: str = ""
    said: str = ""

    @property
    def recategorised(self) -> bool:
        """Whether Meta takes it for something else than its file says."""
        return bool(self.category) and self.category != self.wanted.category


def synced(one: WantedTemplate, accounts: tuple[str, ...], done: str, there: Listed | ProviderTemplate) -> Synced:
    """With what is known of it."""
    return Synced(
        accounts=accounts, wanted=one, done=done, status=there.status, category=there.category, quality=there.quality,
        said=there.reason,
    )  # fmt: skip


@dataclass(kw_only=True)
class SyncReport:
    """All of it. `changed` is news of templates that were known, `lanes` those in which something goes on by it."""

    items: list[Synced] = field(default_factory=list)
    changed: list[HeardTemplate] = field(default_factory=list)
    troubles: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    lanes: dict[str, int] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether anything could not be done."""
        return bool(self.troubles) or any(one.done == "failed" for one in self.items)
