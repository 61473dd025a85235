"""Whether a callback comes from Telesign: HMAC-SHA256 over the body's bytes, under the base64-decoded API key."""

import base64
from binascii import b2a_base64
from collections.abc import Mapping
from hmac import compare_digest

from contracts.errors import SignatureInvalid
from providers._kit.mac import PreparedMac
from providers._kit.provider import CallbackRequest
from providers.telesign.settings import TelesignSettings

SIGNATURE_LENGTH = 44
"""Of 32 bytes in base64."""


def sign(key: bytes, body: bytes) -> bytes:
    """The signature of `body` as it stands in the headers; `key` is the decoded API key."""
    return _in_text(PreparedMac(key).digest(body))


class TelesignVerifier:
    """Accepts a body that one of the headers signs with one of the live keys.

    Nothing but the body is signed: no time, path or method. A captured callback can be sent again for ever, and what
    makes that harmless is the identity of facts, not this.
    """

    def __init__(self, settings: TelesignSettings) -> None:
        self._account = f"tsa {settings.customer_id.lower()}"
        self._usual = f"TSA {settings.customer_id}:"
        self._macs = [PreparedMac(base64.b64decode(key.get_secret_value())) for key in settings.api_keys]

    def __call__(self, request: CallbackRequest) -> None:
        claimed = self._claimed_signatures(request.headers)
        if not claimed:
            raise SignatureInvalid("no readable signature of this account; check customer_id and what proxies strip")
        expected = [_in_text(mac.digest(request.body)) for mac in self._macs]
        # No short cut: each pair is compared, so that the time taken says nothing about which key is which.
        matches = [compare_digest(one, other) for one in expected for other in claimed]
        if not any(matches):
            raise SignatureInvalid("the signature is not over these bytes under any of the api_keys")

    def _claimed_signatures(self, headers: Mapping[str, str]) -> list[bytes]:
        """What the readable headers claim for this account; text is compared, so that no second spelling passes."""
        claimed = []
        if credential := headers.get("authorization"):
            claimed.append(self._of_account(credential))
        # The provider's sample code compares its own header with the signature alone, without account or scheme.
        if own := headers.get("x-ts-authorization"):
            claimed.append(self._of_account(own) if ":" in own else own.strip())
        return [signature.encode() for signature in claimed if len(signature) == SIGNATURE_LENGTH]

    def _of_account(self, credential: str) -> str:
        """The signature in `TSA <customer id>:<signature>`; empty when it is another account's, or none."""
        if credential.startswith(self._usual):  # as the provider writes it, at a fifth of the cost of any spelling
            return credential[len(self._usual) :].strip()
        account, _, signature = credential.strip().rpartition(":")
        return signature if " ".join(account.lower().split()) == self._account else ""


def _in_text(mac: bytes) -> bytes:
    return b2a_base64(mac, newline=False)
