"""How long it takes to replay a plan with a million messages, and to advise waits from them, as the API asks the store.

The store has its own limits of memory and threads meanwhile, as in life.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from analytics.asking.reader import Reader
from analytics.back_test.questions import BackTestQuestion, ReplayedStep, WaitsQuestion, Way
from analytics.back_test.replay import advise_waits, back_test
from analytics.freshness import Skyline
from analytics.store.database import Database
from bench.figures import Figure, figure
from runtime.clock import FixedClock
from runtime.settings import StoreSettings

MESSAGES = 1_000_000
RUNS = 3
BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
END = BEGIN + timedelta(days=8)
LIMIT_S = 120.0
HISTORY = Path(__file__).with_name("history.sql")


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as place:
        database = seeded(Path(place) / "bench.duckdb", MESSAGES)
        try:
            return asyncio.run(_measured(database))
        finally:
            database.close()


def seeded(path: Path, messages: int) -> Database:
    """A store with a made-up week in it, open."""
    database = Database(path, StoreSettings())
    database.open()
    cursor = database.cursor()
    for statement in HISTORY.read_text(encoding="utf-8").split(";\n"):
        cursor.execute(statement, {"messages": messages} if "$messages" in statement.partition("SELECT")[2] else None)
    cursor.close()
    return database


async def _measured(database: Database) -> list[Figure]:
    clock = FixedClock(BEGIN + timedelta(days=10))
    reader = Reader(database, Skyline(), clock, threads=StoreSettings().threads, limit_s=LIMIT_S)
    plan = BackTestQuestion(
        from_=BEGIN, to=END, steps=(ReplayedStep(channel="viber", wait_s=60), ReplayedStep(channel="sms"))
    )
    waits = WaitsQuestion(from_=BEGIN, to=END, channels=("viber",), fallback=Way(channel="sms"))
    before = psutil.Process().memory_info().rss
    replays = await _seconds(lambda: back_test(reader, plan, ()))
    advices = await _seconds(lambda: advise_waits(reader, waits, ()))
    grown = (psutil.Process().memory_info().rss - before) / 1024 / 1024
    reader.close()
    return [
        figure("back_test", "a plan replayed with a million messages", replays, unit="s", goal="<= 5"),
        figure("back_test", "waits advised from a million messages", advices, unit="s", goal="<= 5"),
        figure("back_test", "memory for both beside the store's", [max(grown, 0.0)], unit="MiB", goal="<= 600"),
    ]


async def _seconds(ask: Callable[[], Awaitable[object]]) -> list[float]:
    took = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        await ask()
        took.append(time.perf_counter() - begin)
    return took
