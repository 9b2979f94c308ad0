"""What a channel adapter is, and finding one by its name.

An adapter knows one provider and does no I/O: it turns a delivery into a call, and the provider's answer into an
outcome. `orchestrator.transport` carries the calls. Adapters live in `channels/`, the project's first and then the
shipped ones; this module's `__path__` makes `channels/email_smtp.py` importable as `orchestrator.channels.email_smtp`.
"""

from __future__ import annotations

import dataclasses
import importlib
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_origin, get_type_hints
from urllib.parse import urlsplit

from orchestrator.contract.adapter import ONE_CLICK, Adapter, one_click_headers, still_unknown, unanswered
from orchestrator.contract.calls import (
    Answer,
    Call,
    DeviceAnswers,
    DeviceCalls,
    Grant,
    HttpAnswer,
    HttpCall,
    InboxAnswer,
    InboxCall,
    InboxEntry,
    InboxLookUp,
    NoAnswer,
    SmtpAnswer,
    SmtpCall,
    Token,
)
from orchestrator.contract.capabilities import Capabilities
from orchestrator.contract.notices import (
    InboundKind,
    InboundMessage,
    Notice,
    Preference,
    Received,
    TemplateNews,
    UserNews,
    no_callbacks,
)
from orchestrator.domain.errors import ConfigurationError, Phrase, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.customer import Channel

__all__ = [
    "ONE_CLICK",
    "Adapter",
    "Answer",
    "Call",
    "Capabilities",
    "DeviceAnswers",
    "DeviceCalls",
    "Grant",
    "HttpAnswer",
    "HttpCall",
    "InboundKind",
    "InboundMessage",
    "InboxAnswer",
    "InboxCall",
    "InboxEntry",
    "InboxLookUp",
    "NoAnswer",
    "Notice",
    "Preference",
    "Received",
    "SmtpAnswer",
    "SmtpCall",
    "TemplateNews",
    "Token",
    "UserNews",
    "account_settings",
    "adapter_names",
    "build_adapter",
    "is_shipped",
    "look_in",
    "no_callbacks",
    "one_click_headers",
    "settings_of",
    "still_unknown",
    "unanswered",
]

# A project may not shadow the outbox: what is safe to rehearse with must stay safe.
NOT_TO_BE_SHADOWED = frozenset({"outbox"})

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


def is_shipped(name: str, project_channels: Path | None = None) -> bool:
    """Whether that adapter comes with Jogral, and no file of a project (or of its `channels/` folder) stands before it.

    Nothing is imported: code of a project is not run by whoever only looks at it.
    """
    before = [Path(folder) for folder in __path__ if folder != str(_SHIPPED)]
    if project_channels is not None and project_channels.resolve() != _SHIPPED.resolve():
        before.append(project_channels)
    return (_SHIPPED / f"{name}.py").is_file() and not any((folder / f"{name}.py").exists() for folder in before)


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
    try:
        adapter: Adapter = adapter_class(channel=channel, **{attributes[key]: value for key, value in given.items()})
    except ConfigurationError as error:
        error.where = error.where or where  # an adapter does not know in which file its settings stand
        raise
    except Exception as error:  # a project's own; its words may hold a secret
        raise ConfigurationError(
            'adapter "{name}" does not take its settings: {error} ({place})',
            where=where,
            name=name,
            error=type(error).__name__,
            place=_place(error),
        ) from error
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
    try:
        found: type = importlib.import_module(f"{__name__}.{name}").Adapter
        dataclasses.fields(found)
        get_type_hints(found)
    except Exception as error:  # a project's own file may raise anything
        raise ConfigurationError(
            'adapter "{name}" cannot be loaded: {error} ({place})',
            remedy="channels/{name}.py must hold a dataclass named Adapter; docs/how-to/add-a-channel.md shows one.",
            where=where,
            name=name,
            error=f"{type(error).__name__}: {error}",
            place=_place(error),
        ) from error
    return found


def _place(error: Exception) -> str:
    """File and line, for whoever wrote them."""
    raised = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(raised.filename).name}:{raised.lineno}"


_TRUTHS: Mapping[str, bool] = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def _converted(
    name: str, settings: Mapping[str, Any], fields: Mapping[str, tuple[type, bool]], where: str
) -> dict[str, Any]:
    """Environment variables are text: numbers and truths become what the field says. All else must be it already."""
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
                wanted=_KINDS[wanted][1],
                value=value,
            ) from error
        _require_kind(name, key, converted[key], wanted, where)
    return converted


def _require_kind(name: str, key: str, value: Any, wanted: type, where: str) -> None:
    """Here for every adapter, so that none stumbles. What was written is not told: it may be a secret."""
    kinds, words = _KINDS.get(get_origin(wanted) or wanted, (object, ""))
    fits = isinstance(value, kinds) and (wanted is bool or not isinstance(value, bool) or kinds is object)
    if fits and wanted is str and value and key.endswith("_url") and not _is_web_address(value):
        fits, words = False, Phrase("the address of a web server, such as https://api.provider.example")
    if not fits:
        raise ConfigurationError(
            'setting "{key}" of adapter "{name}" must be {wanted}', where=where, name=name, key=key, wanted=words
        )


_KINDS: Mapping[type, tuple[Any, str]] = {
    bool: (bool, Phrase("true or false")),
    int: (int, Phrase("a whole number")),
    float: ((int, float), Phrase("a number")),
    # YAML reads +5511… as a number, and forgets the plus.
    str: (str, Phrase("text, written in quotes")),
    dict: (dict, Phrase("a list of names, each with its value")),
}


def _is_web_address(text: str) -> bool:
    """As the transport can call it, whatever an adapter puts behind it."""
    try:
        parts = urlsplit(text)
        known = parts.scheme in {"http", "https"} and parts.hostname and parts.username is None and parts.port != 0
    except ValueError:
        return False
    return bool(known) and text.isascii() and text.isprintable() and " " not in text
