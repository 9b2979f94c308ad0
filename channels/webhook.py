"""Any HTTP API as a provider, by a recipe in `project.yaml`: no Python needed.

    accounts:
      - id: sms_other
        adapter: webhook
        url: https://api.provider.example/v2/accounts/lume/messages
        headers: {Authorization: "Bearer {token}"}
        body: {to: "{to}", text: "{text}", parts: "{segments}", external_id: "{reference}"}
        id_at: data.id

Values enter the recipe as data: into the JSON structure before it is encoded, percent-encoded into the URL, and never
into the URL's host. A body value that is nothing but a placeholder keeps its type (`parts` above is a number). Braces
of your own are written twice.
"""

from __future__ import annotations

import json
import re
import string
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from orchestrator.channels import Capabilities, HttpAnswer, HttpCall, NoAnswer, unanswered
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import Delivery, Outcome, OutcomeKind
from orchestrator.domain.errors import ConfigurationError, InputError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from orchestrator.channels import Answer
    from orchestrator.domain.time import Instant

    Read = Callable[[Delivery], Any]

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
    "segments": attrgetter("rendered.segments"),
    "units": attrgetter("rendered.units"),
    "locale": attrgetter("rendered.locale"),
    "message": attrgetter("rendered.message"),
    "channel": attrgetter("channel"),
    "customer_id": attrgetter("customer_id"),
    "object_id": attrgetter("object_id"),
}

# What an answer means when it is not success, by status; ranges follow in `_refused`.
KNOWN_STATUSES: Mapping[int, tuple[OutcomeKind, str]] = {
    303: (OutcomeKind.UNKNOWN, "unreadable_answer"),  # "done, the result is elsewhere"
    401: (OutcomeKind.NOT_SENT, "provider_unavailable"),  # these three: the account, not the message
    402: (OutcomeKind.NOT_SENT, "provider_unavailable"),
    403: (OutcomeKind.NOT_SENT, "provider_unavailable"),
    404: (OutcomeKind.REFUSED, "provider_rejected:address"),
    408: (OutcomeKind.UNKNOWN, "timeout"),
    409: (OutcomeKind.UNKNOWN, "unreadable_answer"),
    410: (OutcomeKind.REFUSED, "provider_rejected:address"),
    425: (OutcomeKind.UNKNOWN, "unreadable_answer"),
    429: (OutcomeKind.NOT_SENT, "rate_limit"),
    504: (OutcomeKind.UNKNOWN, "timeout"),
}
KNOWN_HUNDREDS: Mapping[int, tuple[OutcomeKind, str]] = {
    3: (OutcomeKind.NOT_SENT, "provider_unavailable"),  # redirects are not followed
    4: (OutcomeKind.REFUSED, "provider_rejected:message"),
}
DETAIL_LENGTH_MAX = 300

METHODS = ("POST", "PUT", "PATCH", "GET")
# Headers that frame the request: the transport writes them.
FRAMING_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection"})


@dataclass(frozen=True, kw_only=True)
class Adapter:
    """One provider account by a recipe.

    `id_at` is where the answer's id stands (`data.id`, `messages.0.id`); an answer without it leaves the send unknown.
    `success` lists statuses (`200-299, 409`). `idempotency_header` names a header that carries the reference, for a
    provider that refuses the same one twice. `allow_private: true` lifts the guard against private addresses and
    plain http, for a provider on your own network.
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
    allow_private: bool = False

    _recipe: _Recipe = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_recipe", _compiled(self))

    @property
    def can(self) -> Capabilities:
        return Capabilities(channels=frozenset(Channel), html=True, idempotent=bool(self.idempotency_header))

    def call(self, delivery: Delivery, now: Instant, entropy: Callable[[int], bytes]) -> HttpCall:  # noqa: ARG002  # the reference is all the identity that a recipe can ask for
        """The request that the recipe describes.

        Raises:
            InputError: a value that cannot stand in a header or in the URL.
        """
        recipe = self._recipe
        headers = {name: read(delivery) for name, read in recipe.headers}
        body = b"" if recipe.body is None else _JSON.encode(recipe.body(delivery)).encode()
        return HttpCall(self.method, recipe.url(delivery), headers, body, guarded=not self.allow_private)

    def look_up(self, reference: str) -> None:  # noqa: ARG002  # a recipe describes sending only
        return None

    def outcome(self, answer: Answer) -> Outcome:
        match answer:
            case HttpAnswer(status) if status in self._recipe.success:
                return _accepted(answer, self._recipe.id_path)
            case HttpAnswer():
                return _refused(answer)
            case NoAnswer():
                return unanswered(answer)
            case _:
                return Outcome(OutcomeKind.UNKNOWN, "unreadable_answer", detail="not an answer of an HTTP server")


# --- what answers mean ----------------------------------------------------------------------------------------------


def _accepted(answer: HttpAnswer, id_path: tuple[str, ...]) -> Outcome:
    if not id_path:
        return Outcome(OutcomeKind.SENT)
    try:
        found = _at(json.loads(answer.body), id_path)
    except (ValueError, LookupError, TypeError):
        found = None
    if isinstance(found, bool) or not isinstance(found, str | int) or found == "":
        return Outcome(
            OutcomeKind.UNKNOWN,
            "unreadable_answer",
            detail=f"{answer.status} without an id at {'.'.join(id_path)}: {_excerpt(answer)}",
        )
    return Outcome(OutcomeKind.SENT, provider_id=str(found))


def _at(document: Any, path: Iterable[str]) -> Any:  # parsed JSON: anything
    for step in path:
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document


def _refused(answer: HttpAnswer) -> Outcome:
    kind, reason = (
        KNOWN_STATUSES.get(answer.status)
        or KNOWN_HUNDREDS.get(answer.status // 100)
        or (OutcomeKind.UNKNOWN, "unreadable_answer")
    )
    wait = answer.headers.get("retry-after", "").strip()
    seconds = float(wait) if wait.isascii() and wait.isdigit() else None
    # A date is not turned into seconds: an adapter has no clock of its own.
    until = f", not before {wait}" if wait and seconds is None else ""
    return Outcome(kind, reason, detail=f"{answer.status}{until}: {_excerpt(answer)}", retry_after_seconds=seconds)


def _excerpt(answer: HttpAnswer) -> str:
    return answer.body[:DETAIL_LENGTH_MAX].decode("utf-8", "replace")


# --- the recipe, compiled once --------------------------------------------------------------------------------------

_JSON = json.JSONEncoder(allow_nan=False, separators=(",", ":"))
_BREAKS = re.compile(r"[\r\n\x00]")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# Nothing of a delivery, no user name and no odd character may stand before the path.
_URL = re.compile(r"https?://[A-Za-z0-9._:\[\]-]+(?:[/?](?:(?![#\\\"<>])[!-~])*)?")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Recipe:
    url: Read
    headers: tuple[tuple[str, Read], ...]
    body: Read | None
    success: frozenset[int]
    id_path: tuple[str, ...]


def _compiled(account: Adapter) -> _Recipe:
    if account.method not in METHODS:
        raise ConfigurationError(
            'method "{method}" is not one of {known}{hint}',
            method=account.method,
            known=", ".join(METHODS),
            hint=did_you_mean(account.method, METHODS),
        )
    _check_url(account)
    values = {**PLACEHOLDERS, "token": lambda _: account.token}
    body = None if account.body is None else _structure(account.body, values)
    return _Recipe(
        url=_text(account.url, values, _into_url),
        headers=_headers(account, values),
        body=body,
        success=_statuses(account.success),
        id_path=tuple(account.id_at.replace("[", ".").replace("]", "").split(".")) if account.id_at else (),
    )


def _check_url(account: Adapter) -> None:
    if not _URL.fullmatch(account.url):
        raise ConfigurationError(
            '"{url}" is not a URL that a recipe can call',
            remedy="Write scheme and host without placeholders, user name or #: https://api.provider.example/send.",
            url=account.url,
        )
    try:
        parts = urlsplit(account.url)
        standard = parts.scheme == "https" and parts.port in (None, 443)
    except ValueError as error:
        raise ConfigurationError('"{url}" has no valid host and port', url=account.url) from error
    if not standard and not account.allow_private:
        raise ConfigurationError(
            '"{url}" is not https on its usual port',
            remedy="For a provider on your own network write allow_private: true.",
            url=account.url,
        )


def _headers(account: Adapter, values: Mapping[str, Read]) -> tuple[tuple[str, Read], ...]:
    written = dict(account.headers)
    if account.idempotency_header:
        written[account.idempotency_header] = "{reference}"
    if account.body is not None and not any(name.lower() == "content-type" for name in written):
        written["Content-Type"] = "application/json"
    for name, value in written.items():
        if not _HEADER_NAME.fullmatch(name) or name.lower() in FRAMING_HEADERS:
            raise ConfigurationError('a recipe cannot set the header "{name}"', name=name)
        if not isinstance(value, str) or _BREAKS.search(value):
            raise ConfigurationError('the header "{name}" must be one line of text', name=name)
    return tuple((name, _text(value, values, _into_header)) for name, value in written.items())


def _structure(value: object, values: Mapping[str, Read]) -> Read:
    """What builds the same structure with the placeholders filled in."""
    match value:
        case str():
            return _text(value, values, None)
        case dict():
            members = tuple((str(key), _structure(member, values)) for key, member in value.items())
            return lambda delivery: {key: build(delivery) for key, build in members}
        case list():
            items = tuple(_structure(item, values) for item in value)
            return lambda delivery: [build(delivery) for build in items]
        case None | bool() | int() | float():
            return lambda _: value
        case _:
            raise ConfigurationError("a recipe's body cannot hold {value}", value=repr(value))


def _text(written: str, values: Mapping[str, Read], enter: Callable[[object], str] | None) -> Read:
    """What fills one string in; `enter` makes a value fit for the place where it goes."""
    parts = list(_parts(written, values))
    if not any(callable(part) for part in parts):
        constant = "".join(str(part) for part in parts)
        return lambda _: constant
    if enter is None and len(parts) == 1:
        return parts[0]  # type: ignore[return-value]  # the line above leaves only a reader
    fit = enter or str
    return lambda delivery: "".join([part if isinstance(part, str) else fit(part(delivery)) for part in parts])


def _parts(written: str, values: Mapping[str, Read]) -> Iterable[str | Read]:
    try:
        parsed = list(string.Formatter().parse(written))
    except ValueError as error:
        raise _unknown_placeholder(written, "") from error
    for literal, name, specification, conversion in parsed:
        if literal:
            yield literal
        if name is None:
            continue
        if name not in values or specification or conversion:
            raise _unknown_placeholder(written, name, values)
        yield values[name]


def _unknown_placeholder(written: str, name: str, known: Iterable[str] = ()) -> ConfigurationError:
    return ConfigurationError(
        '"{written}" has a placeholder that a recipe does not know{hint}',
        remedy="Known: {known}. Braces of your own are written twice.",
        written=written,
        hint=did_you_mean(name, known),
        known=", ".join((*PLACEHOLDERS, "token")),
    )


def _into_url(value: object) -> str:
    try:
        encoded = quote(str(value), safe="")
    except UnicodeEncodeError as error:
        raise InputError("a value for the URL contains half a character") from error
    if encoded in (".", ".."):
        raise InputError("a value for the URL would change its path", code="value_in_url")
    return encoded


def _into_header(value: object) -> str:
    text = str(value)
    if _BREAKS.search(text):
        raise InputError("a value for a header contains a line break", code="line_break_in_header")
    return text


def _statuses(written: str) -> frozenset[int]:
    found: set[int] = set()
    for item in str(written).split(","):
        first, _, last = item.strip().partition("-")
        if not first.isdigit() or not (last or first).isdigit():
            raise ConfigurationError(
                'success "{written}" is not a list of statuses', remedy='Write "200-299, 409".', written=written
            )
        found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)
