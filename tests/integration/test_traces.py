"""Spans of the real processes come to a collector, and carry on the trace that is in the headers on Kafka."""

import asyncio
import signal
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from contracts.envelope import TRACEPARENT, header, with_id
from contracts.raw import origin_headers
from docs.site.metrics import declared
from runtime.settings import Settings, StoreSettings, TracesSettings
from tests.support.fake_provider import signature
from tests.support.ledger_provider import body_of, status
from tests.support.otlp import Collector, collecting
from tests.support.patience import until
from tests.support.running_ingest import running_ingest
from tests.support.scraped import families
from tests.support.store_on_kafka import storing
from tests.support.streams_installation import OBSERVED, Installation

pytestmark = [pytest.mark.broker, pytest.mark.long]

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    with collecting() as found:
        yield found


def scrape(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        page: str = answer.read().decode()
        return page


async def test_a_traced_callback_is_followed_through_the_stages_to_the_store(
    house: Installation, collector: Collector, tmp_path: Path
) -> None:
    headers = [*with_id(origin_headers("ledger", OBSERVED), b"x"), (TRACEPARENT, f"00-{TRACE}-{SPAN}-01".encode())]
    settings = Settings(
        data_dir=tmp_path / "store",
        kafka=house.kafka,
        store=StoreSettings(batch_wait_s=0.05),
        traces=TracesSettings(endpoint=collector.endpoint, share=1.0),
    )
    stages = house.start("normalise", "track", TIDINGS_TRACES__ENDPOINT=collector.endpoint)
    await house.write("callbacks", 0, [(None, body_of(status("m1", "sent")), int(time.time() * 1000), headers)])
    async with storing(settings):
        await until(lambda: collector.of_trace(TRACE) >= {("tidings-streams", "track"), ("tidings-api", "sink")})
        updates = await house.updates(at_least=1)
    scraped = await asyncio.to_thread(scrape, stages.port)
    stages.send(signal.SIGTERM)

    assert await stages.ended() == 0
    assert families(scraped) == {metric.name for metric in declared()}
    assert collector.of_trace(TRACE) == {
        ("tidings-streams", "normalise"),
        ("tidings-streams", "track"),
        ("tidings-api", "sink"),
    }
    assert [span.parent_id for span in collector.spans if span.name == "normalise"] == [SPAN]
    [track] = [span for span in collector.spans if span.name == "track"]
    assert (header(updates[0].headers, TRACEPARENT) or b"").decode() == f"00-{TRACE}-{track.span_id}-01"


def test_ingest_begins_a_trace_and_tells_of_it_before_it_ends(
    broker: str, collector: Collector, tmp_path: Path
) -> None:
    traces = f'[traces]\nendpoint = "{collector.endpoint}"\nshare = 1.0'
    with running_ingest(broker, tmp_path, connection=traces) as ingest:
        answer = httpx2.post(ingest.url, content=b"{}", headers={"x-signature": signature(b"{}")}, timeout=30)
        ended = ingest.terminate()

    assert (answer.status_code, ended) == (200, 0)
    assert [(span.service, span.name, span.parent_id) for span in collector.spans] == [("tidings-ingest", "ingest", "")]


def test_a_collector_that_is_away_costs_nothing_but_spans(broker: str, tmp_path: Path) -> None:
    traces = '[traces]\nendpoint = "http://127.0.0.1:9"\nshare = 1.0'
    with running_ingest(broker, tmp_path, connection=traces) as ingest:
        answers = [
            httpx2.post(ingest.url, content=b"{}", headers={"x-signature": signature(b"{}")}, timeout=30)
            for _ in range(20)
        ]
        ended = ingest.terminate()

    assert {answer.status_code for answer in answers} == {200}
    assert ended == 0
