"""A day of the store as files, beside what DuckDB alone writes of the same question: rows a second.

`python -m bench.exports [reports in the month]`.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from analytics.asking.reader import Reader
from analytics.exports.columns import What
from analytics.exports.exporter import Exporter
from analytics.exports.order import Format, Order, Wanted
from analytics.exports.reading import RowSource
from analytics.freshness import Skyline
from analytics.queries import load_query
from analytics.sink.columns import hasher
from analytics.store.database import Database
from bench.figures import Figure, figure, tell
from bench.month import A_DAY, END, opened_month
from runtime.clock import FixedClock
from runtime.settings import StoreSettings

REPORTS = 5_000_000
ROUNDS = 3
LIMIT_S = 120.0
MOST_ROWS = 100_000_000
RATIO_GOAL = ">= 0.8"


def measure(reports: int = REPORTS) -> list[Figure]:
    """In turns; what is exported is a day of the month."""
    with opened_month(reports) as database, tempfile.TemporaryDirectory(prefix="tidings-bench-") as place:
        reader = Reader(database, Skyline(), FixedClock(END), threads=StoreSettings().threads, limit_s=LIMIT_S)
        try:
            return asyncio.run(_measured(database, reader, Path(place)))
        finally:
            reader.close()


async def _measured(database: Database, reader: Reader, place: Path) -> list[Figure]:
    group, hashed, figures = "exports", hasher(b"bench"), list[Figure]()
    exporter = Exporter(RowSource(database), reader, FixedClock(END), lambda text: hashed(text) or 0)
    for what in (What.REPORTS, What.MESSAGES):
        wanted = Wanted(what=what, from_=END - 2 * A_DAY, to=END - A_DAY)
        order = Order(wanted=wanted, until=(await exporter.state(wanted)).until)
        ours, bare = list[float](), list[float]()
        for _ in range(ROUNDS):
            ours.append(_ours(exporter, order, place))
            bare.append(_bare(database, order, place))
        ratio = statistics.median(ours) / statistics.median(bare)
        figures += [
            figure(group, f"{what}: Parquet ÷ bare COPY", [ratio], goal=RATIO_GOAL),
            figure(group, f"{what}: Parquet", ours, unit="rows/s"),
            figure(group, f"{what}: bare COPY", bare, unit="rows/s"),
        ]
        for form in (Format.ARROW, Format.CSV, Format.NDJSON):
            figures.append(figure(group, f"{what}: {form}", [_ours(exporter, _in(order, form), place)], unit="rows/s"))
    return figures


def _in(order: Order, form: Format) -> Order:
    return Order(wanted=order.wanted, format=form, until=order.until)


def _ours(exporter: Exporter, order: Order, place: Path) -> float:
    """Files and manifest, down to the disk."""
    with tempfile.TemporaryDirectory(dir=place) as directory:
        began = time.perf_counter()
        manifest = exporter.write(order, Path(directory), most_rows=MOST_ROWS, progress=lambda _rows, _share: None)
        return manifest.rows / (time.perf_counter() - began)


def _bare(database: Database, order: Order, place: Path) -> float:
    """The same question, of the whole day at once; nothing is brought down to the disk, and nothing hashed."""
    query, windows = load_query(order.wanted.table.question), RowSource(database).windows(order)
    told = order.row_parameters() | {"first": windows[0].ids["first"], "beyond": windows[-1].ids["beyond"]}
    target = place / "bare.parquet"
    with database.snapshot(LIMIT_S) as cursor:
        began = time.perf_counter()
        ((rows,),) = cursor.execute(
            f"COPY ({query.sql}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)",
            {name: told[name] for name in query.parameters},
        ).fetchall()
        took_s = time.perf_counter() - began
    target.unlink()
    return int(rows) / took_s


if __name__ == "__main__":
    tell(partial(measure, *map(int, sys.argv[1:])))
