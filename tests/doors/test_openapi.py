"""/openapi.json: it is valid, it names every route, and what the API answers is what it says."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from orchestrator.api.openapi import describe
from orchestrator.api.routes import ROUTES
from orchestrator.api.server import build_api
from orchestrator.dispatch.keys import SCOPES
from tests.doors.conftest import drained
from tests.doors.test_api_customers import BRUNO
from tests.doors.test_api_events import CLOUD_EVENT, CLOUD_EVENTS, NDJSON, cloud, placed

SUBSCRIPTION = {
    "endpoint": "https://updates.push.services.mozilla.com/wpush/v2/abc",
    "expirationTime": None,
    "keys": {"p256dh": "B" + "A" * 86, "auth": "A" * 22},
}


@pytest.fixture(scope="module")
def description():
    return describe()


def schema_of(description, route, status, media_type="application/json"):
    """The schema of an answer, with everything that it refers to."""
    answer = description["paths"][route.path][route.method.lower()]["responses"][str(status)]
    if "$ref" in answer:
        answer = description["components"]["responses"]["Problem"]
    return {"components": description["components"], **answer["content"][media_type]["schema"]}


def test_the_description_is_valid(description):
    """By the validator of the OpenAPI tools."""
    validate(description)


def test_every_route_of_the_router_is_described(app, bell, description):
    """A route that is added past the table would have no scope, no description and no test of its own."""
    web_app = build_api(app, bell)
    routed = {(route.method, route.resource.canonical) for route in web_app.router.routes()}
    described = {(method.upper(), path) for path, item in description["paths"].items() for method in item}
    assert routed == described == {(route.method, route.path) for route in ROUTES}


def test_every_scope_of_the_table_is_known():
    """A misspelt one would let nobody in."""
    assert {scope for route in ROUTES for scope in route.scopes} <= set(SCOPES)


def test_every_guarded_operation_names_its_scopes_and_refusals(description):
    """Any one of the scopes is enough."""
    for route in ROUTES:
        operation = description["paths"][route.path][route.method.lower()]
        assert operation["security"] == [{"key": [scope]} for scope in route.scopes]
        assert {"401", "403"} <= set(operation["responses"]) or not route.scopes


def test_every_field_of_a_body_is_explained(description):
    """A caller has nothing else to go by."""
    bodies = {
        media["schema"]["$ref"].rpartition("/")[2]
        for item in description["paths"].values()
        for operation in item.values()
        for media in operation.get("requestBody", {"content": {}})["content"].values()
    }
    schemas = description["components"]["schemas"]
    silent = [
        f"{name}.{field}"
        for name in {*bodies, "CustomerNamed", "WantedChannels", "ConsentSaid"}
        for field, schema in schemas[name].get("properties", {}).items()
        if "description" not in schema
    ]
    assert silent == []


def test_it_is_served_as_it_is(api, description):
    """Without a key."""
    assert api.get("/openapi.json", Authorization=None).json == description


def test_answers_are_as_described(api, casa_lume, description):
    """Real answers of every route, against the schema of their status."""
    by_name = {route.name: route for route in ROUTES}

    def fits(name, reply, media_type="application/json", document=None):
        schema = schema_of(description, by_name[name], reply.status, media_type)
        Draft202012Validator(schema).validate(reply.json if document is None else document)

    accepted = api.post("/v1/events", placed(1))
    fits("postEvents", accepted)
    fits("postEvents", api.post("/v1/events", [placed(2)]))
    lines = api.post("/v1/events", b'{"type": 1}\n', Content_Type=NDJSON)
    fits("postEvents", lines, NDJSON, lines.lines[0])
    fits("postEvents", api.post("/v1/events", {}), "application/problem+json")
    asked = {"message": "order_confirmed", "customer_id": "cus_ana", "objects": {"order": "ord_1"}}
    fits("postMessage", api.post("/v1/messages", asked, Idempotency_Key="k1"))
    drained(casa_lume)
    fits("getMessage", api.get(f"/v1/messages/{accepted.json['messages'][0]}?content=html"))
    fits("listDecisions", api.get("/v1/decisions"))
    fits("postCustomer", api.post("/v1/customers", BRUNO))
    fits("patchCustomer", api.patch("/v1/customers/cus_bruno", {}))
    fits("getCustomer", api.get("/v1/customers/cus_bruno"))
    fits("listCustomers", api.get("/v1/customers?limit=1"))
    stock = "/v1/facts/inventory.KIT-BANHO-04.available"
    fits("putFact", api.call("PUT", stock, {"value": 212}))
    fits("putFact", api.call("PUT", stock, {"value": 211}, If_Match='"v7"'), "application/problem+json")
    fits("getFact", api.get(stock))
    fits("getFact", api.get("/v1/facts/promises.delivery.standard?region=SP"))
    fits("listFacts", api.get("/v1/facts"))
    fits("getFactHistory", api.get(f"{stock}/history"))
    fits("postPause", api.post("/v1/pauses", {"scope": "channel", "subject": "sms", "until": "2026-12-24T12:00:00Z"}))
    fits("listPauses", api.get("/v1/pauses"))
    fits("deletePause", api.call("DELETE", "/v1/pauses?scope=channel&subject=sms"))
    fits("healthz", api.get("/healthz"))
    fits("readyz", api.get("/readyz"))
    fits("getMessage", api.get("/v1/messages/msg_nothing"), "application/problem+json")


@pytest.mark.parametrize(
    ("media_type", "document"),
    [
        ("application/json", placed()),
        ("application/json", [placed()]),
        (CLOUD_EVENT, cloud()),
        (CLOUD_EVENTS, [cloud()]),
    ],
)
def test_bodies_that_are_accepted_are_as_described(description, media_type, document):
    """Whoever makes a client from the description can say what the API understands."""
    content = description["paths"]["/v1/events"]["post"]["requestBody"]["content"]
    schema = {"components": description["components"], **content[media_type]["schema"]}
    Draft202012Validator(schema).validate(document)


@pytest.mark.parametrize("device", ["tok-12345678", SUBSCRIPTION, json.dumps(SUBSCRIPTION)])
def test_a_device_is_described_as_it_is_accepted(api, description, device):
    """A token, or what a browser writes: the object itself, or its text."""
    body = {"id": "cus_bruno", "push_tokens": [device]}
    content = description["paths"]["/v1/customers"]["post"]["requestBody"]["content"]["application/json"]
    Draft202012Validator({"components": description["components"], **content["schema"]}).validate(body)
    assert api.post("/v1/customers", body).status == 201
