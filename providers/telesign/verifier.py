"""Whether a callback comes from Telesign: HMAC-SHA256 over the body's bytes, under the base64-decoded API key."""

import base64
import hmac
import re
from collections.abc import Mapping

from contracts.errors import SignatureInvalid
from providers._kit.provider import CallbackRequest
from providers.telesign.settings import TelesignSettings

_BASE64_OF_32_BYTES = r"[A-Za-z0-9+/]{43}="
_CREDENTIAL = re.compile(rf"[Tt][Ss][Aa] +(?P<customer_id>[^\s:]+):(?P<signature>{_BASE64_OF_32_BYTES})")
_SIGNATURE = re.compile(_BASE64_OF_32_BYTES)


def sign(key: bytes, body: bytes) -> bytes:
    """The signature of `body` as it stands in the headers; `key` is the decoded API key."""
    return base64.b64encode(hmac.digest(key, body, "sha256"))


class TelesignVerifier:
    """Accepts a body that one of the headers signs with one of the live keys.

    Nothing but the body is signed: no time, path or method. A captured callback can be sent again for ever, and what
    makes that harmless is the identity of facts, not this.
    """

    def __init__(self, settings: TelesignSettings) -> None:
        self._customer_id = settings.customer_id.lower()
        self._keys = tuple(base64.b64decode(key.get_secret_value()) for key in settings.api_keys)

    def __call__(self, request: CallbackRequest) -> None:
        claimed = self._claimed_signatures(request.headers)
        if not claimed:
            raise SignatureInvalid("no readable signature of this account; check customer_id and what proxies strip")
        expected = [sign(key, request.body) for key in self._keys]
        # No short cut: each pair is compared, so that the time taken says nothing about which key is which.
        matches = [hmac.compare_digest(one, other) for one in expected for other in claimed]
        if not any(matches):
            raise SignatureInvalid("the signature is not over these bytes under any of the api_keys")

    def _claimed_signatures(self, headers: Mapping[str, str]) -> list[bytes]:
        """What the readable headers claim for this account; text is compared, so that no second spelling passes."""
        claimed = [self._credential(headers.get(name, "")) for name in ("authorization", "x-ts-authorization")]
        # The provider's sample code compares this header with the signature alone, without account or scheme.
        bare = _SIGNATURE.fullmatch(headers.get("x-ts-authorization", "").strip())
        return [signature.encode() for signature in (*claimed, bare and bare[0]) if signature]

    def _credential(self, header: str) -> str | None:
        found = _CREDENTIAL.fullmatch(header.strip())
        if found is None or found["customer_id"].lower() != self._customer_id:
            return None
        return found["signature"]
