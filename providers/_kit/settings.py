"""The base of what a connection is told about its provider."""

from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from contracts.errors import ConfigurationInvalid
from runtime.settings import Connection, Secret

__all__ = ["ConnectionSettings", "Secret"]


class ConnectionSettings(BaseModel):
    """Frozen; an unknown member is an error, because a typo in a secret's name must not open the door."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def of(cls, connection: Connection) -> Self:
        """The provider's part of `connection`; raises `ConfigurationInvalid` naming wrong members, not values."""
        try:
            return cls.model_validate(connection.own)
        except ValidationError as exc:
            wrong = "; ".join(
                f"{'.'.join(map(str, error['loc'])) or 'connection'}: {error['msg']}" for error in exc.errors()
            )
            raise ConfigurationInvalid(f"connection {connection.provider}/{connection.name}: {wrong}") from None
