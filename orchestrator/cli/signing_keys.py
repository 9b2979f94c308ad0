"""`jogral signing-keys`: what links in messages are signed with."""

from typing import TYPE_CHECKING, Any

import typer

from orchestrator.app import SystemClock, state_folder
from orchestrator.cli.help import Command, Group
from orchestrator.cli.session import session_of
from orchestrator.cli.workplace import project_root
from orchestrator.domain.errors import ConfigurationError
from orchestrator.domain.time import moment, rfc3339
from orchestrator.tokens import keys_of

if TYPE_CHECKING:
    from orchestrator.signing_keys import KeptKey


app = typer.Typer(cls=Group, add_completion=False, no_args_is_help=True)


@app.command("list", cls=Command)
def list_keys(context: typer.Context) -> None:
    """List the keys that links are signed with, newest first. Their secrets are not shown."""
    from orchestrator import signing_keys
    from orchestrator.settings import read_settings
    from orchestrator.signing_keys import KeptKey

    session = session_of(context)
    terminal = session.terminal
    configured = read_settings().signing_keys
    if configured is None:
        kept = signing_keys.ensure(state_folder(project_root(session)), SystemClock())
    else:
        kept = tuple(KeptKey(id=key.id, secret="") for key in keys_of(configured.get_secret_value()))
    terminal.document("signing_keys.list", items=[_shown(key, signs=not place) for place, key in enumerate(kept)])
    for place, key in enumerate(kept):
        made = f"{moment(key.made_at):%Y-%m-%d}" if key.made_at is not None else "-"
        does = terminal.words("verifies") if place else terminal.words("signs and verifies")
        terminal.show(f"{key.id:<16}  {made:<10}  {does}")


@app.command(cls=Command)
def rotate(context: typer.Context) -> None:
    """Make a new key and sign with it from now on. Links of sent messages stay good: the others go on verifying.

    What runs on this machine takes it up at once.
    """
    from orchestrator import signing_keys
    from orchestrator.settings import read_settings

    session = session_of(context)
    if read_settings().signing_keys is not None:
        raise ConfigurationError(
            "The signing keys come from JOGRAL_SIGNING_KEYS.",
            remedy="Put a new one before the others there: new:secret,old:secret.",
        )
    key = signing_keys.rotate(state_folder(project_root(session)), SystemClock())
    session.terminal.document("signing_keys.rotate", key=_shown(key, signs=True))
    session.terminal.say("{id} signs from now on; the others go on verifying.", id=key.id)
    session.terminal.say("What runs on this machine takes it up at once.")


def _shown(key: "KeptKey", *, signs: bool) -> dict[str, Any]:
    return {"id": key.id, "made_at": None if key.made_at is None else rfc3339(key.made_at), "signs": signs}
