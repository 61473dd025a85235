"""The way out, against servers that misbehave on real sockets."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from prometheus_client import REGISTRY

from contracts.errors import ProviderUnavailable, RequestInvalid, SendInDoubt
from providers._kit.outbound import Client
from providers._kit.settings import ConnectionSettings
from providers._kit.wire import LARGEST_ANSWER

SECRET = "s3cret-and-447700900123"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Server:
    """Answers each request as told, and remembers what came."""

    def __init__(self, answer):
        self._answer = answer
        self.requests: list[bytes] = []
        self.connections_count = 0
        self.at_once = self.most_at_once = 0

    async def __call__(self, reader, writer):
        self.connections_count += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next((int(x.split(b":")[1]) for x in head.lower().split(b"\r\n") if b"content-length" in x), 0)
                self.requests.append(head + await reader.readexactly(length))
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
                try:
                    await self._answer(writer)
                finally:
                    self.at_once -= 1
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def saying(data):
    async def answer(writer):
        writer.write(data)

    return answer


async def cutting(writer):
    writer.transport.abort()


async def hanging(_writer):
    await asyncio.sleep(30)


async def dripping(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


async def flooding(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n")
    for _ in range(160):
        writer.write(b"x" * 65536)
        await writer.drain()


@asynccontextmanager
async def served(answer):
    """A server at a port of its own; yields what it saw, and its URL."""
    seen = Server(answer)
    server = await asyncio.start_server(seen, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield seen, f"http://127.0.0.1:{port}"
    finally:
        server.close()


def settings(**told):
    return ConnectionSettings(**{"may_call_private_addresses": True, "call_timeout_s": 5, "calls_per_s": 1000} | told)


@asynccontextmanager
async def outbound(**told):
    async with Client() as client:
        yield client.outbound("acme", "main", settings(**told))


async def test_what_is_sent_is_sent_byte_for_byte():
    async with served(saying(OK)) as (seen, url), outbound() as out:
        answer = await out.call("POST", f"{url}/a%2Fb?x=%20&y=+1", headers={"Authorization": SECRET}, body=b"\x00\xff")

    request = seen.requests[0]
    assert (answer.status, answer.body) == (200, b"{}")
    assert request.startswith(b"POST /a%2Fb?x=%20&y=+1 HTTP/1.1\r\n")
    assert request.endswith(b"\r\n\r\n\x00\xff")
    assert f"Authorization: {SECRET}".encode() in request


async def test_names_of_the_answers_headers_are_lower_case():
    said = b"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"
    async with served(saying(said)) as (_, url), outbound() as out:
        answer = await out.call("GET", url, headers={})

    assert (answer.status, answer.headers["retry-after"]) == (429, "7")


async def test_connections_are_kept():
    async with served(saying(OK)) as (seen, url), outbound() as out:
        for _ in range(3):
            await out.call("POST", url, headers={}, body=b"{}")

    assert (seen.connections_count, len(seen.requests)) == (1, 3)


async def short(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{")
    await writer.drain()
    writer.close()


IN_DOUBT = {
    "the provider takes it and cuts": cutting,
    "no answer comes in time": hanging,
    "the answer never ends": dripping,
    "the answer is 10 MiB": flooding,
    "the answer is not HTTP": saying(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"),
    "the answer ends before its length": short,
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("answer", IN_DOUBT.values(), ids=IN_DOUBT)
async def test_a_request_that_left_is_in_doubt_and_not_repeated(answer, method):
    async with served(answer) as (seen, url), outbound(call_timeout_s=0.3) as out:
        with pytest.raises(SendInDoubt) as caught:
            await out.call(method, f"{url}/{SECRET}?key={SECRET}", headers={"Authorization": SECRET}, body=b"")

    assert len(seen.requests) == 1
    assert SECRET not in f"{caught.value!r} {caught.value.__cause__!r}"


async def test_a_get_is_not_repeated_on_a_connection_that_was_kept_and_is_cut():
    calls = iter([saying(OK), cutting, saying(OK)])

    async def answer(writer):
        await next(calls)(writer)

    async with served(answer) as (seen, url), outbound() as out:
        await out.call("GET", url, headers={})
        with pytest.raises(SendInDoubt):
            await out.call("GET", url, headers={})

    assert len(seen.requests) == 2


async def test_the_largest_answer_is_read_whole():
    said = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % LARGEST_ANSWER + b"x" * LARGEST_ANSWER
    async with served(saying(said)) as (_, url), outbound() as out:
        answer = await out.call("GET", url, headers={})

    assert len(answer.body) == LARGEST_ANSWER


async def test_a_packed_answer_is_not_unpacked():
    said = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"
    async with served(saying(said)) as (_, url), outbound() as out:
        answer = await out.call("GET", url, headers={})

    assert answer.body == b"abc"


async def test_a_redirect_is_an_answer_and_not_followed():
    async with served(saying(OK)) as (elsewhere, target):
        said = f"HTTP/1.1 307 Go\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode()
        async with served(saying(said)) as (_, url), outbound() as out:
            answer = await out.call("POST", url, headers={}, body=b"{}")

    assert (answer.status, answer.headers["location"], elsewhere.requests) == (307, target, [])


async def test_cookies_are_not_kept():
    said = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
    async with served(saying(said)) as (seen, url), outbound() as out:
        await out.call("GET", url, headers={})
        await out.call("GET", url, headers={})

    assert b"cookie" not in seen.requests[1].lower()


async def test_a_refused_connection_did_not_leave():
    async with served(saying(OK)) as (_, url):
        pass
    async with outbound() as out:
        with pytest.raises(ProviderUnavailable) as caught:
            await out.call("POST", f"{url}/{SECRET}", headers={"Authorization": SECRET}, body=b"{}")

    assert SECRET not in f"{caught.value!r} {caught.value.__cause__!r}"


async def test_a_name_that_nobody_has_did_not_leave():
    async with outbound() as out:
        with pytest.raises(ProviderUnavailable, match="nothing has left"):
            await out.call("POST", "https://nobody.invalid/", headers={}, body=b"{}")


@pytest.mark.parametrize("answer", [hanging, saying(OK)], ids=["it hangs", "it does not speak TLS"])
async def test_a_failed_handshake_did_not_leave(answer):
    async def greeted(reader, writer):
        await reader.read(1)
        await answer(writer)
        writer.close()

    server = await asyncio.start_server(greeted, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, outbound(call_timeout_s=0.3) as out:
        with pytest.raises(ProviderUnavailable):
            await out.call("POST", f"https://127.0.0.1:{port}/", headers={}, body=b"{}")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433"])
async def test_a_private_address_is_not_connected_to(host):
    async with served(saying(OK)) as (seen, url), outbound(may_call_private_addresses=False) as out:
        port = url.rpartition(":")[2]
        with pytest.raises(ProviderUnavailable):
            await out.call("POST", f"https://{host}:{port}/", headers={}, body=b"{}")

    assert seen.connections_count == 0


async def test_the_error_says_that_the_address_is_private():
    async with outbound(may_call_private_addresses=False) as out:
        with pytest.raises(ProviderUnavailable, match="private, local or a metadata service"):
            await out.call("POST", "https://169.254.169.254/latest", headers={}, body=b"{}")


async def test_a_kept_connection_to_a_private_address_serves_no_call_that_may_not_go_there():
    async with served(saying(OK)) as (seen, url), Client() as client:
        await client.outbound("acme", "simulated", settings()).call("GET", url, headers={})
        strict = client.outbound("acme", "real", settings(may_call_private_addresses=False))
        with pytest.raises(ProviderUnavailable):
            await strict.call("GET", url.replace("http:", "https:"), headers={})

    assert len(seen.requests) == 1


UNSENDABLE = {
    "clear text": ("http://api.example.com/", {}),
    "no host": ("https:///x", {}),
    "another scheme": ("ftp://api.example.com/", {}),
    "a line break in the URL": (f"https://api.example.com/{SECRET}\r\nx: y", {}),
    "a blank in the URL": (f"https://api.example.com/{SECRET} HTTP/1.1", {}),
    "a letter that is not escaped": (f"https://api.example.com/{SECRET}ж", {}),
    "a line break in a header": ("https://api.example.com/", {"Authorization": f"{SECRET}\r\nx: y"}),
}


@pytest.mark.parametrize(("url", "headers"), UNSENDABLE.values(), ids=UNSENDABLE)
async def test_what_cannot_be_sent_as_it_is_meant_does_not_leave(url, headers):
    async with outbound(may_call_private_addresses=False) as out:
        with pytest.raises(RequestInvalid) as caught:
            await out.call("POST", url, headers=headers, body=b"{}")

    assert SECRET not in str(caught.value)


async def test_no_more_calls_wait_for_an_answer_than_are_allowed():
    async def slow(writer):
        await asyncio.sleep(0.05)
        writer.write(OK)

    async with served(slow) as (seen, url), outbound(calls_at_once=2) as out:
        await asyncio.gather(*(out.call("POST", url, headers={}, body=b"{}") for _ in range(8)))

    assert (len(seen.requests), seen.most_at_once) == (8, 2)


@pytest.mark.parametrize(("share", "least_s"), [(1.0, 0.4), (0.5, 0.8)], ids=["the whole rate", "half of it is ours"])
async def test_calls_keep_to_our_share_of_the_rate(share, least_s):
    async with served(saying(OK)) as (_, url), outbound(calls_per_s=10) as out:
        out.allot(share)
        loop = asyncio.get_running_loop()
        began = loop.time()
        await asyncio.gather(*(out.call("POST", url, headers={}, body=b"{}") for _ in range(5)))
        took_s = loop.time() - began

    assert took_s >= least_s - 0.05


async def test_waiting_for_a_turn_is_not_part_of_a_calls_time():
    async def slow(writer):
        await asyncio.sleep(0.1)
        writer.write(OK)

    async with served(slow) as (_, url), outbound(calls_at_once=1, call_timeout_s=0.35) as out:
        answers = await asyncio.gather(*(out.call("POST", url, headers={}, body=b"{}") for _ in range(5)))

    assert [answer.status for answer in answers] == [200] * 5


async def test_calls_are_counted_by_what_came_of_them():
    def count(outcome):
        labels = {"provider": "acme", "connection": "main", "outcome": outcome}
        return REGISTRY.get_sample_value("tidings_provider_calls_total", labels) or 0

    before = count("2xx"), count("in_doubt")
    async with served(saying(OK)) as (_, url), outbound() as out:
        await out.call("GET", url, headers={})
    async with served(cutting) as (_, url), outbound() as out:
        with pytest.raises(SendInDoubt):
            await out.call("GET", url, headers={})

    assert (count("2xx"), count("in_doubt")) == (before[0] + 1, before[1] + 1)
