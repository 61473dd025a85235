"""The rows of an order, out of the store in windows of bounded size, none of which holds anybody up for long.

The store only ever adds rows, and each has its place on Kafka. So the places between which an order lies are a snapshot
that lasts: windows are read one after the other, each for itself, while the store goes on, and together they are exact.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb
import pyarrow as pa

from analytics.asking.buckets import MINUTE
from analytics.exports.order import Order, Split
from analytics.queries import load_query
from analytics.store.database import Database
from analytics.store.diagnosis import advice
from contracts.errors import QueryInvalid, StoreUnavailable

WINDOW_ROWS = 200_000
"""Records that are read at once, unless a single minute has more."""
BATCH_ROWS = 20_000
WINDOW_LIMIT_S = 120.0


@dataclass(frozen=True)
class Window:
    """What began in [begin, end), all on one day when files are by day."""

    begin: datetime
    end: datetime
    day: str
    records: int

    @property
    def ids(self) -> dict[str, str]:
        """As the questions name the span: ids begin with their time."""
        return {"first": _first_id(self.begin), "beyond": _first_id(self.end)}


def windows_of(minutes: Iterable[tuple[datetime, int]], split: Split, *, most: int = WINDOW_ROWS) -> list[Window]:
    """Minutes with their counts, in order, packed into windows of at most so many records, or one minute."""
    windows: list[Window] = []
    for minute, count in minutes:
        day = f"{minute:%Y-%m-%d}" if split is Split.DAY else ""
        last = windows[-1] if windows else None
        if last and last.day == day and last.records + count <= most:
            windows[-1] = Window(last.begin, minute + MINUTE, day, last.records + count)
        else:
            windows.append(Window(minute, minute + MINUTE, day, count))
    return windows


class RowSource:
    """Reads orders from the store; from any thread."""

    def __init__(self, database: Database, *, window_rows: int = WINDOW_ROWS) -> None:
        self._database = database
        self._window_rows = window_rows

    def windows(self, order: Order) -> list[Window]:
        """What is to be read, in the order in which the rows come."""
        minutes = self._ask(order.wanted.table.minutes_question, order.parameters()).to_pylist()
        counted = ((row["minute_at"].replace(tzinfo=UTC), row["row_count"]) for row in minutes)
        return windows_of(counted, order.split, most=self._window_rows)

    def batches(self, order: Order, window: Window) -> Iterator[pa.RecordBatch]:
        """The rows of a window, as the table has its columns."""
        schema = order.wanted.table.schema
        found = self._ask(order.wanted.table.question, order.row_parameters() | window.ids)
        # In one piece first: where DuckDB ends a piece is chance, and the same order is to make the same file.
        yield from found.cast(schema).combine_chunks().to_batches(BATCH_ROWS)

    def forgotten_before(self) -> datetime | None:
        """Up to when rows are not there any more; null while all are."""
        found = self._ask("forgotten", {}).to_pylist()
        return found[0]["before_at"].replace(tzinfo=UTC) if found else None

    def _ask(self, question: str, parameters: Mapping[str, Any]) -> pa.Table:
        """Raises `QueryInvalid` when it takes too long, `StoreUnavailable` when the store has failed."""
        query = load_query(question)
        bound = {name: parameters[name] for name in query.parameters}
        try:
            with self._database.snapshot(WINDOW_LIMIT_S) as cursor:
                return cursor.sql(query.sql, params=bound or None).to_arrow_table()
        except duckdb.InterruptException as exc:
            raise QueryInvalid(
                f"a part of the export took longer than {WINDOW_LIMIT_S:g} s; ask for a shorter span"
            ) from exc
        except duckdb.Error as exc:
            self._database.judge(exc)
            raise StoreUnavailable(f"the store could not be read: {advice(exc)}") from exc


def _first_id(moment: datetime) -> str:
    """Below every id of what was first heard of at `moment` or later."""
    return f"{int(moment.timestamp() * 1000):012x}{0:020x}"
