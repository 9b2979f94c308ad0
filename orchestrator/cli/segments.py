"""`jogral segments`: whom a filter means, as its file says it now, asked of the ledger."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli.actor import Reason, put_on_record
from orchestrator.cli.help import Command, Group
from orchestrator.cli.ledger import open_ledger, running_release
from orchestrator.cli.session import session_of
from orchestrator.cli.terminal import DIM, STRONG
from orchestrator.cli.workplace import open_project

if TYPE_CHECKING:
    from orchestrator.app import App
    from orchestrator.domain.customer import Customer
    from orchestrator.segments.model import Filter
    from orchestrator.store.port import Audience, Transaction

app = typer.Typer(cls=Group, add_completion=False, no_args_is_help=True)

Named = Annotated[str, typer.Argument(metavar="SEGMENT", help="The segment's id: a file of templates/segments/.")]

SAMPLED = 10
SAMPLED_MAX = 500


@app.command("list", cls=Command)
def list_segments(context: typer.Context) -> None:
    """List the segments of the project, each with how many customers are in it now."""
    session = session_of(context)
    terminal, project = session.terminal, open_project(session)
    found = [project.segment(name) for name in project.names("segments")]
    with open_ledger(project) as opened:
        zone = running_release(opened, project).project.timezone
        with opened.store.read() as transaction:
            sizes = [_count(opened, transaction, one.where, zone) for one in found]
    terminal.document(
        "segments",
        items=[
            {"id": one.id, "title": one.title, "owner": one.owner, "customers": size}
            for one, size in zip(found, sizes, strict=True)
        ],
    )
    if not found:
        terminal.say("There are no segments yet. They are files of templates/segments/.")
    for one, size in zip(found, sizes, strict=True):
        terminal.show(f"{size:>11,}  ", (f"{one.id:<30}", STRONG), f"  {one.title}  ", (one.owner, DIM))


@app.command("count", cls=Command)
def count_segment(context: typer.Context, segment: Named) -> None:
    """Count the customers in a segment, and all there are."""
    from orchestrator.segments.model import EVERYBODY

    session = session_of(context)
    terminal, project = session.terminal, open_project(session)
    wanted = project.segment(segment)
    with open_ledger(project) as opened:
        zone = running_release(opened, project).project.timezone
        with opened.store.read() as transaction:
            size = _count(opened, transaction, wanted.where, zone)
            everybody = _count(opened, transaction, EVERYBODY, zone)
    terminal.document("segments.count", id=wanted.id, customers=size, of=everybody)
    terminal.say("{size} of {everybody} customers are in {segment}.", size=f"{size:,}", everybody=f"{everybody:,}",
                 segment=wanted.id)  # fmt: skip


@app.command("sample", cls=Command)
def sample_segment(
    context: typer.Context,
    segment: Named,
    size: Annotated[
        int, typer.Option("--size", metavar="N", min=1, max=SAMPLED_MAX, help="How many to look at.")
    ] = SAMPLED,
    reason: Reason = "",
) -> None:
    """Show some of the customers in a segment, spread over all of it, with the values that it asked for.

    The same ones while the segment is the same. Who looks is written into the audit log.
    """
    session = session_of(context)
    terminal, project = session.terminal, open_project(session)
    wanted = project.segment(segment)
    with open_ledger(project) as opened:
        release = running_release(opened, project)
        with opened.store.read() as transaction:
            ids = transaction.segments.sample(
                _audience(opened, transaction, wanted.where, release.project.timezone), size
            )
            standings = transaction.customers.standings(ids, ())
        put_on_record(opened, release, reason, "segment", ids)
    people = [_person(standings[one].customer, wanted.fields) for one in ids]
    terminal.document("segments.sample", id=wanted.id, items=people)
    if not people:
        terminal.say("Nobody is in {segment} now.", segment=wanted.id)
    for person in people:
        values = "  ".join(f"{field}: {value}" for field, value in person["values"].items())
        terminal.show((f"{person['id']:<32}", STRONG), "  ", (values, DIM))


def _count(opened: "App", transaction: "Transaction", where: "Filter", zone: str) -> int:
    return transaction.segments.count(_audience(opened, transaction, where, zone))


def _audience(opened: "App", transaction: "Transaction", where: "Filter", zone: str) -> "Audience":
    from orchestrator.store.port import Audience

    return Audience(where=where, now=transaction.ledger.clock().now(opened.clock.now()), zone=zone)


def _person(customer: "Customer", fields: tuple[str, ...]) -> dict[str, Any]:
    profile: dict[str, Any] = {
        **customer.attributes, "id": customer.id, "locale": customer.locale, "time_zone": customer.time_zone,
    }  # fmt: skip
    return {"id": customer.id, "values": {field: _value(profile, field) for field in fields}}


def _value(profile: dict[str, Any], field: str) -> Any:
    found: Any = profile
    for key in field.split(".")[1:]:
        found = found.get(key) if isinstance(found, dict) else None
    return found
