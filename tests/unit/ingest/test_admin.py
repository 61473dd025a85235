"""The local port, asked without a server."""

import httpx2
import pytest
from prometheus_client import CollectorRegistry, Counter

from ingest.admin import make_admin
from ingest.tally import Tally


async def ask(path: str, reason: str = "", settled: list[str] | None = None) -> httpx2.Response:
    seen = [] if settled is None else settled
    transport = httpx2.ASGITransport(make_admin(lambda: reason, lambda: seen.append("settled")))
    async with httpx2.AsyncClient(transport=transport, base_url="http://local") as client:
        return await client.get(path)


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        pytest.param("", 200, id="ready while there is no reason against it"),
        pytest.param("Kafka does not acknowledge in time", 503, id="not ready, and why"),
    ],
)
async def test_readiness_tells_the_reason(reason, status):
    answer = await ask("/readyz", reason)

    assert (answer.status_code, answer.json()) == (status, {"is_ready": not reason, "reason": reason})


async def test_a_process_without_kafka_is_alive():
    assert (await ask("/healthz", "no connection to Kafka yet")).status_code == 200


async def test_metrics_are_brought_up_to_date_before_they_are_shown():
    settled: list[str] = []

    answer = await ask("/metrics", settled=settled)

    assert "tidings_callback_seconds_bucket" in answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    assert settled == ["settled"]


def test_a_tally_settles_each_count_once():
    registry = CollectorRegistry()
    tally = Tally(Counter("taken", "For this test.", registry=registry))
    for _ in range(3):
        tally.add()
    tally.settle()
    tally.settle()
    tally.add()
    tally.settle()

    assert registry.get_sample_value("taken_total") == 4
