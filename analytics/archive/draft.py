"""New files of an archive, which do not count before the manifest names them."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from analytics import compute as pc
from analytics.archive.keys import FileKeys, new_key, opened, sealing
from analytics.archive.manifest import File, Run, joined
from analytics.archive.rows import PLACES, SCHEMA, Record, by_day, runs_of, table_of
from runtime.crash_points import crash_point
from runtime.durable import sync

ROW_GROUP_BYTES = 16 * 1024 * 1024
"""What waits in memory for each file before it is written, and what a reader has to hold."""
MOST_DAYS = 8
"""Files that are open at once; records are of one day or two, unless clocks were set."""
LARGEST_BYTES = 256 * 1024 * 1024
"""Of uncompressed records in one draft."""


class Part:
    """One file in the making."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.key = new_key()
        self._part = path.with_name(f"{path.name}.part")
        self._writer = pq.ParquetWriter(self._part, SCHEMA, compression="zstd", encryption_properties=sealing(self.key))
        self._waiting: list[pa.Table] = []
        self._waiting_bytes = 0
        self._runs: list[Run] = []
        self._times: list[int] = []
        self._count = 0

    def add(self, rows: pa.Table, runs: Sequence[Run]) -> None:
        """Rows with the places they have."""
        self._runs += runs
        spread = pc.min_max(rows.column("timestamp").cast(pa.int64())).as_py()
        self._times = [min([*self._times, spread["min"]]), max([*self._times, spread["max"]])]
        self._count += rows.num_rows
        self._waiting.append(rows)
        self._waiting_bytes += rows.nbytes
        if self._waiting_bytes >= ROW_GROUP_BYTES:
            self._flush()

    def finish(self) -> None:
        """All of it is on the disk, under a name that does not count."""
        self._flush()
        self._writer.close()
        sync(self._part)

    def rename(self, root: Path) -> File:
        """Give it its name, and say what it holds."""
        self._part.replace(self.path)
        sync(self.path.parent)
        sync(self.path.parent.parent)  # the day's folder may be new
        return File(
            name=str(self.path.relative_to(root)),
            count=self._count,
            size=self.path.stat().st_size,
            sha256=digest(self.path),
            first_ms=self._times[0],
            last_ms=self._times[1],
            runs=joined(self._runs),
        )

    def drop(self) -> None:
        """Leave nothing behind."""
        self._writer.close()
        self._part.unlink(missing_ok=True)

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.concat_tables(self._waiting).combine_chunks())
        self._waiting, self._waiting_bytes = [], 0


class Draft:
    """The files of one turn, one for each day."""

    def __init__(self, root: Path, sequence: int) -> None:
        self._root = root
        self._sequence = sequence
        self._parts: dict[str, Part] = {}
        self.count = 0
        self._bytes = 0

    @property
    def is_empty(self) -> bool:
        return not self.count

    def is_full(self, rows: int) -> bool:
        return self.count >= rows or self._bytes >= LARGEST_BYTES or len(self._parts) >= MOST_DAYS

    def add(self, partition: int, records: Sequence[Record]) -> None:
        """Records of one partition in order."""
        for day, found in by_day(records).items():
            rows = table_of(partition, found)
            if day not in self._parts:
                self._parts[day] = Part(file_path(self._root, day, self._sequence + len(self._parts)))
            self._parts[day].add(rows, runs_of(partition, [record.offset for record in found]))
            self._bytes += rows.nbytes
        self.count += len(records)

    def finish(self) -> list[File]:
        """The files, complete and on the disk. They count once the manifest names them."""
        return finished(self._root, list(self._parts.values()))

    def drop(self) -> None:
        for part in self._parts.values():
            part.drop()


def finished(root: Path, parts: Sequence[Part]) -> list[File]:
    """Every part under its name."""
    if not parts:
        return []
    for part in parts:
        part.finish()
    FileKeys(root.parent).put({part.path: part.key for part in parts})
    crash_point("archive.written")
    files = [part.rename(root) for part in parts]
    crash_point("archive.renamed")
    return files


def file_path(root: Path, day: str, sequence: int) -> Path:
    return root / f"day={day}" / f"{sequence:09}.parquet"


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def groups_of(path: Path, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
    """The rows of a file, as much at a time as was written at once."""
    with opened(path) as file:
        for number in range(file.num_row_groups):
            yield file.read_row_group(number, columns=columns)


def places_of(path: Path) -> tuple[Run, ...]:
    """The places that are really in a file."""
    return joined(run for rows in groups_of(path, PLACES) for run in runs_in(rows))


def runs_in(rows: pa.Table) -> list[Run]:
    """The places of rows; each partition's offsets ascend."""
    found: dict[int, list[int]] = {}
    for partition, offset in zip(*(rows.column(name).to_pylist() for name in PLACES), strict=True):
        found.setdefault(partition, []).append(offset)
    return [run for partition, offsets in found.items() for run in runs_of(partition, offsets)]
