"""`jogral simulate`: what journeys would do to many customers over some days, in virtual time."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.help import Command
from orchestrator.cli.session import session_of
from orchestrator.cli.workplace import open_project, project_day
from orchestrator.domain.errors import InputError, NotFound, did_you_mean

if TYPE_CHECKING:
    from orchestrator.cli.session import Session
    from orchestrator.domain.time import Instant
    from orchestrator.journeys.model import Journey
    from orchestrator.project import Project, Survey
    from orchestrator.release import Release
    from orchestrator.simulation.simulate import Play
    from orchestrator.simulation.tally import Tally

app = typer.Typer(add_completion=False)

CUSTOMERS, DAYS, DAYS_MAX = 1_000, 14, 366
_SHARE = re.compile(r"(?P<number>[0-9]{1,4}(?:\.[0-9]{1,4})?)(?P<percent>%?)")


@app.command(cls=Command)
def simulate_journeys(
    context: typer.Context,
    journeys: Annotated[list[str], typer.Argument(metavar="JOURNEY", help="Which journeys run.")],
    *,
    customers: Annotated[int, typer.Option("--customers", metavar="N", min=1, help="How many.")] = CUSTOMERS,
    days: Annotated[int, typer.Option("--days", metavar="D", min=1, max=DAYS_MAX, help="For how long.")] = DAYS,
    seed: Annotated[str, typer.Option("--seed", metavar="TEXT", help="The same one gives the same report.")] = "1",
    start: Annotated[str, typer.Option("--from", metavar="DAY", help="The first day; without it, tomorrow.")] = "",
    happens: Annotated[
        list[str] | None,
        typer.Option("--happens", metavar="EVENT=SHARE", help="How often something happens: order.placed=5%."),
    ] = None,
    real: Annotated[
        bool, typer.Option("--real", help="The customers of the ledger, with their consents; it is only read.")
    ] = False,
) -> None:
    """Let many customers live through journeys in virtual time, and count what comes of it.

    Nothing is sent and nothing is written. People are made after the project's personas, and do what people usually do;
    the report says what was taken for usual, and --happens says it better.
    """
    session = session_of(context)
    project = open_project(session)
    first, said = _day(start, project), _said(happens or [])
    survey = _survey(project)
    play = _play(survey.release(), journeys, said, first, days, seed)
    tally = _live(session, project, survey, play, customers, real=real)
    _report(session, play, tally, real=real)


def _day(text: str, project: Project) -> date:
    """Raises InputError."""
    if not text:
        return project_day(project.root) + timedelta(days=1)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError('"{text}" is no day such as 2026-11-23.', code="usage", text=text) from error


def _said(happens: list[str]) -> dict[str, float]:
    """`order.placed=5%` as a share. Raises InputError."""
    said = {}
    for one in happens:
        name, _, share = one.partition("=")
        found = _SHARE.fullmatch(share.strip())
        if found is None:
            raise InputError(
                '"{text}" does not say how often: write order.placed=5%, or cart.updated=2 for twice each.',
                code="usage", text=one,
            )  # fmt: skip
        said[name.strip()] = float(found["number"]) / (100 if found["percent"] else 1)
    return said


def _survey(project: Project) -> Survey:
    from orchestrator.check.cache import Cache
    from orchestrator.check.recall import Recall

    known = Recall(Cache(project.root))
    survey = project.survey(project_day(project.root), parse=known)
    known.keep()
    return survey


def _play(release: Release, names: list[str], said: dict[str, float], first: date, days: int, seed: str) -> Play:
    from orchestrator.domain.time import at_wall
    from orchestrator.simulation.habits import OPENED, OPENINGS, habits_of
    from orchestrator.simulation.simulate import Play, plenty

    journeys = tuple(_journey(release, name) for name in dict.fromkeys(names))
    start: Instant = at_wall(datetime.combine(first, time()), release.project.timezone)
    return Play(
        journeys=journeys,
        habits=habits_of(journeys, said),
        opened=said.get(OPENINGS, OPENED),
        start=start,
        days=days,
        zone=release.project.timezone,
        seed=seed,
        live=plenty(release, start),
    )


def _journey(release: Release, name: str) -> Journey:
    if name not in release.journeys:
        raise NotFound(
            'There is no journey "{name}"{hint}',
            remedy="There are: {known}.", code="unknown_journey",
            name=name, hint=did_you_mean(name, release.journeys), known=", ".join(sorted(release.journeys)),
        )  # fmt: skip
    return release.journeys[name]


def _live(session: Session, project: Project, survey: Survey, play: Play, customers: int, *, real: bool) -> Tally:
    from dataclasses import replace

    from orchestrator.cli.ledger import open_ledger
    from orchestrator.cli.progress import progress_of
    from orchestrator.dispatch.current import Current
    from orchestrator.simulation.crowd import like_personas, of_ledger
    from orchestrator.simulation.simulate import simulate

    current = Current("simulation", survey.release(), {})
    with progress_of(session) as progress:

        def told(done: int) -> None:
            progress("live", done, customers)

        if not real:
            personas = {name: read.model for name, read in survey.personas.items()}
            return simulate(current, play, like_personas(personas, current, customers, play.seed, play.start), told)
        with open_ledger(project) as opened:
            with opened.store.read() as transaction:
                known = transaction.facts.current()
            asked = replace(play, live={**play.live, **known})
            return simulate(current, asked, of_ledger(opened.store.read, current, customers, play.start), told)


def _report(session: Session, play: Play, tally: Tally, *, real: bool) -> None:
    from orchestrator.cli.simulated import document_of, show

    session.terminal.document("simulate", **document_of(play, tally, real=real))
    show(session.terminal, play, tally, real=real)
