"""`jogral doctor`: is everything there, and can it be reached?"""

import typer

from orchestrator.cli.help import Command
from orchestrator.cli.session import session_of
from orchestrator.cli.terminal import BAD, DIM, GOOD
from orchestrator.translations import mark

app = typer.Typer(add_completion=False)

# How a check went (`checkup.Verdict`).
MARKS = {
    "good": ("✔", GOOD),
    "note": ("·", DIM),
    "bad": ("✖", BAD),
    "unreachable": ("✖", BAD),
}
# What is looked at; accounts have names of their own.
NAMES = {
    "project": mark("project"),
    "ledger": mark("ledger"),
    "disk": mark("disk"),
    "audit": mark("audit"),
    "events": mark("events"),
    "redis": "Redis",
    "accounts": mark("accounts"),
    "time": mark("time"),
    "certificate": mark("certificate"),
    "clock": mark("clock"),
    "links": "links",
    "keys": mark("keys"),
}
EXIT_CODES = {"unreachable": 3, "bad": 1}


@app.command(cls=Command)
def doctor(context: typer.Context) -> None:
    """Check that everything needed is there and can be reached. Nothing is sent to anybody.

    Credentials are really tried, with questions that only read; senders' domains are looked up in the DNS.

    Exit code 3: something cannot be reached; 1: something else is wrong.
    """
    from orchestrator.cli.checkup import examine

    session = session_of(context)
    terminal = session.terminal
    found = []
    for check in examine(session):
        found.append(check)
        name = terminal.translate(NAMES.get(check.name, check.name))
        told = f"{terminal.translate(check.aspect)}: {check.told}" if check.aspect else check.told
        terminal.show("  ", MARKS[check.verdict], f" {name:<10} {told}")
        if check.remedy:
            terminal.show(f"      {'':<10}", ("= ", DIM), check.remedy)
    troubles = [check for check in found if check.verdict in EXIT_CODES]
    terminal.document(
        "doctor",
        ok=not troubles,
        items=[
            {
                "check": check.name,
                **({"aspect": check.aspect} if check.aspect else {}),
                "verdict": check.verdict.value,
                "message": check.told,
                "remedy": check.remedy,
            }
            for check in found
        ],
    )
    terminal.show("")
    if not troubles:
        terminal.say("All is well.")
        return
    if len(troubles) == 1:
        terminal.say("Found 1 problem.")
    else:
        terminal.say("Found {count} problems.", count=len(troubles))
    raise typer.Exit(max(EXIT_CODES[check.verdict] for check in troubles))
