"""What a connection is told about Infobip: how its calls show that they are its own, and how ours to it do."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from contracts.errors import ConfigurationInvalid
from providers._kit.settings import ConnectionSettings, Secret

HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$"), AfterValidator(str.lower)]


class Scheme(StrEnum):
    """The ways in which Infobip's calls can show that they are Infobip's."""

    BASIC = "basic"
    HEADER = "header"
    HMAC = "hmac"


class InfobipSettings(ConnectionSettings):
    """Exactly one scheme is set whole; of each secret two may live while they rotate."""

    username: str | None = Field(None, min_length=1, max_length=255, pattern=r"^[^:\x00-\x1f\x7f]+$")
    """Of the profile's BASIC security. A colon cannot stand in it: it ends the name on the wire."""
    passwords: tuple[Secret, ...] = ()

    header_name: HeaderName | None = None
    """A fixed header of the profile that carries one of `header_secrets`."""
    header_secrets: tuple[Secret, ...] = ()

    hmac_header: HeaderName | None = None
    """Where the profile's HMAC security puts the signature over the raw body."""
    hmac_keys: tuple[Secret, ...] = ()
    hmac_prefix: str = ""
    """What stands before the signature in its header, such as `sha256=`."""
    hmac_encoding: Literal["hex", "base64"] = "hex"
    hmac_algorithm: Literal["md5", "sha1", "sha224", "sha256", "sha384", "sha512"] = "sha256"

    base_url: str = Field("https://api.infobip.com", pattern=r"^https?://[^/?#@\s]+(/[^?#\s]*[^/?#\s])?$")
    """Of the API that we call; every account has one of its own, such as `https://abc123.api.infobip.com`."""
    api_key: Secret | None = None
    """For sends and look-ups; null when this connection only receives."""
    polls: Literal["logs", "reports"] = "logs"
    """What a look-up asks. The logs tell as often as they are asked; each report is handed out once, so `reports` is
    for accounts without webhooks only, and for one poller."""

    @model_validator(mode="after")
    def _exactly_one_scheme(self) -> Self:
        begun = self._begun()
        if len(begun) != 1:
            named = " and ".join(begun) or "none"
            raise ValueError(
                "set exactly one of username + passwords, header_name + header_secrets, hmac_header + hmac_keys;"
                f" found {named}"
            )
        (scheme,) = begun
        name, secrets = self._halves()[scheme]
        if not (name and secrets):
            raise ValueError(f"the {scheme} scheme needs both its name and its secrets; one of the two is missing")
        return self

    @classmethod
    def of_sample(cls, auth: Mapping[str, Any]) -> Self:
        """The settings that a sample's `auth` describes: a username and a password."""
        return cls(username=auth["username"], passwords=(auth["password"],))

    def authorization(self) -> dict[str, str]:
        """The header that lets our calls in; raises `ConfigurationInvalid` when there is no key."""
        if self.api_key is None:
            raise ConfigurationInvalid("infobip: sends and look-ups need the connection's `api_key`")
        return {"authorization": f"App {self.api_key.get_secret_value()}", "accept": "application/json"}

    @property
    def scheme(self) -> Scheme:
        """The scheme that is set."""
        return self._begun()[0]

    def _begun(self) -> list[Scheme]:
        return [scheme for scheme, halves in self._halves().items() if any(halves)]

    def _halves(self) -> dict[Scheme, tuple[str | None, tuple[Secret, ...]]]:
        return {
            Scheme.BASIC: (self.username, self.passwords),
            Scheme.HEADER: (self.header_name, self.header_secrets),
            Scheme.HMAC: (self.hmac_header, self.hmac_keys),
        }
