"""One simulation in a process of its own, `python -m tests.bench.living`: what it takes, and how much memory.

It reads one JSON document: customers, days. It prints one: seconds, peak_rss_mib, requested.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import tempfile
import time
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.dispatch.current import Current
from orchestrator.domain.time import at_wall
from orchestrator.project import SHIPPED, Project, Survey
from orchestrator.simulation.crowd import like_personas
from orchestrator.simulation.habits import OPENED, habits_of
from orchestrator.simulation.simulate import Play, plenty, simulate
from orchestrator.starters import FOLDER

if TYPE_CHECKING:
    from orchestrator.simulation.tally import Tally

JOURNEY = "abandoned_cart"
DAY = date(2026, 11, 23)
SEED = "bench"


def main() -> None:
    wanted = json.load(sys.stdin)
    with tempfile.TemporaryDirectory(prefix="jogral-bench-") as folder:
        survey = shop(Path(folder)).survey(DAY)
    began = time.perf_counter()
    tally = live(survey, wanted["customers"], wanted["days"])
    json.dump(
        {
            "seconds": time.perf_counter() - began,
            "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "customers": tally.customers,
            "requested": tally.requests.total(),
        },
        sys.stdout,
    )


def shop(folder: Path) -> Project:
    """The shipped shop with the journey that is measured, as `jogral add` would copy it."""
    shutil.copytree(SHIPPED / "templates", folder / "templates")
    shutil.copy(SHIPPED / "brand_voice.yaml", folder)
    shutil.copytree(FOLDER / JOURNEY, folder / "templates", dirs_exist_ok=True)
    return Project(folder)


def live(survey: Survey, customers: int, days: int) -> Tally:
    """As `jogral simulate` does it."""
    release = survey.release()
    zone, journeys = release.project.timezone, (release.journeys[JOURNEY],)
    start = at_wall(datetime.combine(DAY, datetime.min.time()), zone)
    current = Current(SEED, release, {})
    personas = {name: read.model for name, read in survey.personas.items()}
    play = Play(
        journeys=journeys, habits=habits_of(journeys, {}), opened=OPENED, start=start, days=days, zone=zone, seed=SEED,
        live=plenty(release, start),
    )  # fmt: skip
    return simulate(current, play, like_personas(personas, current, customers, SEED, start), lambda _: None)


if __name__ == "__main__":
    main()
