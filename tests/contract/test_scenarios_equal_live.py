"""Casa Lume's scenarios and those of the starters, lived by a real shop: what `jogral test` says is what happens.

Some of the cases each time. All of them:

    JOGRAL_TEST_WORLDS=1 pytest tests/contract/test_scenarios_equal_live.py
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace

import pytest
from sqlalchemy import select

from orchestrator.caps import day_of
from orchestrator.dispatch.register import Profile
from orchestrator.domain.customer import AddressKind
from orchestrator.domain.object import Object
from orchestrator.project import SHIPPED, Project
from orchestrator.release import read_release
from orchestrator.scenarios import model as kinds
from orchestrator.scenarios.times import instant_of
from orchestrator.simulation.cast import agreed, customer_of, objects_of
from orchestrator.simulation.payload import payload
from orchestrator.simulation.trials import Stage, trials
from orchestrator.starters import STARTERS
from orchestrator.store.tables import deliveries, objects
from orchestrator.zones import zone_of
from tests.contract.hour_by_hour import Shop, account_of_rehearsal
from tests.saying import tell
from tests.shipped import TODAY

ALL = "JOGRAL_TEST_WORLDS" in os.environ
SOME = 5
"""One case in so many, where not all are asked for: they take most of a minute."""


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    """Casa Lume with every starter added."""
    folder = tmp_path_factory.mktemp("starters") / "shop"
    shutil.copytree(SHIPPED / "templates", folder / "templates")
    shutil.copy(SHIPPED / "brand_voice.yaml", folder)
    for starter in STARTERS.values():
        for path, source in starter.files().items():
            (folder / "templates" / path).parent.mkdir(exist_ok=True)
            shutil.copyfile(source, folder / "templates" / path)
    return Project(folder).survey(TODAY)


@pytest.mark.parametrize("ledgers", ["sqlite"], indirect=True)
def test_every_scenario_happens_as_it_was_rehearsed(ledgers, survey):
    """Decisions and why, runs, alerts, hand-offs, events of ours and the profile.

    How rows are kept differs by store, at which made-up worlds look; this is about what journeys say.
    """
    stage, releases = Stage.of(survey), {}
    for trial in trials(survey)[:: 1 if ALL else SOME]:
        rehearsed = stage.play(trial).rehearsed
        if rehearsed.refused is not None:
            continue
        journeys = trial.scenario.journeys_of(trial.case)
        if journeys not in releases:
            releases[journeys] = release_of(stage, journeys)
        with ledgers.migrated() as store:
            account = lived(Shop(store, releases[journeys], rehearsed.start), trial, stage, rehearsed.end)
            assert account == account_of_rehearsal(rehearsed), trial.case.name


def lived(shop, trial, stage, end):
    """The account of the case's customer in a shop."""
    scenario, case = trial.scenario, trial.case
    persona, given = stage.personas[scenario.persona_of(case)], case.given
    customer = customer_of(persona, given)
    zone = zone_of(customer, stage.release.project.timezone)
    start = shop.clock.now()
    begin(shop, persona, given, customer, zone)
    for one in sorted(case.when, key=lambda one: instant_of(one.at, start, zone)):
        shop.live_until(instant_of(one.at, start, zone))
        if isinstance(one, kinds.FactsChange):
            shop.put(one.facts)
        elif isinstance(one, kinds.EventHappens):
            data = payload(shop.release.events[one.event], one.data, persona.data, known(shop))
            shop.happen([(customer.id, one.model_copy(update={"data": data}))])
        else:
            shop.happen([(customer.id, one)])
    shop.live_until(end)
    return replace(shop.accounts()[customer.id], requests=[], ways=[])


def release_of(stage, journeys):
    content = json.loads(stage.release.content)
    content["journeys"] = {one: content["journeys"][one] for one in journeys}
    return read_release(json.dumps(content))


def begin(shop, persona, given, customer, zone):
    """Make it so that the shop knows what is given."""
    values = lambda kind: tuple(one.value for one in customer.addresses if one.kind is kind)  # noqa: E731  # three times
    profile = Profile(
        id=customer.id, locale=customer.locale, time_zone=customer.time_zone, attributes=customer.attributes,
        emails=values(AddressKind.EMAIL), phones=values(AddressKind.PHONE), push_tokens=values(AddressKind.PUSH_TOKEN),
    )  # fmt: skip
    shop.world.register(profile)
    start, release = shop.clock.now(), shop.release
    with shop.store.write() as transaction:
        for (topic, channel), state in agreed(agreed({}, dict(persona.consent)), given.consent).items():
            tell(transaction, shop.clock, [customer.id], state, [topic], [channel])
        transaction.events.put_objects(list(objects_of(persona, given, release, start)), start)
    for channel, reason in given.suppressed.items():
        shop.world.suppress(channel, customer.id, reason)
    if given.facts:
        shop.put(given.facts)
    shop.happen([(customer.id, kinds.IsPaused(at="0m", pause=one)) for one in given.paused])
    sent_before(shop, given, customer, zone)


def sent_before(shop, given, customer, zone):
    """Rows of what was sent earlier, for caps to count."""
    with shop.store.engine.begin() as connection:
        for number, one in enumerate(given.sent):
            at = instant_of(one.at, shop.clock.now(), zone)
            topic, channel = shop.release.messages[one.message].message.topic, one.channel.value
            purpose = shop.release.purpose(topic).value
            row = {
                "id": f"msg_{number}", "identity": f"before/{number}", "message": one.message, "topic": topic,
                "customer_id": customer.id, "purpose": purpose, "candidates": channel, "objects": {}, "data": {},
                "priority": "normal", "origin": "test", "state": "sent", "lane": purpose, "due_at": at,
                "next_action_at": at, "accepted_at": at, "channel": channel, "sending_at": at, "settled_at": at,
                "reserved_at": at, "reserved_day": day_of(at, zone),
            }  # fmt: skip
            connection.execute(deliveries.insert(), [row])


def known(shop):
    """What events have told of things by now."""
    with shop.store.engine.connect() as connection:
        rows = connection.execute(select(objects)).all()
    return {
        (row.kind, row.id): Object(
            kind=row.kind, id=row.id, customer_id=row.customer_id, data=row.data, field_times=row.field_times
        )
        for row in rows
    }
