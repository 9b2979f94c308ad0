"""/hooks/{account}: a provider tells what became of messages, and what people say. Its signature is the key.

The answer leaves once the news is on disk and what people asked for is in force; receipts are applied afterwards.
Providers measure how fast they are answered, and one that gets no answer tells everything again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from orchestrator.api.errors import WrongSignature
from orchestrator.api.services import API
from orchestrator.app.listening import open_ear
from orchestrator.channels import Notice
from orchestrator.dispatch.hear import heed
from orchestrator.domain.errors import Refused

if TYPE_CHECKING:
    from orchestrator.api.services import Api
    from orchestrator.channels import Adapter, Received
    from orchestrator.dispatch.hear import Heeded
    from orchestrator.release import Release

log = structlog.get_logger()

# A document may name another one; a third is nobody's chain.
NEEDS_MAX = 2


async def get_notice(request: web.Request) -> web.Response:
    """A provider asks whether it calls the right place, in its own way: Meta's handshake."""
    return await post_notice(request)


async def post_notice(request: web.Request) -> web.Response:
    """Keep what a provider says, answer, and apply it."""
    api, account = request.app[API], request.match_info["account"]
    notice = Notice(
        method=request.method,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.read(),
        query=dict(request.query),
        url=_public(api, request),
    )
    release, adapter = await api.run(lambda: _whose(api, account))
    received = await _verified(api, account, adapter, notice)
    heeded = await api.run(lambda: _heed(api, account, release, adapter, received))
    _count(api, account, received, heeded)
    if received.receipts or received.linked:
        api.hearing.apply()
    if heeded.lanes:
        api.ringer.ring(heeded.lanes)
    api.errands.ask(account, received.calls)
    return web.Response(text=received.reply, content_type=received.reply_type)


def _public(api: Api, request: web.Request) -> str:
    """The address as the provider called it, letter by letter: some sign it."""
    target = request.raw_path
    if not target.startswith("/"):  # an absolute one, as proxies write it
        target = request.rel_url.raw_path_qs
    return f"{api.app.public_url}{target}"


def _whose(api: Api, account: str) -> tuple[Release, Adapter]:
    with api.app.store.read() as transaction:
        release = api.releases.read(transaction)
    return release, api.hearing.adapter(release, account)


async def _verified(api: Api, account: str, adapter: Adapter, notice: Notice) -> Received:
    """What a genuine notice says, with whatever it takes to see that it is genuine."""
    fetched: dict[str, bytes] = {}
    received = await api.run(lambda: _read(api, account, adapter, notice))
    for _ in range(NEEDS_MAX):
        need = received.needs
        if need is None:
            break
        document = api.errands.kept(need.url)
        if document is None:
            document = fetched[need.url] = await api.errands.fetch(need)
        told = replace(notice, documents={**notice.documents, need.url: document})
        notice, received = told, await api.run(lambda told=told: _read(api, account, adapter, told))  # type: ignore[misc]
    if received.needs is not None:
        log.warning("notice_refused", account=account)
        raise _wrong(Refused("This notice is verified with more documents than there can be."))
    api.errands.keep(fetched)
    return received


def _read(api: Api, account: str, adapter: Adapter, notice: Notice) -> Received:
    try:
        return adapter.receive(notice, api.app.clock.now())
    except Refused as error:
        log.warning("notice_refused", account=account)
        raise _wrong(error) from error


def _heed(api: Api, account: str, release: Release, adapter: Adapter, received: Received) -> Heeded:
    return heed(open_ear(api.app, release, account, adapter.channel), received)


def _count(api: Api, account: str, received: Received, heeded: Heeded) -> None:
    if received.passed_over or heeded.lost:
        api.metrics.passed_over.labels(account).inc(received.passed_over + heeded.lost)
    if heeded.alarms:
        api.metrics.alarms.labels(account).inc(heeded.alarms)


def _wrong(error: Refused) -> WrongSignature:
    return WrongSignature(error.template, remedy="Sign the raw body with the secret of this account.")
