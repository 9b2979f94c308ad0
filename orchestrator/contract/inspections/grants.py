"""Accounts whose calls need a short-lived token (FCM): the token is really asked for, and tried without sending.

What a call would be says all that is needed, whichever adapter made it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.contract.calls import HttpAnswer, NoAnswer
from orchestrator.contract.inspections import CREDENTIALS, Inspection, bad, excerpt, good, note, refused, unanswered
from orchestrator.domain.errors import Phrase, mark

if TYPE_CHECKING:
    from orchestrator.contract.calls import Answer, Grant, HttpCall, Token
    from orchestrator.contract.inspections import Seen

_TAKEN = range(200, 300)
_NOT_ALLOWED = frozenset({401, 403})
_THROTTLED = 429


def of_grant(grant: Grant, call: HttpCall) -> Inspection:
    """Ask for the token of a call; with it, let the provider judge the call without sending it, where it can."""

    def read(answer: Answer) -> Seen:
        if isinstance(answer, NoAnswer):
            return unanswered(answer)
        if not isinstance(answer, HttpAnswer):
            return bad(mark("It does not answer as an HTTP server does."))
        token = grant.read(answer) if answer.status in _TAKEN else None
        if token is None:
            return refused(answer)
        return good(Phrase("They are right: a token was granted."), *_tried(call, token))

    return Inspection(name=CREDENTIALS, ask=lambda now: grant.ask(now // 1000), read=read)


def _tried(call: HttpCall, token: Token) -> tuple[Inspection, ...]:
    body = _only_validated(call.body)
    if not body:
        return ()
    headers = {**call.headers, "Authorization": f"Bearer {token.value}"}
    tried = replace(call, headers=headers, body=body, grant=None)
    return (Inspection(name=mark("project"), ask=lambda _now: tried, read=_judged),)


def _only_validated(body: bytes) -> bytes:
    """FCM's own way to try a message on nobody; of any other body, nothing."""
    try:
        said = json.loads(body)
    except ValueError:
        return b""
    if not isinstance(said, dict) or "message" not in said:
        return b""
    return json.dumps({**said, "validate_only": True}).encode()


def _judged(answer: Answer) -> Seen:
    """The device is made up, so that a no about it is the answer of a project that works."""
    if isinstance(answer, NoAnswer):
        return unanswered(answer)
    if not isinstance(answer, HttpAnswer):
        return bad(mark("It does not answer as an HTTP server does."))
    if answer.status in _NOT_ALLOWED:
        return refused(answer)
    if answer.status in _TAKEN or b"INVALID_ARGUMENT" in answer.body or b"UNREGISTERED" in answer.body:
        return good(Phrase("It takes messages of this account; none was sent."))
    if answer.status == _THROTTLED:
        return note(Phrase("It wants to be asked less often. Look again in a minute."))
    return bad(
        Phrase("It does not take messages of this account ({status}): {said}", status=answer.status,
               said=excerpt(answer)),
        Phrase("Check the project's id, and that the Firebase Cloud Messaging API is enabled."),
    )  # fmt: skip
