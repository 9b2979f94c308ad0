"""`jogral test`: every case of the project's scenarios, lived through in virtual time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.help import Command
from orchestrator.cli.session import session_of
from orchestrator.cli.workplace import open_project, project_day
from orchestrator.domain.errors import DocumentError, InputError

if TYPE_CHECKING:
    from orchestrator.cli.session import Session
    from orchestrator.project import Project, Survey
    from orchestrator.simulation.trials import Trial

app = typer.Typer(add_completion=False)


@app.command(cls=Command)
def live_through(
    context: typer.Context,
    chosen: Annotated[
        str,
        typer.Option(
            "-k", metavar="WORDS", help="Only cases whose journey, file or name has these words: a and not b."
        ),
    ] = "",
    trace: Annotated[
        bool, typer.Option("--trace", help="Show the whole way of every case, not only where one fails.")
    ] = False,
) -> None:
    """Try the journeys: live through every case of templates/scenarios/ in virtual time.

    Nothing is sent, and no ledger is needed. Exits with 1 when a case fails.
    """
    from orchestrator.cli.tested import Sheet, trial_document
    from orchestrator.simulation.trials import Stage

    session = session_of(context)
    terminal = session.terminal
    began = time.perf_counter()
    survey = _survey(session, open_project(session))
    stage, wanted = Stage.of(survey), _wanted(survey, chosen)
    sheet = Sheet(terminal, wanted, trace=trace)
    played = []
    for number, trial in enumerate(wanted, start=1):
        since = time.perf_counter()
        tried = stage.play(trial)
        played.append((trial, tried))
        sheet.line(number, trial, tried, time.perf_counter() - since)
    failed = sum(not tried.passed for _, tried in played)
    terminal.document(
        "test",
        ok=not failed,
        summary={"passed": len(played) - failed, "failed": failed},
        items=[trial_document(terminal, trial, tried) for trial, tried in played],
    )
    sheet.failures(played)
    sheet.summary(played, time.perf_counter() - began)
    if failed:
        raise typer.Exit(1)


def _survey(session: Session, project: Project) -> Survey:
    """Every file. Raises DocumentError where a scenario could not be lived through."""
    from orchestrator.check import scenarios
    from orchestrator.check.cache import Cache
    from orchestrator.check.recall import Recall

    cache = Cache(project.root)
    known = Recall(cache)
    survey = project.survey(project_day(project.root), parse=known)
    known.keep()
    for sentence, params in cache.notes:
        session.terminal.note(sentence, **params)
    told = [one for one in survey.findings if one.file.startswith(("templates/scenarios/", "templates/personas/"))]
    wrong = [finding for finding in (*told, *scenarios.findings(survey)) if finding.level == "error"]
    if wrong:
        raise DocumentError(dict.fromkeys(wrong))
    return survey


def _wanted(survey: Survey, chosen: str) -> list[Trial]:
    from orchestrator.simulation.choice import choice
    from orchestrator.simulation.trials import trials

    every = trials(survey)
    if not chosen:
        return every
    wanted = choice(chosen)
    found = [one for one in every if wanted(f"{one.scenario.journey} {one.scenario.id} {one.case.name}")]
    if every and not found:
        raise InputError('No case has "{words}" in its name.', remedy="See them all: jogral test", code="usage",
                         words=chosen)  # fmt: skip
    return found
