"""`jogral preview`: a message as each channel will say it, through the one `render`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.app import SystemClock
from orchestrator.cli.channel_names import chosen_channel
from orchestrator.cli.help import Command
from orchestrator.cli.session import Session, session_of
from orchestrator.cli.workplace import open_project
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import ConfigurationError, InputError, NotFound, did_you_mean
from orchestrator.domain.system import system_words
from orchestrator.domain.time import Instant, moment

if TYPE_CHECKING:
    from orchestrator.mapping import Persona
    from orchestrator.previews import Preview
    from orchestrator.project import Project
    from orchestrator.release import Release
    from orchestrator.translations import Language

app = typer.Typer(add_completion=False)


@app.command(cls=Command)
def preview(
    context: typer.Context,
    message: Annotated[str, typer.Argument(metavar="MESSAGE", help="The message's id.")] = "",
    persona: Annotated[
        str, typer.Option("--persona", metavar="NAME", help="Whom it is said to; without it, the first persona.")
    ] = "",
    channel: Annotated[
        str, typer.Option("--channel", metavar="CHANNEL", help="email, whatsapp, sms or push: that one, in full.")
    ] = "",
    everything: Annotated[
        bool, typer.Option("--all", help="A table: every message, or this one for every persona.")
    ] = False,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write it as a page that needs no other file: four frames."),
    ] = None,
) -> None:
    """Show a message as each channel will say it.

    What is shown is what is sent: the same code writes both.
    """
    from orchestrator.cli.preview_text import show_matrix, show_preview
    from orchestrator.dispatch.promised import book_of
    from orchestrator.previews import preview_of

    session = session_of(context)
    channels = [chosen_channel(channel)] if channel else list(Channel)
    if html is not None and (everything or channel or not message):
        raise InputError("--html shows one message on every channel: name the message alone.", code="usage")
    project = open_project(session)
    release = project.read()
    if not message and not everything:
        raise InputError(
            "Name a message, or see all with --all.", remedy="There are: {known}.", code="usage",
            known=", ".join(release.messages),
        )  # fmt: skip
    messages = [_known(message, release)] if message else list(release.messages)
    personas = _personas(project, persona, every=everything and bool(message) and not persona)
    book, now = book_of(release, {}), SystemClock().now()
    previews = [preview_of(release, name, one, channels, book, now) for name in messages for one in personas]
    session.terminal.document(
        "preview",
        ok=all(one.good for one in previews),
        items=[item for one in previews for item in one.documents(session.terminal.translate)],
    )
    if html is not None:
        _write(session, html, project, release, previews[0], now)
    elif everything:
        show_matrix(session.terminal, previews, channels)
    else:
        show_preview(session.terminal, previews[0], in_full=bool(channel))
    if not all(one.good for one in previews):
        raise typer.Exit(1)


def _known(message: str, release: "Release") -> str:
    if message not in release.messages:
        raise NotFound(
            'There is no message "{message}"{hint}', remedy="There are: {known}.", code="unknown_message",
            message=message, hint=did_you_mean(message, release.messages), known=", ".join(release.messages),
        )  # fmt: skip
    return message


def _write(
    session: Session, file: Path, project: "Project", release: "Release", preview: "Preview", now: Instant
) -> None:
    """The preview as a page of its own, with what the check says about the files of the message."""
    from orchestrator.console.preview_file import preview_file  # a web server, which nobody else needs
    from orchestrator.console.preview_project import Source  # see above

    source = Source(project.root)
    findings = source.findings(preview.message.id, moment(now))
    language: Language = "pt-BR" if session.terminal.language == "pt-BR" else "en"
    text = preview_file(preview, release, findings, source.line, language=language, now=now)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError("{path} cannot be written: {why}.", path=file, why=system_words(error)) from error
    session.terminal.say("Wrote {file}: open it in a browser.", file=file)


def _personas(project: "Project", name: str, *, every: bool) -> "list[Persona]":
    known = [path.stem for path in project.files("personas")]
    if not name and not known:
        raise ConfigurationError(
            "The project has no persona to say it to.", remedy="Write templates/personas/ana.yaml (see the docs)."
        )
    return [project.persona(one) for one in ([name] if name else known if every else known[:1])]
