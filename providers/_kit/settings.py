"""The base of what a connection is told about its provider."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.errors import ConfigurationInvalid
from runtime.secret import Secret
from runtime.settings import Connection
from runtime.validation import wrong_members

__all__ = ["ConnectionSettings", "Secret"]


class ConnectionSettings(BaseModel):
    """Frozen; an unknown member is an error, because a typo in a secret's name must not open the door."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    calls_per_s: float = Field(10.0, gt=0)
    """How often we call the provider over this connection: its sends and look-ups together."""
    calls_at_once: int = Field(8, ge=1)
    """How many calls may wait for an answer at the same time."""
    call_timeout_s: float = Field(10.0, gt=0)
    """How long one call may take; a send that has not been answered by then is in doubt."""
    may_call_private_addresses: bool = False
    """Whether the provider's API may be at a private, local or metadata address, as a simulator is."""

    @classmethod
    def of(cls, connection: Connection) -> Self:
        """The provider's part of `connection`; raises `ConfigurationInvalid` naming wrong members, not values."""
        try:
            return cls.model_validate(cls.given_to(connection))
        except ValidationError as exc:
            raise ConfigurationInvalid(
                f"connection {connection.provider}/{connection.name}: {wrong_members(exc)}"
            ) from None

    @classmethod
    def given_to(cls, connection: Connection) -> dict[str, Any]:
        """The members of `connection` that are checked here."""
        return connection.own
