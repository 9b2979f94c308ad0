"""Find what support answers with, see what it says to a customer, and send it."""

from __future__ import annotations

from orchestrator.api import replies
from orchestrator.api.access import REASON
from orchestrator.api.models.replies import (
    RenderedReply,
    RepliesPage,
    RepliesQuery,
    SentReply,
    WantedReply,
    WantedSending,
)
from orchestrator.api.reading import JSON
from orchestrator.api.routes.route import Reply, Route

REPLIES = (
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
        any_mode=True,
        handler=replies.render_reply,
        scopes=("replies:use",),
        name="renderReply",
        says=(
            "What a reply says to a customer, with the facts of now. While something is missing there is no text, and "
            "`missing` says what. With `text`, the agent's own words are compared with the facts. Nothing is stored."
        ),
        body={JSON: WantedReply},
        headers=REASON,
        replies={200: Reply("The reply.", {JSON: RenderedReply})},
        refuses=(400, 404, 413, 415, 422),
    ),
    Route(
        method="POST",
        path="/v1/replies/{id}/send",
        any_mode=True,
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
)
