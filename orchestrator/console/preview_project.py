"""The files behind one message, read again when they change: what a live preview needs, and no file more."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.check.checking import Checking
from orchestrator.check.inputs import VOICE, content_digest, stamps
from orchestrator.documents import parse
from orchestrator.domain.errors import DocumentError, NotFound, did_you_mean
from orchestrator.folder import MARK, today
from orchestrator.project import Project

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from orchestrator.documents import Document
    from orchestrator.domain.errors import Finding
    from orchestrator.mapping import Persona
    from orchestrator.release import Release

# What a message is made of besides its own files, the voice and its layout.
_FOLDERS = ("facts", "personas")


@dataclass(frozen=True, kw_only=True)
class Read:
    """A message as its files are now. `release` holds it alone: the last that could be read, None if there was none.

    `state` names the content of the project's files; `wrong` is what keeps them from being read now.
    """

    state: str
    release: Release | None
    personas: Mapping[str, Persona]
    wrong: tuple[Finding, ...]


@dataclass(frozen=True)
class OneMessage(Project):
    """A project of which one message is read: the rest costs most of the time, and says nothing in it."""

    message: str = ""

    def files(self, folder: str) -> list[Path]:
        found = super().files(folder)
        if folder == "messages":
            return [path for path in found if path.name.partition(".")[0] == self.message]
        return found if folder in _FOLDERS else []


class Source:
    """One project's messages. Callers on any thread; each file is parsed once as long as it says the same."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._checking = Checking(root)
        self._parse = _Remembering()
        self._known: dict[str, Read] = {}
        self._reading, self._asking = threading.Lock(), threading.Lock()

    def state(self) -> str:
        """A name for the content of the files; another one whenever one of them is written."""
        return hashlib.sha256(repr(stamps(self.root)).encode()).hexdigest()[:16]

    def messages(self) -> list[str]:
        """The ids of all messages. Raises NotFound where there is no project."""
        if not (self.root / MARK).is_file():
            raise NotFound("There is no project here whose messages could be shown.", remedy="Run it in a project.")
        return [path.stem for path in Project(self.root).files("messages") if "." not in path.stem]

    def titles(self) -> dict[str, str]:
        """Message → what it is called; its id where its file cannot be read. Raises NotFound as `messages` does."""
        return {message: self._title(message) for message in self.messages()}

    def _title(self, message: str) -> str:
        file = f"templates/messages/{message}.yaml"
        try:
            text = (self.root / file).read_text(encoding="utf-8")
            return str(self._parse(text, file=file).data.get("title", message))
        except (OSError, UnicodeDecodeError, DocumentError):
            return message

    def read(self, message: str, now: datetime) -> Read:
        """The message as its files are now. Raises NotFound."""
        known = self.messages()
        if message not in known:
            raise NotFound(
                'There is no message "{message}"{hint}', remedy="There are: {known}.", code="unknown_message",
                message=message, hint=did_you_mean(message, known), known=", ".join(known),
            )  # fmt: skip
        with self._reading:
            before, state = self._known.get(message), self.state()
            if before is None or before.state != state:
                self._known[message] = before = self._read(message, now, state, before)
            return before

    def _read(self, message: str, now: datetime, state: str, before: Read | None) -> Read:
        survey = OneMessage(self.root, message).survey(today(self.root, now), parse=self._parse)
        try:
            release: Release | None = survey.release()
        except DocumentError:
            release = before.release if before is not None else None
        return Read(
            state=state,
            release=release,
            personas={name: read.model for name, read in survey.personas.items()},
            wrong=tuple(finding for finding in survey.findings if finding.level == "error"),
        )

    def findings(self, message: str, now: datetime) -> tuple[Finding, ...]:
        """What the whole check says about the files of a message and the voice that it is said in.

        It reads everything: half a second after a change.
        """
        with self._asking:
            report = self._checking.report(today(self.root, now))
        begins = f"templates/messages/{message}."
        return tuple(one for one in report.findings if one.file == VOICE or one.file.startswith(begins))

    def line(self, finding: Finding) -> str:
        """The line that a finding is about; empty where it cannot be read any more."""
        try:
            lines = (self.root / finding.file).read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError):
            return ""
        return lines[finding.line - 1].strip() if finding.line <= len(lines) else ""


@dataclass(frozen=True)
class _Remembering:
    """`parse`, with the last document of each file."""

    _known: dict[str, tuple[str, Document]] = field(default_factory=dict)

    def __call__(self, text: str, *, file: str) -> Document:
        digest = content_digest(text.encode())
        before = self._known.get(file)
        if before is None or before[0] != digest:
            self._known[file] = before = digest, parse(text, file=file)
        return before[1]
