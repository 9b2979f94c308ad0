"""Templates of a WhatsApp business account: what is asked of the Graph API, and what its answers say.

https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/message_templates
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from orchestrator.contract.calls import HttpAnswer, HttpCall, NoAnswer
from orchestrator.contract.meta.answers import document_of
from orchestrator.contract.meta.errors import Fault, graph_error
from orchestrator.contract.meta.reading import word
from orchestrator.domain.errors import Phrase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.contract.adapter import Adapter
    from orchestrator.contract.calls import Answer
    from orchestrator.contract.meta.errors import GraphError

# A page of these fields is some 20 KB: the transport reads 64.
PAGE_SIZE: Final = 100
FIELDS: Final = "id,name,language,status,category,quality_score,rejected_reason"

_SAID_LENGTH_MAX = 300
_OK = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateDesk:
    """Where templates of one business account are submitted and asked for."""

    business_account_id: str
    token: str = field(repr=False)
    api_version: str
    base_url: str

    @property
    def place(self) -> tuple[str, str]:
        """What tells one business account from another."""
        return self.base_url, self.business_account_id

    def create(self, document: Mapping[str, Any]) -> HttpCall:
        """Submit a template (`catalog.whatsapp.template_document`) for review."""
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        return HttpCall("POST", self._url, {**self.headers, "Content-Type": "application/json"}, body)

    def edit(self, template_id: str, changes: Mapping[str, Any]) -> HttpCall:
        """Change what is not among the words of a template; an approved one once a day."""
        body = json.dumps(changes, separators=(",", ":")).encode()
        return HttpCall(
            "POST", f"{self.root}/{template_id}", {**self.headers, "Content-Type": "application/json"}, body
        )

    def list(self, after: str = "") -> HttpCall:
        """A page of all templates, behind a cursor."""
        query = {"fields": FIELDS, "limit": str(PAGE_SIZE)} | ({"after": after} if after else {})
        return HttpCall("GET", f"{self._url}?{urlencode(query)}", self.headers, b"")

    @property
    def root(self) -> str:
        """The address that all others begin with."""
        return f"{self.base_url.rstrip('/')}/{self.api_version}"

    @property
    def headers(self) -> dict[str, str]:
        """What says who asks."""
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def _url(self) -> str:
        return f"{self.root}/{self.business_account_id}/message_templates"


def desk_of(adapter: Adapter) -> TemplateDesk | None:
    """The desk of an account that speaks in Meta's templates; None for any other."""
    settings = {
        name: getattr(adapter, name, None) for name in ("business_account_id", "token", "api_version", "base_url")
    }
    if not adapter.can.templates or None in settings.values():
        return None
    return TemplateDesk(**{name: str(value) for name, value in settings.items()})


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """A template as Meta has it; its words in lower case."""

    id: str
    name: str
    language: str
    status: str
    category: str = ""
    quality: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A page of them, and the cursor behind which the next one begins, empty where there is none."""

    templates: tuple[Listed, ...]
    after: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """Why nothing came of it, for a person to read. `of_all`: whatever else is asked now would get the same answer."""

    said: str
    of_all: bool = False


def created(answer: Answer, submitted: Mapping[str, Any]) -> Listed | Trouble:
    """What became of a submission."""
    read = document(answer)
    if isinstance(read, Trouble):
        return read
    if not read.get("id"):
        return Trouble(said=Phrase("Meta's answer names no template"))
    return _listed({"name": submitted["name"], "language": submitted["language"], **read})


def edited(answer: Answer) -> Trouble | None:
    """Why a template was not changed; None where it was."""
    read = document(answer)
    if isinstance(read, Trouble):
        return read
    return None if read.get("success") is True else Trouble(said=Phrase("Meta's answer names no template"))


def page_of(answer: Answer) -> Page | Trouble:
    """What a page says."""
    read = document(answer)
    if isinstance(read, Trouble):
        return read
    rows, paging = read.get("data"), read.get("paging")
    if not isinstance(rows, list):
        return Trouble(said=Phrase("Meta's answer holds no templates"))
    templates = tuple(_listed(row) for row in rows if isinstance(row, dict) and row.get("name"))
    if not isinstance(paging, dict) or not paging.get("next"):
        return Page(templates=templates)
    after = word(paging, "cursors", "after")
    if not after:
        # A list that ends too early says of everything behind it that it was deleted.
        return Trouble(said=Phrase("Meta's list goes on, and does not say where"))
    return Page(templates=templates, after=after)


def _listed(row: Mapping[str, Any]) -> Listed:
    quality = row.get("quality_score")
    score = quality.get("score") if isinstance(quality, dict) else None
    reason = str(row.get("rejected_reason") or "")  # spelt as in a notice: to be told twice is no change
    return Listed(
        id=str(row.get("id") or ""),
        name=str(row["name"]),
        language=str(row.get("language") or ""),
        status=str(row.get("status") or "pending").lower(),
        category=str(row.get("category") or "").lower(),
        quality="" if score in (None, "UNKNOWN") else str(score).lower(),
        reason="" if reason in ("NONE", "none") else reason,
    )


def document(answer: Answer) -> Mapping[str, Any] | Trouble:
    """What the Graph API says, where that is no error."""
    if isinstance(answer, NoAnswer):
        return Trouble(said=f"{answer.reason}: {answer.detail}".rstrip(": "), of_all=True)
    if not isinstance(answer, HttpAnswer):
        return Trouble(said=Phrase("no answer over HTTP"), of_all=True)
    read = document_of(answer)
    if answer.status != _OK or "error" in read:
        error = graph_error(read.get("error"))
        return Trouble(said=_said(answer.status, read.get("error")), of_all=_is_of_all(answer.status, error))
    return read or Trouble(said=Phrase("HTTP {status}: not JSON", status=answer.status))


def _is_of_all(status: int, error: GraphError | None) -> bool:
    """Whether the account is throttled or locked, or Meta is not there: no word against what was submitted."""
    means = error.means if error is not None else None
    return isinstance(means, Fault) or (means is None and (status in _OF_ALL or status >= _SERVER_ERRORS))


_OF_ALL = frozenset({401, 403, 429})
_SERVER_ERRORS = 500


def _said(status: int, error: object) -> str:
    """Meta's words: those for people first, where there are any."""
    if not isinstance(error, dict):
        return f"HTTP {status}"
    words = error.get("error_user_msg") or error.get("message") or ""
    codes = [str(error[name]) for name in ("code", "error_subcode") if error.get(name) is not None]
    return f"{'/'.join(codes) or f'HTTP {status}'}: {words}"[:_SAID_LENGTH_MAX]
