"""`jogral keys`: API keys."""

from typing import Annotated

import typer

from orchestrator.cli.help import Command, Group
from orchestrator.cli.ledger import open_ledger
from orchestrator.cli.session import session_of
from orchestrator.cli.terminal import DIM, STRONG
from orchestrator.cli.workplace import open_project
from orchestrator.dispatch import keys
from orchestrator.domain.errors import NotFound
from orchestrator.domain.time import moment

app = typer.Typer(cls=Group, add_completion=False, no_args_is_help=True)


@app.command(cls=Command)
def create(
    context: typer.Context,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Who will use it: shop, helpdesk…")],
    scopes: Annotated[
        list[str],
        typer.Option(
            "--scope",
            metavar="SCOPE",
            help="What it may do, such as events:write or customers:write. May be given again.",
        ),
    ],
) -> None:
    """Make an API key. It is shown once, and only its hash is stored."""
    session = session_of(context)
    terminal = session.terminal
    with open_ledger(open_project(session)) as app_, app_.store.write() as transaction:
        key, secret = keys.create(transaction, app_.clock, name, scopes)
    terminal.document("keys.create", id=key.id, name=key.name, scopes=list(key.scopes), secret=secret)
    terminal.say("Key {id} for {name}, shown only now:", id=key.id, name=key.name)
    terminal.show("  ", (secret, STRONG))
    terminal.say("  Send it with every request:  Authorization: Bearer <key>")


@app.command("list", cls=Command)
def list_keys(context: typer.Context) -> None:
    """List API keys. Their secrets are not known."""
    session = session_of(context)
    terminal = session.terminal
    with open_ledger(open_project(session)) as app_, app_.store.read() as transaction:
        found = transaction.ledger.keys()
    terminal.document(
        "keys.list",
        items=[
            {"id": key.id, "name": key.name, "scopes": list(key.scopes), "revoked": key.revoked_at is not None}
            for key in found
        ],
    )
    if not found:
        terminal.say(
            "There are no keys. Make one: jogral keys create --name shop --scope events:write --scope customers:write"
        )
    for key in found:
        made = f"{moment(key.created_at):%Y-%m-%d}"
        state = terminal.words("revoked") if key.revoked_at is not None else ""
        terminal.show(f"{key.id}  {key.name:<16}  {made}  ", (" ".join(key.scopes), DIM), f"  {state}".rstrip())


@app.command(cls=Command)
def revoke(
    context: typer.Context,
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as `jogral keys list` shows it.")],
) -> None:
    """Revoke an API key. Requests with it are refused from now on."""
    session = session_of(context)
    with open_ledger(open_project(session)) as app_, app_.store.write() as transaction:
        revoked = transaction.ledger.revoke_key(key_id, app_.clock.now())
    if not revoked:
        raise NotFound('There is no key "{id}" in force.', remedy="See: jogral keys list", id=key_id)
    session.terminal.document("keys.revoke", id=key_id)
    session.terminal.say("Revoked {id}.", id=key_id)
