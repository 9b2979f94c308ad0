"""The whole check: read the project, ask every family of rules, and leave out what is waived."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.check import inputs, waivers
from orchestrator.check.registry import FAMILIES, RULES
from orchestrator.check.report import Report
from orchestrator.documents import parse
from orchestrator.domain.errors import DocumentError

if TYPE_CHECKING:
    from datetime import date

    from orchestrator.domain.errors import Finding
    from orchestrator.project import Project, Survey
    from orchestrator.project.reading import Parse
    from orchestrator.release import Release


def check(project: Project, today: date, *, parse: Parse = parse) -> Report:
    """Everything that is wrong with a project. `parse` may remember documents between checks."""
    return _report(project, project.survey(today, parse=parse))


def admitted(project: Project, today: date) -> Release:
    """The release that a project makes, if nothing in it is an error.

    Raises:
        DocumentError: with every error; warnings do not stop anything.
    """
    survey = project.survey(today)
    errors = [finding for finding in _report(project, survey).findings if finding.level == "error"]
    if errors:
        raise DocumentError(errors)
    return survey.release()


def _report(project: Project, survey: Survey) -> Report:
    files = inputs.read_inputs(project.root, survey.today).files
    found = [finding for family in FAMILIES for finding in family.findings(survey)]
    refusals = [finding for finding in survey.findings if finding.level == "error"]
    found += [finding for finding in survey.findings if finding.level != "error"]
    texts = {file: _text(project, file) for file in files if file.endswith(".yaml")}
    kept = waivers.apply(found, refusals, texts, survey.today, known=RULES)
    return Report(findings=tuple(sorted(dict.fromkeys(kept), key=_place)), files=files)


def _text(project: Project, file: str) -> str:
    """A text for its waivers. One that is no text has none, and a finding of its own."""
    try:
        return (project.root / file).read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _place(finding: Finding) -> tuple[str, int, int, str]:
    return finding.file, finding.line, finding.column, finding.code
