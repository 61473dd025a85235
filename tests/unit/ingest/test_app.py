"""The edge without a server: what it keeps of a request, what it asks the verifier, what it answers."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from contracts.errors import SignatureInvalid
from contracts.raw import read_callback
from contracts.records import RawCallback
from ingest.app import Edge
from ingest.bodies import BodyReader
from ingest.publisher import Publisher
from ingest.routes import make_routes
from providers._kit.provider import CallbackRequest, Verifier
from runtime.clock import FixedClock
from runtime.kafka import Outgoing
from runtime.settings import Connection, IngestSettings
from tests.support.fake_provider import KEY, POSTBOX, PostboxSettings, signature
from tests.support.fake_rsgi import FakeProtocol, FakeScope
from tests.support.fake_spool import FakeSpool

NOW = datetime(2026, 11, 21, 8, 30, 12, 345000, tzinfo=UTC)
BODY = b'{"status":"delivered"}'


class MemoryTopic:
    """Acknowledges at once."""

    def __init__(self) -> None:
        self.records: list[Outgoing] = []

    async def open(self) -> int:
        return 1

    async def write(self, partition: int, records: list[Outgoing]) -> None:
        self.records += records

    async def close(self) -> None:
        return


class House:
    """An edge with one connection, a topic in memory and a clock that stands still."""

    def __init__(self, make_verifier=POSTBOX.make_verifier, ingest=None, **connection) -> None:
        self.clock, self.topic = FixedClock(NOW), MemoryTopic()
        self._provider = replace(POSTBOX, make_verifier=make_verifier)
        self._ingest = ingest or IngestSettings(max_body_bytes=64)
        self._connection = Connection(provider="postbox", name="main", key=KEY, **connection)

    async def ask(self, *requests: tuple[FakeScope, FakeProtocol]) -> None:
        """Answer all requests, one after the other."""
        publisher = Publisher(self.topic, FakeSpool(), waiting_limit=10, clock=self.clock)
        running = asyncio.create_task(publisher.run())
        await asyncio.sleep(0.001)
        routes = make_routes([self._connection], {"postbox": self._provider}, self.clock)
        bodies = BodyReader(self._ingest.max_body_bytes)
        edge = Edge(routes, publisher, bodies, ingest=self._ingest, clock=self.clock)
        for scope, protocol in requests:
            await edge.answer(scope, protocol)
        running.cancel()
        await asyncio.wait([running])

    @property
    def callbacks(self) -> list[RawCallback]:
        return [read_callback(value, timestamp, headers) for _, value, timestamp, headers in self.topic.records]


def signed(body: bytes = BODY, **scope) -> tuple[FakeScope, FakeProtocol]:
    headers = {"content-length": str(len(body)), "x-signature": signature(body), "host": "tidings.example"}
    return FakeScope(**{"headers": headers | scope.pop("headers", {}), **scope}), FakeProtocol(body)


async def test_a_signed_callback_is_kept_as_it_came():
    house, request = (
        House(),
        signed(
            b"\x00\xff{",
            path="/callbacks/postbox/main/viber/seen",
            query_string="a=1&b=%20",
            headers={"content-type": "x/y"},
        ),
    )

    await house.ask(request)

    assert (request[1].status, request[1].body) == (200, b"")
    assert house.callbacks == [
        RawCallback(
            provider="postbox",
            connection="main",
            method="POST",
            received_at=NOW,
            body=b"\x00\xff{",
            query="a=1&b=%20",
            hint="viber/seen",
            content_type="x/y",
        )
    ]


async def test_a_get_is_kept_with_its_method_and_its_body():
    house, request = House(), signed(b"a body", method="GET", query_string="id=1")

    await house.ask(request)

    assert [(one.method, one.query, one.body) for one in house.callbacks] == [("GET", "id=1", b"a body")]


@pytest.mark.parametrize(
    ("base_url", "query", "url"),
    [
        pytest.param("", "", "http://tidings.example/callbacks/postbox/main/sms", id="as the request names it"),
        pytest.param(
            "https://hooks.example", "b=%2F&a=1", "https://hooks.example/callbacks/postbox/main/sms?b=%2F&a=1",
            id="as it is seen before a proxy, with the raw query",
        ),
        pytest.param("https://hooks.example/", "", "https://hooks.example/callbacks/postbox/main/sms", id="one slash"),
    ],
)  # fmt: skip
async def test_a_verifier_is_given_the_whole_request(base_url, query, url):
    asked: list[CallbackRequest] = []

    def make_verifier(_settings: PostboxSettings) -> Verifier:
        return asked.append

    house = House(make_verifier, ingest=IngestSettings(public_base_url=base_url))
    scope, protocol = signed(path="/callbacks/postbox/main/sms", query_string=query)

    await house.ask((scope, protocol))

    assert [(one.method, one.url, one.headers, one.body) for one in asked] == [("POST", url, scope.headers, BODY)]


REFUSED = [
    pytest.param(signed(headers={"x-signature": "00"}), 401, id="401 a wrong signature"),
    pytest.param(signed(headers={"x-forwarded-for": "203.0.113.66"}), 403, id="403 a wrong address"),
    pytest.param(signed(path="/callbacks/postbox/other"), 404, id="404 no such connection"),
    pytest.param(signed(path="/callbacks/postbox/main/a b"), 404, id="404 a hint that cannot be"),
    pytest.param(signed(method="PUT"), 405, id="405 a method that the provider does not use"),
    pytest.param(signed(method="HEAD"), 405, id="405 HEAD"),
    pytest.param(signed(method="OPTIONS"), 405, id="405 OPTIONS"),
    pytest.param(signed(b"x" * 65), 413, id="413 a body too large"),
    pytest.param(
        (FakeScope(headers={"transfer-encoding": "chunked"}), FakeProtocol(pieces=[b"half", b"", b""])), 400,
        id="400 half a body",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "status"), REFUSED)
async def test_what_is_refused_gets_a_problem_and_is_not_kept(request_, status):
    house, (_, protocol) = House(), request_
    protocol.status = 0

    await house.ask(request_)

    assert protocol.status == status
    assert protocol.headers["content-type"] == "application/problem+json"
    assert json.loads(protocol.body)["status"] == status
    assert not house.callbacks


async def test_a_refused_method_is_told_which_ones_are_allowed():
    request = signed(method="DELETE")

    await House().ask(request)

    assert request[1].headers["allow"] == "GET, POST"


async def test_above_its_rate_a_connection_is_told_when_to_come_again():
    house, requests = House(rate_per_s=2), [signed(), signed(), signed()]

    await house.ask(*requests)

    assert [protocol.status for _, protocol in requests] == [200, 200, 429]
    assert requests[2][1].headers["retry-after"] == "1"


async def test_nobody_else_can_use_up_the_rate_of_a_connection():
    house = House(rate_per_s=1)
    forged, genuine = [signed(headers={"x-signature": "00"}) for _ in range(5)], signed()

    await house.ask(*forged, genuine)

    assert genuine[1].status == 200


async def test_an_error_in_an_adapter_is_answered_and_not_quoted(capsys):
    def make_verifier(_settings: PostboxSettings) -> Verifier:
        def verify(request: CallbackRequest) -> None:
            raise ValueError(f"secret {request.headers['x-signature']}")

        return verify

    house, request = House(make_verifier), signed()

    await house.ask(request)
    told = capsys.readouterr()

    assert request[1].status == 500
    assert not house.callbacks
    assert "callback_failed" in told.out + told.err
    assert signature(BODY) not in told.out + told.err + request[1].body.decode()


async def test_the_log_tells_the_reason_of_a_refusal_and_never_what_was_sent(capsys):
    def make_verifier(_settings: PostboxSettings) -> Verifier:
        def verify(_request: CallbackRequest) -> None:
            raise SignatureInvalid("the signature does not match")

        return verify

    house = House(make_verifier)

    await house.ask(*[signed(b"+447700900123", query_string="to=447700900123") for _ in range(50)])
    told = "".join(capsys.readouterr())

    assert 1 <= told.count("callback_refused") < 10
    assert "the signature does not match" in told
    assert "447700900123" not in told
    assert signature(b"+447700900123") not in told


async def test_a_content_type_that_is_none_is_refused():
    request = signed(headers={"content-type": "x" * 1001})

    await House().ask(request)

    assert request[1].status == 400
