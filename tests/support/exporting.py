"""Exports from a store in tests, and what is in their files. As a process: one export, which may be told to die."""

import csv
import gzip
import io
import json
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from analytics.asking.reader import Reader
from analytics.exports.columns import What
from analytics.exports.exporter import Exporter
from analytics.exports.manifest import Manifest
from analytics.exports.order import Format, Order, Split, Wanted
from analytics.exports.reading import RowSource
from analytics.freshness import Skyline
from analytics.sink.columns import hasher
from analytics.store.database import Database
from runtime.clock import FixedClock, SystemClock
from runtime.settings import StoreSettings
from tests.support.store_line import at

hashed = hasher(b"a key for tests")


def seal(text: str) -> int:
    return hashed(text) or 0


def exporter_of(database: Database, reader: Reader, *, window_rows: int = 200_000) -> Exporter:
    return Exporter(RowSource(database, window_rows=window_rows), reader, FixedClock(at(60)), seal)


async def order_of(
    exporter: Exporter,
    wanted: Wanted,
    *,
    token: str | None = None,
    form: Format = Format.PARQUET,
    split: Split = Split.NONE,
) -> Order:
    """As the store stands now."""
    state = await exporter.state(wanted)
    since = None if token is None else exporter.continued(token, wanted, state.until)
    return Order(wanted=wanted, format=form, split=split, since=since, until=state.until)


def written(exporter: Exporter, order: Order, directory: Path, *, most_rows: int = 1000) -> Manifest:
    directory.mkdir(parents=True)
    return exporter.write(order, directory, most_rows=most_rows, progress=lambda _rows, _share: None)


async def exported(exporter: Exporter, directory: Path, wanted: Wanted, **members: Any) -> Manifest:
    return written(exporter, await order_of(exporter, wanted, **members), directory)


def rows_in(directory: Path, manifest: Manifest) -> list[dict[str, Any]]:
    """All rows of an export, in order; as texts for formats that have nothing else."""
    return [row for file in manifest.files for row in _rows(directory / file.name)]


def _rows(path: Path) -> list[dict[str, Any]]:
    match "".join(path.suffixes):
        case ".parquet":
            return list(pq.read_table(path).to_pylist())
        case ".arrow":
            with pa.OSFile(str(path)) as file, pa.ipc.open_file(file) as whole:
                return list(whole.read_all().to_pylist())
        case ".csv.gz":
            with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
                return list(csv.DictReader(io.StringIO(file.read(), newline="")))
        case _:
            with gzip.open(path, "rt", encoding="utf-8") as file:
                return [json.loads(line) for line in file]


def merged(whole: dict[Any, dict[str, Any]], manifest: Manifest, rows: list[dict[str, Any]]) -> dict[Any, Any]:
    """What a receiver has who takes one export after the other, as the page tells them to."""
    for row in rows:
        key = tuple(row[name] for name in manifest.key)
        if row.get("is_match", True):
            whole[key] = row
        else:
            whole.pop(key, None)
    return whole


def export_once(store: Path, directory: Path) -> None:
    """In this process; dies where the environment tells it to."""
    database = Database(store, StoreSettings())
    database.open()
    clock = SystemClock()
    reader = Reader(database, Skyline(), clock, threads=1, limit_s=10)
    order = Order(wanted=Wanted(what=What.REPORTS), until={"updates": (1000,) * 3})
    Exporter(RowSource(database), reader, clock, seal).write(
        order, directory, most_rows=1000, progress=lambda _rows, _share: None
    )
    reader.close()
    database.close()


if __name__ == "__main__":
    export_once(Path(sys.argv[1]), Path(sys.argv[2]))
