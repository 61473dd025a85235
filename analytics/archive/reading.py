"""What was archived in a span of time, in the order of its files."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from analytics import compute as pc
from analytics.archive.keys import opened
from analytics.archive.manifest import File, Manifest, Run, load
from analytics.archive.rows import records_of
from contracts.archived import Archived
from contracts.envelope import header
from contracts.errors import ArchiveDamaged
from contracts.vocabulary import Source

AT_ONCE = 1000


@dataclass(frozen=True, kw_only=True)
class Span:
    """From `begin` up to, and without, `end`, by the time of receipt; of one provider or connection when named."""

    begin: datetime
    end: datetime
    provider: str = ""
    connection: str = ""
    origins: tuple[str, ...] | None = None
    """Only of these connections, as `provider:connection`; null for all."""

    def mask(self, rows: pa.RecordBatch) -> pa.Array:
        at = rows.column("timestamp")
        found = pc.and_(pc.greater_equal(at, _scalar(self.begin)), pc.less(at, _scalar(self.end)))
        for name in ("provider", "connection"):
            if wanted := getattr(self, name):
                found = pc.and_(found, pc.equal(rows.column(name), wanted))
        if self.origins is not None:
            origin = pc.binary_join_element_wise(rows.column("provider"), rows.column("connection"), ":")
            found = pc.and_(found, pc.is_in(origin, pa.array(self.origins, pa.string())))
        return found

    def touches(self, first_ms: int, last_ms: int) -> bool:
        return first_ms < _ms(self.end) and last_ms >= _ms(self.begin)


@dataclass(frozen=True, kw_only=True)
class Loss:
    """What Kafka may have lost of a topic: what is below where it begins now, and what came up to some time."""

    starts: Mapping[int, int]
    until_ms: int

    def has(self, record: Archived) -> bool:
        return record.timestamp <= self.until_ms or record.offset < self.starts.get(record.partition, 0)

    def touches(self, file: File) -> bool:
        return file.first_ms <= self.until_ms or any(run.first < self.starts.get(run.partition, 0) for run in file.runs)


class Shelves:
    """The archive of one topic, to be read. Raises `ArchiveDamaged` where it cannot be."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.manifest: Manifest = load(directory, "")

    def count(self, span: Span) -> int:
        """How many records there are in the span, without reading them."""
        return sum(
            pc.sum(span.mask(rows)).as_py() or 0 for rows in self._rows(span, ["timestamp", "provider", "connection"])
        )

    def records(self, span: Span) -> Iterator[Archived]:
        """The records of the span."""
        for rows in self._rows(span, None):
            yield from records_of(rows.filter(span.mask(rows)))

    def lost(self, loss: Loss) -> Iterator[Archived]:
        """What may be gone from Kafka, the oldest day first."""
        for file in self._files():
            if loss.touches(file):
                for rows in self._read(self._directory / file.name, None):
                    yield from filter(loss.has, records_of(rows))

    def at(self, places: Collection[tuple[int, int]]) -> Iterator[Archived]:
        """The records at these places, as (partition, offset); of those that are not here, none."""
        for file in self._files():
            wanted = {place for place in places if any(_is_in(place, run) for run in file.runs)}
            for rows in self._read(self._directory / file.name, None) if wanted else ():
                near = pc.is_in(rows.column("offset"), pa.array({offset for _, offset in wanted}, pa.int64()))
                yield from (one for one in records_of(rows.filter(near)) if (one.partition, one.offset) in wanted)

    def _files(self) -> list[File]:
        """By day, and those of a day as they were written."""
        return sorted(self.manifest.files, key=lambda file: file.name)

    def _rows(self, span: Span, columns: list[str] | None) -> Iterator[pa.RecordBatch]:
        for file in self._files():
            if span.touches(file.first_ms, file.last_ms):
                yield from self._read(self._directory / file.name, columns)

    def _read(self, path: Path, columns: list[str] | None) -> Iterator[pa.RecordBatch]:
        try:
            with opened(path) as file:
                yield from file.iter_batches(AT_ONCE, columns=columns)
        except (pa.ArrowException, OSError) as exc:
            raise ArchiveDamaged(
                f"{path} cannot be read: {exc}. Files are made one when their day is over, so begin again; if that "
                "does not help, `tidings archive verify` says what is wrong"
            ) from exc


def is_original(record: Archived) -> bool:
    """Whether the record is no replay: what was played again is in the archive as it first came, too."""
    return header(record.headers, "source") != Source.REPLAY.encode()


def _is_in(place: tuple[int, int], run: Run) -> bool:
    partition, offset = place
    return partition == run.partition and run.first <= offset < run.next


def _scalar(moment: datetime) -> pa.Scalar:
    return pa.scalar(_ms(moment), pa.timestamp("ms", tz="UTC"))


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
