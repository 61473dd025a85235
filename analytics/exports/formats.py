"""Files in the making: rows go in a batch at a time, and the file has its name only when it is whole on the disk."""

import gzip
import hashlib
from abc import ABC, abstractmethod
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from analytics.exports.columns import Table
from analytics.exports.lines import for_csv, for_ndjson
from analytics.exports.manifest import File
from analytics.exports.order import Format
from runtime.crash_points import crash_point
from runtime.durable import put_in_place, sync

GROUP_ROWS = 100_000
"""What a reader of Parquet takes at once, and what we hold until it is written."""
GZIP_LEVEL = 5
CSV_STYLE = pcsv.WriteOptions(include_header=False, eol="\r\n", quoting_style="needed")


class Pen(ABC):
    """Writes rows in one format to an open file."""

    def __init__(self, file: BinaryIO, table: Table) -> None:
        self._file = file
        self._table = table

    @abstractmethod
    def write(self, batch: pa.RecordBatch) -> None: ...

    @abstractmethod
    def close(self) -> None:
        """Everything is in the file, which stays open."""


class ParquetPen(Pen):
    """zstd, in groups of many rows."""

    def __init__(self, file: BinaryIO, table: Table) -> None:
        super().__init__(file, table)
        places = [pq.SortingColumn(list(table.columns).index(name)) for name in table.sorted_by]
        self._writer = pq.ParquetWriter(file, table.schema, compression="zstd", sorting_columns=places)
        self._waiting: list[pa.RecordBatch] = []
        self._count = 0

    def write(self, batch: pa.RecordBatch) -> None:
        self._waiting.append(batch)
        self._count += batch.num_rows
        if self._count >= GROUP_ROWS:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._count:
            whole = pa.Table.from_batches(self._waiting, self._table.schema)
            self._writer.write_table(whole, row_group_size=self._count)
        self._waiting, self._count = [], 0


class ArrowPen(Pen):
    """An IPC file, zstd."""

    def __init__(self, file: BinaryIO, table: Table) -> None:
        super().__init__(file, table)
        self._writer = pa.ipc.new_file(file, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd"))

    def write(self, batch: pa.RecordBatch) -> None:
        # What lies behind a null or an end is memory as it happened to be, and would be written; a copy has zeros.
        self._writer.write_batch(batch.take(pa.array(range(batch.num_rows), pa.int64())))

    def close(self) -> None:
        self._writer.close()


class CsvPen(Pen):
    """RFC 4180 with a head line. Nothing between two commas is null, an empty text is quoted."""

    def __init__(self, file: BinaryIO, table: Table) -> None:
        super().__init__(file, table)
        file.write((",".join(table.columns) + "\r\n").encode())

    def write(self, batch: pa.RecordBatch) -> None:
        pcsv.write_csv(for_csv(batch), self._file, CSV_STYLE)

    def close(self) -> None:
        self._file.flush()


class NdjsonPen(Pen):
    """A JSON object a line."""

    def write(self, batch: pa.RecordBatch) -> None:
        self._file.write(for_ndjson(batch))

    def close(self) -> None:
        self._file.flush()


PENS: dict[Format, type[Pen]] = {
    Format.PARQUET: ParquetPen,
    Format.ARROW: ArrowPen,
    Format.CSV: CsvPen,
    Format.NDJSON: NdjsonPen,
}
GZIPPED = frozenset({Format.CSV, Format.NDJSON})


class Draft:
    """One file under a name that does not count."""

    def __init__(self, path: Path, form: Format, table: Table) -> None:
        self._path = path
        self._part = path.with_name(f"{path.name}.part")
        self._raw = self._part.open("wb")
        # Without a name and a time in it, the same rows make the same bytes.
        self._zipped = gzip.GzipFile("", "wb", GZIP_LEVEL, self._raw, mtime=0) if form in GZIPPED else None
        self._pen = PENS[form](cast("BinaryIO", self._zipped or self._raw), table)
        self._rows = 0
        self._is_open = True

    def write(self, batch: pa.RecordBatch) -> None:
        self._pen.write(batch)
        self._rows += batch.num_rows

    def finish(self) -> File:
        """Give it its name; it is whole, and on the disk."""
        self.close()
        sync(self._part)
        crash_point("export.written")
        with self._part.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        made = File(name=self._path.name, rows=self._rows, bytes=self._part.stat().st_size, sha256=digest)
        put_in_place(self._part, self._path)
        crash_point("export.renamed")
        return made

    def close(self) -> None:
        """Write no more; without `finish` it never gets its name."""
        if not self._is_open:
            return
        self._is_open = False
        self._pen.close()
        if self._zipped is not None:
            self._zipped.close()
        self._raw.close()
