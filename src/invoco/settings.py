"""Settings: `INVOCO_*` variables first, then one TOML file, then defaults that need nothing installed."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

import platformdirs
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from invoco.domain.errors import Misconfigured
from invoco.highlevel.client import BASE_URL

_MASK = "••••••"


def config_path() -> Path:
    """The one TOML file: `INVOCO_CONFIG`, or `invoco.toml` in the platform's settings folder; it need not exist."""
    named = os.environ.get("INVOCO_CONFIG")
    return Path(named) if named else platformdirs.user_config_path("invoco") / "invoco.toml"


class Settings(BaseSettings):
    """Everything an operator can set."""

    model_config = SettingsConfigDict(env_prefix="INVOCO_", extra="forbid", hide_input_in_errors=True)

    data_folder: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("invoco"),
        description="Where the database and the key file live.",
    )
    database_url: SecretStr | None = Field(
        default=None, description="SQLite or PostgreSQL; by default invoco.db in the data folder."
    )
    secret_key: SecretStr | None = Field(
        default=None,
        description="Keys that encrypt credentials, separated by commas, newest first; by default a key file is made.",
    )
    base_url: str = Field(default=BASE_URL, description="The HighLevel API, or a twin of it.")
    client_id: str | None = Field(default=None, description="Client id of the OAuth app.")
    client_secret: SecretStr | None = Field(default=None, description="Client secret of the OAuth app.")
    token: SecretStr | None = Field(default=None, description="A private integration token, instead of an OAuth app.")
    host: str = Field(default="127.0.0.1", description="Address on which `invoco serve` listens.")
    port: int = Field(default=8080, ge=0, le=65535, description="Port of `invoco serve`; 0 takes a free one.")
    webhook_ed25519_keys: str | None = Field(
        default=None,
        description="Public keys for X-GHL-Signature: PEM texts, or paths of PEM files separated by commas;"
        " by default HighLevel's.",
    )
    webhook_rsa_keys: str | None = Field(
        default=None, description="The same for the older X-WH-Signature; by default HighLevel's."
    )
    webhook_legacy_signature: bool = Field(
        default=True, description="Accept webhooks that carry only the older signature."
    )
    webhook_body_limit: int = Field(default=1_048_576, ge=1024, description="Bytes that a webhook may have.")
    jobs: str = Field(
        default="here",
        description="Who does the work in the background: here is `invoco serve` itself, workers are `invoco worker`"
        " processes, any number of them on PostgreSQL.",
    )
    page_size: int = Field(default=500, ge=1, le=500, description="Contacts per page of an import.")
    notes_daily_share: float = Field(
        default=0.5, gt=0, le=1, description="Share of the daily quota that reading notes may use."
    )
    appointments_days_back: int = Field(default=365, ge=0, description="How far back appointments are imported.")
    appointments_days_ahead: int = Field(default=365, ge=0, description="How far ahead appointments are imported.")
    log_level: str = Field(default="warning", description="debug, info, warning or error.")
    log_format: str = Field(default="text", description="text for people, json for machines.")

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, level: str) -> str:
        if level.lower() not in {"debug", "info", "warning", "error"}:
            raise ValueError("must be debug, info, warning or error")
        return level.lower()

    @field_validator("log_format")
    @classmethod
    def _known_format(cls, form: str) -> str:
        if form not in {"text", "json"}:
            raise ValueError("must be text or json")
        return form

    @field_validator("jobs")
    @classmethod
    def _known_place(cls, place: str) -> str:
        if place not in {"here", "workers"}:
            raise ValueError("must be here or workers")
        return place

    @field_validator("base_url")
    @classmethod
    def _absolute_url(cls, url: str) -> str:
        if not url.startswith(("http://", "https://")):
            raise ValueError("must start with https:// (or http:// for a twin)")
        return url.rstrip("/")

    @property
    def store_url(self) -> str:
        """The database's URL, with the default filled in."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_folder / 'invoco.db'}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then the file."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=config_path())


def load(**given: Any) -> Settings:
    """The settings in force.

    Raises:
        Misconfigured: the file is no TOML, or a value cannot be used; the message names the setting.
    """
    try:
        return Settings(**given)
    except tomllib.TOMLDecodeError as cause:
        raise Misconfigured(f"{config_path()} is not valid TOML: {cause}", cure="Correct the line it names.") from cause
    except UnicodeDecodeError as cause:
        raise Misconfigured(f"{config_path()} is not UTF-8 text.", cure="Save it as UTF-8.") from cause
    except ValidationError as cause:
        raise Misconfigured(_first_problem(cause), cure="See `invoco config show` for what can be set.") from cause


def shown(settings: Settings) -> dict[str, dict[str, str]]:
    """Every setting with its value and meaning; secrets are masked, passwords inside URLs too."""
    return {
        name: {"value": _masked(name, settings), "about": field.description or "", "variable": f"INVOCO_{name.upper()}"}
        for name, field in type(settings).model_fields.items()
    }


def _masked(name: str, settings: Settings) -> str:
    if name == "database_url":
        return without_password(settings.store_url)
    value = getattr(settings, name)
    if value is None:
        return ""
    return _MASK if isinstance(value, SecretStr) else str(value)


def without_password(url: str) -> str:
    """A database URL with its password masked."""
    scheme, separator, rest = url.partition("://")
    credentials, at, host = rest.rpartition("@")
    if not at or ":" not in credentials:
        return url
    return f"{scheme}{separator}{credentials.partition(':')[0]}:{_MASK}@{host}"


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
    name = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"The setting {name} is not known."
    return f"The setting {name} cannot be used: {problem['msg'].removeprefix('Value error, ')}."
