"""The store fed from a real Kafka: what is told, what is skipped, and what stops it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import pytest

from analytics import questions
from analytics.service import Analytics
from runtime.clock import SystemClock
from runtime.settings import KafkaSettings, Settings, StoreSettings
from tests.support.store_line import MESSAGE, Line
from tests.support.store_on_kafka import Pour, pouring

pytestmark = pytest.mark.broker

WITHIN_S = 30


@pytest.fixture
def settings(broker: str, tmp_path: Path) -> Settings:
    kafka = KafkaSettings(bootstrap_servers=broker, topic_prefix=f"sink-{uuid4().hex[:8]}-", partitions=3)
    return Settings(data_dir=tmp_path, kafka=kafka, store=StoreSettings(batch_wait_s=0.05))


@pytest.fixture
async def pour(settings: Settings) -> AsyncIterator[Pour]:
    async with pouring(settings.kafka) as made:
        yield made


@pytest.fixture
async def analytics(settings: Settings, pour: Pour) -> AsyncIterator[Analytics]:
    running = Analytics(settings, SystemClock())
    await running.start()
    yield running
    await running.stop()


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not await holds():
        assert time.monotonic() < deadline, "it did not come to hold in time"
        await asyncio.sleep(0.05)


def told(line: Line) -> Line:
    """A message that is parked, registered, delivered and seen, and one of a connection nobody registers."""
    line.report("accepted", of="a", at_s=1)
    line.report("delivered", of="a", at_s=5)
    line.register(of="a", at_s=8)
    line.report("seen", of="a", at_s=20)
    line.report("undelivered", of="b", connection="observed", at_s=9)
    line.dead_letter(b"{", at_s=30)
    return line


async def test_what_kafka_has_is_answered_and_explained(analytics: Analytics, pour: Pour) -> None:
    line = told(Line())
    await pour.pour(line)
    await pour.commit_as_stages(line)

    async def is_explained() -> bool:
        return bool(analytics.reader.horizon.callbacks) and sum(analytics.reader.horizon.callbacks.values()) == 5

    await until(is_explained)
    balance = await questions.conservation(analytics.reader)
    timeline = await questions.message_timeline(analytics.reader, MESSAGE.format(sum(b"a")), accounts=None)

    assert balance.rows[0] | {"provider": None} == balance.rows[0]
    assert balance.rows[0]["received"] == 5
    assert balance.rows[0]["unexplained"] == balance.rows[0]["in_flight"] == 0
    assert [row["verdict"] for row in timeline.rows] == ["parked", "parked", "registered", "applied"]
    assert analytics.health().is_ready
