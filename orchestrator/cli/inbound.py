"""`jogral inbound`: what a text that somebody writes to us is taken for."""

from typing import Annotated

import typer

from orchestrator.cli.files import read_argument
from orchestrator.cli.help import Command
from orchestrator.cli.session import session_of
from orchestrator.cli.terminal import DIM, STRONG
from orchestrator.stop_words import Meaning, read_text
from orchestrator.translations import mark

app = typer.Typer(add_completion=False)

MEANINGS = {
    Meaning.OPT_OUT: mark("ends all marketing at this address on this channel"),
    Meaning.OPT_OUT_ALL: mark("ends all marketing on every channel"),
    Meaning.ERASURE: mark("ends all marketing on every channel, and is shown where to ask for the erasure"),
    Meaning.WRONG_PERSON: mark("is not who we write to: nothing at all is sent to this address any more"),
    Meaning.OPT_IN: mark("comes back to what a STOP ended, and to no more than that"),
    Meaning.PAUSE: mark("stops marketing for 30 days"),
    Meaning.HELP: mark("asks for help; it is kept, and changes nothing"),
    Meaning.AMBIGUOUS: mark("may be an opt-out, and may not: it is kept for a person to read, and changes nothing"),
    Meaning.NONE: mark("is about something else; it is kept, and changes nothing"),
}

_YES = mark("confirms what this phone was asked to confirm; else it is kept for a person to read, and changes nothing")


@app.command(cls=Command)
def inbound(
    context: typer.Context,
    text: Annotated[
        str,
        typer.Argument(metavar="TEXT", help="The text; - reads stdin. Write -- before one that begins with a dash."),
    ],
    locale: Annotated[
        str,
        typer.Option(
            "--locale",
            metavar="LOCALE",
            help="What the writer reads, such as pt-BR: END opts out in English, and is an address in Portuguese.",
        ),
    ] = "",
) -> None:
    """Show what a text that somebody writes to us is taken for: out, a pause, back in, or something else.

    Nothing is stored. Real ones come in by POST /v1/inbound.
    """
    terminal = session_of(context).terminal
    reading = read_text(read_argument(text, "jogral inbound - < file"), locale or None)
    terminal.document(
        "inbound", kind=reading.kind.value, ends=reading.ends, words=reading.words,
        language=reading.language or None, matched=reading.matched or None,
    )  # fmt: skip
    meaning = _YES if reading.agrees else MEANINGS[reading.kind]
    terminal.show((reading.kind.value, STRONG), "  ", terminal.translate(meaning))
    if reading.matched:
        terminal.show("  ", f'"{reading.matched}"', (f"  {reading.language}" if reading.language else "", DIM))
