"""`jogral channels`: accounts and their providers. Each command is in a module of its own."""

import typer

from orchestrator.cli import channels_list, channels_receive, channels_simulate
from orchestrator.cli.help import Group

app = typer.Typer(cls=Group, add_completion=False, no_args_is_help=True)


@app.callback()
def channels() -> None:
    """Look at accounts, try their adapters, and play their providers on this machine."""


app.add_typer(channels_list.app)
app.add_typer(channels_receive.app)
app.add_typer(channels_simulate.app)
