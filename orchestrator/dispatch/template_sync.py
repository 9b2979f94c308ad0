"""Templates, made the same here and at Meta: what is missing there is submitted, and what it decided is heard."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from orchestrator.contract.meta.templates import Trouble, created, desk_of, edited, page_of
from orchestrator.contract.meta.uploads import with_handle
from orchestrator.contract.notices import TemplateNews
from orchestrator.dispatch.template_samples import NO_SAMPLES, uploaded
from orchestrator.dispatch.wanted_templates import Synced, SyncReport, synced, wanted_templates
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import Phrase
from orchestrator.store.port import ProviderTemplate
from orchestrator.store.port.templates import DELETED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from orchestrator.channels import Adapter
    from orchestrator.contract.meta.templates import Listed, TemplateDesk
    from orchestrator.dispatch.calls import Carrier
    from orchestrator.dispatch.template_samples import Samples
    from orchestrator.dispatch.wanted_templates import WantedTemplate
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.release import Release
    from orchestrator.store.port import Store, Transaction

# More than any business account may hold.
PAGES_MAX: Final = 100

# What is listed is at least this old: a notice that came meanwhile, by another clock than ours, is newer.
LISTED_BEFORE_MS: Final = 60_000

# Meta may have told of them before they were written down.
_NEW: Final = ("submitted", "adopted")


@dataclass(frozen=True, kw_only=True)
class TemplateSync:
    """One look at every business account. `poll` submits nothing, `dry_run` asks nobody and changes nothing.

    `samples` are the files that reviewers see above a text, where a template has one there.
    """

    store: Store
    release: Release
    carrier: Carrier
    clock: Clock
    dry_run: bool = False
    poll: bool = False
    samples: Samples = NO_SAMPLES

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
        if row is not None:
            return synced(one, accounts, "to_edit" if one.to_edit(row) else "known", row)
        refused = one.refused or self.samples.lacking(one)
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
        submits = not self.poll
        there: Listed | Trouble | None
        for one in wanted:
            known = self._known(accounts).get(one.key)
            done, there = "adopted" if known is None else "known", listed.get(one.key)
            if submits:
                done, there = await self._made_so(desk, one, known, there)
            if isinstance(there, Trouble):
                report.items.append(Synced(accounts=accounts, wanted=one, done="failed", said=there.said))
                # A hundred an hour are all that Meta takes: the others are for the next time.
                submits = not there.of_all
            elif there is not None:
                self._keep(accounts, one, there, report, is_edited=done == "edited")
                report.items.append(synced(one, accounts, done, there))
            elif known is not None:
                report.items.append(synced(one, accounts, done, known))
            else:
                report.items.append(Synced(accounts=accounts, wanted=one, done="wanted"))
        if any(item.done in _NEW and item.accounts == accounts for item in report.items):
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
        return Trouble(said=Phrase("Meta's list does not end"))

    async def _made_so(
        self, desk: TemplateDesk, one: WantedTemplate, known: ProviderTemplate | None, there: Listed | None
    ) -> tuple[str, Listed | Trouble | None]:
        """What is done so that it is there as it is wanted, and what Meta has of it then."""
        if there is None and (known is None or known.status == DELETED):
            return "submitted", await self._submit(desk, one)
        if there is not None and known is not None and (changes := one.to_edit(known)):
            return "edited", edited(await self.carrier.carry(desk.edit(there.id, changes))) or there
        return "adopted" if known is None else "known", there

    async def _submit(self, desk: TemplateDesk, one: WantedTemplate) -> Listed | Trouble:
        refused = one.refused or self.samples.lacking(one)
        if refused:
            return Trouble(said=refused)
        document, sample = one.document, self.samples.of(one)
        if sample is not None:
            handle = await uploaded(self.carrier, desk, sample)
            if isinstance(handle, Trouble):
                return Trouble(said=handle.said)  # one without a file may be taken all the same
            document = with_handle(document, handle)
        return created(await self.carrier.carry(desk.create(document)), document)

    # --- the ledger ---------------------------------------------------------------------------------------------------

    def _keep(
        self, accounts: Iterable[str], one: WantedTemplate, there: Listed, report: SyncReport, *, is_edited: bool
    ) -> None:
        """Write down what Meta has of today's words, for each account that does not know it as today's.

        A message that was renamed takes the template along: Meta knows it by its words alone.
        """
        name, language = one.key
        now = self.clock.now()
        approved_at = now if there.status == "approved" else None
        with self.store.write() as transaction:
            for account in accounts:
                known = {(row.name, row.language): row for row in transaction.templates.all(account)}.get(one.key)
                row = ProviderTemplate(
                    account=account, name=name, language=language, message=one.message, locale=one.locale,
                    release_id=self.release.id, status=there.status, category=there.category, quality=there.quality,
                    reason=there.reason, template_id=there.id, submitted_at=now, approved_at=approved_at,
                    content=json.dumps(one.document, ensure_ascii=False, sort_keys=True),
                )  # fmt: skip
                if known is None or known.status == DELETED:
                    transaction.templates.put([row])
                elif is_edited or _whose(known) != _whose(row):
                    transaction.templates.said_by([row if is_edited else replace(row, content=known.content)])
                    row = known
                else:
                    continue
                if row.approved:
                    self._wake(transaction, {one.message}, report)

    def _of_known(
        self, accounts: Sequence[str], listed: Mapping[tuple[str, str], Listed], *, gone: bool
    ) -> list[tuple[ProviderTemplate, Listed | None]]:
        """Each template that we know with what was listed of it; with `gone`, also those that were not.

        One of another id is not ours: somebody deleted that, and made this anew.
        """
        found = ((one, listed.get(key)) for key, one in self._known(accounts).items())
        ours = ((one, there if there is not None and _is_ours(one, there) else None) for one, there in found)
        return [(one, there) for one, there in ours if gone or there is not None]

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
                # What another sync submitted since then could not be listed yet.
                news = [
                    _news(one, there, at)
                    for one, there in found
                    if (one.name, one.language) in ours and (there is not None or (one.submitted_at or 0) < at)
                ]
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


def _news(known: ProviderTemplate, there: Listed | None, at: Instant) -> TemplateNews:
    if there is None:
        return TemplateNews(name=known.name, language=known.language, at=at, status=DELETED)
    return TemplateNews(
        name=known.name, language=known.language, at=at, template_id=there.id, status=there.status,
        category=there.category, quality=there.quality, reason=there.reason,
    )  # fmt: skip


def _is_ours(known: ProviderTemplate, there: Listed) -> bool:
    return not known.template_id or not there.id or known.template_id == there.id


def _whose(row: ProviderTemplate) -> tuple[str, str, str]:
    return row.message, row.locale, row.release_id
