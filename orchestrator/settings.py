"""The environment: what differs between machines, and every secret. Nothing else is read from it."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from orchestrator.domain.errors import ConfigurationError, Unfit
from orchestrator.tokens import Keyring, keys_of

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from orchestrator.decide.recipients import Recipients


class Settings(BaseSettings):
    """Environment variables, each with the prefix `JOGRAL_`."""

    model_config = SettingsConfigDict(env_prefix="JOGRAL_", env_nested_delimiter="__", extra="ignore")

    database_url: SecretStr | None = Field(
        None, description="The ledger: postgresql://… or sqlite:///path. Without it: SQLite in the project's .jogral/."
    )
    redis_url: SecretStr | None = Field(
        None, description="The doorbell: redis://… or unix://…; `none` to poll. Without it Jogral starts its own."
    )
    project: Path | None = Field(None, description="The project's folder. Without it: the current one, or one above.")
    host: str = Field("127.0.0.1", description="Where `serve` and `up` listen.")
    port: int = Field(8080, ge=0, le=65535, description="The port of `serve` and `up`; 0 takes a free one.")
    public_url: str | None = Field(
        None,
        description="Where customers reach the public pages: https://mail.shop.example. Without it: this machine.",
    )
    signing_keys: SecretStr | None = Field(
        None,
        description="What links are signed with: id:secret,id:secret, newest first. Without it: .jogral/keys.json.",
    )
    unknown_events: Literal["refuse", "quarantine"] = Field(
        "refuse",
        description="What becomes of events that nobody understands: `refuse`, or `quarantine` to keep and mend them.",
    )
    lang: Literal["pt-BR", "en"] | None = Field(None, description="The language of commands and pages.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="What is logged, to stderr.")
    environment: Literal["production", "staging"] = Field(
        "production",
        description="`staging` writes to the allow-list only, whoever asks, and forwards nothing.",
    )
    allow_list: str = Field(
        "",
        description="Whom staging, team keys and `send-test` may write to: me@shop.example, shop.example, +5511…",
    )
    resolver: str | None = Field(
        None, description="The name server that `doctor` asks, as host:port. Without it: this machine's own."
    )
    forward_secret: SecretStr | None = Field(
        None, description="What calls to the webhook of `inbound` are signed with (Standard Webhooks): whsec_…"
    )
    accounts: dict[str, dict[str, SecretStr]] = Field(
        default_factory=dict,
        description="Credentials by account and setting: JOGRAL_ACCOUNTS__EMAIL__PASSWORD.",
    )

    @property
    def own_url(self) -> str:
        """Where `serve` and `up` are reached from this machine."""
        everywhere = self.host in {"0.0.0.0", "::"}  # noqa: S104  # compared, not listened on
        name = "localhost" if everywhere else f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{name}:{self.port}"

    @field_validator("public_url")
    @classmethod
    def _an_address_of_the_web(cls, url: str | None) -> str | None:
        return None if url is None else web_address(url)

    @cached_property
    def recipients(self) -> Recipients:
        """Whom this machine may write to."""
        return _recipients(self.allow_list, staging=self.environment == "staging")

    @field_validator("allow_list")
    @classmethod
    def _listed(cls, written: str) -> str:
        if written:
            _recipients(written, staging=False)  # every process refuses it at its start
        return written

    @field_validator("signing_keys")
    @classmethod
    def _keys(cls, keys: SecretStr | None) -> SecretStr | None:
        if keys is not None:
            Keyring(keys=keys_of(keys.get_secret_value()))  # every process refuses them at its start
        return keys


def web_address(url: str) -> str:
    """The URL that pages' paths are appended to. Raises Unfit."""
    parts = urlsplit(url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise Unfit("it must be the address of a web server, such as https://mail.shop.example")
    if parts.query or parts.fragment:
        raise Unfit("it must end with its path, without ? and #")
    if not _IN_A_HEADER.fullmatch(url.strip()):
        raise Unfit("it must be written in ASCII, a foreign host as xn--…: it stands in headers of e-mails")
    return url.strip().rstrip("/")


def _recipients(written: str, *, staging: bool) -> Recipients:
    """The list, and what it may hold. Raises Unfit."""
    from orchestrator.allow_list import read_allow_list  # noqa: PLC0415  # phones of the world, for those who list any

    return read_allow_list(written, staging=staging)


_IN_A_HEADER = re.compile(r"[!#-;=?-~]+")  # no blank, no quote, and neither < nor >


def read_settings() -> Settings:
    """The settings of this process. Raises ConfigurationError that names the variable, never its value."""
    try:
        return Settings()
    except SettingsError as error:
        # Only the accounts are JSON, where somebody writes all of them into one variable.
        raise ConfigurationError(
            "The environment variable JOGRAL_ACCOUNTS cannot be used: it is not JSON.",
            remedy="Write one variable a setting, such as JOGRAL_ACCOUNTS__EMAIL__PASSWORD.",
        ) from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = "__".join(str(part) for part in first["loc"]).upper()
        raise ConfigurationError(
            "The environment variable JOGRAL_{name} cannot be used: {why}.", name=name, why=_why(first)
        ) from error


def _why(error: ErrorDetails) -> str:
    """Our own words come as they are: pydantic would put "Value error" before them, and cannot translate."""
    cause = error.get("ctx", {}).get("error")
    return cause.said if isinstance(cause, Unfit) else error["msg"]
