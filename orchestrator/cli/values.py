"""`jogral customers values`: what was said of a profile, by whom, and what of it stands."""

from typing import Annotated, Any

import typer

from orchestrator.addresses import masked
from orchestrator.cli.actor import Reason, put_on_record
from orchestrator.cli.help import Command
from orchestrator.cli.ledger import open_ledger, running_release
from orchestrator.cli.session import session_of
from orchestrator.cli.terminal import DIM, GOOD
from orchestrator.cli.workplace import open_project
from orchestrator.domain.time import rfc3339
from orchestrator.identity import ADDRESS_FIELDS
from orchestrator.store.port import FieldValue

app = typer.Typer(add_completion=False)

_KINDS = {field: kind for kind, field in ADDRESS_FIELDS.items()}


@app.command(cls=Command)
def values(
    context: typer.Context,
    who: Annotated[str, typer.Argument(metavar="WHO", help="The customer: id, e-mail, phone, or SYSTEM:ID.")],
    reason: Reason = "",
) -> None:
    """Show what each source said of a person's profile, in order, and what of it was put in. Addresses are masked."""
    from orchestrator.dispatch.explain.names import find_customer

    session = session_of(context)
    terminal, project = session.terminal, open_project(session)
    with open_ledger(project) as opened:
        release = running_release(opened, project)
        with opened.store.read() as transaction:
            customer_id = find_customer(transaction, who).id
            found = transaction.identity.values(customer_id)
        put_on_record(opened, release, reason, "profile", [customer_id])
    zone = release.project.timezone
    terminal.document("customers.values", customer_id=customer_id, items=[_document(one, zone) for one in found])
    if not found:
        terminal.say("Nobody wrote down who said what of {customer}.", customer=customer_id)
    for one in found:
        put_in = (terminal.words("put in"), GOOD) if one.won else (terminal.words("not put in"), DIM)
        source = one.source or terminal.words("by hand")
        value = _shown(one)
        words = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        terminal.show(f"{one.field:<24}  {words}  ", put_in, (f"  {source}  {_time(one, zone) or ''}", DIM))


def _document(one: FieldValue, zone: str) -> dict[str, Any]:
    return {
        "field": one.field,
        "source": one.source or None,
        "value": _shown(one),
        "won": one.won,
        "at": _time(one, zone),
    }


def _shown(one: FieldValue) -> Any:
    kind = _KINDS.get(one.field)
    return one.value if kind is None else [masked(kind, address) for address in one.value or ()]


def _time(one: FieldValue, zone: str) -> str | None:
    return rfc3339(one.at, zone) if one.at else None
