"""RE101 to RE150: support replies. What any text can get wrong is looked for in them by the other families."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.catalog.copy import sources
from orchestrator.check import reply_rules as rules
from orchestrator.check.expressed import paths_in
from orchestrator.check.reach import all_read, attributes_of, brought_by, reaches
from orchestrator.check.wording import CLAIMS, readings
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import did_you_mean, mark
from orchestrator.domain.message import Purpose
from orchestrator.replies.answer import TODAY
from orchestrator.replies.model import spoken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from orchestrator.catalog.voice import Voice
    from orchestrator.domain.errors import Finding
    from orchestrator.project import Read, Survey
    from orchestrator.replies.model import Reply

RULES = rules.RULES


def findings(survey: Survey) -> Iterator[Finding]:
    """Everything that is wrong with replies as such. Reading says what keeps one from being answered with at all."""
    yield from _same_shortcuts(survey.replies)
    known = _known(survey) if all_read(survey, "events", "personas", "mappings") else None
    for reply_id, read in survey.replies.items():
        yield from _same_id(read, survey)
        yield from _about_marketing(read, survey)
        yield from _without_knowledge(read, survey.project.root / "templates")
        if known is not None:
            yield from _unknown_in_when(read, known)
        # Where names are wrong, the misspelt one leaves the right one unused: one fault, told once.
        if reply_id in survey.answers and survey.voice is not None:
            yield from _never_used(read, survey.replies_translated.get(reply_id, {}), survey.voice.model)


def _same_shortcuts(replies: Mapping[str, Read[Reply]]) -> Iterator[Finding]:
    first: dict[str, Read[Reply]] = {}
    for read in replies.values():
        before = first.setdefault(read.model.shortcut, read)
        if before is not read:
            yield read.document.finding(
                ("shortcut",), mark('"{reply}" has the shortcut {shortcut} already'),
                code=rules.SAME_SHORTCUT.code, level=rules.SAME_SHORTCUT.level, help=mark("Choose another."),
                params={"reply": before.model.id, "shortcut": read.model.shortcut},
            )  # fmt: skip


def _same_id(read: Read[Reply], survey: Survey) -> Iterator[Finding]:
    if read.model.id in survey.messages:
        yield read.document.finding(
            ("id",), mark('A message is called "{name}" as well'), params={"name": read.model.id},
            code=rules.SAME_ID.code, level=rules.SAME_ID.level,
            help=mark("Give one of the two another id and file name."),
        )  # fmt: skip


def _about_marketing(read: Read[Reply], survey: Survey) -> Iterator[Finding]:
    topics = survey.settings.model.topics if survey.settings is not None else {}
    topic = topics.get(read.model.topic)
    if topic is not None and topic.purpose is Purpose.MARKETING:
        yield read.document.finding(
            ("topic",), mark('"{topic}" is marketing, and an answer is not'), params={"topic": read.model.topic},
            code=rules.ABOUT_MARKETING.code, level=rules.ABOUT_MARKETING.level,
            help=mark("Choose a topic whose purpose is transactional."),
        )  # fmt: skip


def _without_knowledge(read: Read[Reply], templates: Path) -> Iterator[Finding]:
    knowledge = read.model.knowledge
    if not knowledge:
        return
    page = (templates / knowledge).resolve()
    if not page.is_relative_to(templates.resolve()) or not page.is_file():
        known = [path.relative_to(templates).as_posix() for path in sorted(templates.glob("kb/*"))]
        yield read.document.finding(
            ("knowledge",), mark("There is no templates/{page}{hint}"),
            params={"page": knowledge, "hint": did_you_mean(knowledge, known)},
            code=rules.NO_KNOWLEDGE.code, level=rules.NO_KNOWLEDGE.level,
            help=mark("Write the page, or name one that is there."),
        )  # fmt: skip


# --- RE120 ------------------------------------------------------------------------------------------------------------


def _known(survey: Survey) -> frozenset[str]:
    """What may be known of any customer: their attributes, and what events make of their orders, shipments and more."""
    found = {name for event in survey.events.values() for name in brought_by(event.model, survey.events)}
    return attributes_of(survey) | {name for name in found if not name.startswith("event.")}


def _unknown_in_when(read: Read[Reply], always: frozenset[str]) -> Iterator[Finding]:
    known = always | {TODAY, *read.model.ask, *read.model.variables}
    objects = {name.partition(".")[0] for name in known}
    for place, variant in enumerate(read.model.variants):
        for path, offset in paths_in(variant.when) if variant.when is not None else ():
            if path not in objects and not reaches(path, known):
                yield read.document.finding(
                    ("variants", place, "when"), mark('Nothing brings "{path}"{hint}'),
                    params={"path": path, "hint": did_you_mean(path, known)},
                    code=rules.UNKNOWN_IN_WHEN.code, level=rules.UNKNOWN_IN_WHEN.level, offset=offset, length=len(path),
                    help=mark("Ask for it under ask, or declare it under data of an event in templates/events/."),
                )  # fmt: skip


# --- RE130 ------------------------------------------------------------------------------------------------------------


def _never_used(read: Read[Reply], translations: Mapping[str, Read[Reply]], voice: Voice) -> Iterator[Finding]:
    used = {name for one in (read, *translations.values()) for name in _printed(one.model, voice)}
    asked = {path for variant in read.model.variants if variant.when for path, _ in paths_in(variant.when)}
    used |= {claim.from_ for claim in read.model.claims.values()} | asked
    for key, names in (("ask", read.model.ask), ("variables", read.model.variables), ("claims", read.model.claims)):
        for name in names:
            if (CLAIMS + name if key == "claims" else name) not in used:
                yield read.document.finding(
                    (key, name), mark('"{name}" is declared and never used'), params={"name": name}, on_key=True,
                    code=rules.NEVER_USED.code, level=rules.NEVER_USED.level,
                    help=mark("Use it in a body or a condition, or delete the line."),
                )  # fmt: skip


def _printed(reply: Reply, voice: Voice) -> Iterator[str]:
    """The names that its bodies read, and the voice around them."""
    for message in spoken(reply):
        for channel in Channel:
            for source in (sources(message, voice, channel) or {}).values():
                yield from (one.name for one in readings(source))
