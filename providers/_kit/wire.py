"""HTTP sessions for calls to providers, set up the one way that sends a request once and nowhere else."""

from dataclasses import dataclass
from types import SimpleNamespace

import aiohttp

from contracts.errors import RequestInvalid, SendInDoubt
from providers._kit.addresses import public_socket

LARGEST_ANSWER = 1024 * 1024
OWN_HEADERS = {"User-Agent": "tidings", "Accept-Encoding": "identity"}
"""Answers come as they are: one that unpacks to more than it seems cannot hurt."""
NOT_IN_A_HEADER = "\r\n\0"


@dataclass
class Progress:
    """How far one call has come."""

    has_left: bool = False
    """A connection stands, so that something of the request may have reached the provider."""


def open_session(*, may_call_private_addresses: bool) -> aiohttp.ClientSession:
    """Pools connections; no cookies, no proxies of the environment, no time limits and no numbers of its own."""
    connector = aiohttp.TCPConnector(
        limit=0,  # each connection has a limit of its own, and nobody waits behind another's
        socket_factory=None if may_call_private_addresses else public_socket,
    )
    tracing = aiohttp.TraceConfig()
    tracing.on_connection_create_end.append(_connected)
    tracing.on_connection_reuseconn.append(_connected)
    return aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers=OWN_HEADERS,
        auto_decompress=False,
        trace_configs=[tracing],
    )


async def bounded(content: aiohttp.StreamReader) -> bytes:
    """All of `content`; raises `SendInDoubt` when it is more than an answer can be."""
    body = bytearray()
    async for piece in content.iter_any():
        body += piece
        if len(body) > LARGEST_ANSWER:
            raise SendInDoubt(f"the answer is larger than {LARGEST_ANSWER} bytes")
    return bytes(body)


def check_header(name: str, value: str) -> None:
    """Raises `RequestInvalid`, without the value, for what would end the header before its end."""
    if any(letter in name + value for letter in NOT_IN_A_HEADER):
        raise RequestInvalid(f"header {name!r}: a line break is not allowed in it")


async def _connected(_session: aiohttp.ClientSession, told: SimpleNamespace, _params: object) -> None:
    progress: Progress = told.trace_request_ctx
    if progress.has_left:
        # The client repeats a GET on a new connection when the old one was cut; but some providers send by GET.
        raise SendInDoubt("the connection was cut before an answer came")
    progress.has_left = True
