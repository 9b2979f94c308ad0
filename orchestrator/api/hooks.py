"""POST /hooks/{account}: a provider tells what became of messages. Its signature is the key.

The answer leaves once the news is on disk, and it is applied afterwards: providers measure how fast they are answered,
and one that gets no answer tells everything again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from orchestrator.api.errors import WrongSignature
from orchestrator.api.services import API
from orchestrator.channels import Notice
from orchestrator.dispatch.hear import hear
from orchestrator.domain.errors import Refused

if TYPE_CHECKING:
    from orchestrator.api.services import Api
    from orchestrator.channels import Received

log = structlog.get_logger()


async def post_notice(request: web.Request) -> web.Response:
    """Keep what a provider says, answer, and apply it."""
    api, account = request.app[API], request.match_info["account"]
    notice = Notice(
        method=request.method,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.read(),
        query=dict(request.query),
    )
    received = await api.run(lambda: _hear(api, account, notice))
    if received.passed_over:
        api.metrics.passed_over.labels(account).inc(received.passed_over)
    if received.receipts:
        api.hearing.apply()
    return web.Response(text=received.reply)


def _hear(api: Api, account: str, notice: Notice) -> Received:
    with api.app.store.read() as transaction:
        release = api.releases.read(transaction)
    adapter = api.hearing.adapter(release, account)
    try:
        return hear(api.app.store, account, adapter, notice, api.app.clock.now())
    except Refused as error:
        log.warning("notice_refused", account=account)
        raise WrongSignature(error.template, remedy="Sign the raw body with the secret of this account.") from error
