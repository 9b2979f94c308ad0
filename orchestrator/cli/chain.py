"""`jogral audit verify` and `jogral audit log`: the audit chain, checked and read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.audit_chain import BY, CUSTOMER, read_head
from orchestrator.cli.help import Command
from orchestrator.cli.ledger import open_ledger
from orchestrator.cli.session import session_of
from orchestrator.cli.terminal import BAD, DIM, GOOD, STRONG
from orchestrator.cli.workplace import open_project
from orchestrator.dispatch.record import KINDS, require_known_kind
from orchestrator.domain.errors import InputError
from orchestrator.domain.time import moment
from orchestrator.store.port import ChainQuery
from orchestrator.translations import mark

if TYPE_CHECKING:
    from orchestrator.audit_chain import ChainEntry, Head
    from orchestrator.cli.terminal import Terminal
    from orchestrator.dispatch.consent_record import ConsentsChecked
    from orchestrator.dispatch.sealing import Checked

app = typer.Typer(add_completion=False)

WRONG = {
    "edited": mark("entry {place} does not say any more what was written"),
    "out_of_place": mark("entry {place} does not fit its seal: it was changed, moved, or put in afterwards"),
    "missing": mark("before entry {place} entries are gone"),
    "truncated": mark("the chain ends at entry {place}, and it was longer: a head that was carried away lies after it"),
    "rewritten": mark("entry {place} is another than when the head of the chain was carried away"),
    "unknown_key": mark("entry {place} was sealed with a key that is not here"),
    "emptied": mark("more entries are empty than erasures say"),
}
"""Each finding of `audit_chain.verify`, in words."""

CONSENTS_WRONG = {
    "consent_edited": mark("consent {event} does not say what was put on record: {differs}"),
    "consent_missing": mark("consent {event} is on record, and is gone"),
    "consent_unrecorded": mark("consent {event} was never put on record"),
    "consent_not_in_force": mark("what is in force is not what was said last: consent {event}"),
}
"""Each finding of `consent_record.check_consents`, in words."""

WORDING_EDITED = "wording_edited"


@app.command(cls=Command)
def verify(
    context: typer.Context,
    head: Annotated[
        list[str] | None,
        typer.Option("--head", metavar="HEAD", help="A head that you kept, such as 1204:9f3c… May be given again."),
    ] = None,
) -> None:
    """Check that nobody changed, took out, moved or cut off an entry of the audit log, or changed a consent on record.

    Every head in .jogral/audit_heads.jsonl is compared too; keep copies of it, or of the log's audit_head lines,
    elsewhere. Exit code 1: something is wrong.
    """
    from orchestrator.dispatch.sealing import HEADS_FILE, carried_heads, chain_keys, check_chain

    session = session_of(context)
    given = [_head(text) for text in head or ()]
    with open_ledger(open_project(session)) as opened:
        carried = [one.head for one in carried_heads(opened.state / HEADS_FILE)]
        checked = check_chain(opened.store, chain_keys(opened.keyring), [*carried, *given])
    found = checked.found
    session.terminal.document(
        "audit.verify",
        ok=checked.holds,
        sealed=found.sealed,
        erased=found.erased,
        waiting=checked.waiting,
        head=str(found.head) if found.sealed else None,
        heads=len(carried) + len(given),
        consents=checked.consents.rows,
        count=found.count + checked.consents.count + len(checked.wordings),
        items=[{"finding": one.kind, "place": one.place} for one in found.findings]
        + [
            {"finding": one.kind, "consent": one.event, "entry": one.entry, "differs": list(one.differs)}
            for one in checked.consents.findings
        ]
        + [{"finding": WORDING_EDITED, "wording": one} for one in checked.wordings],
    )
    _tell(session.terminal, checked, len(carried) + len(given))
    _tell_consents(session.terminal, checked.consents)
    _tell_wordings(session.terminal, checked.wordings)
    if not checked.holds:
        raise typer.Exit(1)


def _head(text: str) -> Head:
    head = read_head(text)
    if head is None:
        raise InputError(
            '"{text}" is no head of the audit chain.',
            remedy="Write a place, a colon and 64 hex digits, as audit_head in the log, or in audit_heads.jsonl.",
            code="usage",
            text=text,
        )
    return head


def _tell(terminal: Terminal, checked: Checked, heads: int) -> None:
    found = checked.found
    for one in found.findings:
        terminal.show(("  ✖ ", BAD), terminal.words(WRONG[one.kind], place=one.place), (f"  {one.kind}", DIM))
    if found.count > len(found.findings):
        terminal.say("  … and {more} more", more=found.count - len(found.findings))
    if found.holds:
        told = terminal.words("entries, each sealed onto the one before: {count}", count=found.sealed)
        terminal.show(("  ✔ ", GOOD), told)
        if heads:
            told = terminal.words("heads that were carried away, and are in it: {count}", count=heads)
            terminal.show(("  ✔ ", GOOD), told)
    if found.erased:
        terminal.say("    erased with the person they were about: {count}", count=found.erased)
    if checked.waiting:
        terminal.say("    waiting for their seal: {count}", count=checked.waiting)
    if found.sealed:
        terminal.show((f"    {found.head}", DIM))


def _tell_consents(terminal: Terminal, checked: ConsentsChecked) -> None:
    for one in checked.findings:
        words = terminal.words(CONSENTS_WRONG[one.kind], event=one.event, differs=", ".join(one.differs))
        terminal.show(("  ✖ ", BAD), words, (f"  {one.kind}", DIM))
    if checked.count > len(checked.findings):
        terminal.say("  … and {more} more", more=checked.count - len(checked.findings))
    if checked.rows and not checked.count:
        terminal.show(
            ("  ✔ ", GOOD), terminal.words("consents, each as it was put on record: {count}", count=checked.rows)
        )


def _tell_wordings(terminal: Terminal, edited: tuple[str, ...]) -> None:
    for one in edited:
        words = terminal.words("wording {wording} does not say any more what was published", wording=one)
        terminal.show(("  ✖ ", BAD), words, (f"  {WORDING_EDITED}", DIM))


# --- reading it -------------------------------------------------------------------------------------------------------


@app.command("log", cls=Command)
def log_(
    context: typer.Context,
    customer: Annotated[str, typer.Option("--customer", metavar="ID", help="Only what is about this customer.")] = "",
    kind: Annotated[
        str, typer.Option("--kind", metavar="KIND", help="Only this, such as customer.read, or consent for all of it.")
    ] = "",
    by: Annotated[str, typer.Option("--by", metavar="WHO", help="Only what they did, such as cli:bia.")] = "",
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, max=100_000, help="How many, newest first.")
    ] = 50,
) -> None:
    """List who did what, and whose data they looked at, newest first."""
    session = session_of(context)
    require_known_kind(kind or None)
    asked = ChainQuery(limit=limit, customer_id=customer or None, kind=kind or None, by=by or None)
    with open_ledger(open_project(session)) as opened, opened.store.read() as transaction:
        found = transaction.chain.page(asked)
    session.terminal.document("audit.log", items=[entry_document(one) for one in found])
    if not found:
        session.terminal.say("Nothing is on record.")
    for entry in found:
        _show(session.terminal, entry)


def entry_document(entry: ChainEntry) -> dict[str, Any]:
    """An entry as programs read it."""
    said = entry.said()
    return {
        "id": entry.seq,
        "place": entry.place,
        "kind": entry.kind,
        "at": _time(entry),
        "by": said.pop(BY, None),
        "customer_id": said.pop(CUSTOMER, None),
        "erased": entry.erased,
        "details": said,
    }


def _show(terminal: Terminal, entry: ChainEntry) -> None:
    from orchestrator.dispatch.consent_record import PROOF

    said = entry.said()
    words = terminal.translate(KINDS.get(entry.kind, entry.kind))
    if entry.erased:
        terminal.show((f"{_time(entry)}  ", DIM), words, (f"  {terminal.words('erased')}", DIM))
        return
    by, about = said.pop(BY, ""), said.pop(CUSTOMER, "")
    said.pop(PROOF, None)  # a digest, for `verify`
    details = "  ".join(f"{name}={value}" for name, value in said.items())
    terminal.show(
        (f"{_time(entry)}  ", DIM), (by, STRONG), f" {words}", f" {about}" if about else "", (f"  {details}", DIM)
    )


def _time(entry: ChainEntry) -> str:
    return f"{moment(entry.at):%Y-%m-%dT%H:%M:%SZ}"
