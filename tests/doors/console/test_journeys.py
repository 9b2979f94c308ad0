"""The pages of journeys: every step in words and on the map, and how many people stand there now."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
from pathlib import Path

import pytest

from orchestrator.dispatch.publish import publish
from orchestrator.domain.customer import Customer
from orchestrator.journeys.model import Journey
from orchestrator.journeys.run import Run
from orchestrator.release import Release
from tests.doors.console import chromium
from tests.doors.console.browsing import Server
from tests.doors.console.test_everybody import FAULTS

PARCEL = {
    "kind": "journey",
    "id": "parcel",
    "title": "Pós-compra <b>",
    "owner": "operacoes",
    "topic": "order_updates",
    "trigger": {"event": "order.placed", "when": "order.total >= 50.0"},
    "entry": {"key": "order.id"},
    "exit_on": [{"event": "order.cancelled", "match": "order.id", "send": "order_cancelled"}],
    "goal": {"event": "survey.good", "within": "30d"},
    "steps": [
        {"id": "confirm", "send": "order_confirmed"},
        {
            "id": "dispatch",
            "was": "shipping",
            "wait_for": {
                "event": "shipment.dispatched",
                "timeout": "2bd",
                "on_timeout": [{"id": "warn", "alert": {"team": "operacoes", "message": "Late"}}],
                "give_up": "30d",
                "then": [{"id": "lost_sight", "exit": "nothing came"}],
            },
        },
        {
            "id": "under_way",
            "watch": {
                "for": "60d",
                "until": [{"event": "shipment.delivered"}],
                "react": [
                    {
                        "event": "shipment.eta_changed",
                        "debounce": "2h",
                        "steps": [
                            {"id": "sorry", "send": "order_delayed"},
                            {
                                "id": "how_late",
                                "branch": [
                                    {
                                        "when": "days(shipment.estimated_date, shipment.promised_date) >= 5",
                                        "steps": [{"id": "person", "handoff": {"team": "atendimento"}}],
                                    },
                                    {"otherwise": True, "steps": []},
                                ],
                            },
                        ],
                    },
                    {"event": "shipment.estimate_missed", "steps": [{"id": "missed", "send": "order_late"}]},
                ],
            },
        },
        {
            "id": "ask",
            "split": {
                "soon": {"weight": 30, "steps": [{"id": "rest", "wait": {"for": "1d", "until": "10:00"}}]},
                "never": {"weight": 70},
            },
        },
        {"id": "thanks", "update": {"customer.tags": ["buyer"]}},
    ],
}
STEPS = ("confirm", "dispatch", "warn", "lost_sight", "under_way", "sorry", "how_late", "person", "missed", "ask",
         "rest", "thanks")  # fmt: skip


@pytest.fixture(scope="module")
def journeys_site(make_app, release):
    """A journey with 4 people at a step, two of them since before it was renamed, and one whose step is gone."""
    app = make_app()
    parts = {name: getattr(release, name) for name in Release.model_fields}
    ours = Release.model_validate(parts | {"journeys": {"parcel": Journey.model_validate(PARCEL)}})
    publish(app.store, ours, app.clock.now())
    positions = ["dispatch", "dispatch", "shipping", "shipping", "under_way", "old_step"]
    with app.store.write() as transaction:
        transaction.customers.add([Customer(id="cus_1")], {}, 0)
        runs = [
            Run(id=f"run_{place}", journey="parcel", key=str(place), customer_id="cus_1", started_at=0, position=one)
            for place, one in enumerate(positions)
        ]
        transaction.runs.add([(run, None) for run in runs])
    with Server(app) as server:
        yield server


def test_the_list_of_journeys_says_how_many_are_inside(journeys_site):
    """And leads to each."""
    page = journeys_site.get("/journeys").page

    assert "Pós-compra <b>" in page.text
    assert "6 inside" in page.text
    assert page.links("/journeys/") == ["/journeys/parcel"]


def test_every_step_is_in_the_list_in_words_and_on_the_map(journeys_site):
    """The list comes first, for those who hear the page; the map says nothing to them a second time."""
    answer = journeys_site.get("/journeys/parcel")
    page = answer.page
    first, _, mapped = answer.text.partition('<div class="map"')

    assert all(f"<strong>{step}</strong>" in first for step in STEPS)
    assert mapped.count('class="box ') == len(STEPS) + 1  # and what begins it
    assert "if days(shipment.estimated_date, shipment.promised_date) >= 5" in page.text
    assert "each time: shipment.eta_changed · 2h" in page.text
    assert "in vain after 30d" in page.text
    assert "soon 30%" in page.text
    assert "order.placed · order.total >= 50.0" in page.text
    assert all(attrs["aria-hidden"] == "true" for attrs in page.all("svg"))
    assert not page.all("script")


def test_people_are_counted_where_they_stand_also_at_steps_that_changed_their_name_or_are_gone(journeys_site):
    """Whoever stands under the old name of a step stands at the step."""
    text = journeys_site.get("/journeys/parcel").page.text

    assert "6 inside" in text
    assert "dispatch shipment.dispatched 4 here now" in text
    assert "under_way shipment.delivered 1 here now" in text
    assert "At steps that are gone old_step 1 here now" in text


def test_a_journey_that_does_not_run_is_not_found(journeys_site):
    """With the one that was meant."""
    answer = journeys_site.get("/journeys/parcl")

    assert answer.status == 404
    assert 'did you mean "parcel"?' in answer.page.text


def test_without_a_release_there_is_no_journey(make_app):
    """The page says so."""
    with Server(make_app()) as server:
        assert "No journey runs yet." in server.get("/journeys").page.text


def test_a_real_browser_finds_no_fault_with_the_map(journeys_site):
    """On a small phone and a wide screen, light and dark. JOGRAL_TEST_PICTURES keeps what it saw."""
    browser = chromium.find()
    if browser is None:
        pytest.skip("no Chromium on the PATH: apt-get install chromium, or set JOGRAL_TEST_CHROMIUM")

    async def look():
        faults = []
        async with chromium.tab(browser) as tab:
            for path, (width, dark) in itertools.product(
                ("/journeys", "/journeys/parcel"), ((320, False), (1280, True), (1280, False))
            ):
                await tab.open(journeys_site.url + path, width=width, dark=dark)
                found = json.loads(await tab.evaluate(FAULTS))
                faults += [(path, width, fault) for fault in [*found, *tab.complaints, *tab.dialogs]]
                tab.complaints.clear()
            return faults, await tab.picture()

    faults, picture = asyncio.run(look())
    assert faults == []
    if folder := os.environ.get("JOGRAL_TEST_PICTURES"):
        (Path(folder) / "journey.png").write_bytes(picture)
