"""Every route, once: the router, the keys' scopes and `/openapi.json` are made from this table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import web

from orchestrator.api import customers, decisions, events, facts, health, hooks, messages, pauses, replies
from orchestrator.api.forms import CLOUD_EVENT, CLOUD_EVENTS, LINES
from orchestrator.api.models.customers import CustomerChanged, CustomerShown, CustomersPage, CustomersQuery, NewCustomer
from orchestrator.api.models.decisions import DecisionsPage, DecisionsQuery
from orchestrator.api.models.events import (
    CloudEvent,
    CloudEvents,
    Event,
    Line,
    OneOrMoreAccepted,
    OneOrMoreEvents,
)
from orchestrator.api.models.facts import (
    FactHistory,
    FactQuery,
    FactShown,
    FactsPage,
    FactsQuery,
    NewValue,
    PutFact,
)
from orchestrator.api.models.health import Alive, Readiness
from orchestrator.api.models.messages import AcceptedMessage, MessageQuery, MessageShown, WantedMessage
from orchestrator.api.models.pauses import NewPause, PauseNamed, PauseShown, PausesPage, PausesQuery, Resumed
from orchestrator.api.models.replies import (
    RenderedReply,
    RepliesPage,
    RepliesQuery,
    SentReply,
    WantedReply,
    WantedSending,
)
from orchestrator.api.reading import JSON

if TYPE_CHECKING:
    from pydantic import BaseModel

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Reply:
    """One status that a route answers with. `content` is media type → model; None: not JSON of ours."""

    says: str
    content: Mapping[str, type[BaseModel] | None] = field(default_factory=dict)
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One method of one path. Of `scopes` a key needs any one; a route without scopes needs no key.

    `headers` are those of requests that mean something here, beside what every route reads.
    """

    method: str
    path: str
    handler: Handler
    scopes: tuple[str, ...]
    name: str
    says: str
    body: Mapping[str, type[BaseModel]] = field(default_factory=dict)
    query: type[BaseModel] | None = None
    idempotency: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    replies: Mapping[int, Reply]
    refuses: tuple[int, ...] = ()


_EVENT_BODIES: Mapping[str, type[BaseModel]] = {
    JSON: OneOrMoreEvents,
    LINES[0]: Event,
    CLOUD_EVENT: CloudEvent,
    CLOUD_EVENTS: CloudEvents,
}

ROUTES = (
    Route(
        method="POST",
        path="/v1/events",
        handler=events.post_events,
        scopes=("events:write",),
        name="postEvents",
        says=(
            "Say what happened. One event, a list (all are stored, or none), NDJSON (a result a line), or CloudEvents "
            "1.0: structured, batch, or binary (attributes in ce-* headers, `ce-customerid` names the customer). "
            "An event that is known already answers as the first time, with `Idempotency-Replayed: true`."
        ),
        body=_EVENT_BODIES,
        idempotency="Required where the events have no id of their own.",
        replies={
            202: Reply("Stored.", {JSON: OneOrMoreAccepted}, ("Location", "Idempotency-Replayed")),
            200: Reply("NDJSON: the result of each line.", {LINES[0]: Line}, ("Idempotency-Replayed",)),
        },
        refuses=(400, 413, 415, 422),
    ),
    Route(
        method="POST",
        path="/v1/messages",
        handler=messages.post_message,
        scopes=("messages:send",),
        name="postMessage",
        says=(
            "Send a message to one customer, now or at `send_at`: by the customer's own clock unless `zone` names "
            "another. What is asked for later is stored at once, and becomes a delivery at its time."
        ),
        body={JSON: WantedMessage},
        idempotency="Required.",
        replies={202: Reply("Stored.", {JSON: AcceptedMessage}, ("Location", "Idempotency-Replayed"))},
        refuses=(400, 404, 413, 415, 422),
    ),
    Route(
        method="GET",
        path="/v1/messages/{id}",
        handler=messages.get_message,
        scopes=("messages:read", "messages:send"),
        name="getMessage",
        says="What became of a delivery, why, and what was said.",
        query=MessageQuery,
        replies={200: Reply("The delivery.", {JSON: MessageShown})},
        refuses=(404, 422),
    ),
    Route(
        method="GET",
        path="/v1/replies",
        handler=replies.list_replies,
        scopes=("replies:use",),
        name="listReplies",
        says="Support replies by shortcut or words, the best match first; without words, all of them.",
        query=RepliesQuery,
        replies={200: Reply("A page.", {JSON: RepliesPage}, ("Link",))},
        refuses=(422,),
    ),
    Route(
        method="POST",
        path="/v1/replies/{id}/render",
        handler=replies.render_reply,
        scopes=("replies:use",),
        name="renderReply",
        says=(
            "What a reply says to a customer, with the facts of now. While something is missing there is no text, and "
            "`missing` says what. With `text`, the agent's own words are compared with the facts. Nothing is stored."
        ),
        body={JSON: WantedReply},
        replies={200: Reply("The reply.", {JSON: RenderedReply})},
        refuses=(400, 404, 413, 415, 422),
    ),
    Route(
        method="POST",
        path="/v1/replies/{id}/send",
        handler=replies.send_reply,
        scopes=("replies:use",),
        name="sendReply",
        says=(
            "Send a reply to a customer. It passes the same gate as any message. Words that contradict a fact need a "
            "`reason` (`claim_contradicted`), and words of the agent's own are not sent once the facts that they were "
            "compared with have changed."
        ),
        body={JSON: WantedSending},
        idempotency="Required.",
        replies={202: Reply("Stored.", {JSON: SentReply}, ("Location", "Idempotency-Replayed"))},
        refuses=(400, 404, 413, 415, 422),
    ),
    Route(
        method="GET",
        path="/v1/decisions",
        handler=decisions.get_decisions,
        scopes=("messages:read",),
        name="listDecisions",
        says=(
            "What the gate said, newest first, page by page: every step in its order. A request that had to wait has "
            "several. What is asked for without `customer_id` is looked for in a bounded stretch a page: while there "
            "is a `next_cursor` there may be more, even after an empty page."
        ),
        query=DecisionsQuery,
        replies={200: Reply("A page.", {JSON: DecisionsPage}, ("Link",))},
        refuses=(422,),
    ),
    Route(
        method="GET",
        path="/v1/customers",
        handler=customers.list_customers,
        scopes=("customers:read",),
        name="listCustomers",
        says="Customers in id order, page by page.",
        query=CustomersQuery,
        replies={200: Reply("A page.", {JSON: CustomersPage}, ("Link",))},
        refuses=(422,),
    ),
    Route(
        method="POST",
        path="/v1/customers",
        handler=customers.post_customer,
        scopes=("customers:write",),
        name="postCustomer",
        says="Create a customer.",
        body={JSON: NewCustomer},
        idempotency="Optional.",
        replies={201: Reply("Created.", {JSON: CustomerShown}, ("Location", "Idempotency-Replayed"))},
        refuses=(400, 409, 413, 415, 422),
    ),
    Route(
        method="GET",
        path="/v1/customers/{id}",
        handler=customers.get_customer,
        scopes=("customers:read",),
        name="getCustomer",
        says="One customer, with external ids and the consents in force.",
        replies={200: Reply("The customer.", {JSON: CustomerShown})},
        refuses=(404,),
    ),
    Route(
        method="PATCH",
        path="/v1/customers/{id}",
        handler=customers.patch_customer,
        scopes=("customers:write",),
        name="patchCustomer",
        says="Change what the body says, and leave the rest.",
        body={JSON: CustomerChanged, customers.MERGE_PATCH: CustomerChanged},
        replies={200: Reply("The customer as they are now.", {JSON: CustomerShown})},
        refuses=(400, 404, 409, 413, 415, 422),
    ),
    Route(
        method="GET",
        path="/v1/facts",
        handler=facts.list_facts,
        scopes=("facts:read", "facts:write"),
        name="listFacts",
        says="Every fact of the release, by path, page by page.",
        query=FactsQuery,
        replies={200: Reply("A page.", {JSON: FactsPage}, ("Link",))},
        refuses=(422,),
    ),
    Route(
        method="GET",
        path="/v1/facts/{path}",
        handler=facts.get_fact,
        scopes=("facts:read", "facts:write"),
        name="getFact",
        says=(
            "What holds now, who says so and since when. `promises.delivery.<id>` answers the date that an order gets "
            "which is placed `at` and goes to `region`: the one that messages and replies state."
        ),
        query=FactQuery,
        replies={200: Reply("The fact.", {JSON: FactShown}, ("ETag",))},
        refuses=(404, 422),
    ),
    Route(
        method="PUT",
        path="/v1/facts/{path}",
        handler=facts.put_fact,
        scopes=("facts:write",),
        name="putFact",
        says=(
            "Give a live fact its new value. Messages that wait are decided by it from then on, and those that were "
            "held because of it are released. A value that a file says changes with a release only: 409 names the line."
        ),
        body={JSON: NewValue},
        headers={
            "If-Match": "The ETag that you decided on; when it is not the newest any more, nothing is stored: 412.",
            "If-None-Match": "*: only if nobody has said it yet.",
        },
        replies={200: Reply("Stored, with what it did.", {JSON: PutFact}, ("ETag",))},
        refuses=(400, 404, 409, 412, 413, 415, 422),
    ),
    Route(
        method="GET",
        path="/v1/facts/{path}/history",
        handler=facts.get_history,
        scopes=("facts:read", "facts:write"),
        name="getFactHistory",
        says="Every version of a live fact, newest first, page by page. A value that a file says has none here.",
        query=FactsQuery,
        replies={200: Reply("A page.", {JSON: FactHistory}, ("Link",))},
        refuses=(404, 422),
    ),
    Route(
        method="POST",
        path="/hooks/{account}",
        handler=hooks.post_notice,
        scopes=(),
        name="postNotice",
        says=(
            "A provider tells what became of messages. It needs no key: the notice is signed, in the way that the "
            "account's adapter or recipe says. The same news may come as often as it likes, in any order."
        ),
        replies={200: Reply("Kept; it is applied afterwards.", {"text/plain": None})},
        refuses=(401, 404, 413, 422),
    ),
    Route(
        method="GET",
        path="/v1/pauses",
        handler=pauses.list_pauses,
        scopes=("pauses:read", "pauses:write"),
        name="listPauses",
        says="What is paused now, oldest first, page by page.",
        query=PausesQuery,
        replies={200: Reply("A page.", {JSON: PausesPage}, ("Link",))},
        refuses=(422,),
    ),
    Route(
        method="POST",
        path="/v1/pauses",
        handler=pauses.post_pause,
        scopes=("pauses:write",),
        name="postPause",
        says=(
            "Stop a channel, an account, a journey, a message, one customer's marketing, or everything (the kill "
            "switch). What is due meanwhile is held; a channel or account is passed over where another reaches the "
            "customer. It is in force within 5 seconds. What is paused already is paused as the newest body says."
        ),
        body={JSON: NewPause},
        replies={201: Reply("Paused.", {JSON: PauseShown})},
        refuses=(400, 404, 413, 415, 422),
    ),
    Route(
        method="DELETE",
        path="/v1/pauses",
        handler=pauses.delete_pause,
        scopes=("pauses:write",),
        name="deletePause",
        says="Go on. What was held for it is decided anew at once; what is not paused says so.",
        query=PauseNamed,
        replies={200: Reply("It goes on.", {JSON: Resumed})},
        refuses=(404, 422),
    ),
    Route(
        method="GET",
        path="/healthz",
        handler=health.healthz,
        scopes=(),
        name="healthz",
        says="The process lives.",
        replies={200: Reply("It does.", {JSON: Alive})},
    ),
    Route(
        method="GET",
        path="/readyz",
        handler=health.readyz,
        scopes=(),
        name="readyz",
        says="Requests can be served: the ledger answers, fits, and holds a release. Redis is reported, not required.",
        replies={
            200: Reply("Ready.", {JSON: Readiness}),
            503: Reply("Not ready, with the reasons.", {JSON: Readiness}),
        },
    ),
    Route(
        method="GET",
        path="/metrics",
        handler=health.metrics,
        scopes=(),
        name="metrics",
        says="Numbers for Prometheus; no label names a person.",
        replies={200: Reply("Prometheus' text format.", {"text/plain": None})},
    ),
    Route(
        method="GET",
        path="/openapi.json",
        handler=health.openapi,
        scopes=(),
        name="openapi",
        says="This description.",
        replies={200: Reply("OpenAPI 3.1.", {JSON: None})},
    ),
)
