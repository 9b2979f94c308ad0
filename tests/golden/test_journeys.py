"""Journeys that are played: what each file says happens, and what comes of it, line by line.

Each file in `tests/golden/journeys` is one journey of a few steps, a story, and the trace that a person has read. After
the last thing that happens, time passes until nobody waits any more (or as far as `until` says).
`pytest tests/golden/test_journeys.py --refresh-golden` writes the traces anew.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from orchestrator.domain.time import at_wall
from orchestrator.journeys.run import Event
from tests.playing import MONDAY, SAO_PAULO, Play, journey, milliseconds

FOLDER = Path(__file__).parent / "journeys"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
WORDS = {"at", "event", "happened", "data", "customer"}  # of an event; whatever else it has is what it is about


@pytest.mark.parametrize("name", NAMES)
def test_a_journey_goes_as_its_story_says(name, golden):
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    told, _, _ = text.partition("\nexpected:")
    trace = "".join(f"  {line}\n" for line in played(YAML(typ="safe", pure=True).load(told)))
    golden(f"{told.rstrip()}\n\nexpected: |\n{trace}", f"journeys/{name}.yaml")


def test_there_are_forty_stories():
    assert len(NAMES) >= 40


def played(story):
    """The trace of a story."""
    given = story.get("given", {})
    zone = given.get("zone", SAO_PAULO)
    start = at_wall(datetime.fromisoformat(given["start"]), zone) if "start" in given else MONDAY
    play = Play(
        journey=written(story["journey"]),
        now=start,
        zone=zone,
        offsets="zone" in given,
        holidays=frozenset(map(date.fromisoformat, given.get("holidays", ()))),
        around={name: given[name] for name in ("customer", "facts") if name in given},
        engaged=frozenset(given.get("engaged", ())),
    )
    for number, one in enumerate(story["happens"]):
        at = start + milliseconds(one["at"])
        play.pass_until(at)
        if "event" in one:
            play.happen(an_event(one, number, start), one.get("customer", "cus_1"))
        elif "journey" in one:
            play.edit(written(one["journey"]))
        elif "facts" in one:
            play.around["facts"] = one["facts"]
        else:
            play.fire(one["schedule"])
    play.pass_until(start + milliseconds(story["until"]) if "until" in story else None)
    return play.said


def written(parts):
    """A journey as a story writes it: without what stands at the top of every file."""
    return journey(**{"trigger": None, "entry": None, "steps": None, **parts})


def an_event(one, number, start):
    """An event of a story: with `happened` it arrives later than that."""
    about = {kind: value for kind, value in one.items() if kind not in WORDS}
    return Event(
        id=f"evt_{number}",
        type=one["event"],
        at=start + milliseconds(one.get("happened", one["at"])),
        payload=one.get("data", {}),
        objects={kind: value["id"] for kind, value in about.items()},
        data=about,
    )
