"""One batch, one transaction: facts, deltas, offsets and marks together or not at all."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace

import duckdb
import pyarrow as pa
import structlog

from analytics.queries import load_query
from analytics.sink.arrivals import Arrivals
from analytics.sink.batch import Batch, counted, prepare, tables_of
from analytics.sink.columns import Hasher
from analytics.sink.counting import TELLING, Counting
from analytics.sink.intake import Fetched, Intake, Origin, Place, Source
from analytics.sink.parsing import Parser
from analytics.store.database import Connection
from analytics.upkeep.job import Stored
from analytics.upkeep.upkeep import Upkeep
from runtime.crash_points import crash_point
from runtime.metrics import SINK_COMMIT_SECONDS, SINK_ROWS

log = structlog.get_logger()

REPORT_TABLES = frozenset({"report", "replay"})
FOLDED_TABLES = TELLING | {"inbound", "command", "decision"}
SMALL_TABLES = ("offsets", "marks")


class Writer:
    """The only one who writes to the store, from one thread."""

    arrives_with = Arrivals

    def __init__(
        self,
        connection: Connection,
        hashed: Hasher,
        upkeep: Upkeep,
        *,
        seen_days: int,
        take_snapshot: Callable[[Connection, int], object] = lambda _connection, _batch_id: None,
        least_batch: int = 0,
    ) -> None:
        """The number of the next batch is at least `least_batch`. One that grows from start to start, as the time does,
        gives no number twice, though the store be taken back to a copy of before.
        """
        self._connection = connection
        self._arrivals = self.arrives_with(connection)
        self._counting = Counting(self._arrivals)
        self._parser = Parser(connection.cursor())
        self._take_snapshot = take_snapshot
        self._hashed = hashed
        self._upkeep = upkeep
        self._seen_days = seen_days
        self._least_batch = least_batch
        self._batch_id = 0

    def resume(self) -> Intake:
        """What the store has, so that reading can go on behind it."""
        offsets = self._connection.execute(load_query("watermarks").sql).fetchall()
        self._batch_id = max((row[3] for row in offsets), default=0)
        marks: dict[Source, dict[Origin, Place]] = defaultdict(dict)
        taken = self._connection.execute(load_query("source_marks").sql).fetchall()
        for topic, part, source, source_part, offset, item in taken:
            marks[topic, part][f"{source}/{source_part}".encode()] = (offset, item)
        return Intake({(topic, part): offset for topic, part, offset, _ in offsets}, marks)

    def close(self) -> None:
        self._parser.close()
        self._connection.close()

    def write(self, batch: Batch) -> None:
        """Store the batch. After an error nothing of it is stored: `resume`, and prepare anew.

        A record that is not what its topic promises is stored as `unreadable`; it is looked for only when the batch
        cannot be inserted as it is.
        """
        self._upkeep.take_turn(self._batch_id, waiting=batch.row_count)
        self._upkeep.forget(self._batch_id)
        self._take_snapshot(self._connection, self._batch_id)
        if batch.is_empty:
            return
        with SINK_COMMIT_SECONDS.time():
            try:
                self._commit(batch.tables | batch.places)
            except (duckdb.DataError, duckdb.IntegrityError, duckdb.InvalidInputException) as exc:
                log.warning("batch_checked_record_by_record", reason=str(exc))
                self._commit(tables_of(batch.new, self._hashed, strictly=True) | batch.places)
        for topic, count in counted(batch.new).items():
            SINK_ROWS.labels(topic).inc(count)

    def prepare(self, intake: Intake, fetched: Iterable[Fetched]) -> Batch:
        """`analytics.sink.batch.prepare` with this writer's pseudonyms, and parsed; any thread may do it."""
        batch = prepare(intake, self._hashed, fetched)
        with suppress(duckdb.Error):  # the one who writes it finds out which record it is
            batch = replace(batch, tables=self._parser.parsed(batch.tables))
        return batch

    def _commit(self, told: dict[str, pa.Table]) -> None:
        tables = self._parser.parsed(told)
        for name, rows in tables.items():
            self._arrivals.show(name, rows)
        is_telling = bool(tables.keys() & TELLING)
        if is_telling:
            self._counting.get_ready()
        self._connection.begin()
        crash_point("sink.begun")
        try:
            for name in tables:
                self._run(f"insert_{name}")
            made = self._counting.count(tables, self._next_batch) if is_telling else 0
            crash_point("sink.inserted")
            self._connection.commit()
        except BaseException:
            with suppress(duckdb.Error):
                self._connection.rollback()
            raise
        finally:
            self._arrivals.clear()
        crash_point("sink.committed")
        self._batch_id = self._next_batch
        self._upkeep.note(_stored(tables, made=made))

    @property
    def _next_batch(self) -> int:
        return max(self._batch_id + 1, self._least_batch)

    def _run(self, name: str) -> int:
        """Run the statement; how many rows it made."""
        return self._arrivals.run(name, batch_id=self._next_batch, seen_days=self._seen_days)


def _stored(tables: Mapping[str, pa.Table], *, made: int) -> Stored:
    """What came with the batch, and how many rows of deltas were made of it."""

    def rows(names: Iterable[str]) -> int:
        return sum(tables[name].num_rows for name in names if name in tables)

    small = rows(SMALL_TABLES)
    return Stored(
        deltas=small + made,
        facts=rows(tables) - small,
        reports=rows(REPORT_TABLES),
        foldable=rows(FOLDED_TABLES),
        callbacks=rows(["callback"]),
    )
