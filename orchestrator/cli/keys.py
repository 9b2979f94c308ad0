"""`jogral keys`: API keys."""

from typing import Annotated, Literal

import typer

from orchestrator.cli.actor import actor
from orchestrator.cli.help import Command, Group
from orchestrator.cli.ledger import open_ledger
from orchestrator.cli.session import session_of
from orchestrator.cli.terminal import DIM, STRONG
from orchestrator.cli.workplace import open_project
from orchestrator.domain.delivery import Mode
from orchestrator.domain.errors import InputError, NotFound
from orchestrator.domain.time import Instant, moment
from orchestrator.schema import parse_duration
from orchestrator.translations import mark

app = typer.Typer(cls=Group, add_completion=False, no_args_is_help=True)

# Whom a key that is not live reaches.
WHOM = {
    Mode.TEAM: mark("  It reaches addresses on JOGRAL_ALLOW_LIST, and nobody else."),
    Mode.TEST: mark("  It reaches nobody: what it sends is put into the local inbox."),
}


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
    expires: Annotated[
        str, typer.Option("--expires", metavar="TIME", help="When it ends by itself: 90d, 12h. Without it: never.")
    ] = "",
    mode: Annotated[
        Literal["live", "team", "test"],
        typer.Option(
            "--mode",
            metavar="MODE",
            help="live reaches customers, team addresses on the allow-list, test nobody (it fills the local inbox).",
        ),
    ] = "live",
) -> None:
    """Make an API key. It is shown once, and only its hash is stored."""
    from orchestrator.dispatch import keys

    session = session_of(context)
    terminal = session.terminal
    lives_ms = _milliseconds(expires) if expires else None
    with open_ledger(open_project(session)) as app_, app_.store.write() as transaction:
        key, secret = keys.create(transaction, app_.clock, name, scopes, by=actor(), lives_ms=lives_ms, mode=Mode(mode))
    terminal.document(
        "keys.create", id=key.id, name=key.name, mode=mode, scopes=list(key.scopes), secret=secret,
        expires=_date(key.expires_at),
    )  # fmt: skip
    terminal.say("Key {id} for {name}, shown only now:", id=key.id, name=key.name)
    terminal.show("  ", (secret, STRONG))
    if key.mode is not Mode.LIVE:
        terminal.say(WHOM[key.mode])
    terminal.say("  Send it with every request:  Authorization: Bearer <key>")


@app.command("list", cls=Command)
def list_keys(context: typer.Context) -> None:
    """List API keys. Their secrets are not known."""
    session = session_of(context)
    terminal = session.terminal
    with open_ledger(open_project(session)) as app_, app_.store.read() as transaction:
        found, now = transaction.ledger.keys(), app_.clock.now()
    terminal.document(
        "keys.list",
        items=[
            {
                "id": key.id,
                "name": key.name,
                "mode": key.mode.value,
                "scopes": list(key.scopes),
                "revoked": key.revoked_at is not None,
                "expires": _date(key.expires_at),
            }
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
        if not state and key.expires_at is not None:
            until = terminal.words("until {date}", date=_date(key.expires_at))
            state = until if key.in_force(now) else terminal.words("expired")
        about = f"{key.id}  {key.name:<16}  {key.mode.value:<4}  {made}  "
        terminal.show(about, (" ".join(key.scopes), DIM), f"  {state}".rstrip())


@app.command(cls=Command)
def revoke(
    context: typer.Context,
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as `jogral keys list` shows it.")],
) -> None:
    """Revoke an API key. Requests with it are refused from now on."""
    from orchestrator.dispatch import keys

    session = session_of(context)
    with open_ledger(open_project(session)) as app_, app_.store.write() as transaction:
        revoked = keys.revoke(transaction, app_.clock, key_id, by=actor())
    if not revoked:
        raise NotFound('There is no key "{id}" in force.', remedy="See: jogral keys list", id=key_id)
    session.terminal.document("keys.revoke", id=key_id)
    session.terminal.say("Revoked {id}.", id=key_id)


def _milliseconds(text: str) -> int:
    try:
        return parse_duration(text).milliseconds
    except (ValueError, KeyError) as error:  # of business days only a calendar knows how long they are
        raise InputError(
            "{text} is no duration.", remedy="Write --expires 90d, 12h or 30m.", code="usage", text=text
        ) from error


def _date(at: Instant | None) -> str | None:
    return None if at is None else f"{moment(at):%Y-%m-%d %H:%M} UTC"
