"""Calls to Routee's API with a token: fetched once, kept until shortly before its end, renewed when it is refused."""

import asyncio
import base64
from collections.abc import Callable
from time import monotonic

import msgspec

from contracts.errors import (
    ConfigurationInvalid,
    CredentialsRefused,
    PayloadInvalid,
    ProviderThrottled,
    ProviderUnavailable,
    SendInDoubt,
)
from providers._kit.reading import as_int, as_text, read_object
from providers._kit.refused import retry_after_s
from providers._kit.sending import HttpAnswer, Outbound
from providers.routee.settings import RouteeSettings

MARGIN_S = 60.0
"""So long before its end a token is not used any more; of a short one a tenth of its time."""
USUAL_LIFE_S = 3600
REFUSED = frozenset({401, 403})


class Access:
    """The way to the API for one connection. Raises `ConfigurationInvalid` without the application's credentials."""

    def __init__(
        self, settings: RouteeSettings, outbound: Outbound, *, seconds: Callable[[], float] = monotonic
    ) -> None:
        missing = [name for name in ("app_id", "app_secret") if getattr(settings, name) is None]
        if missing or settings.app_secret is None:
            raise ConfigurationInvalid(f"to send or look up over Routee the connection needs {' and '.join(missing)}")
        pair = f"{settings.app_id}:{settings.app_secret.get_secret_value()}"
        self._basic = "Basic " + base64.b64encode(pair.encode()).decode()
        self._base_url, self._token_url = settings.base_url.rstrip("/"), settings.token_url
        self._outbound = outbound
        self._seconds = seconds
        self._token = ""
        self._good_until = float("-inf")
        self._fetching = asyncio.Lock()

    async def call(self, method: str, path: str, body: object = None) -> HttpAnswer:
        """The answer to one call. One that is refused for its token was not carried out, and is made once more."""
        token = await self._current()
        answer = await self._call(method, path, body, token=token)
        if answer.status not in REFUSED:
            return answer
        return await self._call(method, path, body, token=await self._current(instead_of=token))

    async def _call(self, method: str, path: str, body: object, *, token: str) -> HttpAnswer:
        headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
        data = b""
        if body is not None:
            headers["content-type"] = "application/json"
            data = msgspec.json.encode(body)
        return await self._outbound.call(method, self._base_url + path, headers=headers, body=data)

    async def _current(self, *, instead_of: str | None = None) -> str:
        """The token that is good now, and another than the one that was refused."""
        async with self._fetching:
            if self._token == instead_of or self._seconds() >= self._good_until:
                self._token, life_s = await self._fetch()
                self._good_until = self._seconds() + life_s - min(MARGIN_S, life_s / 10)
            return self._token

    async def _fetch(self) -> tuple[str, float]:
        headers = {
            "authorization": self._basic,
            "content-type": "application/x-www-form-urlencoded",
            "accept": "application/json",
        }
        try:
            answer = await self._outbound.call(
                "POST", self._token_url, headers=headers, body=b"grant_type=client_credentials"
            )
        except SendInDoubt as exc:
            # Of the message itself nothing has left.
            raise ProviderUnavailable(f"no token came: {exc}") from exc
        return _token_in(answer)


def _token_in(answer: HttpAnswer) -> tuple[str, float]:
    status = answer.status
    if status == 429:
        patience = retry_after_s(answer.headers.get("retry-after"))
        raise ProviderThrottled("no token: too many requests", http_status=status, retry_after_s=patience)
    if 400 <= status < 500:
        raise CredentialsRefused("no token: compare app_id and app_secret with the application", http_status=status)
    try:
        members = read_object(answer.body) if status == 200 else {}
    except PayloadInvalid:
        members = {}
    token = as_text(members.get("access_token"), limit=10_000)
    if token is None:
        raise ProviderUnavailable("no token: the answer has none", http_status=status)
    return token, float(as_int(members.get("expires_in")) or USUAL_LIFE_S)
