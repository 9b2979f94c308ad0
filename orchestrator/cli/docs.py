"""`jogral docs`: the playbook of the project, for people who do not read YAML."""

from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.help import Command, Group
from orchestrator.cli.session import session_of
from orchestrator.cli.terminal import GOOD
from orchestrator.cli.workplace import open_project, project_day
from orchestrator.domain.errors import ConfigurationError, InputError

if TYPE_CHECKING:
    from orchestrator.mapping import Persona
    from orchestrator.playbook.pages import Reading
    from orchestrator.project import Project
    from orchestrator.translations import Language

app = typer.Typer(cls=Group, add_completion=False, no_args_is_help=True)

FOLDER = "playbook"
NOON = time(12)


@app.callback()
def docs() -> None:
    """Write down for people what the project does."""


@app.command(cls=Command)
def build(
    context: typer.Context,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FOLDER", help="Where the pages go; without it, playbook/ in the project."),
    ] = None,
    persona: Annotated[
        str, typer.Option("--persona", metavar="NAME", help="Who reads the messages; without it, the first persona.")
    ] = "",
    day: Annotated[str, typer.Option("--day", metavar="DAY", help="On which day; without it, today.")] = "",
) -> None:
    """Write the playbook: a page for each journey, with its map, its steps in words, and what it says.

    Markdown, made from the files alone: the same files, day and persona give the same bytes. It writes its own pages
    and removes those that it wrote before; nothing else in the folder is touched.
    """
    from orchestrator.playbook import folder
    from orchestrator.playbook.pages import pages_of
    from orchestrator.playbook.words import Words

    session = session_of(context)
    project = open_project(session)
    reading = _reading(project, persona, _day(day, project))
    language: Language = "pt-BR" if session.terminal.language == "pt-BR" else "en"
    place = out or project.root / FOLDER
    fates = folder.write(place, pages_of(reading, Words(language)))
    terminal = session.terminal
    terminal.document("docs", items=[{"page": page, "fate": fate} for page, fate in fates.items()])
    for page, fate in fates.items():
        if fate != "unchanged":
            terminal.show(("✔ " if fate == "written" else "− ", GOOD), page)  # noqa: RUF001  # a minus, as wide as the tick
    terminal.say("{count} pages in {folder}.", count=sum(fate != "removed" for fate in fates.values()), folder=place)


def _reading(project: "Project", persona: str, day: date) -> "Reading":
    from orchestrator.dispatch.promised import book_of
    from orchestrator.domain.time import at_wall
    from orchestrator.playbook.changes import changes_of
    from orchestrator.playbook.pages import Reading

    release = project.read()
    now = at_wall(datetime.combine(day, NOON), release.project.timezone)
    return Reading(
        release=release, book=book_of(release, {}), now=now, persona=_persona(project, persona),
        changes=changes_of(project.root),
    )  # fmt: skip


def _day(text: str, project: "Project") -> date:
    """Raises InputError."""
    if not text:
        return project_day(project.root)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError('"{text}" is no day such as 2026-11-23.', code="usage", text=text) from error


def _persona(project: "Project", name: str) -> "Persona":
    """Raises ConfigurationError where there is none, NotFound for a name that nobody has."""
    known = project.names("personas")
    if not name and not known:
        raise ConfigurationError(
            "The project has no persona to say it to.", remedy="Write templates/personas/ana.yaml (see the docs)."
        )
    return project.persona(name or known[0])
