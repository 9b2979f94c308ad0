"""The environment: what differs between machines, and every secret. Nothing else is read from it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from orchestrator.domain.errors import ConfigurationError


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
    lang: Literal["pt-BR", "en"] | None = Field(None, description="The language of commands and pages.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="What is logged, to stderr.")
    accounts: dict[str, dict[str, SecretStr]] = Field(
        default_factory=dict,
        description="Credentials by account and setting: JOGRAL_ACCOUNTS__EMAIL__PASSWORD.",
    )


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
            "The environment variable JOGRAL_{name} cannot be used: {why}.", name=name, why=first["msg"]
        ) from error
