"""`jogral resume`: go on with what was paused."""

import typer

from orchestrator.cli.actor import actor
from orchestrator.cli.help import Command
from orchestrator.cli.ledger import open_ledger, ring, running_release
from orchestrator.cli.pausing import Account, Channel, Customer, Everything, Journey, Message, Step, chosen, in_words
from orchestrator.cli.session import session_of
from orchestrator.cli.workplace import open_project
from orchestrator.domain.pause import PauseScope
from orchestrator.domain.time import Clock
from orchestrator.store.port import Transaction

app = typer.Typer(add_completion=False)


@app.command(cls=Command)
def resume(  # noqa: PLR0917  # each is an option of the command
    context: typer.Context,
    everything: Everything = False,
    channel: Channel = "",
    account: Account = "",
    journey: Journey = "",
    step: Step = "",
    message: Message = "",
    customer: Customer = "",
) -> None:
    """Go on with what was paused: what was held for it is decided anew at once.

    --all lifts the kill switch and nothing else: what was paused by name stays so.
    """
    from orchestrator.dispatch import pauses
    from orchestrator.dispatch.explain.names import find_customer

    session = session_of(context)
    terminal = session.terminal
    scope, subject = chosen(
        everything, step=step, channel=channel, account=account, journey=journey, message=message, customer=customer
    )
    project = open_project(session)
    with open_ledger(project) as opened:
        release = running_release(opened, project)
        with opened.store.write() as transaction:
            if scope is PauseScope.CUSTOMER and not _is_paused(transaction, opened.clock, subject):
                subject = find_customer(transaction, subject).id
            done = pauses.resume(transaction, release, opened.clock, scope, subject, by=actor())
        ring(opened, done.released)
    released = sum(done.released.values())
    terminal.document(
        "resume", scope=scope.value, subject=subject, was_paused=done.was_paused, released_messages=released
    )
    what = in_words(terminal, scope, subject)
    if done.was_paused:
        terminal.say("No longer paused: {what}.", what=what)
    else:
        terminal.say("Not paused: {what}.", what=what)
    if released == 1:
        terminal.say("1 message that was held is decided anew.")
    elif released:
        terminal.say("{count} messages that were held are decided anew.", count=released)


def _is_paused(transaction: Transaction, clock: Clock, customer_id: str) -> bool:
    """By this very id: one who is no longer known may be paused still."""
    now = transaction.ledger.clock().now(clock.now())
    return transaction.pauses.active(now, [customer_id]).of(PauseScope.CUSTOMER, customer_id) is not None
