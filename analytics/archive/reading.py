"""What was archived in a span of time, in the order of its files."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from analytics import compute as pc
from analytics.archive.draft import groups_of
from analytics.archive.manifest import File, Manifest, Run, joined, load
from analytics.archive.rows import PLACES, records_of
from contracts.archived import Archived
from contracts.envelope import header
from contracts.errors import ArchiveDamaged
from contracts.vocabulary import Source


@dataclass(frozen=True, kw_only=True)
class Span:
    """From `begin` up to, and without, `end`, by the time of receipt; of one provider or connection when named."""

    begin: datetime
    end: datetime
    provider: str = ""
    connection: str = ""
    origins: tuple[str, ...] | None = None
    """Only of these connections, as `provider:connection`; null for all."""

    def mask(self, rows: pa.Table) -> pa.Array:
        at = rows.column("timestamp")
        found = pc.and_(pc.greater_equal(at, _scalar(self.begin)), pc.less(at, _scalar(self.end)))
        for name in ("provider", "connection"):
            if wanted := getattr(self, name):
                found = pc.and_(found, pc.equal(rows.column(name), wanted))
        if self.origins is not None:
            origin = pc.binary_join_element_wise(rows.column("provider"), rows.column("connection"), ":")
            found = pc.and_(found, pc.is_in(origin, pa.array(self.origins, pa.string())))
        return found

    def touches(self, file: File) -> bool:
        return file.first_ms < _ms(self.end) and file.last_ms >= _ms(self.begin)


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
        columns = [*PLACES, "timestamp", "provider", "connection"]
        return sum(pc.sum(span.mask(rows)).as_py() or 0 for rows in self.groups(span.touches, columns))

    def records(self, span: Span) -> Iterator[Archived]:
        """The records of the span."""
        for rows in self.groups(span.touches):
            yield from records_of(rows.filter(span.mask(rows)))

    def lost(self, loss: Loss) -> Iterator[Archived]:
        """What may be gone from Kafka, the oldest day first."""
        for rows in self.groups(loss.touches):
            yield from filter(loss.has, records_of(rows))

    def at(self, places: Collection[tuple[int, int]]) -> Iterator[Archived]:
        """The records at these places, as (partition, offset); of those that are not here, none."""
        wanted = set(places)
        runs = [Run(partition, offset, offset + 1) for partition, offset in wanted]
        offsets = pa.array({offset for _, offset in wanted}, pa.int64())
        for rows in self.groups(lambda file: any(own.holds(run) for own in file.runs for run in runs)):
            near = rows.filter(pc.is_in(rows.column("offset"), offsets))
            yield from (one for one in records_of(near) if (one.partition, one.offset) in wanted)

    def groups(
        self, is_wanted: Callable[[File], bool] = lambda _: True, columns: Sequence[str] | None = None
    ) -> Iterator[pa.Table]:
        """The rows of the wanted files by day, each row once, as much at a time as was written at once.

        Whoever archives may put one file in the place of several at any moment. What is left is then read from the new
        ones, so the places must be among the columns.
        """
        had: tuple[Run, ...] = ()
        left = self._files()
        while left:
            file = left.pop(0)
            if not is_wanted(file) or _is_had(file, had):
                continue
            try:
                for rows in groups_of(self._directory / file.name, columns):
                    yield _without(rows, [run for run in had if any(map(run.touches, file.runs))])
            except FileNotFoundError as exc:
                self.manifest = load(self._directory, self.manifest.topic)
                if file in self.manifest.files:
                    raise _damaged(self._directory / file.name, exc) from exc
                left = self._files()
            except (pa.ArrowException, OSError) as exc:
                raise _damaged(self._directory / file.name, exc) from exc
            else:
                had = joined((*had, *file.runs))

    def _files(self) -> list[File]:
        """By day, and those of a day as they were written."""
        return sorted(self.manifest.files, key=lambda file: file.name)


def _is_had(file: File, had: Sequence[Run]) -> bool:
    return all(any(run.holds(own) for run in had) for own in file.runs)


def _without(rows: pa.Table, had: Sequence[Run]) -> pa.Table:
    """The rows that are not in these places."""
    for run in had:
        partition, offset = (rows.column(name) for name in PLACES)
        is_in = pc.and_(pc.greater_equal(offset, run.first), pc.less(offset, run.next))
        rows = rows.filter(pc.invert(pc.and_(pc.equal(partition, run.partition), is_in)))
    return rows


def _damaged(path: Path, exc: Exception) -> ArchiveDamaged:
    return ArchiveDamaged(f"{path} cannot be read: {exc}. `tidings archive verify` says what is wrong")


def is_original(record: Archived) -> bool:
    """Whether the record is no replay: what was played again is in the archive as it first came, too."""
    return header(record.headers, "source") != Source.REPLAY.encode()


def _scalar(moment: datetime) -> pa.Scalar:
    return pa.scalar(_ms(moment), pa.timestamp("ms", tz="UTC"))


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
