"""/v1/replies: support's answers, found by their words, said to one customer, and sent through the gate."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.api.access import put_on_record, reader_of
from orchestrator.api.language import translate_for
from orchestrator.api.models.replies import (
    RenderedReply,
    RepliesPage,
    RepliesQuery,
    ReplyShown,
    SentReply,
    WantedReply,
    WantedSending,
)
from orchestrator.api.pages import after, cursor_of, respond_page
from orchestrator.api.reading import idempotency_key, key_required, read_model, read_query
from orchestrator.api.reply_documents import contradiction_documents, rendered_document, reply_document
from orchestrator.api.responses import respond, shown
from orchestrator.api.services import API, CALLER
from orchestrator.api.whom import customer_named
from orchestrator.dispatch import accept, replies
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.replies.search import search
from orchestrator.translations import mark

if TYPE_CHECKING:
    from aiohttp import web

    from orchestrator.store.port import Transaction

ACCEPTED = 202

_ID = re.compile(r"[a-z][a-z0-9_]*")


async def list_replies(request: web.Request) -> web.Response:
    """A page of the replies that fit the words; of all, without any."""
    api, query = request.app[API], read_query(request, RepliesQuery)
    last = after(query.cursor, _ID)

    def read() -> tuple[list[ReplyShown], str]:
        with api.app.store.read() as transaction:
            release = api.releases.read(transaction)
        locale = query.locale or release.voice.locale
        found = [one.id for one in search(release.replies, query.q, locale)]
        # The order is the search's own: a page begins behind the reply that the one before it ended with.
        begin = next((place + 1 for place, one in enumerate(found) if one == last), 0)
        page = found[begin : begin + query.limit]
        following = cursor_of(page[-1]) if len(found) > begin + query.limit else ""
        return [reply_document(release.replies[one], locale) for one in page], following

    data, cursor = await api.run(read)
    page = RepliesPage(data=tuple(data), next_cursor=cursor or None)
    return respond_page(request, page, limit=query.limit, cursor=cursor or None)


async def render_reply(request: web.Request) -> web.Response:
    """What a reply says to a customer now, and what they were promised before."""
    api, reply_id, who = request.app[API], request.match_info["id"], reader_of(request)
    mode = request[CALLER].mode
    body, _ = await read_model(request, WantedReply)
    translate = translate_for(request)

    def read() -> RenderedReply:
        with api.app.store.read() as transaction:
            release = api.releases.read(transaction)
            wanted = replace(_wanted(transaction, reply_id, body), mode=mode)
            composed = replies.compose(transaction, release, api.app.clock, wanted, api.app.settings.recipients)
        put_on_record(api, who, "reply", [wanted.customer_id])
        return rendered_document(composed, release.project.timezone, translate)

    return respond(shown(await api.run(read)))


async def send_reply(request: web.Request) -> web.Response:
    """Send a reply to a customer, as the agent approved it."""
    api, reply_id, caller = request.app[API], request.match_info["id"], request[CALLER]
    by, mode = caller.name, caller.mode
    body, content = await read_model(request, WantedSending)
    key = idempotency_key(request, f"POST /v1/replies/{reply_id}/send", content)
    if key is None:
        raise key_required(mark("Make one for each reply that you send, and send it again when you try again."))
    translate = translate_for(request)
    lanes: Counter[str] = Counter()

    def work(transaction: Transaction) -> accept.Answer:
        release, clock = api.releases.read(transaction), api.app.clock
        asked, composed = replies.send_reply(
            transaction,
            release,
            clock,
            replace(_wanted(transaction, reply_id, body, reason=body.reason), mode=mode),
            identity=new_id("api", clock.now(), clock.entropy(ENTROPY_SIZE)),
            origin="reply",
            by=by,
        )
        lanes.clear()
        lanes.update([asked.purpose.value])
        sent = SentReply(
            id=asked.id,
            channel=body.channel,
            contradictions=tuple(contradiction_documents(composed.answer.contradictions, translate)),
        )
        return accept.Answer(ACCEPTED, shown(sent))

    answer = await api.run(lambda: accept.once(api.app.store, api.app.clock, key, work))
    api.app.passing("after_accept")
    api.metrics.accepted(0, lanes)
    api.ringer.ring(lanes)
    location = f"/v1/messages/{answer.document['id']}"
    return respond(answer.document, status=answer.status, location=location, replayed=answer.replayed)


def _wanted(transaction: Transaction, reply_id: str, body: WantedReply, *, reason: str = "") -> replies.WantedReply:
    return replies.WantedReply(
        reply=reply_id,
        customer_id=customer_named(transaction, body.customer_id, body.customer),
        channel=body.channel,
        objects=body.about,
        asked=body.ask,
        locale=body.locale,
        text=body.text,
        reason=reason,
    )
