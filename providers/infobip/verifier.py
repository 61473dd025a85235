"""Whether a request comes from Infobip: Basic credentials, a secret header, or an HMAC over the raw body."""

import binascii
import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable
from typing import assert_never

from contracts.errors import SignatureInvalid
from providers._kit.provider import CallbackRequest, Verifier
from providers._kit.settings import Secret
from providers.infobip.settings import InfobipSettings, Scheme


def make_verifier(settings: InfobipSettings) -> Verifier:
    """The check of the one scheme that the connection has set."""
    match settings.scheme:
        case Scheme.BASIC:
            return _basic(settings)
        case Scheme.HEADER:
            return _header(settings)
        case Scheme.HMAC:
            return _signature(settings)
    assert_never(settings.scheme)


def credentials(settings: InfobipSettings, body: bytes) -> dict[str, str]:
    """The header that authenticates a call with `body`, made with the first secret: what Infobip would send."""
    match settings.scheme:
        case Scheme.BASIC:
            return {"authorization": "Basic " + b64encode(_pairs(settings)[0]).decode()}
        case Scheme.HEADER:
            return {str(settings.header_name): settings.header_secrets[0].get_secret_value()}
        case Scheme.HMAC:
            digest = hmac.digest(_bytes(settings.hmac_keys)[0], body, settings.hmac_algorithm)
            text = digest.hex() if settings.hmac_encoding == "hex" else b64encode(digest).decode()
            return {str(settings.hmac_header): settings.hmac_prefix + text}
    assert_never(settings.scheme)


def _basic(settings: InfobipSettings) -> Verifier:
    expected = _pairs(settings)

    def verify(request: CallbackRequest) -> None:
        scheme, _, text = _required(request, "authorization").strip().partition(" ")
        if scheme.lower() != "basic":
            raise SignatureInvalid("the Authorization header is not of the Basic scheme; choose BASIC in the profile")
        _compare(_unpacked(text.strip(), "base64"), expected, "the username or the password")

    return verify


def _header(settings: InfobipSettings) -> Verifier:
    name, expected = str(settings.header_name), _bytes(settings.header_secrets)

    def verify(request: CallbackRequest) -> None:
        _compare(_wire(_required(request, name)), expected, f"the secret in {name}")

    return verify


def _signature(settings: InfobipSettings) -> Verifier:
    name, keys, prefix = str(settings.hmac_header), _bytes(settings.hmac_keys), settings.hmac_prefix
    encoding, algorithm = settings.hmac_encoding, settings.hmac_algorithm

    def verify(request: CallbackRequest) -> None:
        text = _required(request, name)
        if not text.startswith(prefix):
            raise SignatureInvalid(f"the signature in {name} does not begin with {prefix!r}")
        expected = [hmac.digest(key, request.body, algorithm) for key in keys]
        _compare(_unpacked(text.removeprefix(prefix).strip(), encoding), expected, f"the signature in {name}")

    return verify


def _required(request: CallbackRequest, name: str) -> str:
    value = request.headers.get(name)
    if not value:
        raise SignatureInvalid(f"there is no {name} header; set the security of the notification profile")
    return value


def _unpacked(text: str, encoding: str) -> bytes:
    try:
        return binascii.unhexlify(text) if encoding == "hex" else b64decode(text, validate=True)
    except ValueError:  # covers binascii.Error and text outside ASCII
        raise SignatureInvalid(f"what should be {encoding} is not") from None


def _compare(given: bytes, expected: Iterable[bytes], what: str) -> None:
    # Every secret is compared, so that the time does not tell which one was near.
    if not any([hmac.compare_digest(given, one) for one in expected]):  # noqa: C419  # a generator would stop early
        raise SignatureInvalid(f"{what} does not match; compare it with the notification profile")


def _pairs(settings: InfobipSettings) -> list[bytes]:
    return [f"{settings.username}:".encode() + password for password in _bytes(settings.passwords)]


def _bytes(secrets: Iterable[Secret]) -> list[bytes]:
    return [secret.get_secret_value().encode() for secret in secrets]


def _wire(text: str) -> bytes:
    """Header text as bytes, whatever characters a server let through."""
    return text.encode("utf-8", "surrogatepass")
