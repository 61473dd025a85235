"""The archive from a real Kafka: killed at every step, over holes, beside the sink."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from analytics.archive.manifest import load
from analytics.archive.verification import wrong
from runtime.settings import ArchiveSettings, KafkaSettings, Settings
from tests.support.archived import places
from tests.support.forked import start_module
from tests.support.patience import LIMIT_S
from tests.support.store_line import Line
from tests.support.store_on_kafka import Pour, pouring, storing

pytestmark = pytest.mark.broker

STEPS = ("archive.written", "archive.renamed", "archive.recorded")


@pytest.fixture
def settings(broker: str, tmp_path: Path) -> Settings:
    kafka = KafkaSettings(bootstrap_servers=broker, topic_prefix=f"archive-{uuid4().hex[:8]}-", partitions=3)
    return Settings(data_dir=tmp_path, kafka=kafka, archive=ArchiveSettings(every_s=0.1, batch_rows=20))


@pytest.fixture
async def pour(settings: Settings) -> AsyncIterator[Pour]:
    async with pouring(settings.kafka) as made:
        yield made


def received(line: Line, count: int) -> None:
    for _ in range(count):
        line.receive()


def expected(line: Line) -> list[tuple[int, int]]:
    return [(part, offset) for part in range(line.partitions) for offset in range(len(line.logs["callbacks", part]))]


async def archived(directory: Path, line: Line) -> None:
    """Wait until the manifest reaches the end of the line; its files may be made one meanwhile."""
    ends = {partition: len(line.logs["callbacks", partition]) for partition in range(line.partitions)}
    deadline = time.monotonic() + LIMIT_S
    while load(directory, "").next_offsets != ends:
        assert time.monotonic() < deadline, "the archive did not reach the end in time"
        await asyncio.sleep(0.05)


def dies(settings: Settings, step: str) -> int:
    environment = os.environ | {
        "TIDINGS_DATA_DIR": str(settings.data_dir),
        "TIDINGS_KAFKA__BOOTSTRAP_SERVERS": settings.kafka.bootstrap_servers,
        "TIDINGS_KAFKA__TOPIC_PREFIX": settings.kafka.topic_prefix,
        "TIDINGS_KAFKA__PARTITIONS": "3",
        "TIDINGS_ARCHIVE__BATCH_ROWS": "20",
        "TIDINGS_ARCHIVE__EVERY_S": "0.1",
        "TIDINGS_CRASH_AT": step,
    }
    return start_module("tests.support.archive_process", environment=environment).wait(30)


async def test_killed_at_any_step_every_callback_is_archived_once(settings: Settings, pour: Pour) -> None:
    directory, line = settings.data_dir / "archive" / "callbacks", Line()
    endings = []
    for step in STEPS:
        received(line, 60)
        await pour.pour(line)
        endings.append(await asyncio.to_thread(dies, settings, step))
    async with storing(settings):
        await archived(directory, line)

    assert endings == [-9] * len(STEPS)
    assert places(directory) == expected(line)
    assert list(wrong(directory)) == []


async def test_what_kafka_lost_is_told_and_the_rest_is_archived(settings: Settings, pour: Pour) -> None:
    directory, line = settings.data_dir / "archive" / "callbacks", Line()
    received(line, 30)
    await pour.pour(line)
    async with storing(settings):
        await archived(directory, line)
    received(line, 30)
    await pour.pour(line)
    begin = len(line.logs["callbacks", 1])
    await pour.forget("callbacks", 1, before=begin - 5)
    async with storing(settings):
        await archived(directory, line)

    ((partition, first_lost, after),) = [hole.run for hole in load(directory, "").holes]

    assert (partition, after) == (1, begin - 5)
    assert set(expected(line)) - set(places(directory)) == {(1, offset) for offset in range(first_lost, after)}
