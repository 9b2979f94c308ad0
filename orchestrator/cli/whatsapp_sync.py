"""`jogral whatsapp sync` and `status`: templates as Meta has them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli.help import Command
from orchestrator.cli.session import session_of
from orchestrator.cli.terminal import Terminal
from orchestrator.cli.whatsapp_shown import (
    QUIET,
    SUBMITTED,
    TO_DO,
    TO_LOOK_AT,
    TROUBLE,
    Line,
    change_words,
    promotes,
    promoting,
    reason_words,
    show_lines,
    sign_of,
    standing,
    standings,
)
from orchestrator.domain.said import retold
from orchestrator.translations import mark

if TYPE_CHECKING:
    from orchestrator.app import App
    from orchestrator.channels import Adapter
    from orchestrator.dispatch.wanted_templates import Synced, SyncReport
    from orchestrator.release import Release
    from orchestrator.store.port import HeardTemplate, ProviderTemplate

app = typer.Typer(add_completion=False)

Account = Annotated[
    str, typer.Option("--account", metavar="ID", help="Only the templates of this account's business account.")
]

# What was done → the sign, and the words.
_DONE = {
    "submitted": (SUBMITTED, mark("submitted")),
    "adopted": (SUBMITTED, mark("Meta had it already")),
    "known": (QUIET, mark("unchanged")),
    "edited": (SUBMITTED, mark("changed: for how long Meta tries to reach a phone")),
    "to_edit": (TO_DO, mark("to be changed: for how long Meta tries to reach a phone")),
    "wanted": (TO_DO, mark("to be submitted")),
    "failed": (TROUBLE, mark("failed")),
}


@app.command("sync", cls=Command)
def sync(
    context: typer.Context,
    account: Account = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be submitted; ask nobody, change nothing.")
    ] = False,
    poll: Annotated[bool, typer.Option("--poll", help="Only ask Meta what it decided; submit nothing.")] = False,
    samples: Annotated[
        Path | None,
        typer.Option(
            "--samples",
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="Examples of what stands above the text, for Meta's reviewers: order_invoice.pdf for that template.",
        ),
    ] = None,
) -> None:
    """Submit the templates that Meta does not have, and hear what it decided about the others.

    New words are a new template: until Meta approves it, the words before go on where they still hold. What waited for
    an approval is sent as soon as it comes.
    """
    import asyncio

    from orchestrator.cli.ledger import files_differ, open_ledger, ring, running_release
    from orchestrator.cli.workplace import open_project

    session = session_of(context)
    terminal = session.terminal
    project = open_project(session)
    with open_ledger(project) as opened:
        release = running_release(opened, project)
        adapters = _adapters(opened, release, account)
        report = asyncio.run(_synced(opened, release, adapters, samples, dry_run=dry_run, poll=poll))
        if report.lanes:
            ring(opened, report.lanes)
    terminal.document(
        "whatsapp.sync", ok=not report.failed, dry_run=dry_run, accounts=sorted(adapters),
        summary=_summary(report), items=retold([_document(one) for one in report.items], terminal.translate),
        changed=[_change(one) for one in report.changed],
        troubles=[
            {"accounts": list(accounts), "said": retold(said, terminal.translate)}
            for accounts, said in report.troubles
        ],
    )  # fmt: skip
    _show(terminal, report)
    _show_release(terminal, release, differs=files_differ(project, release), scripted=bool(adapters))
    if report.failed:
        raise typer.Exit(1)


@app.command("status", cls=Command)
def status(context: typer.Context, account: Account = "") -> None:
    """Say how each template stands, by what Meta told last. Nobody is asked: that is what sync does."""
    from orchestrator.cli.ledger import files_differ, open_ledger, running_release
    from orchestrator.cli.workplace import open_project
    from orchestrator.dispatch.wanted_templates import wanted_templates

    session = session_of(context)
    terminal = session.terminal
    project = open_project(session)
    with open_ledger(project) as opened:
        release = running_release(opened, project)
        accounts = [one for one in sorted(release.scripted) if not account or one == account]
        with opened.store.read() as transaction:
            rows = [row for one in accounts for row in transaction.templates.all(one)]
        wanted = {one.key: one for one in wanted_templates(release)}
        missing = [
            (one, account_id)
            for account_id in accounts
            for one in wanted.values()
            if not any(row.account == account_id and (row.name, row.language) == one.key for row in rows)
        ]
    waiting = sum(not row.approved for row in rows if (row.name, row.language) in wanted)
    terminal.document(
        "whatsapp.status",
        summary={"templates": len(rows), "not_approved": waiting, "not_submitted": len(missing)},
        items=[
            *(_row(row, current=(row.name, row.language) in wanted) for row in rows),
            *(
                {"account": account_id, "message": one.message, "name": one.key[0], "language": one.key[1],
                 "current": True, "status": "", "category": "", "quality": "", "reason": ""}
                for one, account_id in missing
            ),
        ],
    )  # fmt: skip
    show_lines(terminal, standings(terminal, rows, wanted, missing))
    terminal.say(
        "Templates: {templates}. Not approved: {waiting}. Not submitted: {missing}.",
        templates=len(rows), waiting=waiting, missing=len(missing),
    )  # fmt: skip
    if missing:
        terminal.say("Submit them: jogral whatsapp sync")
    _show_release(terminal, release, differs=files_differ(project, release), scripted=bool(accounts))


def _show_release(terminal: Terminal, release: "Release", *, differs: bool, scripted: bool) -> None:
    """Files that were changed and not applied look like a shop that has no templates, or has the old ones."""
    if not scripted:
        terminal.say("In the release that runs, no account takes WhatsApp templates.")
    if differs:
        terminal.say(
            "This is of {release}, which runs. The files say something else: they come into force with jogral apply, "
            "or with the next jogral up.",
            release=release.id,
        )


# --- sync -----------------------------------------------------------------------------------------------------------


def _adapters(opened: "App", release: "Release", account: str) -> "dict[str, Adapter]":
    """The accounts that speak in templates; with one named, that one. Raises NotFound."""
    from orchestrator.app.accounts import wire_account
    from orchestrator.domain.errors import NotFound, did_you_mean

    known = sorted(release.scripted)
    if account and account not in known:
        raise NotFound(
            'No account "{account}" takes WhatsApp templates{hint}', code="unknown_account", account=account,
            hint=did_you_mean(account, known), known=", ".join(known) or "-", remedy="There are: {known}.",
        )  # fmt: skip
    made = {one: wire_account(opened.settings, release, one) for one in known if account in ("", one)}
    return {one: adapter for one, adapter in made.items() if adapter is not None}


async def _synced(
    opened: "App",
    release: "Release",
    adapters: "dict[str, Adapter]",
    samples: Path | None,
    *,
    dry_run: bool,
    poll: bool,
) -> "SyncReport":
    from orchestrator.app.draining import StoreInbox
    from orchestrator.dispatch.template_samples import Samples
    from orchestrator.dispatch.template_sync import TemplateSync
    from orchestrator.transport import Transport

    async def run(work: Any) -> Any:
        return work()

    transport = Transport(inbox=StoreInbox(opened), run=run, clock=opened.clock)
    try:
        desk = TemplateSync(
            store=opened.store, release=release, carrier=transport, clock=opened.clock, dry_run=dry_run, poll=poll,
            samples=Samples(samples),
        )  # fmt: skip
        return await desk.run(adapters)
    finally:
        await transport.close()


def _summary(report: "SyncReport") -> dict[str, int]:
    return {done: sum(one.done == done for one in report.items) for done in _DONE} | {
        "changed": len(report.changed),
        "woken": sum(report.lanes.values()),
    }


def _document(one: "Synced") -> dict[str, Any]:
    name, language = one.wanted.key
    return {
        "accounts": list(one.accounts), "message": one.wanted.message, "name": name, "language": language,
        "done": one.done, "status": one.status, "category": one.category, "recategorised": one.recategorised,
        "quality": one.quality, "said": one.said,
    }  # fmt: skip


def _row(row: "ProviderTemplate", *, current: bool) -> dict[str, Any]:
    return {
        "account": row.account, "message": row.message, "name": row.name, "language": row.language,
        "current": current, "status": row.status, "category": row.category, "quality": row.quality,
        "reason": row.reason,
    }  # fmt: skip


def _change(one: "HeardTemplate") -> dict[str, Any]:
    names = ("status", "category", "quality")
    return {
        "account": one.after.account, "name": one.after.name, "language": one.after.language,
        "before": {name: getattr(one.before, name) for name in names},
        "after": {name: getattr(one.after, name) for name in names},
    }  # fmt: skip


def _show(terminal: Terminal, report: "SyncReport") -> None:
    """What was done, and what is not as it should be; of what merely goes on there is a number."""
    show_lines(terminal, [_done(terminal, one) for one in report.items if _is_news(one)])
    for before, after in report.changed:
        terminal.say(
            "Changed: {name} ({language}): {change}", name=after.name, language=after.language,
            change=change_words(terminal, before, after),
        )  # fmt: skip
    for accounts, said in report.troubles:
        terminal.say("Meta could not be asked for {accounts}: {said}", accounts=", ".join(accounts), said=said)
    summary = _summary(report)
    terminal.say(
        "Submitted: {submitted}. Waiting to be submitted: {wanted}. Failed: {failed}. Unchanged: {known}.",
        submitted=summary["submitted"], wanted=summary["wanted"], failed=summary["failed"], known=summary["known"],
    )  # fmt: skip


def _is_news(one: "Synced") -> bool:
    return one.done != "known" or one.status != "approved" or promotes(one.category, one.wanted)


def _done(terminal: Terminal, one: "Synced") -> Line:
    sign, words = _DONE[one.done]
    name, language = one.wanted.key
    told = (terminal.translate(words), standing(terminal, one.status, one.category, one.quality))
    said = reason_words(terminal, retold(one.said, terminal.translate))
    promoted = promotes(one.category, one.wanted)
    below = ([said] if said else []) + ([promoting(terminal)] if promoted else [])
    if one.done == "known":
        sign = sign_of(one.status)
    if promoted and sign != TROUBLE:
        sign = TO_LOOK_AT
    return Line(
        sign=sign, message=one.wanted.message, name=name, language=language,
        account=", ".join(one.accounts), told=" · ".join(filter(None, told)), below=tuple(below),
    )  # fmt: skip
