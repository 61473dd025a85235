"""The tokens of the simulated API: given for the application's credentials, good for an hour, kept nowhere."""

import base64
import hmac
from datetime import UTC, datetime

from providers._kit.desk import ApiCall
from providers.routee.settings import RouteeSettings
from providers.routee.simulated_rules import Json

LIFE_S = 3600


def token_for(call: ApiCall, now: datetime, settings: RouteeSettings) -> tuple[int, Json]:
    """The status and the body of the answer."""
    if call.headers.get("authorization") != "Basic " + base64.b64encode(_pair(settings)).decode():
        return (401, {"error": "invalid_client", "error_description": "Bad client credentials"})
    if call.body != b"grant_type=client_credentials":
        return (400, {"error": "unsupported_grant_type"})
    token = _signed(int(now.timestamp()), settings)
    return (200, {"access_token": token, "token_type": "bearer", "expires_in": LIFE_S, "scope": "sms viber"})


def is_let_in(authorization: str, now: datetime, settings: RouteeSettings) -> bool:
    """A token says when it was given, so that nothing need be remembered."""
    token = authorization.removeprefix("Bearer ")
    given = token.partition("-")[0]
    if not given.isdecimal() or token != _signed(int(given), settings):
        return False
    return now < datetime.fromtimestamp(int(given) + LIFE_S, UTC)


def _signed(given: int, settings: RouteeSettings) -> str:
    return f"{given}-{hmac.digest(_pair(settings), str(given).encode(), 'sha256').hex()[:32]}"


def _pair(settings: RouteeSettings) -> bytes:
    secret = settings.app_secret.get_secret_value() if settings.app_secret else ""
    return f"{settings.app_id}:{secret}".encode()
