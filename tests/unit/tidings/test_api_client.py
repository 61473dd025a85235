"""Asking an API that is away for good ends in a sentence, not in a traceback."""

import aiohttp
import pytest
import stamina.instrumentation
from aiohttp.client_reqrep import ConnectionKey

from runtime.broker.ports import free_port
from tidings.api_client import ApiClient, ApiUnhelpful
from tidings.doors import silence


def refused(kind: type[aiohttp.ClientConnectorError], error: OSError) -> Exception:
    return kind(
        ConnectionKey("api.example", 443, is_ssl=True, ssl=True, proxy=None, proxy_auth=None, proxy_headers_hash=None),
        error,
    )


@pytest.fixture(autouse=True)
def _attempts_are_not_told():
    stamina.instrumentation.set_on_retry_hooks([])
    yield
    stamina.instrumentation.set_on_retry_hooks(None)


async def test_an_api_that_nobody_serves_is_told_with_what_to_do():
    async with ApiClient(f"http://127.0.0.1:{free_port()}", "a-key", patience_s=0.2) as api:
        with pytest.raises(ApiUnhelpful, match="`tidings doctor` says"):
            await api.get("/v1/freshness")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        pytest.param(TimeoutError(), "no answer in time", id="it is too slow"),
        pytest.param(
            refused(aiohttp.ClientConnectorError, ConnectionRefusedError()), "nobody listens", id="it is away"
        ),
        pytest.param(refused(aiohttp.ClientConnectorDNSError, OSError(-2, "x")), "of that name", id="it has no name"),
        pytest.param(
            refused(aiohttp.ClientConnectorError, OSError(113, "No route")), "No route", id="no way leads there"
        ),
        pytest.param(aiohttp.ServerDisconnectedError(), "disconnected", id="it hangs up"),
    ],
)
def test_why_a_server_does_not_answer(error, words):
    assert words in silence(error)
