"""What a project says, as far as it can be read: every model beside the document that it came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from orchestrator.domain.errors import DocumentError
from orchestrator.release import Release
from orchestrator.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from orchestrator.catalog.model import Message, PublishedMessage
    from orchestrator.catalog.voice import Voice
    from orchestrator.customer_sheet import CustomerSheet
    from orchestrator.documents import Document
    from orchestrator.domain.errors import Finding
    from orchestrator.events import EventType
    from orchestrator.facts.model import Offers, Promises
    from orchestrator.facts.sheet import FactSheet
    from orchestrator.journeys.model import Journey
    from orchestrator.mapping import Mapping as RowMapping
    from orchestrator.mapping import Persona
    from orchestrator.project.project import Project
    from orchestrator.release import ProjectFile
    from orchestrator.replies.model import PublishedReply, Reply
    from orchestrator.scenarios.model import Scenario
    from orchestrator.segments.model import Segment
    from orchestrator.wordings import Wordings

M = TypeVar("M", bound=Schema)

# Folders that no release is made of: what is wrong there stops a preview or a replay, and nothing that runs.
_BESIDE_THE_RELEASE = ("templates/personas/", "templates/mappings/", "templates/scenarios/")


@dataclass(frozen=True, kw_only=True)
class Read(Generic[M]):
    """What a file says, and the document for findings about it."""

    model: M
    document: Document


@dataclass(frozen=True, kw_only=True)
class Survey:
    """Every file of a project that can be read; what could not be read is only in `findings`.

    `translations` are message → locale → the translation merged over the original, with the translation's own
    document. `published` holds the messages in which nothing is wrong; `replies_translated` and `answers` are the same
    of replies. `today` is given, never read from a clock.
    """

    project: Project
    settings: Read[ProjectFile] | None
    voice: Read[Voice] | None
    messages: Mapping[str, Read[Message]]
    translations: Mapping[str, Mapping[str, Read[Message]]]
    journeys: Mapping[str, Read[Journey]]
    events: Mapping[str, Read[EventType]]
    personas: Mapping[str, Read[Persona]]
    mappings: Mapping[str, Read[RowMapping]]
    sheets: Mapping[str, Read[CustomerSheet]]
    scenarios: Mapping[str, Read[Scenario]]
    facts: Mapping[str, Read[Offers | Promises]]
    sheet: FactSheet
    published: Mapping[str, PublishedMessage]
    replies: Mapping[str, Read[Reply]]
    replies_translated: Mapping[str, Mapping[str, Read[Reply]]]
    answers: Mapping[str, PublishedReply]
    wordings: Read[Wordings] | None
    segments: Mapping[str, Read[Segment]]
    findings: tuple[Finding, ...]
    today: date

    def release(self) -> Release:
        """The release that the files make. Raises DocumentError with what reading found wrong in them."""
        wrong = [
            finding
            for finding in self.findings
            if finding.level == "error" and not finding.file.startswith(_BESIDE_THE_RELEASE)
        ]
        if wrong or self.settings is None or self.voice is None:
            raise DocumentError(wrong)
        return Release(
            project=self.settings.model,
            voice=self.voice.model,
            messages=dict(self.published),
            journeys={journey_id: read.model for journey_id, read in self.journeys.items()},
            events={event_type: read.model for event_type, read in self.events.items()},
            facts=self.sheet,
            replies=dict(self.answers),
            wordings={} if self.wordings is None else self.wordings.model.wordings,
            segments={name: read.model for name, read in self.segments.items()},
        )
