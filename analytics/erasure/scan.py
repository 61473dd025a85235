"""Where a person can still be read: every file of an installation looked through, unpacked and opened with its key."""

import gzip
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from analytics.archive import keys
from analytics.archive.rows import SCHEMA, records_of
from analytics.erasure.rows import cells_with, columns_with
from analytics.erasure.spelling import Spelling
from contracts.errors import ArchiveDamaged

PARQUET, SEALED, GZIP, STORE = b"PAR1", b"PARE", b"\x1f\x8b", b"DUCK"
STORE_AT = 8
"""Where DuckDB's name stands in a file."""
PIECE = 4 * 1024 * 1024
OVERLAP = 256
"""More than the longest spelling."""
ROWS = 1000


def readable(folders: Sequence[Path], spelling: Spelling, *, apart: Sequence[Path] = ()) -> Iterator[str]:
    """The files below `folders` in which the person can be read; of a store the columns. `apart` is not looked at."""
    found = {path for folder in folders for path in folder.rglob("*") if path.is_file()}
    for path in sorted(found):
        if not any(path.is_relative_to(other) for other in apart):
            yield from _readable(path, spelling)


def _readable(path: Path, spelling: Spelling) -> Iterator[str]:
    with path.open("rb") as file:
        head = file.read(STORE_AT + len(STORE))
    if head[STORE_AT:] == STORE:
        yield from _columns(path, spelling)
    elif _is_in_parquet(path, spelling) if head[:4] in {PARQUET, SEALED} else _is_in_bytes(path, head, spelling):
        yield str(path)


def _columns(path: Path, spelling: Spelling) -> Iterator[str]:
    with duckdb.connect(path, read_only=True) as store:
        for column in columns_with(store, spelling):
            if any(cells_with(store, column, spelling)):
                yield f"{path}: {column.table}.{column.name}"


def _is_in_parquet(path: Path, spelling: Spelling) -> bool:
    try:
        with keys.opened(path) if keys.is_sealed(path) else pq.ParquetFile(path) as file:
            return any(_is_in_rows(rows, spelling) for rows in file.iter_batches(ROWS))
    except ArchiveDamaged:
        return False  # its key is destroyed: nobody can read it


def _is_in_rows(rows: pa.RecordBatch, spelling: Spelling) -> bool:
    if rows.schema.names == SCHEMA.names:
        return any(
            data is not None and spelling.stands_in(data)
            for record in records_of(rows)
            for data in (record.key, record.value, *(value for _, value in record.headers))
        )
    return any(spelling.stands_in(str(row).encode("utf-8", "surrogatepass")) for row in rows.to_pylist())


def _is_in_bytes(path: Path, head: bytes, spelling: Spelling) -> bool:
    with gzip.open(path) if head.startswith(GZIP) else path.open("rb") as file:
        before = b""
        while piece := file.read(PIECE):
            if spelling.stands_in(before + piece):
                return True
            before = piece[-OVERLAP:]
    return False
