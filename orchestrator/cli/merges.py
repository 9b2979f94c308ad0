"""`jogral customers merges`: customers who are one, or may be."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.addresses import masked
from orchestrator.app import App
from orchestrator.cli.actor import Reason, actor, put_on_record
from orchestrator.cli.help import Command, Group
from orchestrator.cli.ledger import open_ledger, running_release
from orchestrator.cli.session import Session, session_of
from orchestrator.cli.terminal import DIM, GOOD, STRONG
from orchestrator.cli.workplace import open_project
from orchestrator.domain.errors import InputError, did_you_mean
from orchestrator.domain.time import rfc3339
from orchestrator.store.port import Merge, MergeState, Transaction
from orchestrator.translations import mark

if TYPE_CHECKING:
    from orchestrator.release import Release


app = typer.Typer(
    cls=Group, add_completion=False, no_args_is_help=True, help=mark("Find customers who are one, and make them one.")
)

# Enough for what a person can read; the API has pages.
SHOWN_MAX = 1_000

_STATES: Mapping[MergeState, tuple[str, str]] = {
    MergeState.SUGGESTED: (mark("suggested"), STRONG),
    MergeState.DONE: (mark("done"), GOOD),
    MergeState.UNDONE: (mark("undone"), DIM),
    MergeState.DISMISSED: (mark("dismissed"), DIM),
}
_ALL = "all"

MergeId = Annotated[str, typer.Argument(metavar="ID", help="The merge, as `jogral customers merges list` shows it.")]
Kept = Annotated[str, typer.Argument(metavar="KEPT", help="Who stays: id, e-mail, phone, or SYSTEM:ID.")]
Merged = Annotated[str, typer.Argument(metavar="MERGED", help="Who becomes another name of them.")]


@app.command("list", cls=Command)
def list_merges(
    context: typer.Context,
    state: Annotated[
        str, typer.Option("--state", metavar="STATE", help="suggested, done, undone, dismissed, or all.")
    ] = MergeState.SUGGESTED.value,
    reason: Reason = "",
) -> None:
    """List who may be one with whom, and what speaks for it. Addresses are masked."""
    session = session_of(context)
    wanted = None if state == _ALL else _state(state)
    with _opened(session) as (opened, release):
        with opened.store.read() as transaction:
            found = transaction.identity.page(wanted, "", SHOWN_MAX)
            people = {one: _person(transaction, one) for merge in found for one in (merge.kept_id, merge.merged_id)}
        put_on_record(opened, release, reason, "profile", people)
    terminal, zone = session.terminal, release.project.timezone
    terminal.document("customers.merges.list", items=[_document(one, zone) for one in found])
    if not found:
        terminal.say("There is nothing to merge. Look again: jogral customers merges find")
    for one in found:
        word, style = _STATES[one.state]
        terminal.show(f"{one.id}  ", (terminal.words(word), style), f"  {one.reason}  ", (rfc3339(one.at, zone), DIM))
        terminal.show(f"    {people[one.kept_id]}")
        terminal.show(f"    {people[one.merged_id]}")


@app.command(cls=Command)
def find(context: typer.Context) -> None:
    """Look through all customers: who is proven to be one becomes one, who may be is suggested.

    What proves it is said by identity.merge_on of templates/project.yaml. The timer looks every hour.
    """
    from orchestrator.dispatch import identity

    session = session_of(context)
    with _opened(session) as (opened, release):
        found = identity.look(opened.store, release, opened.clock, by=actor())
    terminal, zone = session.terminal, release.project.timezone
    terminal.document(
        "customers.merges.find",
        merged=[_document(one, zone) for one in found.merged],
        suggested=[_document(one, zone) for one in found.suggested],
    )
    terminal.say("Merged: {count}.", count=len(found.merged))
    terminal.say("Newly suggested: {count}.", count=len(found.suggested))
    if found.suggested:
        terminal.say("Look at them: jogral customers merges list")


@app.command(cls=Command)
def make(context: typer.Context, kept: Kept, merged: Merged) -> None:
    """Make two customers one: everything of the second follows the first."""
    from orchestrator.dispatch import identity
    from orchestrator.dispatch.explain.names import find_customer

    session = session_of(context)

    def change(transaction: Transaction, release: "Release", opened: App) -> Merge:
        first, second = find_customer(transaction, kept), find_customer(transaction, merged)
        return identity.merge(transaction, release, opened.clock, first.id, second.id, by=actor())

    _tell_done(session, "make", *_changed(session, change))


@app.command(cls=Command)
def apply(context: typer.Context, merge_id: MergeId) -> None:
    """Do what was suggested: everything follows the one who is kept."""
    from orchestrator.dispatch import identity

    session = session_of(context)

    def change(transaction: Transaction, release: "Release", opened: App) -> Merge:
        return identity.apply(transaction, release, opened.clock, merge_id, by=actor())

    _tell_done(session, "apply", *_changed(session, change))


@app.command(cls=Command)
def undo(context: typer.Context, merge_id: MergeId) -> None:
    """Make two of one again, as they were. What came after the merge stays with the one who was kept.

    Who withdrew meanwhile has withdrawn as both.
    """
    from orchestrator.dispatch import identity

    session = session_of(context)
    one, zone = _changed(
        session, lambda transaction, _, opened: identity.undo(transaction, opened.clock, merge_id, by=actor())
    )
    session.terminal.document("customers.merges.undo", **_document(one, zone))
    session.terminal.say("{kept} and {merged} are two again.", kept=one.kept_id, merged=one.merged_id)


@app.command(cls=Command)
def dismiss(context: typer.Context, merge_id: MergeId) -> None:
    """Say that two customers are two. Nobody suggests it again."""
    from orchestrator.dispatch import identity

    session = session_of(context)
    one, zone = _changed(
        session, lambda transaction, _, opened: identity.dismiss(transaction, opened.clock, merge_id, by=actor())
    )
    session.terminal.document("customers.merges.dismiss", **_document(one, zone))
    session.terminal.say("{kept} and {merged} stay two.", kept=one.kept_id, merged=one.merged_id)


@contextlib.contextmanager
def _opened(session: Session) -> "Iterator[tuple[App, Release]]":
    project = open_project(session)
    with open_ledger(project) as opened:
        yield opened, running_release(opened, project)


def _changed(session: Session, change: "Callable[[Transaction, Release, App], Merge]") -> tuple[Merge, str]:
    """What was changed, and the project's time zone."""
    with _opened(session) as (opened, release):
        with opened.store.write() as transaction:
            done = change(transaction, release, opened)
        return done, release.project.timezone


def _tell_done(session: Session, command: str, one: Merge, zone: str) -> None:
    terminal = session.terminal
    terminal.document(f"customers.merges.{command}", **_document(one, zone))
    terminal.say("{merged} is {kept} now.", merged=one.merged_id, kept=one.kept_id)
    terminal.say("Undo it with: jogral customers merges undo {id}", id=one.id)


def _state(word: str) -> MergeState:
    known = [*(state.value for state in MergeState), _ALL]
    if word not in known:
        raise InputError(
            'There is no state "{state}"{hint}', remedy="There are: {known}.", code="usage", state=word,
            hint=did_you_mean(word, known), known=", ".join(known),
        )  # fmt: skip
    return MergeState(word)


def _person(transaction: Transaction, customer_id: str) -> str:
    """`cus_ana  Ana  a••@example.com  +55 11 9••••-5678`, as far as it is known."""
    customer = transaction.customers.get(customer_id)
    if customer is None:
        return customer_id
    name = str(customer.attributes.get("first_name") or "")
    addresses = [masked(one.kind, one.value) for one in customer.addresses]
    return "  ".join(word for word in (customer_id, name, *addresses) if word)


def _document(one: Merge, zone: str) -> dict[str, Any]:
    return {
        "id": one.id,
        "state": one.state.value,
        "kept": one.kept_id,
        "merged": one.merged_id,
        "reasons": one.reason.split(),
        "by": one.by,
        "at": rfc3339(one.at, zone),
        "ended_at": rfc3339(one.ended_at, zone) if one.ended_at is not None else None,
    }
