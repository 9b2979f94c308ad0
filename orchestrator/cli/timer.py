"""`jogral timer`: the timer alone, for installations whose servers and workers run elsewhere."""

import typer

from orchestrator.cli.help import Command
from orchestrator.cli.ledger import open_ledger
from orchestrator.cli.session import session_of
from orchestrator.cli.signals import wait_for_stop
from orchestrator.cli.workplace import open_project

app = typer.Typer(add_completion=False)


@app.command(cls=Command)
def timer(context: typer.Context) -> None:
    """Run the timer alone: every second it wakes workers for what has become due.

    One is enough for any number of workers; a second one does no harm.
    """
    from orchestrator.app.doorbell import open_bell, open_redis
    from orchestrator.cli.timekeeper import Timekeeper
    from orchestrator.supervisor import RedisWatch

    session = session_of(context)
    with open_ledger(open_project(session), talkative=True) as opened:
        redis = open_redis(opened)
        try:
            with RedisWatch(redis), Timekeeper(opened, open_bell(redis)):
                session.terminal.document("timer", bell=redis is not None)
                session.terminal.say("The timer runs. Stop it with Ctrl+C.")
                wait_for_stop()
        finally:
            if redis is not None:
                redis.stop()
