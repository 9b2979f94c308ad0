"""CO158, CO159, CO161: a suppress rule reads what there is, and compares it with what it can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.check.compared import texts_compared
from orchestrator.check.expressed import paths_in
from orchestrator.check.reach import all_read, fields_of, reaches, values_of
from orchestrator.check.restraint_rules import UNKNOWN_IN_RULE, UNKNOWN_OBJECT, UNKNOWN_VALUE
from orchestrator.domain.errors import did_you_mean, mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.domain.errors import Finding
    from orchestrator.project import Read, Survey
    from orchestrator.release import ProjectFile
    from orchestrator.suppress_rules import SuppressRule

RULES = (UNKNOWN_OBJECT, UNKNOWN_IN_RULE, UNKNOWN_VALUE)


def findings(survey: Survey) -> Iterator[Finding]:
    """Every suppress rule that can never be true as it is meant."""
    settings = survey.settings
    if settings is None or not all_read(survey, "events"):
        return
    kinds = {read.model.updates for read in survey.events.values() if read.model.updates}
    for place, rule in enumerate(settings.model.suppress_rules):
        if rule.object not in kinds:
            yield settings.document.finding(
                ("suppress_rules", place, "object"),
                mark('No event updates "{kind}"{hint}'),
                params={"kind": rule.object, "hint": did_you_mean(rule.object, kinds)},
                code=UNKNOWN_OBJECT.code,
                level=UNKNOWN_OBJECT.level,
                help=mark("Declare one in templates/events/ with updates: {kind}."),
            )
        else:
            yield from _unknown_in(rule, place, settings, survey)
            yield from _unknown_values(rule, place, settings, survey)


_TIMES = ("today", "now")


def _unknown_in(rule: SuppressRule, place: int, settings: Read[ProjectFile], survey: Survey) -> Iterator[Finding]:
    fields = sorted(f"{rule.object}.{name}" for name in {"id", *fields_of(rule.object, survey.events)})
    known = frozenset((*fields, *_TIMES))
    for path, offset in paths_in(rule.when):
        if path != rule.object and not reaches(path, known):
            params: Mapping[str, object] = {
                "path": path,
                "hint": did_you_mean(path, known),
                "kind": rule.object,
                "fields": ", ".join(fields),
            }
            yield settings.document.finding(
                ("suppress_rules", place, "when"),
                mark('"{path}" is not known to a rule about {kind}{hint}'),
                params=params,
                code=UNKNOWN_IN_RULE.code,
                level=UNKNOWN_IN_RULE.level,
                offset=offset,
                length=len(path),
                help=mark("There are: {fields}, today and now."),
            )


def _unknown_values(rule: SuppressRule, place: int, settings: Read[ProjectFile], survey: Survey) -> Iterator[Finding]:
    for field, text, offset in texts_compared(rule.when, rule.object):
        values = values_of(rule.object, field, survey.events)
        if text and values and text not in values:
            yield settings.document.finding(
                ("suppress_rules", place, "when"),
                mark('{field} is never "{text}"{hint}'),
                params={
                    "field": f"{rule.object}.{field}",
                    "text": text,
                    "hint": did_you_mean(text, values),
                    "values": ", ".join(values),
                },
                code=UNKNOWN_VALUE.code,
                level=UNKNOWN_VALUE.level,
                offset=offset,
                length=len(text),
                help=mark("Events declare: {values}."),
            )
