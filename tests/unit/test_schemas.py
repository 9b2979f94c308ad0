"""The schemas that editors use say what the models say."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from orchestrator.documents import parse
from orchestrator.journeys.model import Journey
from orchestrator.project import SHIPPED, Project
from orchestrator.project.schemas import schemas

SCHEMAS = schemas()
JOURNEYS = sorted((Path(__file__).parents[1] / "vectors/journeys").glob("*.yaml"))
FILES = [SHIPPED / "brand_voice.yaml", *sorted((SHIPPED / "templates").rglob("*.yaml"))]


def schema_of(path):
    """The schema that the file itself names in its first line."""
    first = path.read_text(encoding="utf-8").splitlines()[0]
    return SCHEMAS[Path(first.removeprefix("# yaml-language-server: $schema=")).stem]


def faults(schema, data):
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(data)]


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one(name):
    """Draft 2020-12."""
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$schema"].endswith("2020-12/schema")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SHIPPED).as_posix())
def test_every_shipped_file_is_valid(path):
    """An editor underlines nothing in the sample shop."""
    assert faults(schema_of(path), Project(SHIPPED).document(path).data) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SHIPPED).as_posix())
def test_a_misspelt_key_is_not(path):
    """Every kind of file refuses what it does not know; only a persona may have objects of any name."""
    data = Project(SHIPPED).document(path).data
    misspelt = {key if key != "title" else "titel": value for key, value in data.items()} | {"onwer": "x"}

    if data["kind"] == "persona":
        assert faults(schema_of(path), {**data, "consent": {"offers": "grated"}})
    else:
        assert faults(schema_of(path), misspelt)


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("messages/order_late", ("id",), "Order Late"),
        ("messages/order_late", ("channels", "sms", "max_segment"), 2),
        ("messages/order_late", ("channels", "whatsapp", "template", "category"), "utilities"),
        ("messages/order_late", ("claims", "Missed"), {"kind": "price", "from": "order.total"}),
        ("messages/order_late", ("claims", "missed_date", "kind"), "deadlin"),
        ("messages/order_late", ("variables", "order.number", "type"), "text"),
        ("journeys/ask_for_review", ("steps", 0, "sned"), "x"),
        ("journeys/orders_simple", ("triggers", 0, "steps", 0, "sned"), "x"),
    ],
)
def test_names_and_enumerations_are_known(name, path, value):
    """Deep inside, too."""
    file = SHIPPED / f"templates/{name}.yaml"
    data = Project(SHIPPED).document(file).data
    place = data
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value

    assert faults(schema_of(file), data)


@pytest.mark.parametrize(
    ("key", "value"), [("topic", "offers"), ("claims", {}), ("content", {"hedline": "x"}), ("locale", 1)]
)
def test_a_translation_says_only_what_is_translated(key, value):
    """Nothing is required of it but whose translation it is."""
    translation = {"kind": "message", "id": "order_late", "locale": "en", "content": {"headline": "Late"}}

    assert faults(SCHEMAS["message"], translation) == []
    assert faults(SCHEMAS["message"], {**translation, key: value})


def test_what_a_thing_is_for_is_shown_while_typing():
    """Descriptions come from the models."""
    assert SCHEMAS["message"]["$defs"]["SmsCopy"]["description"].startswith("SMS.")


@pytest.mark.parametrize("path", JOURNEYS, ids=lambda path: path.stem)
def test_journeys_with_every_kind_of_step_are_valid(path):
    """As the models take them, also where something is written short."""
    document = parse(path.read_text(encoding="utf-8"), file=path.name)
    assert document.read(Journey).id == path.stem
    assert faults(SCHEMAS["journey"], document.data) == []


@pytest.mark.parametrize(
    "step",
    [
        {"sned": "order_late"},
        {"send": "order_late", "wait": "2h"},
        {"wait": "5 dias"},
        {"wait": {"fro": "5d"}},
        {"update": {"order.paid": True}},
        {"split": {"one": {"weight": 1}}},
        {"branch": [{"when": "true", "steps": [{"id": "b", "sned": "order_late"}]}]},
        {"watch": {"until": [], "react": []}},
    ],
    ids=str,
)
def test_a_step_that_cannot_be_read_is_not_valid(step):
    """At any depth."""
    document = parse(JOURNEYS[0].read_text(encoding="utf-8"), file="journey.yaml")

    assert faults(SCHEMAS["journey"], {**document.data, "steps": [{"id": "a", **step}]})
