"""Twenty million updates through the sink: is the last million as quick as the first, and how long does a commit take?

`python -m bench.long_sink [rows] [rows of a batch]`. Records are made while the clock stands, and handed in as Kafka
would give them.
"""

import gc
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial

import pyarrow as pa
from rich.console import Console
from rich.progress import track

from analytics.freshness import Skyline
from analytics.sink.batch import Batch
from analytics.sink.columns import hasher
from analytics.sink.intake import Fetched
from analytics.sink.writer import Writer
from analytics.upkeep.upkeep import Upkeep
from bench.figures import Figure, figure, percentiles, tell
from bench.sink import START, store
from bench.traffic import Traffic
from runtime.collector import spare_the_collector
from runtime.settings import StoreSettings

GROUP = "long_sink"
ROWS, MILLION = 20_000_000, 1_000_000
ROUND_ROWS = 200_000
"""Made at once, on all cores, while the clock stands."""
ROUNDS = MILLION // ROUND_ROWS
ROWS_PER_S = 1000
"""In the time that the updates tell of."""
SETTINGS = StoreSettings()


class TimedWriter(Writer):
    """Knows how long each transaction took, and what was tidied in between."""

    commits_ms: list[float]
    tidied_ms: list[float]

    def write(self, batch: Batch) -> None:
        began, known = time.perf_counter(), len(self.commits_ms)
        super().write(batch)
        self.tidied_ms.append((time.perf_counter() - began) * 1000 - sum(self.commits_ms[known:]))

    def _commit(self, tables: dict[str, pa.Table]) -> None:
        began = time.perf_counter()
        super()._commit(tables)
        self.commits_ms.append((time.perf_counter() - began) * 1000)


def measure(rows: int = ROWS, batch_rows: int = SETTINGS.batch_rows) -> list[Figure]:
    with store() as (database, _, _), closing(database.cursor()) as connection:
        writer = TimedWriter(connection, hasher(b"bench"), Upkeep(connection, Skyline()), seen_days=3)
        writer.commits_ms, writer.tidied_ms = [], []
        made = Traffic(START, rows_per_s=ROWS_PER_S, threads=SETTINGS.threads, portion_rows=ROUND_ROWS)
        with closing(made) as traffic:
            rates = _rates(writer, _rounds(traffic, batch_rows), rows // MILLION)
    gc.unfreeze()  # what stays frozen at the end of a process is reported as leaked by DuckDB's bindings
    return [
        figure(GROUP, f"million {len(rates)} ÷ the first", [rates[-1] / rates[0]], goal=">= 0.9"),
        figure(GROUP, "updates stored, whole transaction, by the million", rates, unit="rows/s", goal=">= 100000"),
        figure(GROUP, "the first million", rates[:1], unit="rows/s"),
        figure(GROUP, "the last million", rates[-1:], unit="rows/s"),
        *percentiles(GROUP, f"transaction of {batch_rows} rows", writer.commits_ms, unit="ms", goals={99: ""}),
        figure(GROUP, f"transaction of {batch_rows} rows, longest", [max(writer.commits_ms)], unit="ms", goal="<= 300"),
        figure(GROUP, "tidying between transactions, longest", [max(writer.tidied_ms)], unit="ms"),
        figure(GROUP, "tidying between transactions, in all", [sum(writer.tidied_ms) / 1000], unit="s"),
        figure(GROUP, "slowest million ÷ the middle one", [min(rates) / statistics.median(rates)]),
    ]


def _rates(writer: Writer, rounds: Iterator[list[list[Fetched]]], millions: int) -> list[float]:
    """Rows a second of each million."""
    prepare = partial(writer.prepare, writer.resume())
    _stored(writer, prepare, next(rounds))  # the first touch loads code
    spare_the_collector()
    progress = track(range(millions * ROUNDS), f"{millions} million updates", console=Console(stderr=True))
    took_s = [_stored(writer, prepare, next(rounds)) for _ in progress]
    return [MILLION / sum(took_s[first : first + ROUNDS]) for first in range(0, len(took_s), ROUNDS)]


def _rounds(traffic: Traffic, batch_rows: int) -> Iterator[list[list[Fetched]]]:
    """Batches, so many as make a round."""
    while True:
        yield [traffic.take(batch_rows) for _ in range(ROUND_ROWS // batch_rows)]


def _stored(writer: Writer, prepare: Callable[[list[Fetched]], Batch], fetched: list[list[Fetched]]) -> float:
    """Seconds, the next batch prepared while one is written, as the sink does it."""
    with ThreadPoolExecutor(1) as thread:
        began = time.perf_counter()
        prepared = thread.submit(prepare, fetched[0])
        for following in [*fetched[1:], None]:
            batch = prepared.result()
            if following is not None:
                prepared = thread.submit(prepare, following)
            writer.write(batch)
        return time.perf_counter() - began


if __name__ == "__main__":
    tell(partial(measure, *map(int, sys.argv[1:])))
