"""One reading of all files of a project. Findings are gathered, so that one run shows every fault."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Protocol, TypeVar

from orchestrator.catalog.read import read_message, read_voice
from orchestrator.catalog.translate import read_translation
from orchestrator.customer_sheet import KIND as SHEET
from orchestrator.customer_sheet import CustomerSheet
from orchestrator.documents.source import SYNTAX, UNKNOWN_KEY, WRONG_FILE
from orchestrator.domain.errors import DocumentError, Finding, did_you_mean, filled, mark
from orchestrator.domain.fact import names_fact
from orchestrator.domain.system import system_words
from orchestrator.events import EventType
from orchestrator.facts.model import Offers, Promises
from orchestrator.facts.sheet import collect
from orchestrator.folder import MARK
from orchestrator.journeys.model import Journey
from orchestrator.mapping import Mapping as RowMapping
from orchestrator.mapping import Persona
from orchestrator.project.publishing import Publishing
from orchestrator.project.references import (
    unknown_in_journey,
    unknown_in_mapping,
    unknown_in_wordings,
    unknown_messages,
    unknown_places,
    unknown_topics,
    unknown_topics_of_rules,
)
from orchestrator.project.segments import unknown_in_segments, unknown_segments
from orchestrator.project.sheets import unknown_topics_of_sheet
from orchestrator.project.survey import Read, Survey
from orchestrator.release import ProjectFile
from orchestrator.replies.read import read_reply
from orchestrator.replies.read import read_translation as read_translated_reply
from orchestrator.scenarios.model import Scenario
from orchestrator.schema import Schema
from orchestrator.segments.model import Segment
from orchestrator.wordings import FILE as WORDINGS
from orchestrator.wordings import Wordings

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from orchestrator.catalog.model import Message, PublishedMessage
    from orchestrator.documents import Document
    from orchestrator.documents.document import Codes
    from orchestrator.project.project import Project
    from orchestrator.release import Release
    from orchestrator.replies.model import PublishedReply, Reply

M = TypeVar("M", bound=Schema)
C = TypeVar("C", "Message", "Reply")

# An unknown key inside a step has a code of its own: "sned" is a mistake about journeys, not about YAML.
_IN_A_STEP: Codes = {(UNKNOWN_KEY, path): "JO101" for path in (("steps", "**"), ("triggers", "*", "steps", "**"))}

_FACTS: Mapping[str, type[Offers | Promises]] = {"offers": Offers, "promises": Promises}

# `order_late.pt-BR`: a message's id, and the locale that the file translates it into.
_TRANSLATION = re.compile(r"(?P<id>[^.]+)\.(?P<locale>.+)")

_NO_DAY = date.min  # for a reading that no rule looks at


class Parse(Protocol):
    """A text as a document."""

    def __call__(self, text: str, *, file: str) -> Document: ...


class Reading:
    """One reading of all files."""

    def __init__(self, project: Project, parse: Parse) -> None:
        self._project = project
        self._parse = parse
        self._findings: list[Finding] = []

    def release(self) -> Release:
        """What runs. Raises DocumentError."""
        return self.survey(_NO_DAY).release()

    def survey(self, today: date) -> Survey:
        """Everything that can be read, and what is wrong."""
        settings = self._one(self._project.root / MARK, lambda document: _read(document, "project", None, ProjectFile))
        found = self._project.where("brand_voice.yaml")
        voice = None if found is None else self._one(found[0], read_voice)
        messages = self._all(self._originals("messages"), read_message)
        translations = self._translations("message", "messages", messages, read_translation)
        replies = self._all(self._originals("replies"), read_reply)
        replies_translated = self._translations("reply", "replies", replies, read_translated_reply)
        journeys = self._folder("journeys", lambda document, stem: _read(document, "journey", stem, Journey))
        events = self._folder("events", lambda document, stem: _read(document, "event", stem, EventType))
        facts = self._folder("facts", _read_facts)
        sheet, wrong = collect({name: (read.document, read.model) for name, read in facts.items()})
        self._findings += wrong
        if settings is not None:
            self._findings += unknown_topics(settings.model, messages)
            self._findings += unknown_topics(settings.model, journeys)
            self._findings += unknown_topics(settings.model, replies)
            self._findings += unknown_topics_of_rules(settings)
        named_messages, named_events = self._project.names("messages"), self._stems("events")
        wordings = self._wordings()
        if settings is not None:
            self._findings += unknown_messages(settings, named_messages)
            self._findings += [] if wordings is None else unknown_in_wordings(wordings, settings.model)
        for journey in journeys.values():
            self._findings += unknown_in_journey(journey, messages, named_messages, named_events)
        segments = self._folder("segments", lambda document, stem: _read(document, "segment", stem, Segment))
        self._findings += unknown_segments(journeys.values(), self._stems("segments"))
        mappings, sheets = self._mappings()
        if settings is not None:
            for sheet_read in sheets.values():
                topics = settings.model.topics
                self._findings += unknown_topics_of_sheet(sheet_read.model, sheet_read.document, topics)
        if len(events) == len(named_events):  # else an event that could not be read would be unknown here as well
            types, named_journeys = {name: read.model for name, read in events.items()}, self._stems("journeys")
            self._findings += unknown_in_segments(segments.values(), types, named_messages, settings)
            for mapping in mappings.values():
                self._findings += unknown_in_mapping(mapping.model, mapping.document, named_journeys, types)
        nowhere = [] if settings is None else [*unknown_places(settings)]
        self._findings += nowhere
        published: dict[str, PublishedMessage] = {}
        answers: dict[str, PublishedReply] = {}
        if voice is not None:
            topics = {} if settings is None else settings.model.topics
            publishing = Publishing(self._project, voice.model, sheet.known_paths(), topics)
            unknown = len(facts) < len(self._stems("facts"))
            published = publishing.messages(_sayable(messages, unknown), translations)
            answers = publishing.answers(_sayable(replies, unknown), replies_translated)
            self._findings += publishing.findings
        return Survey(
            project=self._project,
            settings=None if nowhere else settings,  # without a zone and a calendar no date can be counted
            voice=voice,
            messages=messages,
            translations=translations,
            journeys=journeys,
            events=events,
            personas=self._folder("personas", lambda document, stem: _read(document, "persona", stem, Persona)),
            mappings=mappings,
            sheets=sheets,
            scenarios=self._folder("scenarios", lambda document, stem: _read(document, "test", stem, Scenario)),
            facts=facts,
            sheet=sheet,
            published=published,
            replies=replies,
            replies_translated=replies_translated,
            answers=answers,
            wordings=wordings,
            segments=segments,
            findings=tuple(dict.fromkeys(self._findings)),
            today=today,
        )

    # --- files --------------------------------------------------------------------------------------------------------

    def _wordings(self) -> Read[Wordings] | None:
        """The one file of them; a project without marketing needs none."""
        path = self._project.root / WORDINGS
        return self._one(path, lambda document: _read(document, "wordings", None, Wordings)) if path.exists() else None

    def _mappings(self) -> tuple[dict[str, Read[RowMapping]], dict[str, Read[CustomerSheet]]]:
        """Mappings of files of events, and of files of customers."""
        mappings: dict[str, Read[RowMapping]] = {}
        sheets: dict[str, Read[CustomerSheet]] = {}
        for name, read in self._folder("mappings", _read_mapping).items():
            if isinstance(read.model, CustomerSheet):
                sheets[name] = Read(model=read.model, document=read.document)
            else:
                mappings[name] = Read(model=read.model, document=read.document)
        return mappings, sheets

    def _stems(self, folder: str) -> list[str]:
        return [path.stem for path in self._project.files(folder)]

    def _folder(self, folder: str, read: Callable[[Document, str], M]) -> dict[str, Read[M]]:
        return self._all(self._project.files(folder), read)

    def _all(self, paths: list[Path], read: Callable[[Document, str], M]) -> dict[str, Read[M]]:
        found: dict[str, Read[M]] = {}
        for path in paths:
            one = self._one(path, lambda document, stem=path.stem: read(document, stem))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
            if one is not None:
                found[path.stem] = one
        return found

    def _one(self, path: Path, read: Callable[[Document], M]) -> Read[M] | None:
        document = self._document(path)
        if document is None:
            return None
        try:
            return Read(model=read(document), document=document)
        except DocumentError as error:
            self._findings += error.findings
            return None

    def _document(self, path: Path) -> Document | None:
        file = self._project.shown(path)
        try:
            return self._parse(path.read_bytes().decode("utf-8"), file=file)
        except DocumentError as error:
            self._findings += error.findings
        except UnicodeDecodeError as error:
            before = path.read_bytes()[: error.start]
            line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
            self._findings.append(
                _unreadable(
                    file, mark("The file is not UTF-8 text (byte {byte})"), line, column,
                    remedy=mark("Save it as UTF-8."), byte=error.start,
                )
            )  # fmt: skip
        except OSError as error:
            self._findings.append(_unreadable(file, mark("The file cannot be read: {why}"), why=system_words(error)))
        return None

    # --- translations -------------------------------------------------------------------------------------------------

    def _originals(self, folder: str) -> list[Path]:
        return [path for path in self._project.files(folder) if "." not in path.stem]

    def _translations(
        self, kind: str, folder: str, originals: Mapping[str, Read[M]], read: Callable[[Document, M], M]
    ) -> dict[str, dict[str, Read[M]]]:
        """`<id>.<locale>.yaml`, each merged over its original."""
        named = {path.stem for path in self._originals(folder)}
        found: dict[str, dict[str, Read[M]]] = {}
        for path in self._project.files(folder):
            parts = _TRANSLATION.fullmatch(path.stem)
            if parts is None:
                continue
            name, locale = parts["id"], parts["locale"]
            if name in named and name not in originals:
                continue  # the original has its own findings, and nothing can be merged over it

            def translated(document: Document, name: str = name, locale: str = locale) -> M:
                _expect_translation(document, kind, name, locale, originals)
                return read(document, originals[name].model)

            one = self._one(path, translated)
            if one is not None:
                found.setdefault(name, {})[locale] = one
        return found


def _sayable(files: Mapping[str, Read[C]], facts_unknown: bool) -> Mapping[str, Read[C]]:
    """Where a file of facts cannot be read, nobody knows whether it has what a text claims: one fault, told once."""
    if not facts_unknown:
        return files
    return {
        name: read
        for name, read in files.items()
        if not any(names_fact(claim.from_) for claim in read.model.claims.values())
    }


def _unreadable(
    file: str, template: str, line: int = 1, column: int = 1, *, remedy: str = "", **params: object
) -> Finding:
    return Finding(
        code=SYNTAX,
        level="error",
        message=filled(template, params),
        file=file,
        line=line,
        column=column,
        help=remedy,
        template=template,
        help_template=remedy,
        params=params,
    )


def _read(document: Document, kind: str, stem: str | None, model: type[M]) -> M:
    document.expect(kind, stem)
    return document.read(model, codes=_IN_A_STEP if model is Journey else {})


def _read_facts(document: Document, _stem: str) -> Offers | Promises:
    kind = document.data.get("kind")
    known = next((name for name in _FACTS if name == kind), None)
    if known is None:
        document.expect("promises" if isinstance(kind, str) and kind.startswith("pr") else "offers", None)
    assert known is not None
    return document.read(_FACTS[known])


def _read_mapping(document: Document, stem: str) -> RowMapping | CustomerSheet:
    if document.data.get("kind") == SHEET:
        return _read(document, SHEET, stem, CustomerSheet)
    return _read(document, "mapping", stem, RowMapping)


_NOTHING_TO_TRANSLATE = {
    "message": (
        mark('There is no message "{name}" to translate{hint}'),
        mark("A translation is named <id>.<locale>.yaml after the message that it translates."),
    ),
    "reply": (
        mark('There is no reply "{name}" to translate{hint}'),
        mark("A translation is named <id>.<locale>.yaml after the reply that it translates."),
    ),
}


def _expect_translation(document: Document, kind: str, name: str, locale: str, originals: Collection[str]) -> None:
    if name not in originals:
        message, remedy = _NOTHING_TO_TRANSLATE[kind]
        params: dict[str, object] = {"name": name, "hint": did_you_mean(name, originals)}
        raise DocumentError([document.finding(("id",), message, code=WRONG_FILE, help=remedy, params=params)])
    document.expect(kind, name)
    if document.data.get("locale") != locale:
        message = mark('"locale" must be "{locale}", as the name of the file says')
        remedy = mark("Write `locale: {locale}`.")
        raise DocumentError(
            [document.finding(("locale",), message, code=WRONG_FILE, help=remedy, params={"locale": locale})]
        )
