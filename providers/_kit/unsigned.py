"""For providers that cannot sign: a secret token in the callback URL lets them in, and perhaps a list of addresses."""

from collections.abc import Mapping
from hmac import compare_digest
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from contracts.errors import SenderForbidden, SignatureInvalid
from providers._kit.callers import Callers, HostName, Network
from providers._kit.provider import CallbackRequest, Verifier
from providers._kit.settings import ConnectionSettings, Secret
from runtime.settings import Connection

_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SHORTEST = 16


def _fit_for_a_path(token: SecretStr) -> SecretStr:
    text = token.get_secret_value()
    if len(text) < _SHORTEST or not _UNRESERVED.issuperset(text):
        raise ValueError(f"a token is at least {_SHORTEST} characters of A-Z a-z 0-9 - . _ ~, and random")
    return token


def _some(tokens: tuple[Secret, ...]) -> tuple[Secret, ...]:
    if not tokens:
        raise ValueError(
            "this provider does not sign its callbacks, so only a secret token keeps others out: give the connection "
            "one, and put it behind the connection's name in the callback URL"
        )
    return tokens


class UnsignedSettings(ConnectionSettings):
    """Nobody is let in without a token; the addresses are a second wall for who has a proxy that names the caller."""

    tokens: Annotated[tuple[Annotated[Secret, AfterValidator(_fit_for_a_path)], ...], AfterValidator(_some)] = Field(
        (), validate_default=True
    )
    """The connection's own tokens, as its path has them."""
    caller_header: str | None = Field(None, pattern=r"^[A-Za-z0-9-]{1,100}$")
    """The header in which our own proxy writes the one address of the caller, and overwrites what the caller wrote."""
    caller_addresses: tuple[Network, ...] = ()
    """Addresses and networks that callbacks may come from."""
    caller_hosts: tuple[HostName, ...] = ()
    """Names whose addresses callbacks may come from; looked up again and again."""

    @model_validator(mode="after")
    def _addresses_can_be_known(self) -> Self:
        if bool(self.caller_header) != bool(self.caller_addresses or self.caller_hosts):
            raise ValueError("caller_header goes with caller_addresses or caller_hosts: set both sides, or neither")
        return self

    @classmethod
    def given_to(cls, connection: Connection) -> dict[str, Any]:
        """With the connection's tokens."""
        return super().given_to(connection) | {"tokens": connection.tokens}

    @classmethod
    def of_sample(cls, auth: Mapping[str, Any]) -> Self:
        """The settings that a sample's `auth` describes: a token."""
        return cls.model_validate({"tokens": [auth["token"]]})


def token_verifier(settings: UnsignedSettings) -> Verifier:
    """Accepts a call whose path has one of the tokens, from an address that is allowed where any are set."""
    tokens = [token.get_secret_value().encode() for token in settings.tokens]
    header = settings.caller_header.lower() if settings.caller_header else None
    callers = Callers(settings.caller_addresses, settings.caller_hosts)

    def verify(request: CallbackRequest) -> None:
        segments = [segment.encode("utf-8", "surrogatepass") for segment in urlsplit(request.url).path.split("/")]
        # Every pair is compared, so that the time does not tell which token was near.
        if not any([compare_digest(segment, token) for segment in segments for token in tokens]):  # noqa: C419  # a generator would stop early
            raise SignatureInvalid("the path has none of the connection's tokens; compare the callback URL")
        if header is not None and not callers.allow(request.headers.get(header) or ""):
            raise SenderForbidden(f"the address in {header} is not one that callbacks may come from")

    return verify
