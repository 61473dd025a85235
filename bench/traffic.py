"""Records as the sink takes them from Kafka, made-up and by the million; and who stores so many of them a second.

The writer lives in a thread of the process that is measured, as the sink does.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from typing import Self

import duckdb

from analytics.freshness import Horizon, Skyline
from analytics.sink.batch import Batch
from analytics.sink.columns import hasher
from analytics.sink.intake import Fetched, Intake, Source
from analytics.sink.writer import Writer
from analytics.statements import execute
from analytics.store.database import Database
from analytics.store.migrations import migrate
from analytics.upkeep.upkeep import Upkeep
from bench.lives import Lives, text_of
from bench.sink import HEADERS, PARTITIONS, Stored
from contracts.envelope import with_id
from runtime.settings import StoreSettings

CALLBACK_BODY = b"x" * 700
FIRST = 1_000_000_000
"""The number of the first message, which no message of a month has."""
WITH_CALLBACKS = 2
"""Records of an update: itself, and the callback behind it."""
PORTION_ROWS = 50_000
"""Made at once, where nobody may wait for long."""


class Traffic:
    """Updates and the callbacks behind them, in the order of time from `begin` on; `placed` is where they go on."""

    def __init__(
        self,
        begin: datetime,
        *,
        rows_per_s: float,
        updates: int = 0,
        callbacks: int = 0,
        threads: int = 1,
        portion_rows: int = PORTION_ROWS,
    ) -> None:
        """`portion_rows` are made at once, which is quicker for many, and is waited for."""
        self._connection = duckdb.connect(config={"threads": threads})
        migrate(self._connection)
        self._lives = Lives(self._connection, begin, reports_per_s=rows_per_s, first=FIRST)
        self._span = timedelta(seconds=portion_rows / rows_per_s)
        self._updates, self._callbacks = updates, callbacks
        self._given, self._there = 0, 0

    def take(self, rows: int, *, with_callbacks: bool = False) -> list[Fetched]:
        """The next `rows` updates, by partition as the sink gathers them."""
        updates: dict[int, list[Stored]] = defaultdict(list)
        callbacks: dict[int, list[Stored]] = defaultdict(list)
        for place, told_ms, provider, connection, cause, value in self._rows(rows):
            partition, offset = place % PARTITIONS, place // PARTITIONS
            headers = tuple(with_id(HEADERS, b"tidings-reports-v1/%d/%d/0" % (partition, offset)))
            updates[partition].append(Stored(offset, told_ms, value.encode(), headers))
            if with_callbacks:
                who = (("provider", provider.encode()), ("connection", connection.encode()))
                callbacks[cause % PARTITIONS].append(Stored(cause // PARTITIONS, told_ms, CALLBACK_BODY, who))
        return [
            *(Fetched("updates", partition, records) for partition, records in updates.items()),
            *(Fetched("callbacks", partition, records) for partition, records in callbacks.items()),
        ]

    def close(self) -> None:
        self._connection.close()

    def _rows(self, wanted: int) -> Iterator[tuple[int, int, str, str, int, str]]:
        while wanted:
            if self._given == self._there:
                self._go_on()
            first = self._given
            self._given = min(first + wanted, self._there)
            wanted -= self._given - first
            parameters = {"first": first, "beyond": self._given, "updates": self._updates, "callbacks": self._callbacks}
            yield from execute(self._connection, text_of("wire"), parameters)

    def _go_on(self) -> None:
        self._updates, self._callbacks = self._updates + self._there, self._callbacks + self._there
        self._lives.go_on(self._span)
        ((self._there,),) = self._connection.execute("SELECT count(*) FROM told").fetchall()
        self._given = 0


class SteadyWriter:
    """While it is entered, updates and their callbacks come at that rate, from `begin` on, and are stored as the sink
    does it: what has come meanwhile is the next batch, which is prepared while the last one is written.
    """

    def __init__(self, database: Database, skyline: Skyline, *, begin: datetime, rows_per_s: int) -> None:
        self.rows = 0
        self.seconds = 0.0
        self.turns_ms: list[float] = []
        """How long each batch took to write, with whatever the writer tidied before it,"""
        self.delays_ms: list[float] = []
        """and how long after its first update had come it was stored."""
        self._database = database
        self._skyline = skyline
        self._begin = begin
        self._rows_per_s = rows_per_s
        self._settings = StoreSettings()
        self._is_over = threading.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")

    def __enter__(self) -> Self:
        self._writing = self._thread.submit(self._write)
        return self

    def __exit__(self, *_exc: object) -> None:
        self._is_over.set()
        self._writing.result()
        self._thread.shutdown()

    def _write(self) -> None:
        with closing(self._database.cursor()) as connection:
            writer = Writer(connection, hasher(b"bench"), Upkeep(connection, self._skyline), seen_days=3)
            intake = writer.resume()
            placed = {topic: _count(intake.next_offsets, topic) for topic in ("updates", "callbacks")}
            with closing(Traffic(self._begin, rows_per_s=self._rows_per_s, **placed)) as traffic:
                self._store(writer, self._batches(writer, intake, traffic))
            writer.write(writer.prepare(intake, []))  # as the sink does when nothing comes any more

    def _store(self, writer: Writer, batches: Iterator[tuple[float, Batch]]) -> None:
        began = time.perf_counter()
        with ThreadPoolExecutor(1, thread_name_prefix="prepare") as beside:
            following = beside.submit(next, batches)
            while not self._is_over.is_set():
                came_at, batch = following.result()
                following = beside.submit(next, batches)
                left = time.perf_counter()
                writer.write(batch)
                self._note(batch, began=began, came_at=came_at, left=left)

    def _batches(self, writer: Writer, intake: Intake, traffic: Traffic) -> Iterator[tuple[float, Batch]]:
        """Each with the moment in which the first of its updates came."""
        began, taken = time.perf_counter(), 0
        while True:
            first_at = began + taken / self._rows_per_s
            self._is_over.wait(first_at + self._settings.batch_wait_s - time.perf_counter())
            come = int((time.perf_counter() - began) * self._rows_per_s) - taken
            rows = min(come, self._settings.batch_rows // WITH_CALLBACKS)
            taken += rows
            yield first_at, writer.prepare(intake, traffic.take(rows, with_callbacks=True))

    def _note(self, batch: Batch, *, began: float, came_at: float, left: float) -> None:
        now = time.perf_counter()
        self.turns_ms.append((now - left) * 1000)
        self.delays_ms.append((now - came_at) * 1000)
        self.rows += batch.row_count // WITH_CALLBACKS
        self.seconds = now - began
        below = {part: offset for (topic, part), offset in batch.next_offsets.items() if topic == "callbacks"}
        self._skyline.latest = Horizon(self._begin + timedelta(seconds=self.seconds), below)


def _count(next_offsets: Mapping[Source, int], wanted: str) -> int:
    return sum(offset for (topic, _), offset in next_offsets.items() if topic == wanted)
