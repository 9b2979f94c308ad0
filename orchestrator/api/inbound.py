"""POST /v1/inbound: what somebody wrote to us, and what was done about it before we answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.addresses import InvalidAddress
from orchestrator.api.models.inbound import InboundHeard, NewInbound, ReadingShown
from orchestrator.api.reading import read_model
from orchestrator.api.responses import respond, shown
from orchestrator.api.services import API, CALLER
from orchestrator.dispatch.accept import Answer, once
from orchestrator.dispatch.inbound import Done, Heard, InboundText, hear_text
from orchestrator.dispatch.keys import actor
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import FieldError
from orchestrator.domain.message import Purpose

if TYPE_CHECKING:
    from aiohttp import web

    from orchestrator.store.port import Transaction

CREATED = 201


async def post_inbound(request: web.Request) -> web.Response:
    """Hear a text. What came before is answered as the first time, and nothing is done twice."""
    api, caller = request.app[API], request[CALLER]
    body, _ = await read_model(request, NewInbound)
    text = InboundText(
        source=body.source, source_id=body.id, channel=Channel(body.channel), sender=body.sender, text=body.text,
        at=body.at, by=actor(caller),
    )  # fmt: skip

    def work(transaction: Transaction) -> Answer:
        release = api.releases.read(transaction)
        try:
            heard = hear_text(transaction, release, api.app.clock, text)
        except InvalidAddress as error:
            wrong = FieldError(pointer="#/from", code=error.code, template=error.template, params=error.params)
            error.fields = (wrong,)
            raise
        return Answer(CREATED, shown(_document(heard)), replayed=heard.repeated)

    answer = await api.run(lambda: once(api.app.store, api.app.clock, None, work))
    if "confirmation" in answer.document or answer.document["done"] == Done.ASKED:
        api.ringer.ring([Purpose.TRANSACTIONAL.value])
    return respond(answer.document, status=answer.status, replayed=answer.replayed)


def _document(heard: Heard) -> InboundHeard:
    return InboundHeard(
        id=heard.id,
        reading=ReadingShown(
            kind=heard.reading.kind, language=heard.reading.language or None, matched=heard.reading.matched or None
        ),
        done=heard.done,
        customer_ids=heard.holders,
        confirmation=heard.confirmation,
    )
