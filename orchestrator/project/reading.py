"""One reading of all files of a project. Findings are gathered, so that one run shows every fault."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Protocol, TypeVar

from orchestrator.catalog.letter import lay_out
from orchestrator.catalog.model import PublishedMessage
from orchestrator.catalog.read import faults, read_message, read_voice
from orchestrator.catalog.translate import read_translation
from orchestrator.documents.source import SYNTAX, UNKNOWN_KEY, WRONG_FILE
from orchestrator.domain.errors import DocumentError, Finding, did_you_mean, filled, mark
from orchestrator.domain.fact import names_fact
from orchestrator.events import EventType
from orchestrator.facts.model import Offers, Promises
from orchestrator.facts.sheet import collect
from orchestrator.folder import MARK
from orchestrator.journeys.model import Journey
from orchestrator.mapping import Mapping as RowMapping
from orchestrator.mapping import Persona
from orchestrator.project.references import (
    unknown_in_journey,
    unknown_in_mapping,
    unknown_places,
    unknown_topics,
    unknown_topics_of_rules,
)
from orchestrator.project.survey import Read, Survey
from orchestrator.release import ProjectFile
from orchestrator.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from orchestrator.catalog.model import Message
    from orchestrator.catalog.voice import Voice
    from orchestrator.documents import Document
    from orchestrator.project.project import Project
    from orchestrator.release import Release

M = TypeVar("M", bound=Schema)

NO_LAYOUT = "CH120"

# An unknown key inside a step has a code of its own: "sned" is a mistake about journeys, not about YAML.
_IN_A_STEP = {
    (UNKNOWN_KEY, (*holder, *inside)): "JO101"
    for holder in (("steps", "*"), ("triggers", "*", "steps", "*"))
    for inside in (("*",), ("channels", "*"))
}

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
        originals = [path for path in self._project.files("messages") if "." not in path.stem]
        messages = self._all(originals, read_message)
        translations = self._translations(messages, {path.stem for path in originals})
        journeys = self._folder("journeys", lambda document, stem: _read(document, "journey", stem, Journey))
        events = self._folder("events", lambda document, stem: _read(document, "event", stem, EventType))
        facts = self._folder("facts", _read_facts)
        sheet, wrong = collect({name: (read.document, read.model) for name, read in facts.items()})
        self._findings += wrong
        if settings is not None:
            self._findings += unknown_topics(settings.model, messages)
            self._findings += unknown_topics(settings.model, journeys)
            self._findings += unknown_topics_of_rules(settings)
        named_messages, named_events = [path.stem for path in originals], self._stems("events")
        for journey in journeys.values():
            self._findings += unknown_in_journey(journey, messages, named_messages, named_events)
        mappings = self._folder("mappings", lambda document, stem: _read(document, "mapping", stem, RowMapping))
        if len(events) == len(named_events):  # else an event that could not be read would be unknown here as well
            types, named_journeys = {name: read.model for name, read in events.items()}, self._stems("journeys")
            for mapping in mappings.values():
                self._findings += unknown_in_mapping(mapping.model, mapping.document, named_journeys, types)
        nowhere = [] if settings is None else [*unknown_places(settings)]
        self._findings += nowhere
        sayable = messages if len(facts) == len(self._stems("facts")) else _without_facts(messages)
        published = {} if voice is None else self._published(sayable, translations, voice.model, sheet.known_paths())
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
            facts=facts,
            sheet=sheet,
            published=published,
            findings=tuple(dict.fromkeys(self._findings)),
            today=today,
        )

    # --- files --------------------------------------------------------------------------------------------------------

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
            self._findings.append(
                _unreadable(file, mark("The file cannot be read: {why}"), why=error.strerror or error)
            )
        return None

    # --- messages -----------------------------------------------------------------------------------------------------

    def _translations(
        self, messages: Mapping[str, Read[Message]], named: set[str]
    ) -> dict[str, dict[str, Read[Message]]]:
        """`<id>.<locale>.yaml`, each merged over its original."""
        found: dict[str, dict[str, Read[Message]]] = {}
        for path in self._project.files("messages"):
            parts = _TRANSLATION.fullmatch(path.stem)
            if parts is None:
                continue
            message_id, locale = parts["id"], parts["locale"]
            if message_id in named and message_id not in messages:
                continue  # the original has its own findings, and nothing can be merged over it

            def read(document: Document, message_id: str = message_id, locale: str = locale) -> Message:
                _expect_translation(document, message_id, locale, messages)
                return read_translation(document, messages[message_id].model)

            one = self._one(path, read)
            if one is not None:
                found.setdefault(message_id, {})[locale] = one
        return found

    def _published(
        self,
        messages: Mapping[str, Read[Message]],
        translations: Mapping[str, Mapping[str, Read[Message]]],
        voice: Voice,
        facts: Collection[str],
    ) -> dict[str, PublishedMessage]:
        """The messages in which nothing is wrong, laid out."""
        found: dict[str, PublishedMessage] = {}
        for message_id, read in messages.items():
            original = self._laid_out(read, voice, facts)
            if original is None:
                continue
            translated = {
                locale: self._laid_out(translation, voice.in_locale(locale), facts)
                for locale, translation in translations.get(message_id, {}).items()
            }
            found[message_id] = original.model_copy(
                update={"translations": {locale: one for locale, one in translated.items() if one is not None}}
            )
        return found

    def _laid_out(self, read: Read[Message], voice: Voice, facts: Collection[str]) -> PublishedMessage | None:
        wrong = [*faults(read.model, voice, read.document, facts)]
        letter = "" if wrong else self._letter(read, voice, wrong)
        self._findings += wrong
        return None if wrong else PublishedMessage(message=read.model, letter=letter)

    def _letter(self, read: Read[Message], voice: Voice, wrong: list[Finding]) -> str:
        copy = read.model.channels.email
        if copy is None:
            return ""
        layout = self._project.where(f"templates/layouts/{copy.layout}.mjml")
        path = ("channels", "email", "layout")
        if layout is None:
            message = mark('There is no layout "{layout}"')
            remedy = mark("Write templates/layouts/{layout}.mjml, or use transactional or marketing.")
            params: dict[str, object] = {"layout": copy.layout}
            wrong.append(read.document.finding(path, message, code=NO_LAYOUT, help=remedy, params=params))
            return ""
        try:
            return lay_out(read.model, voice, self._project.text(layout[0]))
        except ValueError as error:
            message, params = (
                mark('The layout "{layout}" cannot be applied: {why}'),
                {"layout": copy.layout, "why": error},
            )
            wrong.append(read.document.finding(path, message, code=NO_LAYOUT, params=params))
            return ""


def _without_facts(messages: Mapping[str, Read[Message]]) -> dict[str, Read[Message]]:
    """Where a file of facts cannot be read, nobody knows whether it has what these claim: one fault, told once."""
    return {
        message_id: read
        for message_id, read in messages.items()
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


def _expect_translation(
    document: Document, message_id: str, locale: str, messages: Mapping[str, Read[Message]]
) -> None:
    if message_id not in messages:
        message = mark('There is no message "{name}" to translate{hint}')
        remedy = mark("A translation is named <id>.<locale>.yaml after the message that it translates.")
        params: dict[str, object] = {"name": message_id, "hint": did_you_mean(message_id, messages)}
        raise DocumentError([document.finding(("id",), message, code=WRONG_FILE, help=remedy, params=params)])
    document.expect("message", message_id)
    if document.data.get("locale") != locale:
        message = mark('"locale" must be "{locale}", as the name of the file says')
        remedy = mark("Write `locale: {locale}`.")
        raise DocumentError(
            [document.finding(("locale",), message, code=WRONG_FILE, help=remedy, params={"locale": locale})]
        )
