"""What a channel adapter is, and finding one by its name.

An adapter knows one provider and does no I/O: it turns a delivery into a call, and the provider's answer into an
outcome. `orchestrator.transport` carries the calls. Adapters live in `channels/`, the project's first and then the
shipped ones; this module's `__path__` makes `channels/email_smtp.py` importable as `orchestrator.channels.email_smtp`.
"""

from __future__ import annotations

import dataclasses
import importlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, get_type_hints

from orchestrator.domain.delivery import Outcome, OutcomeKind
from orchestrator.domain.errors import ConfigurationError, NotFound, Phrase, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from orchestrator.domain.customer import Channel
    from orchestrator.domain.delivery import Delivery
    from orchestrator.domain.message import Rendered
    from orchestrator.domain.receipt import Receipt
    from orchestrator.domain.time import Instant

__all__ = [
    "ONE_CLICK",
    "Adapter",
    "Answer",
    "Call",
    "Capabilities",
    "HttpAnswer",
    "HttpCall",
    "InboxAnswer",
    "InboxCall",
    "InboxEntry",
    "InboxLookUp",
    "NoAnswer",
    "Notice",
    "Received",
    "SmtpAnswer",
    "SmtpCall",
    "account_settings",
    "adapter_names",
    "build_adapter",
    "look_in",
    "no_callbacks",
    "one_click_headers",
    "settings_of",
    "still_unknown",
    "unanswered",
]

# A project may not shadow the outbox: what is safe to rehearse with must stay safe.
NOT_TO_BE_SHADOWED = frozenset({"outbox"})


# --- what an adapter says of itself ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Capabilities:
    """What a provider can do, as data: checked against every message before anything is sent.

    `channels` are those that it can speak. Lengths are in characters, None where the provider sets no limit.
    `looks_up`: it can be asked whether it knows a reference. `idempotent`: it refuses the same reference twice.
    `receives`: it tells at `/hooks/{account}` what became of messages.
    `local`: nothing leaves this machine, so made-up addresses are safe (replay, demo, simulate).
    """

    channels: frozenset[Channel]
    text_length_max: int | None = None
    buttons_max: int | None = None
    html: bool = False
    looks_up: bool = False
    receives: bool = False
    idempotent: bool = False
    local: bool = False


# --- calls and answers ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One HTTP request. `guarded`: the URL was written in a recipe, so private addresses are refused."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class SmtpCall:
    """One SMTP transaction. `security` is starttls, tls or none; `message` is complete and ends its lines in CRLF."""

    host: str
    port: int
    security: str
    username: str = field(repr=False)
    password: str = field(repr=False)
    sender: str
    recipient: str
    message: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class InboxEntry:
    """One message as the local inbox keeps it."""

    reference: str
    customer_id: str
    object_id: str
    channel: Channel
    address: str
    rendered: Rendered


@dataclass(frozen=True, slots=True)
class InboxCall:
    """Put one message into the local inbox."""

    entry: InboxEntry
    at: Instant


@dataclass(frozen=True, slots=True)
class InboxLookUp:
    """Ask the local inbox whether it holds a reference."""

    reference: str


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A complete HTTP answer; header names are lower-case, `body` is cut at the transport's cap."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class SmtpAnswer:
    """The last SMTP reply: its code, and its text as the server wrote it."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class InboxAnswer:
    """The inbox's own id of the message, or None when a look-up found nothing."""

    entry_id: str | None


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The call ended without an answer.

    `reason` is connect, dns, tls, timeout, reset, unreadable, stale or not_allowed. `in_doubt` is true when the
    provider may have taken the message: bytes of it had left, and nothing definite came back.
    """

    reason: str
    in_doubt: bool
    detail: str = ""


Call = HttpCall | SmtpCall | InboxCall | InboxLookUp
Answer = HttpAnswer | SmtpAnswer | InboxAnswer | NoAnswer


# --- what providers tell by themselves ------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """A request that came to `/hooks/{account}`, as it came: nobody has looked at it yet.

    Header names are lower-case; `body` are the bytes that were signed.
    """

    method: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """What a genuine notice said.

    `passed_over` counts news that is not about what became of a message, and `unknown` are the words of that news: the
    provider's own, as it wrote them. `reply` is what the provider wants to read.
    """

    receipts: tuple[Receipt, ...] = ()
    passed_over: int = 0
    unknown: tuple[str, ...] = ()
    reply: str = ""


def no_callbacks() -> NotFound:
    """What `receive` raises where the provider tells nothing by itself."""
    return NotFound(
        "This account takes no callbacks.",
        remedy="Its adapter hears nothing, or its recipe has no receipts: see docs/how-to/use-any-http-api.md.",
        code="no_callbacks",
    )


# --- an adapter -----------------------------------------------------------------------------------------------------


class Adapter(Protocol):
    """One provider account, ready to speak: a frozen dataclass whose fields are its settings.

    Every module in `channels/` names its class `Adapter`. Fields: `channel` first, then settings, secrets with
    `field(repr=False)`; a setting that is called as a method is has its name in `metadata={"setting": "look_up"}`.
    No socket, no clock, no environment.
    """

    @property
    def channel(self) -> Channel:
        """The channel that this account speaks on."""
        ...

    @property
    def can(self) -> Capabilities:
        """What the provider can do."""
        ...

    def call(self, delivery: Delivery, now: Instant, entropy: Callable[[int], bytes]) -> Call:
        """The call that sends this delivery. The same delivery gives the same reference over retries."""
        ...

    def outcome(self, answer: Answer) -> Outcome:
        """What an answer to `call` means, in our words."""
        ...

    def look_up(self, reference: str) -> Call | None:
        """The call that asks whether the provider has this reference, or None where it cannot be asked."""
        ...

    def found(self, answer: Answer) -> Outcome:
        """What an answer to `look_up` means. The same status says something else there: a 404 is a definite no.

        `sent` and `not_sent` are certain; everything else, silence too, leaves the doubt as it was: `unknown`.
        """
        ...

    def receive(self, notice: Notice, now: Instant) -> Received:
        """What a provider's own call says, once its signature is found good, in constant time and before parsing.

        Raises:
            Refused: it is not signed as the account's notices are.
            InputError: it is genuine, and cannot be read.
            NotFound: this account takes no callbacks (`no_callbacks`).
        """
        ...


def unanswered(answer: NoAnswer) -> Outcome:
    """What silence means, for every provider: certain where nothing can have arrived, else doubt."""
    if not answer.in_doubt:
        detail = Phrase("{reason}: {said}", reason=answer.reason, said=answer.detail)
        return Outcome(OutcomeKind.NOT_SENT, "provider_unavailable", detail=detail)
    reason = "timeout" if answer.reason == "timeout" else "unreadable_answer"
    return Outcome(OutcomeKind.UNKNOWN, reason, detail=answer.detail)


def still_unknown(detail: str) -> Outcome:
    """What a look-up means that settled nothing: also one that found nobody says nothing of the message."""
    return Outcome(OutcomeKind.UNKNOWN, "unreadable_answer", detail=detail)


ONE_CLICK = "List-Unsubscribe=One-Click"
"""What a mailbox provider posts to the link when a person clicks its own button (RFC 8058)."""


def one_click_headers(delivery: Delivery) -> dict[str, str]:
    """The two headers of a marketing e-mail that end its topic with one click; of any other message, none.

    They belong to what is signed: DKIM's `h=` names them, or mailbox providers do not believe them.
    """
    if not delivery.unsubscribe_url:
        return {}
    return {"List-Unsubscribe": f"<{delivery.unsubscribe_url}>", "List-Unsubscribe-Post": ONE_CLICK}


# --- finding an adapter by name -------------------------------------------------------------------------------------

_SHIPPED = Path(__file__).parent / "_shipped" / "channels"
_SHIPPED = _SHIPPED if _SHIPPED.is_dir() else Path(__file__).parent.parent / "channels"
__path__ = [str(_SHIPPED)]


def look_in(project_channels: Path) -> None:
    """Let a project's own `channels/` folder come before the shipped one. Its modules run as our code does."""
    folder = str(project_channels)
    if project_channels.is_dir() and folder not in __path__ and not project_channels.samefile(_SHIPPED):
        for name in NOT_TO_BE_SHADOWED:
            if (project_channels / f"{name}.py").exists():
                raise ConfigurationError(
                    "channels/{name}.py may not replace the shipped adapter of that name.",
                    remedy="Rename the file.",
                    where=folder,
                    name=name,
                )
        __path__.insert(0, folder)
        importlib.invalidate_caches()


def adapter_names() -> list[str]:
    """The adapters that can be named in `project.yaml`."""
    found = {path.stem for folder in __path__ for path in Path(folder).glob("*.py")}
    return sorted(name for name in found if not name.startswith("_"))


def build_adapter(name: str, channel: Channel, settings: Mapping[str, Any], *, where: str = "") -> Adapter:
    """The adapter of that name, made from an account's settings.

    Raises:
        ConfigurationError: unknown adapter, unknown or missing setting, or a channel that it cannot speak.
    """
    adapter_class = _adapter_class(name, where)
    fields = account_settings(adapter_class)
    for key in settings:
        if key not in fields:
            raise ConfigurationError(
                'adapter "{name}" has no setting "{key}"{hint}',
                where=where,
                name=name,
                key=key,
                hint=did_you_mean(key, fields),
            )
    missing = [key for key, (_, required) in fields.items() if required and key not in settings]
    if missing:
        raise ConfigurationError(
            'adapter "{name}" needs: {missing}',
            remedy="Write them in templates/project.yaml; secrets go into JOGRAL_ACCOUNTS__<ACCOUNT>__<NAME>.",
            where=where,
            name=name,
            missing=", ".join(missing),
        )
    given = _converted(name, settings, fields, where)
    attributes = {_setting(item): item.name for item in dataclasses.fields(adapter_class)}
    adapter: Adapter = adapter_class(channel=channel, **{attributes[key]: value for key, value in given.items()})
    if channel not in adapter.can.channels:
        raise ConfigurationError('adapter "{name}" cannot speak {channel}', where=where, name=name, channel=channel)
    return adapter


def settings_of(name: str, *, where: str = "") -> frozenset[str]:
    """The names of the settings that an adapter takes. Raises ConfigurationError for an unknown one."""
    return frozenset(account_settings(_adapter_class(name, where)))


def account_settings(adapter_class: type) -> dict[str, tuple[type, bool]]:
    """The settings that an adapter takes: name → (type, required)."""
    hints = get_type_hints(adapter_class)
    return {
        _setting(item): (
            hints[item.name],
            item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING,
        )
        for item in dataclasses.fields(adapter_class)
        if item.init and item.name != "channel"
    }


def _setting(item: dataclasses.Field[Any]) -> str:
    name: str = item.metadata.get("setting", item.name)
    return name


def _adapter_class(name: str, where: str) -> type:
    if name not in adapter_names():
        raise ConfigurationError(
            'unknown adapter "{name}"{hint}',
            remedy="Known adapters: {known}.",
            where=where,
            name=name,
            hint=did_you_mean(name, adapter_names()),
            known=", ".join(adapter_names()),
        )
    module = importlib.import_module(f"{__name__}.{name}")
    found: type = module.Adapter
    return found


_TRUTHS: Mapping[str, bool] = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def _converted(
    name: str, settings: Mapping[str, Any], fields: Mapping[str, tuple[type, bool]], where: str
) -> dict[str, Any]:
    """Environment variables are text: numbers and truths become what the field says."""
    converted: dict[str, Any] = {}
    for key, value in settings.items():
        wanted = fields[key][0]
        try:
            if wanted is bool and isinstance(value, str):
                converted[key] = _TRUTHS[value.lower()]
            elif wanted in (int, float) and isinstance(value, str):
                converted[key] = wanted(value)
            else:
                converted[key] = value
        except (KeyError, ValueError) as error:
            raise ConfigurationError(
                'setting "{key}" of adapter "{name}" must be {wanted}, not "{value}"',
                where=where,
                name=name,
                key=key,
                wanted=_plain(wanted),
                value=value,
            ) from error
    return converted


def _plain(wanted: type) -> str:
    names: Iterable[tuple[type, str]] = ((bool, "true or false"), (int, "a whole number"), (float, "a number"))
    return next((plain for kind, plain in names if kind is wanted), wanted.__name__)
