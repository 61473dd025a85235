"""A provider for tests of the house: it signs the hex HMAC-SHA256 of the body into `x-signature`."""

import hmac
from collections.abc import Sequence

from contracts.errors import SenderForbidden, SignatureInvalid
from contracts.records import RawCallback
from providers._kit.codes import CodeTable
from providers._kit.facts import Item
from providers._kit.provider import CallbackRequest, Provider, Verifier
from providers._kit.script import Script, SimulatedCallback
from providers._kit.settings import ConnectionSettings, Secret

SLUG = "postbox"
KEY = "a key for tests"


class PostboxSettings(ConnectionSettings):
    key: Secret


def signature(body: bytes, key: str = KEY) -> str:
    return hmac.digest(key.encode(), body, "sha256").hex()


def make_verifier(settings: PostboxSettings) -> Verifier:
    key = settings.key.get_secret_value()

    def verify(request: CallbackRequest) -> None:
        if request.headers.get("x-forwarded-for") == "203.0.113.66":
            raise SenderForbidden("the address is not one the connection allows")
        if not hmac.compare_digest(signature(request.body, key), request.headers.get("x-signature", "")):
            raise SignatureInvalid("the signature does not match")

    return verify


def _no_items(_callback: RawCallback) -> Sequence[Item]:
    return ()


def _no_callbacks(script: Script, settings: PostboxSettings) -> Sequence[SimulatedCallback]:
    return ()


POSTBOX = Provider(
    slug=SLUG,
    title="Postbox",
    settings=PostboxSettings,
    methods=frozenset({"GET", "POST"}),
    codes=CodeTable([]),
    make_verifier=make_verifier,
    normalise=_no_items,
    simulate=_no_callbacks,
)
