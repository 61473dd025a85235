"""The store after kills at every step, without its file, with snapshots that are bad or too old, and on a full disk."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import duckdb
import pytest

from analytics import questions
from analytics.queries import load_query
from analytics.store.inventory import inspect
from runtime.broker.ports import free_port
from runtime.settings import KafkaSettings, Settings, StoreSettings
from tests.support.illness import small_disk
from tests.support.patience import LIMIT_S, until
from tests.support.store_line import Line
from tests.support.store_on_kafka import Pour, pouring, storing

pytestmark = [pytest.mark.broker, pytest.mark.long]

ROOT = Path(__file__).parents[2]
CRASH_POINTS = (
    *("sink.begun:3", "sink.inserted:3", "sink.committed:3"),
    *("sink.checkpointed", "sink.snapshot_copied", "sink.snapshot_renamed"),
)


@pytest.fixture
def settings(broker: str, tmp_path: Path) -> Settings:
    kafka = KafkaSettings(bootstrap_servers=broker, topic_prefix=f"sink-{uuid4().hex[:8]}-", partitions=3)
    store = StoreSettings(batch_rows=100, batch_wait_s=0.05, snapshot_every_s=0.2)
    return Settings(data_dir=tmp_path, kafka=kafka, store=store)


@pytest.fixture
async def pour(settings: Settings) -> AsyncIterator[Pour]:
    async with pouring(settings.kafka) as made:
        yield made


def many(line: Line, count: int) -> Line:
    for number in range(len(line.told), len(line.told) + count):
        line.report("sent", of=f"m{number}", connection="observed", at_s=number)
    return line


async def stored(settings: Settings, count: int) -> str:
    """Let the store run until it has so many reports, and stop it; what it says of its health then."""
    async with storing(settings) as analytics:

        async def has_all() -> bool:
            return bool((await questions.conservation(analytics.reader)).rows[0]["applied"] == count)

        await until(has_all)
        return analytics.health().reason


def environment(settings: Settings) -> dict[str, str]:
    return os.environ | {
        "TIDINGS_DATA_DIR": str(settings.data_dir),
        "TIDINGS_KAFKA__BOOTSTRAP_SERVERS": settings.kafka.bootstrap_servers,
        "TIDINGS_KAFKA__TOPIC_PREFIX": settings.kafka.topic_prefix,
        "TIDINGS_KAFKA__PARTITIONS": "3",
        "TIDINGS_STORE__BATCH_ROWS": "100",
        "TIDINGS_STORE__SNAPSHOT_EVERY_S": "0.2",
        "TIDINGS_API__PORT": str(free_port()),
    }


def check_books(path: Path) -> int:
    """Every record that the offsets speak of has its row, once; how many."""
    with duckdb.connect(path) as connection:
        ((rows, places, offsets),) = connection.execute(
            """
            WITH record AS (
                SELECT 'callbacks' AS topic, kafka_partition, kafka_offset FROM callback
                UNION ALL
                SELECT 'updates' AS topic, kafka_partition, kafka_offset FROM report
            )
            SELECT
                (SELECT count(*) FROM record),
                (SELECT count(*) FROM (SELECT DISTINCT * FROM record)),
                (SELECT sum(next)::BIGINT FROM
                    (SELECT max(next_offset) AS next FROM offsets GROUP BY topic, kafka_partition))
            """
        ).fetchall()
        wrong = [row for row in connection.execute(load_query("books").sql).fetchall() if row[4] or row[5]]

    assert rows == places == offsets
    assert not wrong
    return int(rows)


async def test_killed_at_any_step_the_store_loses_nothing_and_doubles_nothing(settings: Settings, pour: Pour) -> None:
    line = Line()
    path = settings.data_dir / settings.store.path
    reached = []
    for point in CRASH_POINTS:
        await pour.pour(many(line, 200))
        status, said = run_until_the_end(settings, "tests.support.store_process", {"TIDINGS_CRASH_AT": point})
        assert status == -signal.SIGKILL, (point, said)
        reached.append(check_books(path))
        for snapshot in (settings.data_dir / "snapshots").glob("*.duckdb"):
            inspect(snapshot)
    await stored(settings, len(line.told))

    assert check_books(path) == 2 * len(line.told)
    assert 0 < reached[0] < 400, "killed while there was more to store"
    assert not list((settings.data_dir / "snapshots").glob("*.unfinished*"))


async def test_without_its_file_the_store_goes_on_from_the_newest_snapshot(settings: Settings, pour: Pour) -> None:
    line = many(Line(), 200)
    await pour.pour(line)
    await stored(settings, 200)
    path = settings.data_dir / settings.store.path
    path.unlink()
    await pour.pour(many(line, 100))
    told = await stored(settings, 300)

    assert "its file is gone, so it goes on from the snapshot of" in told
    assert check_books(path) == 600


async def test_without_any_good_copy_the_store_is_filled_anew_from_kafka(settings: Settings, pour: Pour) -> None:
    await pour.pour(many(Line(), 200))
    await stored(settings, 200)
    path = settings.data_dir / settings.store.path
    snapshots = list((settings.data_dir / "snapshots").glob("*.duckdb"))
    for file in (path, *snapshots):
        file.write_bytes(b"no store")
    told = await stored(settings, 200)

    assert snapshots
    assert "no snapshot is good, so it is filled anew" in told
    assert check_books(path) == 400


async def test_a_snapshot_older_than_what_kafka_has_stops_the_sink_and_says_so(settings: Settings, pour: Pour) -> None:
    line = many(Line(), 100)
    await pour.pour(line)
    await stored(settings, 100)
    await pour.pour(many(line, 300))
    for partition in range(3):
        await pour.forget("updates", partition, before=len(line.logs["updates", partition]))
    (settings.data_dir / settings.store.path).unlink()
    async with storing(settings) as analytics:

        async def is_told() -> bool:
            return "the store needs offset" in analytics.health().reason

        await until(is_told)
        health = analytics.health()
        rows = (await questions.newest_changes(analytics.reader, accounts=None, limit=1)).rows

    assert (health.is_alive, health.is_ready) == (True, False)
    assert "and its snapshots" in health.reason
    assert rows, "what is stored is still answered"


async def test_on_a_full_disk_the_process_ends_and_goes_on_when_there_is_room(
    settings: Settings, pour: Pour, tmp_path: Path
) -> None:
    line = many(Line(), 100)
    await pour.pour(line)
    with small_disk(tmp_path / "disk", "24m") as disk:
        on_disk = settings.model_copy(update={"data_dir": disk})
        await stored(on_disk, 100)
        filler, path = disk / "filler", disk / settings.store.path
        free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        filler.write_bytes(bytes(free - 300_000))
        await pour.pour(many(line, 3000))
        # Without snapshots it is the log that finds no room, and the checkpoint of the next start.
        ends = [run_until_the_end(on_disk, "api", {"TIDINGS_STORE__SNAPSHOT_EVERY_S": "0"}) for _ in range(2)]
        filler.unlink()
        await stored(on_disk, 3100)
        rows = check_books(path)

    assert rows == 6200
    for status, said in ends:
        assert status == 1
        assert "the disk is full; make room and start again" in said


def run_until_the_end(settings: Settings, module: str, more: dict[str, str]) -> tuple[int, str]:
    """A real process that ends by itself: its status and its log."""
    command = [sys.executable, "-m", module]
    told = environment(settings) | more
    ran = subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    return ran.returncode, ran.stdout + ran.stderr
