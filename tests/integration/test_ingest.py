"""The callback port as a process on a real broker: what goes in is what is kept, and every refusal is a true one."""

import json
import socket
from collections.abc import Iterator

import httpx2
import pytest

from contracts.records import RawCallback
from docs.site.metrics import declared
from tests.support.fake_provider import signature
from tests.support.running_ingest import RunningIngest, running_ingest
from tests.support.scraped import families

pytestmark = pytest.mark.broker

MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def ingest(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningIngest]:
    with running_ingest(broker, tmp_path_factory.mktemp("ingest")) as running:
        yield running


def post(ingest: RunningIngest, body: bytes, path: str = "", method: str = "POST", **headers: str) -> httpx2.Response:
    sent = {"x-signature": signature(body)} | {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx2.request(method, ingest.url + path, content=body, headers=sent, timeout=30)


def kept(ingest: RunningIngest, body: bytes) -> list[RawCallback]:
    return [one for one in ingest.written() if one.body == body]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"status":"delivered"}', id="JSON"),
        pytest.param(b'  {"status" : "delivered"}\r\n', id="spelling and white space"),
        pytest.param(b"\x00before\x00after\x00", id="NUL bytes"),
        pytest.param(b"\xff\xfe\xc3\x28\xed\xa0\x80", id="invalid UTF-8"),
        pytest.param(b"", id="nothing"),
        pytest.param(bytes(range(256)) * (MEBIBYTE // 256), id="exactly one mebibyte"),
    ],
)
def test_a_signed_callback_is_kept_byte_for_byte(ingest, body):
    answer = post(ingest, body)

    assert (answer.status_code, answer.content) == (200, b"")
    assert [one.body for one in kept(ingest, body)] == [body]


def test_the_request_around_the_body_is_kept(ingest):
    body = b'{"with":"all around it"}'

    answer = post(ingest, body, "/viber/delivery?b=%2F&a=1", "GET", content_type="application/json; charset=utf-8")

    assert answer.status_code == 200
    [callback] = kept(ingest, body)
    assert (callback.method, callback.query, callback.hint) == ("GET", "b=%2F&a=1", "viber/delivery")
    assert callback.content_type == "application/json; charset=utf-8"


def test_a_body_in_chunks_is_kept_whole(ingest):
    body = b"one two three " * 5000
    chunks = (body[at : at + 1000] for at in range(0, len(body), 1000))

    answer = httpx2.post(ingest.url, content=chunks, headers={"x-signature": signature(body)})

    assert answer.status_code == 200
    assert len(kept(ingest, body)) == 1


REFUSED = [
    pytest.param({"x_signature": "00"}, 401, id="401 a wrong signature"),
    pytest.param({"x_signature": ""}, 401, id="401 no signature"),
    pytest.param({"x_forwarded_for": "203.0.113.66"}, 403, id="403 an address that is not allowed"),
    pytest.param({"path": "er"}, 404, id="404 no such connection"),
    pytest.param({"path": "/%00"}, 404, id="404 a hint that cannot be"),
    pytest.param({"path": "/%ff"}, 404, id="404 a path that is not UTF-8"),
    pytest.param({"method": "PUT"}, 405, id="405 a method that the provider does not use"),
    pytest.param({"method": "OPTIONS"}, 405, id="405 OPTIONS"),
]


@pytest.mark.parametrize(("wrong", "status"), REFUSED)
def test_what_is_refused_gets_a_problem_and_is_not_kept(ingest, wrong, status):
    body = json.dumps([status, wrong]).encode()

    answer = post(ingest, body, **wrong)

    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert not kept(ingest, body)


def test_head_is_refused_without_a_body(ingest):
    answer = post(ingest, b"", method="HEAD")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize("is_chunked", [pytest.param(False, id="by its length"), pytest.param(True, id="in chunks")])
def test_one_byte_more_than_the_limit_is_too_large(ingest, is_chunked):
    body = b"x" * (MEBIBYTE + 1)
    pieces = (body[at : at + 65536] for at in range(0, len(body), 65536))

    answer = httpx2.post(ingest.url, content=pieces if is_chunked else body, headers={"x-signature": signature(body)})

    assert answer.status_code == 413
    assert not kept(ingest, body)


def test_a_body_too_large_is_refused_before_it_is_sent(ingest):
    """A caller that asks first (Expect: 100-continue) hears no before it has sent a byte of it."""
    head = b"POST /callbacks/postbox/main HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n"
    with socket.create_connection(("127.0.0.1", ingest.port), timeout=10) as caller:
        caller.sendall(head + b"Expect: 100-continue\r\n\r\n")
        answer = caller.recv(4096)

    assert answer.startswith(b"HTTP/1.1 413 ")


def test_half_a_body_is_not_kept(ingest):
    with socket.create_connection(("127.0.0.1", ingest.port), timeout=10) as caller:
        caller.sendall(
            b"POST /callbacks/postbox/main HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
            b"X-Signature: " + signature(b"half").encode() + b"\r\n\r\n4\r\nhalf\r\n"
        )
    post(ingest, b"after the half")

    assert kept(ingest, b"after the half")
    assert not kept(ingest, b"half")


def test_above_its_rate_a_connection_is_told_when_to_come_again(broker, tmp_path):
    with running_ingest(broker, tmp_path, connection="rate_per_s = 0.2") as ingest:
        answers = [post(ingest, b"%d" % number) for number in range(4)]
        written = ingest.written()

    assert [answer.status_code for answer in answers].count(429) >= 1
    assert {answer.headers.get("retry-after") for answer in answers if answer.status_code == 429} == {"1"}
    assert len(written) == [answer.status_code for answer in answers].count(200)


def test_the_local_port_tells_health_and_counts(ingest):
    post(ingest, b"counted")
    status, page = ingest.admin("/metrics")

    assert status == 200
    assert 'tidings_callbacks_total{connection="main",provider="postbox",status="200"}' in page
    assert families(page) == {metric.name for metric in declared()}
    assert ingest.admin("/healthz")[0] == 200
    assert ingest.admin("/readyz") == (200, '{"is_ready":true,"reason":""}')
    assert ingest.admin("/docs")[0] == 200


def test_the_callback_port_shows_nothing_else(ingest):
    port = f"http://127.0.0.1:{ingest.port}"

    assert [httpx2.get(port + path).status_code for path in ("/", "/healthz", "/docs")] == [404, 404, 404]
