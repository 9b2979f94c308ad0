"""What `jogral campaign send` does: show the waterfall, and ask for the messages where somebody said yes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from orchestrator.cli.actor import actor
from orchestrator.cli.channel_names import chosen_channel
from orchestrator.cli.ledger import open_ledger, ring, running_release
from orchestrator.cli.progress import progress_of
from orchestrator.cli.send import later_of
from orchestrator.cli.waterfall import show_line, show_waterfall, waterfall_document
from orchestrator.cli.workplace import open_project
from orchestrator.dispatch.campaigns.campaign import Campaign
from orchestrator.dispatch.campaigns.start import start
from orchestrator.dispatch.campaigns.waterfall import foresee, lasts_ms
from orchestrator.dispatch.current import Current
from orchestrator.domain.errors import InputError, Refused
from orchestrator.domain.time import moment

if TYPE_CHECKING:
    from orchestrator.app import App
    from orchestrator.cli.session import Session
    from orchestrator.cli.terminal import Terminal
    from orchestrator.dispatch.foretelling import Waterfall
    from orchestrator.project import Project
    from orchestrator.release import Release

_PACE = re.compile(r"([1-9][0-9]{0,6})/h")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,119}")


class Wanted(NamedTuple):
    """The options of the command, as they were typed."""

    message: str
    segment: str
    channels: tuple[str, ...]
    at: str
    zone: str
    pace: str
    name: str


def run(session: Session, wanted: Wanted, *, send: bool, dry_run: bool) -> None:
    """Show whom it would reach, and send it where that was said."""
    project = open_project(session)
    with open_ledger(project) as opened:
        release = running_release(opened, project)
        campaign = _campaign(opened, project, release, wanted)
        campaign.check(release)
        with progress_of(session) as progress:
            found = foresee(
                opened.store, Current(release.id, release, {}, opened.settings.recipients), opened.clock, campaign,
                progress=lambda done: progress("foresee", done, 0),
            )  # fmt: skip
        _show(session.terminal, campaign, found)
        if not send:
            _stay(session.terminal, campaign, found, dry_run=dry_run)
            return
        session.left_behind = lambda: session.terminal.words(
            "Who was asked about stays so. The same with --name {name} goes on, and writes to nobody twice.",
            name=campaign.name,
        )
        with progress_of(session) as progress:
            asked = start(
                opened.store, release, opened.clock, campaign, by=actor(),
                progress=lambda done: progress("campaign", done, found.in_segment), passing=opened.passing,
            )  # fmt: skip
        ring(opened, {release.purpose(release.messages[campaign.message].message.topic).value})
    session.terminal.document("campaign.send", **_document(campaign, found), dry_run=False, asked=asked)
    session.terminal.say("{count} messages are asked for: campaign {name}.", count=f"{asked:,}", name=campaign.name)


def _campaign(opened: App, project: Project, release: Release, wanted: Wanted) -> Campaign:
    with opened.store.read() as transaction:
        now = transaction.ledger.clock().now(opened.clock.now())
    day = moment(now, release.project.timezone).date()
    return Campaign(
        name=_named(wanted.name) or f"{wanted.message}/{wanted.segment}/{day}",
        message=wanted.message,
        segment=project.segment(wanted.segment),
        begun_at=now,
        channels=tuple(dict.fromkeys(map(chosen_channel, wanted.channels))),
        later=later_of(wanted.at, wanted.zone) if wanted.at else None,
        per_hour=_per_hour(wanted.pace),
    )


def _named(name: str) -> str:
    if name and not _NAME.fullmatch(name):
        raise InputError(
            '"{name}" cannot be the name of a campaign.', remedy="Use letters, digits and _ . : / -", code="usage",
            name=name,
        )  # fmt: skip
    return name


def _per_hour(pace: str) -> int:
    if not pace:
        return 0
    found = _PACE.fullmatch(pace)
    if found is None:
        raise InputError('"{text}" is not a pace.', remedy="Write 500/h.", code="usage", text=pace)
    return int(found[1])


def _stay(terminal: Terminal, campaign: Campaign, found: Waterfall, *, dry_run: bool) -> None:
    """Nothing is sent: because that was asked, or because nobody said yes."""
    if not dry_run:
        raise Refused(
            "Nothing was sent: {count} people would be written to.", remedy="Say --yes to send it.",
            count=found.will_be_sent,
        )  # fmt: skip
    terminal.document("campaign.send", **_document(campaign, found), dry_run=True, asked=0)


# --- the waterfall --------------------------------------------------------------------------------------------------


def _show(terminal: Terminal, campaign: Campaign, found: Waterfall) -> None:
    show_waterfall(terminal, campaign.segment.id, found)
    lasts = lasts_ms(campaign, found.in_segment)
    if lasts:
        hours = f"{lasts / 3_600_000:.1f}"
        show_line(
            terminal, "", terminal.words("at {pace} an hour, over {hours} hours", pace=campaign.per_hour, hours=hours)
        )


def _document(campaign: Campaign, found: Waterfall) -> dict[str, Any]:
    return {
        "name": campaign.name,
        "message": campaign.message,
        "segment": campaign.segment.id,
        **waterfall_document(found),
    }
