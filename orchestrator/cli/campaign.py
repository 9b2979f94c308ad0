"""`jogral campaign`: one message to everybody in a segment, after a look at whom it would reach."""

from typing import Annotated

import typer

from orchestrator.cli.help import Command, Group
from orchestrator.cli.session import session_of
from orchestrator.zones import CUSTOMER

app = typer.Typer(cls=Group, add_completion=False, no_args_is_help=True)


@app.callback()
def _campaign() -> None:
    """Send one message to everybody in a segment."""


@app.command(cls=Command)
def send(  # noqa: PLR0913, PLR0917  # each is an option of the command
    context: typer.Context,
    message: Annotated[str, typer.Argument(metavar="MESSAGE", help="The message's id.")],
    segment: Annotated[
        str, typer.Option("--segment", metavar="ID", help="Whom it goes to: a file of templates/segments/.")
    ],
    channel: Annotated[
        list[str] | None,
        typer.Option(
            "--channel",
            metavar="CHANNEL",
            help="Where it may go, best first; without it, as each customer likes. May be given again.",
        ),
    ] = None,
    at: Annotated[
        str,
        typer.Option(
            "--at", metavar="TIME", help="When, such as 2026-12-01T09:00 by the customer's clock; without it, now."
        ),
    ] = "",
    zone: Annotated[
        str,
        typer.Option("--zone", metavar="ZONE", help="Whose clock --at is: customer, project, or America/Manaus."),
    ] = CUSTOMER,
    pace: Annotated[str, typer.Option("--pace", metavar="N/h", help="At most so many an hour, such as 500/h.")] = "",
    name: Annotated[
        str,
        typer.Option(
            "--name",
            metavar="NAME",
            help="What the campaign is called; without it, after message, segment and day. Nobody gets one twice.",
        ),
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show whom it would reach, and send nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Send it.")] = False,
) -> None:
    """Send one message to everybody in a segment, once.

    First it is shown whom it would reach, and why it would not reach the others: each is decided as a worker would
    decide it. With --yes it is then asked for; whoever may not be written to is left out when it is due.
    """
    from orchestrator.cli.campaigning import Wanted, run

    run(
        session_of(context),
        Wanted(message, segment, tuple(channel or ()), at, zone, pace, name),
        send=yes and not dry_run,
        dry_run=dry_run,
    )
