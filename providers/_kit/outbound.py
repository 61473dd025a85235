"""The way out to the providers' APIs: one client per process, and for each connection its own pace.

What counts is what is known when a call fails. Until a connection to the provider stands, nothing of the request has
left; from then on it may have been taken, whatever the error is called, and only the provider can tell.
"""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from time import perf_counter

import aiohttp
from aiolimiter import AsyncLimiter
from yarl import URL

from contracts.errors import ProviderUnavailable, RequestInvalid, SendError, SendInDoubt
from providers._kit.sending import HttpAnswer
from providers._kit.settings import ConnectionSettings
from providers._kit.wire import Progress, bounded, check_header, open_session
from runtime.metrics import PROVIDER_CALL_SECONDS, PROVIDER_CALLS

AHEAD_S = 0.1
"""The calls of so long a time may go at once; the others follow evenly."""
FAILURES = (aiohttp.ClientError, OSError, ValueError, RuntimeError)
"""What the client raises, time-outs among them; the loop says RuntimeError to some sockets that are gone."""


class Client(AsyncExitStack):
    """The process's connections to the providers, kept open between calls. Use as an async context."""

    def __init__(self) -> None:
        super().__init__()
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    def outbound(self, provider: str, connection: str, settings: ConnectionSettings) -> "HttpOutbound":
        """The way out for one connection; ask once and keep it, because it counts the calls."""
        return HttpOutbound(self, (provider, connection), settings)

    async def session(self, *, may_call_private_addresses: bool) -> aiohttp.ClientSession:
        """Two of them, so that no connection to a private address serves a call that may not go there."""
        kind = may_call_private_addresses
        if kind not in self._sessions:
            self._sessions[kind] = open_session(may_call_private_addresses=kind)
            self.push_async_callback(self._sessions[kind].close)
        return self._sessions[kind]


class HttpOutbound:
    """An `Outbound` over HTTP. The wait for a turn is not part of a call's time limit: nothing leaves in it.

    Errors name the connection and what went wrong, and nothing of the request.
    """

    def __init__(self, client: Client, labels: tuple[str, str], settings: ConnectionSettings) -> None:
        self._client = client
        self._labels = labels
        self._place = "/".join(labels)
        self._settings = settings
        self._turns = asyncio.Semaphore(settings.calls_at_once)
        self._pace = _pace(settings.calls_per_s)
        self._share = 1.0

    def allot(self, share: float) -> None:
        """From now on this share of the connection's rate is ours; other processes call over it too."""
        if share not in {self._share, 0}:
            self._share = share
            self._pace = _pace(self._settings.calls_per_s * share)

    async def call(self, method: str, url: str, /, *, headers: Mapping[str, str], body: bytes = b"") -> HttpAnswer:
        target = self._checked(url, headers)
        async with self._turns:
            await self._pace.acquire()
            began, outcome = perf_counter(), "cancelled"
            try:
                answer = await self._timed(method, target, headers, body=body)
                outcome = f"{answer.status // 100}xx"
            except SendError as exc:
                outcome = "in_doubt" if isinstance(exc, SendInDoubt) else "unavailable"
                raise
            finally:
                PROVIDER_CALLS.labels(*self._labels, outcome).inc()
                PROVIDER_CALL_SECONDS.labels(*self._labels).observe(perf_counter() - began)
        return answer

    async def _timed(self, method: str, target: URL, headers: Mapping[str, str], *, body: bytes) -> HttpAnswer:
        progress = Progress()
        try:
            async with asyncio.timeout(self._settings.call_timeout_s):
                return await self._exchange(method, target, headers, body=body, progress=progress)
        except FAILURES as exc:
            # Not chained: the text of the cause may hold the URL, and with it secrets and numbers.
            if not progress.has_left:
                raise ProviderUnavailable(f"{self._place}: not reached, {_told(exc)}; nothing has left") from None
            what = _told(exc)
        except SendInDoubt as exc:
            what = str(exc)
        raise SendInDoubt(f"{self._place}: the request left, then {what}; ask what became of it")

    async def _exchange(
        self, method: str, target: URL, headers: Mapping[str, str], *, body: bytes, progress: Progress
    ) -> HttpAnswer:
        session = await self._client.session(may_call_private_addresses=self._settings.may_call_private_addresses)
        async with session.request(
            method, target, headers=headers, data=body or None, allow_redirects=False, trace_request_ctx=progress
        ) as response:
            content = await bounded(response.content)
            names = {name.lower(): value for name, value in response.headers.items()}
            return HttpAnswer(status=response.status, headers=names, body=content)

    def _checked(self, url: str, headers: Mapping[str, str]) -> URL:
        """The URL as it will be written, byte for byte; raises `RequestInvalid` for what cannot be sent."""
        for name, value in headers.items():
            check_header(name, value)
        if not url.isascii() or not url.isprintable() or " " in url:
            raise RequestInvalid(f"{self._place}: a URL holds letters that have to be escaped in it")
        target = _parsed(url)
        usual = {"https", "http"} if self._settings.may_call_private_addresses else {"https"}
        if target is None or target.scheme not in usual or not target.host:
            raise RequestInvalid(
                f"{self._place}: a call goes to https://host…; http is for a simulator, with may_call_private_addresses"
            )
        return target


def _parsed(url: str) -> URL | None:
    try:
        return URL(url, encoded=True)
    except ValueError:
        return None


def _pace(calls_per_s: float) -> AsyncLimiter:
    at_once = max(1.0, calls_per_s * AHEAD_S)
    return AsyncLimiter(at_once, at_once / calls_per_s)


def _told(exc: Exception) -> str:
    """What happened, in words that hold nothing of the request."""
    if isinstance(exc, TimeoutError):
        return "no answer came in time"
    if isinstance(exc, aiohttp.ClientConnectorError):
        return f"{type(exc).__name__}: {exc.os_error}"
    return type(exc).__name__
