"""What all played providers share: each says how a project uses it, and nothing leaves this machine."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from orchestrator.channels import adapter_names, build_adapter
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import ConfigurationError, InputError
from orchestrator.simulators import PROVIDERS
from orchestrator.simulators.frame import Hooks, playing

# What a project says of a channel itself, where an account needs it too.
SENDER = {"email": {"sender": "Casa Lume <oi@casalume.example>"}}


def test_every_provider_can_be_played_at_once_and_says_how_a_project_uses_it():
    async def run():
        async with playing(sorted(PROVIDERS), options={"twilio": {"account": "sms_two"}}) as played:
            return {one.name: one.simulator.account(one.base) for one in played}

    accounts = asyncio.run(run())

    assert accounts["twilio"].id == "sms_two"
    for name, account in accounts.items():
        assert account is not None, name
        assert account.adapter in adapter_names()
        settings = {**SENDER.get(account.channel, {}), **account.settings, **account.secrets}
        assert build_adapter(account.adapter, Channel(account.channel), settings).can


@pytest.mark.parametrize(
    "url", ["https://shop.example", "http://10.0.0.1:8080", "http://127.0.0.1.shop.example", "shop"]
)
def test_what_is_played_calls_nobody_else(url):
    with pytest.raises(ConfigurationError, match="not on this machine"):
        Hooks(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/", "http://localhost:8080", "http://[::1]:8080"])
def test_this_machine_has_several_names(url):
    assert Hooks(url).url("sms", "a=%2B") == f"{url.rstrip('/')}/hooks/sms?a=%2B"


def test_a_public_address_is_called_on_this_machine():
    """What a provider was told is the shop's own host: its path and query stay as they are, letter by letter."""
    hooks = Hooks("http://127.0.0.1:8080")

    assert hooks.here("https://msg.casalume.example/hooks/sms?a=%2b+c") == "http://127.0.0.1:8080/hooks/sms?a=%2b+c"


def test_a_provider_that_does_not_exist_is_named():
    async def run():
        async with playing(["twillio"]):
            pass

    with pytest.raises(InputError, match="twillio"):
        asyncio.run(run())


def test_a_call_is_made_again_until_it_is_answered_well():
    """As providers do; one that is never answered well is given up."""

    async def run():
        answers, bodies = [500, 302, 200], []

        async def hook(request):
            bodies.append(await request.read())
            return web.Response(status=answers.pop(0) if answers else 404)

        ours = web.Application()
        ours.router.add_post("/hooks/sms", hook)
        runner = web.AppRunner(ours, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        hooks = Hooks(f"http://127.0.0.1:{runner.addresses[0][1]}", retry_seconds=(0, 0))
        try:
            hooks.call("sms", "POST", {}, b"first")
            while not hooks.calls[0].done:  # noqa: ASYNC110  # the call says so itself
                await asyncio.sleep(0)
            hooks.call("sms", "POST", {}, b"second")
            while not hooks.calls[1].done:  # noqa: ASYNC110  # the call says so itself
                await asyncio.sleep(0)
        finally:
            await hooks.close()
            await runner.cleanup()
        return [(one.status, one.attempts) for one in hooks.calls], bodies

    ended, bodies = asyncio.run(run())

    assert ended == [(200, 3), (404, 3)]
    assert bodies == [b"first"] * 3 + [b"second"] * 3
