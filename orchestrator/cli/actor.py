"""Who sits at the command line, and why they look at somebody's data: for the audit chain."""

from __future__ import annotations

import getpass
import os
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.dispatch.reads import reader, record_reads, require_reason

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.app import App
    from orchestrator.release import Release

Reason = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why you look at this person's data: for the audit log.")
]


def actor() -> str:
    """`cli:<user>`: the user of the operating system, by number where it has no name for them (in a container)."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return f"cli:{os.getuid()}"


def put_on_record(app: App, release: Release, reason: str, what: str, customer_ids: Iterable[str]) -> None:
    """Write down whose data are about to be shown. Raises InputError where the project wants a reason."""
    who = reader(actor(), reason)
    require_reason(release, who)
    with app.store.write(durable=False) as transaction:
        record_reads(transaction, app.clock, who, what, customer_ids)
