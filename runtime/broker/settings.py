"""What a broker of one's own is told by the environment."""

import os
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def _default_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tidings"


class BrokerSettings(BaseSettings):
    """Read from the environment; an empty variable counts as not set."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True, populate_by_name=True)

    bootstrap_servers: str | None = Field(None, validation_alias="KAFKA_BOOTSTRAP_SERVERS")
    """A Kafka that runs already; when given, none is started."""
    cache_dir: Path = Field(default_factory=_default_cache, validation_alias="TIDINGS_CACHE_DIR")
    """Where downloads are kept; the broker's jars stand in a folder of their own inside."""
    maven_repo_url: SecretStr | None = Field(None, validation_alias="MAVEN_REPO_URL")
    """The Maven repository to fetch from, when it is not Maven Central; it may carry a user and a password."""
    java_home: Path | None = Field(None, validation_alias="JAVA_HOME")
    """The Java to try first."""
