"""What an installation is told: `tidings.toml` beside the environment, read once at the door.

Every member can be set as `TIDINGS_<SECTION>__<MEMBER>`; the environment wins over the file. A secret is written as
`env:NAME` or `file:PATH` and read from there; it has no default and does not show in logs, errors or `repr`.
"""

import os
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from contracts.errors import ConfigurationInvalid
from runtime.settings.sections import (
    SLUG,
    ApiSettings,
    ArchiveSettings,
    Budget,
    Connection,
    DispatchSettings,
    ExportSettings,
    FallbackSettings,
    FeedSettings,
    IngestSettings,
    KafkaSettings,
    Price,
    PrivacySettings,
    ReplaySettings,
    Section,
    StoreSettings,
    StreamsSettings,
    TracesSettings,
    TrustSettings,
)
from runtime.validation import Place, dotted, wrong_members

__all__ = [
    "SLUG",
    "ApiSettings",
    "ArchiveSettings",
    "Budget",
    "Connection",
    "DispatchSettings",
    "ExportSettings",
    "FallbackSettings",
    "FeedSettings",
    "IngestSettings",
    "KafkaSettings",
    "Price",
    "PrivacySettings",
    "ReplaySettings",
    "Section",
    "Settings",
    "StoreSettings",
    "StreamsSettings",
    "TracesSettings",
    "TrustSettings",
    "load_settings",
]


class Settings(BaseSettings):
    """The whole of it."""

    model_config = SettingsConfigDict(
        env_prefix="TIDINGS_", env_nested_delimiter="__", frozen=True, extra="forbid", toml_file=None
    )

    data_dir: Path = Path(".tidings")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    kafka: KafkaSettings = KafkaSettings()
    ingest: IngestSettings = IngestSettings()
    streams: StreamsSettings = StreamsSettings()
    fallback: FallbackSettings = FallbackSettings()
    dispatch: DispatchSettings = DispatchSettings()
    store: StoreSettings = StoreSettings()
    archive: ArchiveSettings = ArchiveSettings()
    api: ApiSettings = ApiSettings()
    exports: ExportSettings = ExportSettings()
    replays: ReplaySettings = ReplaySettings()
    feed: FeedSettings = FeedSettings()
    trust: TrustSettings = TrustSettings()
    traces: TracesSettings = TracesSettings()
    privacy: PrivacySettings = PrivacySettings()
    connections: tuple[Connection, ...] = ()
    budgets: tuple[Budget, ...] = ()
    prices: tuple[Price, ...] = ()

    @model_validator(mode="after")
    def _keep_what_may_change(self) -> Self:
        if 0 < self.store.keep_days < self.streams.keep_open_days + 7:  # whoever asks for changes has a week to come by
            raise ValueError(
                "store.keep_days: 0 keeps all facts; else it is a week or more above streams.keep_open_days"
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # the signature is pydantic's; no .env is read
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # likewise
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        bootstrap = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
        as_people_expect = {"kafka": {"bootstrap_servers": bootstrap}} if bootstrap else {}
        usual = InitSettingsSource(settings_cls, as_people_expect)
        return init_settings, env_settings, usual, TomlConfigSettingsSource(settings_cls)


def load_settings(path: Path | None = None) -> Settings:
    """The settings from `path`, else `TIDINGS_CONFIG`, else `tidings.toml` when there is one, and the environment.

    `KAFKA_BOOTSTRAP_SERVERS` is honoured as people expect. Raises `ConfigurationInvalid`, naming each wrong member.
    """
    file = path or Path(os.environ.get("TIDINGS_CONFIG", "tidings.toml"))
    if (path or "TIDINGS_CONFIG" in os.environ) and not file.is_file():
        raise ConfigurationInvalid(f"there is no settings file {file}; give one with --config or TIDINGS_CONFIG")
    source = type("SettingsFromFile", (Settings,), {"model_config": SettingsConfigDict(toml_file=file)})
    try:
        return _beside(file, source())  # a subclass made on the spot, to name the file
    except ValidationError as exc:
        raise ConfigurationInvalid(f"{file}: {wrong_members(exc, _as_given)}") from None
    except ValueError as exc:
        raise ConfigurationInvalid(f"{file} is not valid TOML: {exc}") from exc


def _as_given(place: Place) -> str:
    """The variable, where the environment says it and not the file."""
    variable = f"TIDINGS_{'__'.join(map(str, place))}".upper()
    return variable if variable in os.environ else dotted(place)


def _beside(file: Path, settings: Settings) -> Settings:
    """With the files that it names where people expect them: beside it."""
    policies, exchange = settings.fallback.policies, settings.api.exchange
    beside = {
        "fallback": settings.fallback.model_copy(update={"policies": policies and file.parent / policies}),
        "api": settings.api.model_copy(update={"exchange": exchange and file.parent / exchange}),
    }
    return settings.model_copy(update=beside)
