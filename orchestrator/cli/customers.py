"""`jogral customers`: the people whom we write to."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.app import state_folder
from orchestrator.cli import merges, values
from orchestrator.cli.actor import actor
from orchestrator.cli.help import Command, Group
from orchestrator.cli.ledger import open_ledger, running_release
from orchestrator.cli.progress import progress_of
from orchestrator.cli.session import session_of
from orchestrator.cli.terminal import DIM
from orchestrator.cli.workplace import open_project
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.cli.terminal import Terminal
    from orchestrator.dispatch.importing import Ended
    from orchestrator.dispatch.importing.tally import Met

app = typer.Typer(cls=Group, add_completion=False, no_args_is_help=True)
app.add_typer(merges.app, name="merges")
app.add_typer(values.app)


@app.command("import", cls=Command)
def import_file(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A CSV file with a header: UTF-8 or Windows, with , ; or tabs.")
    ],
    mapping: Annotated[
        str,
        typer.Option(
            "--mapping",
            metavar="ID",
            help="What its columns mean: a file of templates/mappings/ of the kind customers, by its id or its path.",
        ),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what an import would do, and do none of it.")] = False,
) -> None:
    """Import customers from a CSV file, each with what they agreed to and the proof of it.

    A row without proof brings the person, not the consent; rows that cannot be read are kept aside with the reason. An
    opt-out wins over any file. Interrupted, it goes on where it was; started twice, it imports once.
    """
    from orchestrator.customer_file import examine
    from orchestrator.dispatch.importing import Import
    from orchestrator.project.sheets import check_sheet

    session = session_of(context)
    terminal = session.terminal
    project = open_project(session)
    sheet, document = project.sheet(mapping)
    found = examine(file)
    session.left_behind = lambda: terminal.words("What is in stays in; run the same again to go on.")
    with open_ledger(project) as opened:
        release = running_release(opened, project)
        check_sheet(sheet, document, found, release)
        with progress_of(session) as progress:
            wanted = Import(
                store=opened.store, release=release, clock=opened.clock, file=found, sheet=sheet,
                folder=state_folder(project.root) / "quarantine", by=actor(), translate=terminal.translate,
                progress=lambda done: progress("import", done, found.rows), passing=opened.passing,
            )  # fmt: skip
            ended = wanted.rehearse() if dry_run else wanted.run()
    _tell(terminal, ended, dry_run=dry_run)
    raise typer.Exit(1 if ended.tally.kept_aside else 0)


# What is counted: the words for one, and for any other number.
_ROWS = {
    "created": (mark("new customer"), mark("new customers")),
    "changed": (mark("customer with news"), mark("customers with news")),
    "unchanged": (mark("customer as they were before"), mark("customers as they were")),
    "quarantined": (mark("row kept aside"), mark("rows kept aside")),
}
_ERASED = {
    "erased": (mark("of them suppressed: that person was erased"), mark("of them suppressed: they were erased")),
}
_CONSENTS = {
    "granted": (mark("consent granted"), mark("consents granted")),
    "withdrawn": (mark("opt-out recorded"), mark("opt-outs recorded")),
    "repeated": (_BEFORE := mark("known before"), _BEFORE),
    "opted_out": (_OPTED_OUT := mark("left out: the person had opted out"), _OPTED_OUT),
    "unproven": (_UNPROVEN := mark("left out: no proof"), _UNPROVEN),
    "unclear": (_UNCLEAR := mark("left out: neither yes nor no"), _UNCLEAR),
}
_WOULD_BRING = {True: mark("1 row. An import would bring:"), False: mark("{rows} rows. An import would bring:")}
_ARE_IN = {True: mark("1 row is in ({id}):"), False: mark("{rows} rows are in ({id}):")}
_WIDTH = 9


def _tell(terminal: "Terminal", ended: "Ended", *, dry_run: bool) -> None:
    tally = ended.tally
    terminal.document(
        "customers.import", ok=not tally.kept_aside, id=ended.id, dry_run=dry_run, repeated=ended.repeated,
        **tally.document,
    )  # fmt: skip
    if ended.repeated:
        terminal.say("This file was imported before ({id}), and nothing was done. It brought:", id=ended.id)
    elif dry_run:
        terminal.say(_WOULD_BRING[tally.rows == 1], rows=tally.rows)
    else:
        terminal.say(_ARE_IN[tally.rows == 1], rows=tally.rows, id=ended.id)
    for names in (_ROWS, _ERASED, _CONSENTS):
        for name, (one, many) in names.items():
            count = tally.counts[name]
            if count:
                terminal.show(f"{count:>{_WIDTH}}  ", terminal.words(one if count == 1 else many))
    _reasons(terminal, mark("Rows kept aside, and why:"), tally.kept_aside)
    _reasons(terminal, mark("Consents left out for want of proof:"), tally.without_proof)
    _reasons(terminal, mark("Words that the mapping knows neither as a yes nor as a no:"), tally.not_understood)
    if tally.not_understood:
        terminal.say("Any of them may be an opt-out: name it under `granted` or `withdrawn`, and import again.")
    if tally.kept_aside and ended.quarantine is not None:
        terminal.say("Correct them in {file}, and import that with the same mapping.", file=ended.quarantine)


def _reasons(terminal: "Terminal", heading: str, reasons: "Mapping[str, Met]") -> None:
    if not reasons:
        return
    terminal.say(heading)
    for reason, met in reasons.items():
        first: Any = terminal.words("first on line {line}", line=met.line)
        terminal.show(f"{met.times:>{_WIDTH}}  {reason}  ", (f"({first})", DIM))
