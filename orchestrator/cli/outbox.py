"""`jogral outbox`: what the local inbox holds."""

from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any

import typer

from orchestrator.app import App
from orchestrator.cli.actor import Reason, actor
from orchestrator.cli.channel_names import NAMES, chosen_channel
from orchestrator.cli.help import Command, Group
from orchestrator.cli.ledger import open_ledger
from orchestrator.cli.session import session_of
from orchestrator.cli.terminal import DIM, STRONG, Terminal
from orchestrator.cli.workplace import open_project
from orchestrator.dispatch.reads import reader, record_reads
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import Mode

app = typer.Typer(cls=Group, add_completion=False, no_args_is_help=True)

ENTRIES_PER_PAGE = 500

# What an item says besides whom it went to, where it says something. The HTML is not among it: it repeats the text.
SAID = ("text", "subject", "preheader", "title", "url", "buttons", "segments", "encoding", "locale")


@app.callback()
def outbox() -> None:
    """Look at what the local inbox holds."""


@app.command("list", cls=Command)
def list_entries(
    context: typer.Context,
    channel: Annotated[
        str, typer.Option("--channel", metavar="CHANNEL", help="Only email, whatsapp, sms or push.")
    ] = "",
    customer: Annotated[str, typer.Option("--customer", metavar="ID", help="Only what this customer got.")] = "",
    message: Annotated[str, typer.Option("--message", metavar="ID", help="Only this message.")] = "",
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="How many, newest first.")] = 50,
    everything: Annotated[bool, typer.Option("--all", help="All of them, however many.")] = False,
    reason: Reason = "",
) -> None:
    """List the messages that accounts with the adapter outbox delivered, newest first."""
    session = session_of(context)
    terminal = session.terminal
    wanted = {
        "channel": chosen_channel(channel).value if channel else None,
        "customer_id": customer or None,
        "message": message or None,
    }
    with open_ledger(open_project(session)) as opened:
        entries = _entries(opened, wanted)
        chosen = _on_record(opened, entries if everything else islice(entries, limit), reason)
        if terminal.as_json:
            terminal.items("outbox", map(_item, chosen))
            return
        shown = sum(1 for entry in chosen if _show(terminal, entry))
        more = next(entries, None) is not None
    if not shown:
        terminal.say("The local inbox is empty.")
    elif more:
        terminal.note("There are more: --limit N, or --all.")


def _entries(opened: App, wanted: dict[str, str | None]) -> Iterator[dict[str, Any]]:
    """All entries, a page at a time: the inbox may hold more than memory does."""
    before: int | None = None
    while True:
        with opened.store.read() as transaction:
            page = transaction.inbox.page(
                before=before, limit=ENTRIES_PER_PAGE, channel=wanted["channel"], customer_id=wanted["customer_id"],
                message=wanted["message"],
            )  # fmt: skip
        yield from page
        if len(page) < ENTRIES_PER_PAGE:
            return
        before = page[-1]["seq"]


def _on_record(opened: App, entries: Iterator[dict[str, Any]], reason: str) -> Iterator[dict[str, Any]]:
    """Entries, each pack of them after it is written down whose they are: nobody is named twice."""
    who, seen = reader(actor(), reason), set[str]()
    while pack := list(islice(entries, ENTRIES_PER_PAGE)):
        fresh = dict.fromkeys(entry["customer_id"] for entry in pack if entry["customer_id"] not in seen)
        seen.update(fresh)
        with opened.store.write(durable=False) as transaction:
            record_reads(transaction, opened.clock, who, "inbox", fresh)
        yield from pack


def _item(entry: dict[str, Any]) -> dict[str, Any]:
    content = entry["content"]
    return {
        "id": entry["id"],
        "message": entry["message"],
        "customer_id": entry["customer_id"],
        "object_id": entry["object_id"],
        "channel": entry["channel"],
        "delivery_id": entry["reference"],
        **({"mode": entry["mode"]} if entry["mode"] else {}),
        **{name: content[name] for name in SAID if content.get(name)},
    }


def _show(terminal: Terminal, entry: dict[str, Any]) -> bool:
    content = entry["content"]
    gist = content.get("subject") or content.get("title") or " ".join(content["text"].split())
    mark = terminal.words("test key") + " · " if entry["mode"] == Mode.TEST else ""
    room = max(20, terminal.width - 62 - len(mark))
    terminal.show(
        f"{terminal.translate(NAMES[Channel(entry['channel'])]):<9} ", (f"{entry['message']:<18} ", STRONG),
        f"{entry['customer_id'][:16]:<17}", (f"{entry['object_id'][:14]:<15}", DIM), (mark, DIM), _cut(gist, room),
    )  # fmt: skip
    return True


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"
