"""Genuine answers and notices of a provider, with what they mean: the part of the suite that only its author knows.

A file is one JSON object, or a list of them. An answer:

    {"what": "the number is not on WhatsApp", "source": "https://…",
     "answer": {"status": 400, "headers": {}, "body": {"error": {"code": 131026}}},
     "means": {"kind": "refused", "reason": "provider_rejected:address"}}

`"answers"` in its place are those of several devices, `"smtp": {"code": 550, "text": "5.1.1 …"}` a reply of a mail
server, `"found"` beside an answer says that it answers a look-up. A notice:

    {"what": "delivered", "at": 1795600800000,
     "notice": {"method": "POST", "headers": {"x-signature": "…"}, "body": "…", "url": "https://…", "query": {}},
     "means": {"receipts": ["delivered"]}}

`body` is text as it was signed, or `body_base64`. `means` names kinds of receipts, of inbound messages, and the number
of preferences, templates, users, alarms and calls; what it does not name is not looked at.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestrator.contract.calls import DeviceAnswers, HttpAnswer, SmtpAnswer
from orchestrator.contract.notices import Notice

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from orchestrator.contract.calls import Answer
    from orchestrator.domain.time import Instant


@dataclass(frozen=True, kw_only=True)
class RecordedAnswer:
    """What the provider answered once, and what it means. `of_look_up`: it answers a look-up, not a send.

    `means` names attributes of `Outcome` and their values.
    """

    what: str
    answer: Answer
    means: Mapping[str, Any]
    of_look_up: bool = False


@dataclass(frozen=True, kw_only=True)
class RecordedNotice:
    """What the provider told once, signed with the account's secret, and what it means. `at`: when it came."""

    what: str
    notice: Notice
    at: Instant
    means: Mapping[str, Any] = field(default_factory=dict)


Recorded = RecordedAnswer | RecordedNotice


def recorded_in(folder: Path) -> list[Recorded]:
    """Everything in the `*.json` of a folder, in the order of their names.

    Raises:
        ValueError: a file that holds something else, with its name.
    """
    found: list[Recorded] = []
    for path in sorted(folder.glob("*.json")):
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            found += [_read(one) for one in (said if isinstance(said, list) else [said])]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path.name} is no recorded answer or notice: {error!r}") from error
    return found


def _read(said: Mapping[str, Any]) -> Recorded:
    if "notice" in said:
        told = said["notice"]
        notice = Notice(
            method=told.get("method", "POST"),
            headers={name.lower(): value for name, value in told.get("headers", {}).items()},
            body=_bytes(told),
            query=told.get("query", {}),
            url=told.get("url", ""),
            documents={url: text.encode() for url, text in told.get("documents", {}).items()},
        )
        return RecordedNotice(what=said["what"], notice=notice, at=said["at"], means=said.get("means", {}))
    return RecordedAnswer(
        what=said["what"], answer=_answer(said), means=said["means"], of_look_up=bool(said.get("found"))
    )


def _answer(said: Mapping[str, Any]) -> Answer:
    if "smtp" in said:
        return SmtpAnswer(said["smtp"]["code"], said["smtp"]["text"])
    if "answers" in said:
        return DeviceAnswers(tuple(_http(one) for one in said["answers"]))
    return _http(said["answer"])


def _http(told: Mapping[str, Any]) -> HttpAnswer:
    headers = {name.lower(): value for name, value in told.get("headers", {}).items()}
    return HttpAnswer(told["status"], headers, _bytes(told))


def _bytes(told: Mapping[str, Any]) -> bytes:
    if "body_base64" in told:
        return base64.b64decode(told["body_base64"], validate=True)
    body = told.get("body", "")
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()
