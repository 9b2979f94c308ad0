"""`jogral pause`: stop something, until somebody lifts it or for so long."""

from typing import Annotated

import typer

from orchestrator.cli.actor import actor
from orchestrator.cli.help import Command
from orchestrator.cli.ledger import open_ledger, running_release
from orchestrator.cli.pausing import (
    Account,
    Channel,
    Customer,
    Everything,
    Journey,
    Message,
    Step,
    as_option,
    chosen,
    in_words,
)
from orchestrator.cli.session import Session, session_of
from orchestrator.cli.workplace import open_project
from orchestrator.domain.errors import InputError
from orchestrator.domain.pause import Pause, PauseScope
from orchestrator.domain.time import Instant, rfc3339
from orchestrator.schema import parse_duration

app = typer.Typer(add_completion=False)


@app.command(cls=Command)
def pause(  # noqa: PLR0913, PLR0917  # each is an option of the command
    context: typer.Context,
    everything: Everything = False,
    channel: Channel = "",
    account: Account = "",
    journey: Journey = "",
    step: Step = "",
    message: Message = "",
    customer: Customer = "",
    lasts: Annotated[
        str,
        typer.Option("--for", metavar="DURATION", help="For so long, such as 2h or 30d; without it, until resumed."),
    ] = "",
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for whoever finds it.")] = "",
) -> None:
    """Stop something at once: what is due meanwhile is held, and nothing of it is lost.

    A channel or an account is passed over where the message may take another. It is in force within 5 seconds.
    """
    from orchestrator.dispatch import pauses
    from orchestrator.dispatch.explain.names import find_customer
    from orchestrator.dispatch.pauses import WantedPause

    session = session_of(context)
    scope, subject = chosen(
        everything, step=step, channel=channel, account=account, journey=journey, message=message, customer=customer
    )
    project = open_project(session)
    with open_ledger(project) as opened:
        release = running_release(opened, project)
        with opened.store.write() as transaction:
            if scope is PauseScope.CUSTOMER:
                subject = find_customer(transaction, subject).id
            until = _until(lasts, transaction.ledger.clock().now(opened.clock.now())) if lasts else None
            wanted = WantedPause(scope=scope, subject=subject, reason=reason, until=until)
            made = pauses.pause(transaction, release, opened.clock, wanted, by="cli", actor=actor())
    _tell(session, made, release.project.timezone)


def _until(lasts: str, business_now: Instant) -> Instant:
    try:
        return business_now + parse_duration(lasts).milliseconds
    except (ValueError, KeyError) as error:  # a KeyError: business days
        raise InputError(
            '"{text}" is not a duration.', remedy="Write 30m, 2h, 7d or 2w.", code="usage", text=lasts
        ) from error


def _tell(session: Session, made: Pause, zone: str) -> None:
    from orchestrator.console.teller import Teller

    terminal = session.terminal
    until = rfc3339(made.until, zone) if made.until is not None else None
    terminal.document(
        "pause", id=made.id, scope=made.scope.value, subject=made.subject, reason=made.reason, until=until
    )
    if made.scope is PauseScope.ALL:
        terminal.say("All sending is stopped. What is due waits.")
    else:
        terminal.say("Paused: {what}. What is due waits.", what=in_words(terminal, made.scope, made.subject))
    if made.until is not None:
        teller = Teller(terminal.language, terminal.translate, zone, made.at)
        terminal.say("It ends by itself at {time}.", time=teller.time(made.until))
    terminal.say("Go on with: jogral resume {option}", option=as_option(made.scope, made.subject))
