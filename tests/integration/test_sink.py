"""The store fed from a real Kafka: what is told, what is skipped, what stops it, and what a kill leaves."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from random import randbytes
from uuid import uuid4

import duckdb
import pytest

from analytics import questions
from analytics.service import Analytics
from analytics.sink.batch import TOPICS
from analytics.sink.kafka_feed import Feed
from runtime.settings import KafkaSettings, Settings, StoreSettings
from tests.support.patience import LIMIT_S, until
from tests.support.store_line import MESSAGE, Line
from tests.support.store_on_kafka import Pour, pouring, storing

pytestmark = pytest.mark.broker

ROOT = Path(__file__).parents[2]


@pytest.fixture
def settings(broker: str, tmp_path: Path) -> Settings:
    kafka = KafkaSettings(bootstrap_servers=broker, topic_prefix=f"sink-{uuid4().hex[:8]}-", partitions=3)
    return Settings(data_dir=tmp_path, kafka=kafka, store=StoreSettings(batch_rows=50, batch_wait_s=0.05))


@pytest.fixture
async def pour(settings: Settings) -> AsyncIterator[Pour]:
    async with pouring(settings.kafka) as made:
        yield made


def told(line: Line) -> Line:
    """A message that is parked, registered, delivered and seen, and one of a connection nobody registers."""
    line.report("accepted", of="a", at_s=1)
    line.report("delivered", of="a", at_s=5)
    line.register(of="a", at_s=8)
    line.report("seen", of="a", at_s=20)
    line.report("undelivered", of="b", connection="observed", at_s=9)
    line.dead_letter(b"{", at_s=30)
    return line


def many(count: int) -> Line:
    line = Line()
    for number in range(count):
        for said in ("accepted", "sent", "delivered"):
            line.report(said, of=f"m{number}", connection="observed", at_s=number)
    return line


async def explained(analytics: Analytics, line: Line) -> None:
    """Returns when the horizon is past all callbacks of the line."""
    received = sum(len(log) for (topic, _), log in line.logs.items() if topic == "callbacks")

    async def is_past_all() -> bool:
        return sum(analytics.reader.horizon.callbacks.values()) == received

    await until(is_past_all)


async def test_what_kafka_has_is_answered_and_explained(settings: Settings, pour: Pour) -> None:
    line = told(Line())
    async with storing(settings) as analytics:
        await pour.pour(line)
        await pour.commit_as_stages(line)
        await explained(analytics, line)
        balance = (await questions.conservation(analytics.reader)).rows[0]
        timeline = await questions.message_timeline(analytics.reader, MESSAGE.format(sum(b"a")), accounts=None)
        health = analytics.health()

    assert (balance["received"], balance["in_flight"], balance["unexplained"]) == (5, 0, 0)
    assert [row["verdict"] for row in timeline.rows] == ["parked", "parked", "registered", "applied"]
    assert timeline.freshness.as_of is not None
    assert health.is_ready


async def test_questions_are_answered_while_the_store_is_fed(settings: Settings, pour: Pour) -> None:
    """Each answer is one snapshot: it may be old, but its parts agree."""
    line = many(300)
    async with storing(settings) as analytics:
        await pour.pour(line)
        balances = []

        async def is_all_stored() -> bool:
            balances.append((await questions.conservation(analytics.reader)).rows[0])
            return bool(balances[-1]["applied"] == 900)

        await until(is_all_stored)

    assert len(balances) > 1
    for row in balances:
        assert row["received"] == row["applied"] + row["repeated"] + row["outranked"] + row["in_flight"]


async def test_what_lies_ready_in_kafka_is_fetched_without_pauses(settings: Settings, pour: Pour) -> None:
    """A fetch waits for what gathers, but of what is there already nothing has to gather."""
    line = Line()
    for number in range(60):
        line.dead_letter(randbytes(150_000), at_s=number)
    await pour.pour(line)
    left = sum(len(line.logs[topic, part]) for topic, part in line.logs if topic in TOPICS)
    wait_s = 4 * LIMIT_S
    feed = Feed(settings.kafka, StoreSettings(batch_rows=20, batch_wait_s=wait_s))
    await feed.start({})
    try:
        async with asyncio.timeout(LIMIT_S):
            while left:
                left -= sum(len(part.records) for part in await feed.gather(wait_s))
    finally:
        await feed.stop()

    assert not left


HALTS = ("insert_report", "insert_offsets", "insert_marks", "find_cells", "insert_hour_delta")


@pytest.mark.long
async def test_kills_in_the_middle_of_a_transaction_lose_nothing_and_double_nothing(
    settings: Settings, pour: Pour
) -> None:
    line = many(300)
    await pour.pour(line)
    for halt_before in HALTS:
        kill_before(settings, halt_before)
        check_books(settings)
    async with storing(settings) as analytics:

        async def is_all_stored() -> bool:
            return bool((await questions.conservation(analytics.reader)).rows[0]["applied"] == 900)

        await until(is_all_stored)
        balance = (await questions.conservation(analytics.reader)).rows[0]

    assert balance["received"] == balance["applied"] == 900
    assert balance["explained_twice"] == balance["in_flight"] == 0
    assert check_books(settings) == 1800


def kill_before(settings: Settings, statement: str) -> None:
    environment = os.environ | {
        "TIDINGS_DATA_DIR": str(settings.data_dir),
        "TIDINGS_KAFKA__BOOTSTRAP_SERVERS": settings.kafka.bootstrap_servers,
        "TIDINGS_KAFKA__TOPIC_PREFIX": settings.kafka.topic_prefix,
        "TIDINGS_KAFKA__PARTITIONS": "3",
        "TIDINGS_STORE__BATCH_ROWS": "50",
    }
    command = [sys.executable, "-m", "tests.support.store_process", statement]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        halted = process.stdout.readline()
        process.send_signal(signal.SIGKILL)

    assert halted == b"halted\n"


def check_books(settings: Settings) -> int:
    """Rows, offsets, marks and counts of the closed store agree; how many records it has."""
    with duckdb.connect(settings.data_dir / settings.store.path) as connection:
        ((rows, offsets, attempts, counted),) = connection.execute(
            """
            SELECT
                (SELECT count(*) FROM callback) + (SELECT count(*) FROM report),
                (SELECT sum(next) FROM (SELECT max(next_offset) AS next FROM offsets GROUP BY topic, kafka_partition)),
                (SELECT count(DISTINCT attempt_id) FROM report),
                (SELECT sum(attempt_count)::BIGINT FROM hour_delta)
            """
        ).fetchall()

    assert rows == offsets
    assert attempts == counted
    return int(rows)


async def test_a_hole_in_kafka_stops_the_sink_and_is_told(settings: Settings, pour: Pour) -> None:
    line = many(20)
    await pour.pour(line)
    async with storing(settings) as analytics:

        async def has_begun() -> bool:
            return (await questions.freshness(analytics.reader)).revision > 0

        await until(has_begun)
    for number in range(20, 60):
        line.report("sent", of=f"m{number}", connection="observed")
    await pour.pour(line)
    lost = next(part for part in range(3) if len(line.logs["updates", part]) > 40)
    await pour.forget("updates", lost, before=len(line.logs["updates", lost]) - 1)
    async with storing(settings) as analytics:

        async def is_told() -> bool:
            return "the store needs offset" in analytics.health().reason

        await until(is_told)
        health = analytics.health()
        rows = (await questions.newest_changes(analytics.reader, accounts=None, limit=1)).rows

    assert health.is_alive
    assert not health.is_ready
    assert "Move the store file aside" in health.reason
    assert rows, "what is stored is still answered"


async def test_a_store_that_is_ahead_of_kafka_belongs_to_another(settings: Settings, pour: Pour) -> None:
    await pour.pour(many(10))
    async with storing(settings) as analytics:

        async def has_read_all() -> bool:
            return (await questions.conservation(analytics.reader)).rows[0]["applied"] == 30

        await until(has_read_all)
    other = settings.model_copy(
        update={"kafka": settings.kafka.model_copy(update={"topic_prefix": f"other-{uuid4().hex[:8]}-"})}
    )
    async with pouring(other.kafka), storing(other) as analytics:

        async def is_told() -> bool:
            return "Kafka ends at 0" in analytics.health().reason

        await until(is_told)


async def test_without_kafka_or_topics_the_store_waits_and_says_so(settings: Settings) -> None:
    nowhere = settings.model_copy(
        update={"kafka": settings.kafka.model_copy(update={"bootstrap_servers": "127.0.0.1:1"})}
    )
    for chosen, reason in ((settings, "Kafka has no topic"), (nowhere, "no Kafka answers")):
        async with storing(chosen) as analytics:

            async def is_told(analytics: Analytics = analytics, reason: str = reason) -> bool:
                return reason in analytics.health().reason

            await until(is_told)
            assert analytics.health().is_alive
