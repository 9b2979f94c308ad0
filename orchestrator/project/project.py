"""A project folder: its files by name, and all of them read into a survey or a release."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.customer_sheet import KIND as SHEET
from orchestrator.customer_sheet import CustomerSheet
from orchestrator.documents import parse
from orchestrator.domain.errors import ConfigurationError, DocumentError, NotFound, did_you_mean
from orchestrator.domain.system import system_words
from orchestrator.events import EventType
from orchestrator.folder import find_root, locate
from orchestrator.mapping import Mapping, Persona
from orchestrator.segments.model import Segment

if TYPE_CHECKING:
    from datetime import date

    from orchestrator.documents import Document
    from orchestrator.domain.errors import Finding
    from orchestrator.project.reading import Parse
    from orchestrator.project.survey import Survey
    from orchestrator.release import Release


@dataclass(frozen=True)
class Project:
    """A folder with `templates/project.yaml`."""

    root: Path

    def where(self, path: str) -> tuple[Path, str] | None:
        """Which file wins for a relative path, and whose it is: `project` or `shipped`. None when there is none."""
        return locate(self.root, path)

    def read(self) -> Release:
        """Everything that the project says. Raises DocumentError with the findings of all files together."""
        from orchestrator.project.reading import Reading  # noqa: PLC0415  # most commands want the folder alone

        return Reading(self, parse).release()

    def survey(self, today: date, *, parse: Parse = parse) -> Survey:
        """Every file that can be read, and what is wrong with those that cannot. `parse` may remember documents."""
        from orchestrator.project.reading import Reading  # noqa: PLC0415  # see read

        return Reading(self, parse).survey(today)

    def mapping(self, name: str) -> tuple[Mapping, Document]:
        """A mapping by its id, or by the path of a file of one's own, with its document for later findings.

        Raises:
            NotFound, DocumentError: there is none, or it does not say something valid.
        """
        path = self._named("mappings", name)
        document = self.document(path)
        document.expect("mapping", path.stem)
        return document.read(Mapping), document

    def sheet(self, name: str) -> tuple[CustomerSheet, Document]:
        """A mapping of a file of customers, named as `mapping` takes it. Raises NotFound or DocumentError."""
        path = self._named("mappings", name)
        document = self.document(path)
        document.expect(SHEET, path.stem)
        return document.read(CustomerSheet), document

    def persona(self, name: str) -> Persona:
        """A persona by its id. Raises NotFound or DocumentError."""
        path = self._named("personas", name)
        document = self.document(path)
        document.expect("persona", path.stem)
        return document.read(Persona)

    def segment(self, name: str) -> Segment:
        """A segment by its id, as its file says it now. Raises NotFound or DocumentError."""
        path = self._named("segments", name)
        document = self.document(path)
        document.expect("segment", path.stem)
        return document.read(Segment)

    def events(self) -> dict[str, EventType]:
        """The types of events, as their files say them now. Raises DocumentError with all that is wrong in them."""
        found: dict[str, EventType] = {}
        findings: list[Finding] = []
        for path in self.files("events"):
            try:
                document = self.document(path)
                document.expect("event", path.stem)
                found[path.stem] = document.read(EventType)
            except DocumentError as error:
                findings += error.findings
        if findings:
            raise DocumentError(findings)
        return found

    def document(self, path: Path) -> Document:
        """One parsed file, named as a person would from the project's root."""
        return parse(self.text(path), file=self.shown(path))

    def text(self, path: Path) -> str:
        """A file's text. Raises ConfigurationError where there is none."""
        try:
            return path.read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            raise ConfigurationError(
                "{path} is not UTF-8 text (byte {place}).", remedy="Save it as UTF-8.", path=path, place=error.start
            ) from error
        except OSError as error:
            raise ConfigurationError("{path} cannot be read: {why}.", path=path, why=system_words(error)) from error

    def files(self, folder: str) -> list[Path]:
        """The YAML files of a folder under templates/, in name order."""
        return sorted((self.root / "templates" / folder).glob("*.yaml"))

    def names(self, folder: str) -> list[str]:
        """The ids of a folder's files, translations aside: what there is, also where only a part of it is read."""
        paths = (self.root / "templates" / folder).glob("*.yaml")
        return sorted(path.stem for path in paths if "." not in path.stem)

    def shown(self, path: Path) -> str:
        """A path as a person would name it from the project's root."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)

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


def find_project(start: Path) -> Project:
    """The project that a folder belongs to: itself, or the nearest one above it. Raises ConfigurationError."""
    return Project(find_root(start))
