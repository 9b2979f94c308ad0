"""Templates, made the same here and at Meta: what is missing there is submitted, and what it decided is heard."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from orchestrator.catalog.whatsapp import is_valid, template_document, violations
from orchestrator.contract.meta.templates import Trouble, created, desk_of, page_of
from orchestrator.contract.notices import TemplateNews
from orchestrator.domain.customer import Channel
from orchestrator.store.port import ProviderTemplate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from orchestrator.channels import Adapter
    from orchestrator.contract.meta.templates import Listed, TemplateDesk
    from orchestrator.dispatch.calls import Carrier
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.release import Release
    from orchestrator.store.port import HeardTemplate, Store, Transaction

# More than any business account may hold.
PAGES_MAX: Final = 100

# What is listed is at least this old: a notice that came meanwhile, by another clock than ours, is newer.
LISTED_BEFORE_MS: Final = 60_000

DELETED: Final = "deleted"


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedTemplate:
    """A message in one language, as it goes to Meta."""

    message: str
    locale: str
    document: Mapping[str, Any]

    @property
    def key(self) -> tuple[str, str]:
        """Its name and language there."""
        return str(self.document["name"]), str(self.document["language"])

    @property
    def category(self) -> str:
        """What it is for, by its file."""
        return str(self.document["category"]).lower()


@dataclass(frozen=True, kw_only=True, slots=True)
class Synced:
    """What became of one wanted template in one business account.

    `done` is submitted, adopted (Meta had it), known, wanted (a dry run) or failed; `said` why.
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


def wanted_templates(release: Release) -> list[WantedTemplate]:
    """Every message that has a WhatsApp template, in each of its languages."""
    return [one for message in sorted(release.messages) for one in _wanted(release, message)]


def _wanted(release: Release, message: str) -> Iterator[WantedTemplate]:
    published = release.messages[message]
    seen: set[tuple[str, str]] = set()
    for locale in dict.fromkeys((release.voice.locale, *published.translations)):
        document = template_document(published, release.voice, locale)
        if document is not None:
            found = WantedTemplate(message=message, locale=locale, document=document)
            if found.key not in seen:
                seen.add(found.key)
                yield found


@dataclass(frozen=True, kw_only=True)
class TemplateSync:
    """One look at every business account. `poll` submits nothing, `dry_run` asks nobody and changes nothing."""

    store: Store
    release: Release
    carrier: Carrier
    clock: Clock
    dry_run: bool = False
    poll: bool = False

    async def run(self, adapters: Mapping[str, Adapter]) -> SyncReport:
        """Every account among these that speaks in templates; several numbers of one business are one."""
        report = SyncReport()
        wanted = wanted_templates(self.release)
        for desk, accounts in _desks(adapters):
            known = self._known(accounts)
            if self.dry_run:
                report.items += [self._would(one, accounts, known) for one in wanted]
            else:
                await self._sync(desk, accounts, wanted, report)
        return report

    def _known(self, accounts: Sequence[str]) -> dict[tuple[str, str], ProviderTemplate]:
        with self.store.read() as transaction:
            rows = [one for account in accounts for one in transaction.templates.all(account)]
        return {(one.name, one.language): one for one in rows}

    def _would(
        self, one: WantedTemplate, accounts: tuple[str, ...], known: Mapping[tuple[str, str], ProviderTemplate]
    ) -> Synced:
        row = known.get(one.key)
        refused = _refused(one)
        if row is not None:
            return _synced(one, accounts, "known", row)
        return Synced(accounts=accounts, wanted=one, done="failed" if refused else "wanted", said=refused)

    async def _sync(
        self, desk: TemplateDesk, accounts: tuple[str, ...], wanted: Sequence[WantedTemplate], report: SyncReport
    ) -> None:
        asked_at = self.clock.now()
        listed = await self._listed(desk)
        if isinstance(listed, Trouble):
            # Without knowing what is there, nothing is submitted: it could be there twice.
            report.troubles.append((accounts, listed.said))
            return
        self._hear(accounts, self._of_known(accounts, listed, gone=True), asked_at, report)
        for one in wanted:
            known = self._known(accounts).get(one.key)
            there = listed.get(one.key)
            if there is None and not self.poll and (known is None or known.status == DELETED):
                report.items.append(await self._submit(desk, accounts, one, report))
            elif there is not None:
                self._keep(accounts, one, there, report)
                report.items.append(_synced(one, accounts, "adopted" if known is None else "known", there))
            elif known is not None:
                report.items.append(_synced(one, accounts, "known", known))
            else:
                report.items.append(Synced(accounts=accounts, wanted=one, done="wanted"))
        if any(item.done == "submitted" and item.accounts == accounts for item in report.items):
            await self._look_again(desk, accounts, report)

    async def _look_again(self, desk: TemplateDesk, accounts: tuple[str, ...], report: SyncReport) -> None:
        """Meta may tell of an approval before its answer to our submission is written down: nobody heard that."""
        asked_at = self.clock.now()
        listed = await self._listed(desk)
        if not isinstance(listed, Trouble):
            # What is not in the list yet was submitted a moment ago.
            self._hear(accounts, self._of_known(accounts, listed, gone=False), asked_at, report)

    async def _listed(self, desk: TemplateDesk) -> dict[tuple[str, str], Listed] | Trouble:
        found: dict[tuple[str, str], Listed] = {}
        after = ""
        for _ in range(PAGES_MAX):
            page = page_of(await self.carrier.carry(desk.list(after)))
            if isinstance(page, Trouble):
                return page
            found |= {(one.name, one.language): one for one in page.templates}
            after = page.after
            if not after:
                return found
        return found

    async def _submit(
        self, desk: TemplateDesk, accounts: tuple[str, ...], one: WantedTemplate, report: SyncReport
    ) -> Synced:
        refused = _refused(one)
        if refused:
            return Synced(accounts=accounts, wanted=one, done="failed", said=refused)
        made = created(await self.carrier.carry(desk.create(one.document)), one.document)
        if isinstance(made, Trouble):
            return Synced(accounts=accounts, wanted=one, done="failed", said=made.said)
        self._keep(accounts, one, made, report)
        return _synced(one, accounts, "submitted", made)

    # --- the ledger ---------------------------------------------------------------------------------------------------

    def _keep(self, accounts: Iterable[str], one: WantedTemplate, there: Listed, report: SyncReport) -> None:
        """Write down what Meta has of today's words, for each account that does not know it as today's."""
        name, language = one.key
        now = self.clock.now()
        approved_at = now if there.status == "approved" else None
        with self.store.write() as transaction:
            for account in accounts:
                known = {(row.name, row.language): row for row in transaction.templates.all(account)}.get(one.key)
                if known is not None and known.status != DELETED:
                    if known.release_id != self.release.id:
                        transaction.templates.said_by(account, name, language, self.release.id)
                    continue
                row = ProviderTemplate(
                    account=account, name=name, language=language, message=one.message, locale=one.locale,
                    release_id=self.release.id, status=there.status, category=there.category, quality=there.quality,
                    reason=there.reason, template_id=there.id, submitted_at=now, approved_at=approved_at,
                    content=json.dumps(one.document, ensure_ascii=False, sort_keys=True),
                )  # fmt: skip
                transaction.templates.put([row])
                if row.approved:
                    self._wake(transaction, {one.message}, report)

    def _of_known(
        self, accounts: Sequence[str], listed: Mapping[tuple[str, str], Listed], *, gone: bool
    ) -> list[tuple[ProviderTemplate, Listed | None]]:
        """Each template that we know with what was listed of it; with `gone`, also those that were not."""
        found = ((one, listed.get(key)) for key, one in self._known(accounts).items())
        return [(one, there) for one, there in found if gone or there is not None]

    def _hear(
        self,
        accounts: Iterable[str],
        found: Sequence[tuple[ProviderTemplate, Listed | None]],
        asked_at: Instant,
        report: SyncReport,
    ) -> None:
        """What was listed is news like any other; what is not there any more was deleted."""
        at = asked_at - LISTED_BEFORE_MS
        with self.store.write() as transaction:
            for account in accounts:
                ours = {(one.name, one.language) for one in transaction.templates.all(account)}
                news = [_news(one, there, at) for one, there in found if (one.name, one.language) in ours]
                changed = transaction.templates.hear(account, news)
                report.changed += changed
                approved = {one.after.message for one in changed if one.newly_approved}
                self._wake(transaction, approved, report)

    def _wake(self, transaction: Transaction, messages: set[str], report: SyncReport) -> None:
        now = self.clock.now()
        business_now = transaction.ledger.clock().now(now)
        woken = transaction.templates.wake(messages, now, business_now) if messages else {}
        for lane, count in woken.items():
            report.lanes[lane] = report.lanes.get(lane, 0) + count


def _desks(adapters: Mapping[str, Adapter]) -> list[tuple[TemplateDesk, tuple[str, ...]]]:
    """Each business account once, with the accounts that send through it."""
    found: dict[tuple[str, str], tuple[TemplateDesk, list[str]]] = {}
    for account, adapter in sorted(adapters.items()):
        desk = desk_of(adapter) if adapter.channel is Channel.WHATSAPP else None
        if desk is not None:
            found.setdefault(desk.place, (desk, []))[1].append(account)
    return [(desk, tuple(accounts)) for desk, accounts in found.values()]


def _refused(one: WantedTemplate) -> str:
    """The codes of what Meta would refuse in it."""
    found = violations(one.document)
    return "" if is_valid(found) else ", ".join(dict.fromkeys(each.code for each in found if each.level == "error"))


def _synced(one: WantedTemplate, accounts: tuple[str, ...], done: str, there: Listed | ProviderTemplate) -> Synced:
    return Synced(
        accounts=accounts, wanted=one, done=done, status=there.status, category=there.category, quality=there.quality,
        said=there.reason,
    )  # fmt: skip


def _news(known: ProviderTemplate, there: Listed | None, at: Instant) -> TemplateNews:
    if there is None:
        return TemplateNews(name=known.name, language=known.language, at=at, status=DELETED)
    return TemplateNews(
        name=known.name, language=known.language, at=at, template_id=there.id, status=there.status,
        category=there.category, quality=there.quality, reason=there.reason,
    )  # fmt: skip
