"""Every provider for real: `jogral up` beside played providers, over sockets, with callbacks that they sign."""

from __future__ import annotations

import json
import shutil
import socket
import threading
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from ruamel.yaml import YAML

from orchestrator.project import SHIPPED
from tests.doors.command import SECONDS, Jogral
from tests.shipped import keep_only

JOURNEY = """\
kind: journey
id: envios
title: Aviso de envio em todos os canais
owner: operacoes
topic: order_updates
trigger: {event: shipment.dispatched}
entry: {key: shipment.id}
steps:
  - id: avisar
    send: order_shipped
    channels: {all: [email, whatsapp, sms, push]}
"""
PATIENCE_SECONDS = 90  # reached only by a test that fails
FOUR = {"email": "ses", "whatsapp": "meta", "sms": "zenvia", "push": "fcm"}
AGREED = {"method": "form", "source": "rodape", "wording": "optin_avaliacoes@1", "evidence": {"ip": "203.0.113.9"}}
TELLING = {"ses", "meta", "zenvia", "twilio"}
FOUR_MORE = {"email": "smtp", "whatsapp": "meta", "sms": "twilio", "push": "webpush"}


@dataclass
class Shop:
    """A shop at work, and its providers by name."""

    jogral: Jogral
    url: str
    key: str
    providers: dict[str, dict[str, Any]]
    providers_of: dict[str, str]

    def post(self, path: str, document: dict[str, Any]) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": uuid.uuid4().hex}
        return _asked("POST", self.url + path, document, headers)

    def get(self, path: str) -> dict[str, Any]:
        return _asked("GET", self.url + path, None, {"Authorization": f"Bearer {self.key}"})

    def says(self, provider: str, **said: Any) -> None:
        _asked("POST", f"{self.providers[provider]['url']}/_say", said)

    def told(self, provider: str) -> dict[str, Any]:
        return _asked("GET", f"{self.providers[provider]['url']}/_told")

    def mood(self, provider: str, mood: str, **more: Any) -> None:
        _asked("PUT", f"{self.providers[provider]['url']}/_mood", {"mood": mood, **more})

    def message(self, message_id: str) -> dict[str, Any]:
        return self.get(f"/v1/messages/{message_id}")


@pytest.fixture(scope="module", params=[FOUR, FOUR_MORE], ids=["ses-meta-zenvia-fcm", "smtp-meta-twilio-webpush"])
def shop(request, tmp_path_factory, preloaded):
    """One worker, four accounts, four providers; Ana has an address on each of them."""
    folder = tmp_path_factory.mktemp("real") / "shop"
    shutil.copytree(SHIPPED / "templates", folder / "templates")
    shutil.copy(SHIPPED / "brand_voice.yaml", folder)
    keep_only(folder, "order_shipped")
    (folder / "templates/journeys/envios.yaml").write_text(JOURNEY, "utf-8")
    port = _free_port()
    jogral = Jogral(folder, preloaded)
    accounts = [f"--account={provider}={channel}" for channel, provider in request.param.items()]
    playing = ("channels", "simulate", *request.param.values(), *accounts, "--port", "0", "--json")
    with jogral.start(*playing, "--hooks", f"http://127.0.0.1:{port}") as played:
        providers = {one["name"]: one for one in json.loads(played.line())["providers"]}
        environment = _use(folder, providers)
        jogral = Jogral(folder, preloaded, environment)
        assert jogral("db", "upgrade").code == 0
        key = jogral("keys", "create", "--name", "test", "--scope", "admin", "--json").document["secret"]
        with jogral.start("up", "--port", str(port), "--json") as up:
            url = json.loads(up.line())["url"]
            synced = jogral("whatsapp", "sync", "--json")
            assert synced.code == 0, synced
            shop = Shop(jogral, url, key, providers, request.param)
            _get_to_know(shop)
            yield shop
            assert up.stop() == 0, "".join(up.log)


def _use(folder, providers):
    """Accounts of the played providers in the project's file; the environment with their secrets."""
    file = folder / "templates/project.yaml"
    yaml = YAML()
    project = yaml.load(file)
    environment = {}
    for one in providers.values():
        account = one["account"]
        written = {"id": account["id"], "adapter": account["adapter"], **account["settings"]}
        project["channels"][account["channel"]]["accounts"] = [written]
        environment |= account["environment"]
    yaml.dump(project, file)
    return environment


def _get_to_know(shop):
    """Ana, with an address for every channel; what a device's address is, its provider says."""
    device = shop.providers.get("webpush", {}).get("device") or "a-device-token-of-ana"
    person = {"id": "cus_ana", "locale": "pt-BR", "emails": ["ana@example.com"], "phones": ["+5511912345678"]}
    shop.post("/v1/customers", {**person, "push_tokens": [device], "attributes": {"first_name": "Ana"}})


def _asked(method, url, document=None, headers=None):
    body = None if document is None else json.dumps(document).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json", **(headers or {})}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            raise AssertionError(f"{method} {url}: {error.status} {error.read().decode()}") from error


def _free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def until(look, wanted):
    """What `look` found once `wanted` says so; the last look is shown where it never does."""
    last = None
    ends_at = time.monotonic() + PATIENCE_SECONDS
    pause = threading.Event()
    while time.monotonic() < ends_at:
        last = look()
        if wanted(last):
            return last
        pause.wait(0.1)
    raise AssertionError(last)


def shipped(shop, number):
    """One event about an order of Ana's; the messages that it asked for, by channel."""
    order = {"order_id": f"ord_{number}", "number": str(number), "url": f"https://casalume.example/p/{number}"}
    shop.post(
        "/v1/events",
        {
            "id": f"placed-{number}", "source": "test", "type": "order.placed", "customer": {"id": "cus_ana"},
            "data": {**order, "promised_date": "2026-12-01", "state": "SP"},
        },
    )  # fmt: skip
    answer = shop.post(
        "/v1/events",
        {
            "id": f"shipped-{number}", "source": "test", "type": "shipment.dispatched", "customer": {"id": "cus_ana"},
            "data": {"order_id": f"ord_{number}", "promised_date": "2026-12-01"},
        },
    )  # fmt: skip
    found = [shop.message(message) for message in answer["messages"]]
    return {one["candidates"][0]: one["id"] for one in found}


def settled(shop, ids):
    """The messages, by channel, once no call is on its way nor waited for: what is in doubt is known to be so."""
    return until(
        lambda: {channel: shop.message(one) for channel, one in ids.items()},
        lambda found: all(one["state"] not in ("accepted", "sending", "deferred") for one in found.values()),
    )


def taken(shop, provider, number):
    """How often a provider took the message about an order."""
    return sum(str(number) in json.dumps(one, ensure_ascii=False) for one in shop.told(provider)["told"])


def test_one_event_is_said_on_four_channels_and_providers_tell_how_far_it_came(shop):
    """Whoever tells afterwards says that it was delivered; SMTP and push services only say that they took it."""
    ids = shipped(shop, 10234)
    assert ids.keys() == {"email", "whatsapp", "sms", "push"}
    tell = {one for one in ids if shop.providers_of[one] in TELLING}
    found = until(
        lambda: {channel: shop.message(one) for channel, one in ids.items()},
        lambda found: (
            all(one["state"] == "sent" for one in found.values())
            and all({"delivered", "read"} & {news["kind"] for news in found[channel]["receipts"]} for channel in tell)
        ),
    )
    assert {one["possible_duplicate"] for one in found.values()} == {False}
    for channel, provider in shop.providers_of.items():
        assert len([one for one in shop.told(provider)["told"] if one["to"]]) >= 1, channel
    assert all(call["status"] == 200 for provider in shop.providers for call in shop.told(provider)["hooks"])


def test_a_stop_by_text_reaches_us_and_ends_marketing_there(shop):
    """The provider signs and posts it; what was done about it is in the record of consent."""
    agreed = {"customer_id": "cus_ana", "topic": "reviews", "channels": ["sms"], "state": "granted", **AGREED}
    shop.post("/v1/consents", agreed)
    told = len(shop.told(shop.providers_of["sms"])["told"])
    shop.says(shop.providers_of["sms"], **{"from": "+5511912345678", "text": "SAIR"})
    until(
        lambda: shop.get("/v1/customers/cus_ana/consents"),
        lambda found: [one["state"] for one in found["data"] if one["in_force"]] == ["withdrawn"],
    )
    # The answer to it, too: a provider that misbehaves once must not do so to a message of another test.
    until(lambda: shop.told(shop.providers_of["sms"])["told"], lambda taken: len(taken) > told)


def test_a_forged_callback_is_refused_and_changes_nothing(shop):
    body = json.dumps({"type": "MESSAGE_STATUS", "messageId": "1"}).encode()
    for provider in shop.providers.values():
        account = provider["account"]["id"]
        request = urllib.request.Request(f"{shop.url}/hooks/{account}", body, {"Content-Type": "application/json"})
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=SECONDS)
        refused.value.close()
        assert refused.value.status in (401, 403, 404)


def test_who_is_not_on_whatsapp_reads_it_in_a_text_message(shop):
    """Meta takes the message, and tells by a notice that it does not bring it there."""
    phone = "+5511987650000"
    shop.post("/v1/customers", {"id": "cus_bia", "locale": "pt-BR", "phones": [phone]})
    order = {"order_id": "ord_bia", "number": "40567", "url": "https://casalume.example/p/40567"}
    placed = {"id": "placed-bia", "source": "test", "type": "order.placed", "customer": {"id": "cus_bia"}}
    shop.post("/v1/events", {**placed, "data": {**order, "promised_date": "2026-12-01", "state": "SP"}})
    shop.says("meta", person=phone.removeprefix("+"), refuses=131026)
    answer = shop.post(
        "/v1/messages",
        {
            "message": "order_shipped", "customer_id": "cus_bia", "objects": {"order": "ord_bia"},
            "data": {"shipment": {"promised_date": "2026-12-01"}}, "channels": {"first_reachable": ["whatsapp", "sms"]},
        },
    )  # fmt: skip
    found = until(
        lambda: shop.message(answer["id"]), lambda found: (found["state"], found.get("channel")) == ("sent", "sms")
    )
    assert found["possible_duplicate"] is False
    assert [one["detail"] for one in found["receipts"] if one["kind"] == "failed"] == ["131026: Message undeliverable"]
    assert [taken(shop, one, 40567) for one in ("meta", shop.providers_of["sms"])] == [1, 1]


# What each provider does once. `taken`: it took the message before. The mail server speaks no HTTP, and falls silent
# after the final dot.
TROUBLES = {
    "ses": {"mood": "wrong_type", "taken": True},
    "meta": {"mood": "429", "retry_after": 1},
    "zenvia": {"mood": "timeout"},
    "fcm": {"mood": "huge"},
    "smtp": {"answer": "silence", "at": "dot"},
    "twilio": {"mood": "half_open"},
    "webpush": {"mood": "500", "taken": True},
}
HANGING = {"zenvia", "twilio"}
CERTAIN = {"meta"}


def test_misbehaving_providers_lose_nothing_and_keep_no_worker(shop):
    """Each misbehaves once, in its own way; meanwhile what can be sent is sent.

    What may have arrived is in doubt, and sent again half a minute later, marked; never lost, and never twice unmarked.
    """
    for provider in shop.providers:
        if provider == "smtp":
            shop.says(provider, **TROUBLES[provider], count=1)
        else:
            shop.mood(provider, **TROUBLES[provider], count=1)
    ids = shipped(shop, 20345)
    hanging = next(channel for channel, provider in shop.providers_of.items() if provider in HANGING)
    until(lambda: shop.message(ids[hanging]), lambda found: found["state"] == "sending")
    # One call hangs for 15 s, and the worker goes on: another order's messages are sent while it does.
    others = shipped(shop, 30456)
    until(lambda: shop.message(others["whatsapp"]), lambda found: found["state"] == "sent")
    assert shop.message(ids[hanging])["state"] == "sending"

    found = settled(shop, ids)
    for channel, one in found.items():
        provider = shop.providers_of[channel]
        times = taken(shop, provider, 20345)
        assert one["state"] in ("sent", "unknown"), one
        assert times <= 1 or one["possible_duplicate"], channel
        assert times >= 1 or one["state"] == "unknown", channel
        if provider in CERTAIN:
            assert (one["state"], times, one["possible_duplicate"]) == ("sent", 1, False)
