"""Any HTTP API as a provider, by a recipe in `project.yaml`: no Python needed.

    accounts:
      - id: sms_other
        adapter: webhook
        url: https://api.provider.example/v2/accounts/lume/messages
        headers: {Authorization: "Bearer {token}"}
        body: {to: "{to}", text: "{text}", parts: "{segments}", external_id: "{reference}"}
        id_at: data.id
        look_up: {url: "https://api.provider.example/v2/messages/{reference}", found_at: data.id, missing: "404"}
        receipts: {signature_header: X-Signature, reference_at: external_id, status_at: status, words: {…}}

Values enter the recipe as data: into the JSON structure before it is encoded, percent-encoded into the URL, and never
into the URL's host. A body value that is nothing but a placeholder keeps its type (`parts` above is a number). Braces
of your own are written twice.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from orchestrator.channels import (
    Capabilities,
    HttpAnswer,
    HttpCall,
    NoAnswer,
    no_callbacks,
    one_click_headers,
    still_unknown,
    unanswered,
)
from orchestrator.contract import http_answers
from orchestrator.contract.recipes import filling
from orchestrator.contract.recipes.look_up import look_up
from orchestrator.contract.recipes.reading import NotThere, document, path, statuses, word_at
from orchestrator.contract.recipes.receipts import receipts_recipe
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import Outcome, OutcomeKind
from orchestrator.domain.errors import ConfigurationError, Phrase, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.channels import Answer, Notice, Received
    from orchestrator.contract.recipes.filling import Read
    from orchestrator.contract.recipes.look_up import LookUp
    from orchestrator.contract.recipes.reading import Path
    from orchestrator.contract.recipes.receipts import ReceiptsRecipe
    from orchestrator.domain.delivery import Delivery
    from orchestrator.domain.time import Instant

# What a recipe can say of a delivery; `{token}`, the account's secret, comes on top.
PLACEHOLDERS: Mapping[str, Read] = {
    "reference": attrgetter("reference"),
    "to": attrgetter("address.value"),
    "text": attrgetter("rendered.text"),
    "subject": attrgetter("rendered.subject"),
    "preheader": attrgetter("rendered.preheader"),
    "html": attrgetter("rendered.html"),
    "title": attrgetter("rendered.title"),
    "url": attrgetter("rendered.url"),
    "buttons": lambda delivery: [
        {"label": button.label, "url": button.url or "", "emit": button.emit or ""}
        for button in delivery.rendered.buttons
    ],
    "segments": attrgetter("rendered.segments"),
    "units": attrgetter("rendered.units"),
    "locale": attrgetter("rendered.locale"),
    "message": attrgetter("rendered.message"),
    "channel": attrgetter("channel"),
    "customer_id": attrgetter("customer_id"),
    "object_id": attrgetter("object_id"),
    "unsubscribe_url": attrgetter("unsubscribe_url"),
    "one_click_headers": one_click_headers,
}

# What an answer means that is not success, before anything that all HTTP servers have in common. An API that nobody
# here knows may say 403 of one recipient, so the account is not stopped by it.
KNOWN_STATUSES: Mapping[int, tuple[OutcomeKind, str]] = {
    303: (OutcomeKind.UNKNOWN, "unreadable_answer"),  # "done, the result is elsewhere"
    401: (OutcomeKind.NOT_SENT, "provider_unavailable"),  # these three: the account, not the message
    402: (OutcomeKind.NOT_SENT, "provider_unavailable"),
    403: (OutcomeKind.NOT_SENT, "provider_unavailable"),
    404: (OutcomeKind.REFUSED, "provider_rejected:address"),
    405: (OutcomeKind.REFUSED, "provider_rejected:message"),
    410: (OutcomeKind.REFUSED, "provider_rejected:address"),
}

METHODS = ("POST", "PUT", "PATCH", "GET")


@dataclass(frozen=True, kw_only=True)
class Adapter:
    """One provider account by a recipe.

    `id_at` is where the answer's id stands (`data.id`, `messages.0.id`); an answer without it leaves the send unknown.
    `success` lists statuses (`200-299, 409`). `idempotency_header` names a header that carries the reference, for a
    provider that refuses the same one twice. `look_up` says how to ask for a message by our reference, `receipts` how
    the provider tells afterwards at `/hooks/{account}`, signed with `receipts_secret`. `allow_private: true` lifts the
    guard against private addresses and plain http, for a provider on your own network.
    """

    channel: Channel
    url: str
    method: str = "POST"
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    body: Any = None
    id_at: str = ""
    success: str = "200-299"
    token: str = field(default="", repr=False)
    idempotency_header: str = ""
    look_up_recipe: Any = field(default=None, repr=False, metadata={"setting": "look_up"})
    receipts: Any = field(default=None, repr=False)
    receipts_secret: str = field(default="", repr=False)
    allow_private: bool = False

    _recipe: _Recipe = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_recipe", _compiled(self))

    @property
    def can(self) -> Capabilities:
        shown = self._recipe.shown
        return Capabilities(
            channels=frozenset(Channel),
            html="html" in shown,
            title="title" in shown,
            buttons_max=None if "buttons" in shown else 0,
            looks_up=self._recipe.look_up is not None,
            receives=self._recipe.receipts is not None,
            idempotent=bool(self.idempotency_header),
        )

    def call(self, delivery: Delivery, now: Instant, entropy: Callable[[int], bytes]) -> HttpCall:  # noqa: ARG002  # the reference is all the identity that a recipe can ask for
        """The request that the recipe describes.

        Raises:
            InputError: a value that cannot stand in a header or in the URL.
        """
        recipe = self._recipe
        headers = {name: read(delivery) for name, read in recipe.headers}
        body = b"" if recipe.body is None else _JSON.encode(recipe.body(delivery)).encode()
        return HttpCall(self.method, recipe.url(delivery), headers, body, guarded=not self.allow_private)

    def outcome(self, answer: Answer) -> Outcome:
        match answer:
            case HttpAnswer(status) if status in self._recipe.success:
                return _accepted(answer, self._recipe.id_path)
            case HttpAnswer():
                return _refused(answer)
            case NoAnswer():
                return unanswered(answer)
            case _:
                return http_answers.no_http()

    def look_up(self, reference: str) -> HttpCall | None:
        question = self._recipe.look_up
        return question.call(reference) if question is not None else None

    def found(self, answer: Answer) -> Outcome:
        question = self._recipe.look_up
        return question.found(answer) if question is not None else still_unknown("the recipe has no look_up")

    def receive(self, notice: Notice, now: Instant) -> Received:
        if self._recipe.receipts is None:
            raise no_callbacks()
        return self._recipe.receipts.received(notice, now)


# --- what answers mean ----------------------------------------------------------------------------------------------


def _accepted(answer: HttpAnswer, id_path: Path) -> Outcome:
    if not id_path:
        return Outcome(OutcomeKind.SENT)
    try:
        return Outcome(OutcomeKind.SENT, provider_id=word_at(document(answer.body), id_path))
    except NotThere:
        return Outcome(
            OutcomeKind.UNKNOWN,
            "unreadable_answer",
            detail=Phrase(
                "{status} without an id at {path}: {said}",
                status=answer.status,
                path=".".join(id_path),
                said=http_answers.excerpt(answer),
            ),
        )


def _refused(answer: HttpAnswer) -> Outcome:
    known = KNOWN_STATUSES.get(answer.status)
    if known is not None:
        return http_answers.told(answer, *known)
    # A redirect is not followed: the recipe's address is wrong, or was wrong for a moment.
    return replace(http_answers.by_status(answer), stopped=False)


# --- the recipe, compiled once --------------------------------------------------------------------------------------

_JSON = json.JSONEncoder(allow_nan=False, separators=(",", ":"))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Recipe:
    url: Read
    headers: tuple[tuple[str, Read], ...]
    body: Read | None
    success: frozenset[int]
    id_path: Path
    look_up: LookUp | None
    receipts: ReceiptsRecipe | None
    shown: frozenset[str]


def _compiled(account: Adapter) -> _Recipe:
    if account.method not in METHODS:
        raise ConfigurationError(
            'method "{method}" is not one of {known}{hint}',
            method=account.method,
            known=", ".join(METHODS),
            hint=did_you_mean(account.method, METHODS),
        )
    places = {**PLACEHOLDERS, "token": lambda _: account.token}
    asked, told, private = account.look_up_recipe, account.receipts, account.allow_private
    written = _headers(account)
    return _Recipe(
        url=filling.url(account.url, places, allow_private=private),
        headers=filling.headers(written, places),
        body=None if account.body is None else filling.structure(account.body, places),
        success=statuses("success", account.success),
        id_path=path(account.id_at),
        look_up=None if asked is None else look_up(asked, account.headers, account.token, allow_private=private),
        receipts=None if told is None else receipts_recipe(told, account.receipts_secret),
        shown=frozenset(name for name in PLACEHOLDERS if f"{{{name}}}" in str((account.url, written, account.body))),
    )


def _headers(account: Adapter) -> dict[str, str]:
    written = dict(account.headers)
    if account.idempotency_header:
        written[account.idempotency_header] = "{reference}"
    if account.body is not None and not any(name.lower() == "content-type" for name in written):
        written["Content-Type"] = "application/json"
    return written
