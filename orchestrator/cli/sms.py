"""`jogral sms`: what a text costs as an SMS, and which characters make it so."""

import unicodedata
from typing import Annotated, Any, Literal

import typer

from orchestrator.catalog.sms import (
    GSM_16_BIT_PROFILE,
    GSM_PROFILE,
    Policy,
    Profile,
    changed_characters,
    lost_letters,
    offending_characters,
    segment,
    spelling_of,
    transliterate,
)
from orchestrator.cli.files import read_argument
from orchestrator.cli.help import Command
from orchestrator.cli.session import session_of
from orchestrator.cli.terminal import BAD, DIM, STRONG, Terminal

app = typer.Typer(add_completion=False)

# How routes number the parts of a long SMS: by 8 bits, or by 16, which leaves a character less in each (Zenvia's).
PROFILES: dict[str, Profile] = {"gsm": GSM_PROFILE, "gsm16": GSM_16_BIT_PROFILE}

# As the voice says it: `accents: strip`.
ACCENTS: dict[str, Policy] = {"keep": "keep", "strip": "ascii"}


@app.command(cls=Command)
def sms(
    context: typer.Context,
    text: Annotated[
        str,
        typer.Argument(metavar="TEXT", help="The text; - reads stdin. Write -- before one that begins with a dash."),
    ],
    accents: Annotated[
        Literal[tuple(ACCENTS)],  # type: ignore[valid-type]  # the same table, for the parser
        typer.Option(
            "--accents",
            metavar="keep|strip",
            help="Count it as it is, or in plain letters as `accents: strip` sends it.",
        ),
    ] = "keep",
    profile: Annotated[
        Literal[tuple(PROFILES)],  # type: ignore[valid-type]  # the same table, for the parser
        typer.Option(
            "--profile", metavar="gsm|gsm16", help="A long SMS in parts of 153 or 67 units, or of 152 or 66 (Zenvia)."
        ),
    ] = "gsm",
) -> None:
    """Count what a text costs as an SMS: its alphabet, units and parts.

    Characters that GSM-7 lacks are named, with their places from 1: one of them makes every part shorter.
    """
    terminal = session_of(context).terminal
    given = read_argument(text, "jogral sms - < file")
    policy = ACCENTS[accents]
    sent = transliterate(given, policy)
    counted = segment(sent, PROFILES[profile])
    offenders = [_named(one.character, place=one.position + 1) for one in offending_characters(sent)]
    changed = [{**_named(one), "becomes": spelling_of(one, policy)} for one in changed_characters(given, policy)]
    lost = [_named(one) for one in lost_letters(given, policy)]
    terminal.document(
        "sms", encoding=counted.encoding, units=counted.units, segments=counted.segments,
        units_per_segment=list(counted.units_per_segment), accents=accents, profile=profile, text=sent,
        offending=offenders, changed=changed, lost=lost,
    )  # fmt: skip
    terminal.show(
        (_counted(terminal, counted.segments), STRONG), f" · {counted.encoding} · {_sizes(terminal, counted)}"
    )
    terminal.show(sent)
    _show_characters(terminal, offenders, changed, lost)


def _named(character: str, place: int | None = None) -> dict[str, Any]:
    """A character as people can look it up: not all of them can be seen."""
    where = {} if place is None else {"position": place}
    code = f"U+{ord(character):04X}"
    return {**where, "character": character, "code": code, "name": unicodedata.name(character, code)}


def _counted(terminal: Terminal, segments: int) -> str:
    if segments == 1:
        return terminal.words("1 part")
    return terminal.words("{count} parts", count=segments)


def _sizes(terminal: Terminal, counted: Any) -> str:
    sizes = " + ".join(map(str, counted.units_per_segment))
    told = terminal.words("{count} units", count=counted.units)
    return f"{told} ({sizes})" if counted.segments > 1 else told


def _show_characters(
    terminal: Terminal, offenders: list[dict[str, Any]], changed: list[dict[str, Any]], lost: list[dict[str, Any]]
) -> None:
    for one in offenders:
        place = terminal.words("character {place}", place=one["position"])
        terminal.show("  ", (f"{one['character']!r}", BAD), f"  {one['name']}", (f"  {place}", DIM))
    if offenders:
        terminal.say("  GSM-7 lacks these: with any of them a part holds less than half as much.")
    for one in changed:
        terminal.show("  ", f"{one['character']!r} → {one['becomes']!r}", (f"  {one['name']}", DIM))
    for one in lost:
        terminal.show("  ", (f"{one['character']!r}", BAD), "  ", terminal.words("is lost: it has no plainer spelling"))
