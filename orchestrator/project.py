"""A project folder: finding its files, and reading them all into one release.

Layouts, adapters and the voice are looked up in the project first and in what Jogral ships second; content comes from
the project alone, so that an upgrade never changes what customers read (decisions, section 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from orchestrator.catalog.letter import lay_out
from orchestrator.catalog.model import Message, PublishedMessage
from orchestrator.catalog.read import faults, read_message, read_voice
from orchestrator.documents import Document, parse
from orchestrator.domain.errors import ConfigurationError, DocumentError, NotFound, did_you_mean
from orchestrator.events import EventType
from orchestrator.journeys.model import Journey
from orchestrator.mapping import Mapping, Persona
from orchestrator.release import ProjectFile, Release
from orchestrator.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from orchestrator.catalog.voice import Voice
    from orchestrator.domain.errors import Finding

_PACKAGED = Path(__file__).parent / "_shipped"

SHIPPED = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parent.parent
"""What Jogral ships: beside the package in a wheel, the repository itself in a checkout."""

MARK = Path("templates/project.yaml")
"""The file that makes a folder a project."""

# What a project may take from Jogral without copying it.
SHARED = ("brand_voice.yaml", "channels", "templates/layouts")

M = TypeVar("M", bound=Schema)


@dataclass(frozen=True)
class Project:
    """A folder with `templates/project.yaml`."""

    root: Path

    def where(self, path: str) -> tuple[Path, str] | None:
        """Which file wins for a relative path, and whose it is: `project` or `shipped`. None when there is none."""
        own = self.root / path
        if own.exists():
            return own, "project"
        shipped = SHIPPED / path
        return (shipped, "shipped") if path.startswith(SHARED) and shipped.exists() else None

    def read(self) -> Release:
        """Everything that the project says. Raises DocumentError with the findings of all files together."""
        return _Reading(self).release()

    def mapping(self, name: str) -> tuple[Mapping, Document]:
        """A mapping by its id, or by the path of a file of one's own, with its document for later findings.

        Raises:
            NotFound, DocumentError: there is none, or it does not say something valid.
        """
        path = self._named("mappings", name)
        document = self.document(path)
        document.expect("mapping", path.stem)
        return document.read(Mapping), document

    def persona(self, name: str) -> Persona:
        """A persona by its id. Raises NotFound or DocumentError."""
        path = self._named("personas", name)
        document = self.document(path)
        document.expect("persona", path.stem)
        return document.read(Persona)

    def document(self, path: Path) -> Document:
        """One parsed file, named as a person would from the project's root."""
        return parse(_text(path), file=self._shown(path))

    def files(self, folder: str) -> list[Path]:
        """The YAML files of a folder under templates/, in name order."""
        return sorted((self.root / "templates" / folder).glob("*.yaml"))

    def _named(self, folder: str, name: str) -> Path:
        own = self.root / "templates" / folder / f"{name}.yaml"
        if own.is_file():
            return own
        given = Path(name)
        if given.suffix in (".yaml", ".yml") and given.is_file():
            return given
        known = [path.stem for path in self.files(folder)]
        raise NotFound(
            "There is no templates/{folder}/{name}.yaml{hint}",
            remedy="There are: {known}." if known else "",
            folder=folder,
            name=name,
            hint=did_you_mean(name, known),
            known=", ".join(known),
        )

    def _shown(self, path: Path) -> str:
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)


def find_project(start: Path) -> Project:
    """The project that a folder belongs to: itself, or the nearest one above it.

    Raises:
        ConfigurationError: there is none, with how to make one.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / MARK).is_file():
            return Project(folder)
    raise ConfigurationError(
        "{start} is not a Jogral project: it has no {mark}, and neither has any folder above it.",
        remedy="Make one with: jogral init my-shop",
        start=start,
        mark=MARK,
    )


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            "{path} is not UTF-8 text (byte {place}).", remedy="Save it as UTF-8.", path=path, place=error.start
        ) from error
    except OSError as error:
        raise ConfigurationError("{path} cannot be read: {why}.", path=path, why=error.strerror or error) from error


# --- the whole project ------------------------------------------------------------------------------------------------


class _Reading:
    """One reading of all files. Findings are gathered, so that one run shows every fault."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._findings: list[Finding] = []
        self._documents: dict[str, Document] = {}

    def release(self) -> Release:
        settings = self._one(MARK, lambda document: self._read(document, "project", None, ProjectFile))
        voice = self._voice
        messages = dict(self._all("messages", read_message))
        journeys = dict(self._all("journeys", lambda document, stem: self._read(document, "journey", stem, Journey)))
        events = dict(self._all("events", lambda document, stem: self._read(document, "event", stem, EventType)))
        # A file that could not be read would be unknown wherever it is named: one fault, told many times.
        all_read = not self._findings
        if voice is not None:
            for message_id, message in messages.items():
                self._findings += faults(message, voice, self._documents[f"messages/{message_id}"])
        if settings is not None and all_read:
            self._findings += self._unknown_references(settings, messages, journeys, events)
        published = self._published(messages, voice) if voice is not None and not self._findings else {}
        if self._findings or settings is None or voice is None:
            raise DocumentError(self._findings)
        return Release(project=settings, voice=voice, messages=published, journeys=journeys, events=events)

    @cached_property
    def _voice(self) -> Voice | None:
        found = self._project.where("brand_voice.yaml")
        return None if found is None else self._one(found[0], read_voice)

    def _one(self, path: Path, read: Callable[[Document], M]) -> M | None:
        try:
            return read(self._project.document(self._project.root / path))
        except DocumentError as error:
            self._findings += error.findings
            return None

    def _all(self, folder: str, read: Callable[[Document, str], M]) -> Iterator[tuple[str, M]]:
        for path in self._project.files(folder):
            try:
                document = self._project.document(path)
                self._documents[f"{folder}/{path.stem}"] = document
                yield path.stem, read(document, path.stem)
            except DocumentError as error:
                self._findings += error.findings

    def _read(self, document: Document, kind: str, stem: str | None, model: type[M]) -> M:
        document.expect(kind, stem)
        return document.read(model)

    def _unknown_references(
        self,
        settings: ProjectFile,
        messages: dict[str, Message],
        journeys: dict[str, Journey],
        events: dict[str, EventType],
    ) -> Iterator[Finding]:
        """What one file says of another: topics, messages and events that nobody declared."""
        for message_id, message in messages.items():
            if message.topic not in settings.topics:
                yield self._documents[f"messages/{message_id}"].finding(
                    ("topic",),
                    f'Unknown topic "{message.topic}"{did_you_mean(message.topic, settings.topics)}',
                    code="CO101",
                    help="Topics are declared in templates/project.yaml.",
                )
        for journey_id, journey in journeys.items():
            document = self._documents[f"journeys/{journey_id}"]
            if journey.topic not in settings.topics:
                yield document.finding(
                    ("topic",),
                    f'Unknown topic "{journey.topic}"{did_you_mean(journey.topic, settings.topics)}',
                    code="CO101",
                    help="Topics are declared in templates/project.yaml.",
                )
            yield from _unknown_in_journey(journey, document, messages, events)

    def _published(self, messages: dict[str, Message], voice: Voice) -> dict[str, PublishedMessage]:
        found: dict[str, PublishedMessage] = {}
        for message_id, message in messages.items():
            copy = message.channels.email
            letter = ""
            if copy is not None:
                layout = self._project.where(f"templates/layouts/{copy.layout}.mjml")
                document = self._documents[f"messages/{message_id}"]
                if layout is None:
                    self._findings.append(
                        document.finding(
                            ("channels", "email", "layout"),
                            f'There is no layout "{copy.layout}"',
                            code="CH120",
                            help=f"Write templates/layouts/{copy.layout}.mjml, or use transactional or marketing.",
                        )
                    )
                    continue
                try:
                    letter = lay_out(message, voice, _text(layout[0]))
                except ValueError as error:
                    self._findings.append(
                        document.finding(
                            ("channels", "email", "layout"),
                            f'The layout "{copy.layout}" cannot be applied: {error}',
                            code="CH120",
                        )
                    )
            found[message_id] = PublishedMessage(message=message, letter=letter)
        return found


def _unknown_in_journey(
    journey: Journey, document: Document, messages: dict[str, Message], events: dict[str, EventType]
) -> Iterator[Finding]:
    listed = bool(journey.triggers)
    for place, (trigger, steps) in enumerate(journey.beginnings()):
        at: tuple[str | int, ...] = ("triggers", place) if listed else ("trigger",)
        if trigger.event not in events:
            yield document.finding(
                (*at, "event"),
                f'Unknown event "{trigger.event}"{did_you_mean(trigger.event, events)}',
                code="JO111",
                help="Events are declared in templates/events/.",
            )
        for number, step in enumerate(steps):
            path = (*at, "steps", number, "send") if listed else ("steps", number, "send")
            if step.send not in messages:
                yield document.finding(
                    path,
                    f'Unknown message "{step.send}"{did_you_mean(step.send, messages)}',
                    code="JO112",
                    help="Messages are declared in templates/messages/.",
                )
            else:
                yield from _silent_channels(step.send, messages[step.send], step.channels.slots(), path, document)


def _silent_channels(
    message_id: str,
    message: Message,
    slots: tuple[tuple[str, tuple[str, ...]], ...],
    path: tuple[str | int, ...],
    document: Document,
) -> Iterator[Finding]:
    for _, channels in slots:
        for channel in channels:
            if getattr(message.channels, channel) is None:
                yield document.finding(
                    path,
                    f'"{message_id}" says nothing on {channel}, where this step sends it',
                    code="JO113",
                    help=f"Give it copy under channels.{channel}, or send it elsewhere.",
                )
