"""One topic's folder in the archive. One process writes it; any may read it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

import msgspec
import pyarrow as pa
import structlog

from analytics.archive import leftovers
from analytics.archive import manifest as manifests
from analytics.archive.draft import Draft, Part, file_path, finished, groups_of, runs_in
from analytics.archive.keys import FileKeys
from analytics.archive.manifest import File, Hole, Run
from analytics.archive.rows import Record
from contracts.errors import OffsetGap
from runtime.clock import Clock
from runtime.crash_points import crash_point
from runtime.metrics import ARCHIVE_BYTES, ARCHIVE_MISSING, ARCHIVE_ROWS

log = structlog.get_logger()

SMALL_BYTES = 64 * 1024 * 1024
MERGED_BYTES = 256 * 1024 * 1024
DAY_IS_OVER = timedelta(days=1, hours=1)
"""After its beginning: what is drained late from a spool mostly finds the day still open."""


class Shelf:
    """Takes records in order, once each: what comes next follows from the files that the manifest names."""

    def __init__(self, directory: Path, topic: str, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock
        self._manifest = manifests.load(directory, topic)
        if self._manifest.topic != topic:
            raise OffsetGap(
                f"{directory} is the archive of {self._manifest.topic}, not of {topic}; give each installation a "
                "data directory of its own, or move this archive aside"
            )
        ARCHIVE_MISSING.labels(self._directory.name).set(self._manifest.missing_count)
        self._next = self._manifest.next_offsets
        self._sequence = self._manifest.sequence
        self._draft = Draft(directory, self._sequence)
        self._holes: list[Hole] = []

    @property
    def recorded_at(self) -> datetime | None:
        return self._manifest.recorded_at

    @property
    def waiting_count(self) -> int:
        """Records taken and not recorded."""
        return self._draft.count

    def next_offset(self, partition: int) -> int:
        return self._next[partition]

    def lag(self, starts: Mapping[int, int], ends: Mapping[int, int]) -> int:
        """How many records Kafka has and the archive has not.

        Raises `OffsetGap` when the archive is ahead of Kafka.
        """
        for partition, end in ends.items():
            if self._next.get(partition, 0) > end:
                raise OffsetGap(
                    f"{self._manifest.topic}/{partition} is archived up to offset {self._next[partition]}, Kafka ends "
                    f"at {end}. The topic was made anew, or this is another cluster: move {self._directory} aside"
                )
        return sum(end - max(starts[part], self._next.get(part, 0)) for part, end in ends.items())

    def begin(self, starts: Mapping[int, int]) -> None:
        """Take up where the archive ends; `starts` says what Kafka still has. What it has lost becomes a hole."""
        self._sequence = leftovers.clear(self._directory, self._manifest, starts)
        self._draft = Draft(self._directory, self._sequence)
        fresh = tuple(Run(part, start, start) for part, start in sorted(starts.items()) if part not in self._next)
        self._manifest = msgspec.structs.replace(self._manifest, begun=self._manifest.begun + fresh)
        self._next |= {run.partition: run.first for run in fresh}
        for partition, start in starts.items():
            self._pass_over(partition, start)
        if fresh or self._holes:
            self.record()

    def take(self, partition: int, records: Sequence[Record]) -> None:
        """Records of one partition; what is there already is left out."""
        expected = self._next[partition]
        if not (fresh := [record for record in records if record.offset >= expected]):
            return
        for record in fresh:
            if record.offset != self._next[partition]:
                self._pass_over(partition, record.offset)
            self._next[partition] += 1
        self._draft.add(partition, fresh)

    def is_full(self, rows: int) -> bool:
        return self._draft.is_full(rows)

    def record(self) -> None:
        """What was taken counts from now on: all of it or, before the manifest is in its place, nothing."""
        files = self._draft.finish()
        self._put(
            files=(*self._manifest.files, *files),
            holes=(*self._manifest.holes, *self._holes),
            sequence=self._sequence + len(files),
        )
        if files:
            crash_point("archive.recorded")
        ARCHIVE_ROWS.labels(self._directory.name).inc(sum(file.count for file in files))
        ARCHIVE_BYTES.labels(self._directory.name).inc(sum(file.size for file in files))
        self._holes = []

    def drop(self) -> None:
        """Forget what was taken and not recorded."""
        self._draft.drop()

    def tidy(self) -> None:
        """Make one file of the small ones of a day that is over."""
        by_day = groupby(sorted(self._manifest.files, key=lambda file: file.name), key=_day)
        for day, files in by_day:
            if self._is_over(day) and len(small := _small(list(files))) > 1:
                self._merge(day, small)

    def rewrite(self, change: Callable[[pa.Table], pa.Table]) -> int:
        """Put others in the place of the files of which `change` gives other rows back; how many.

        The places in them stay. The keys of the files before are destroyed, so that no copy of them can be read.
        """
        self._sequence = leftovers.next_number(self._directory, self._manifest)
        touched = [file for file in self._manifest.files if self._is_changed(file, change)]
        for file in touched:
            self._replace(_day(file), [file], change)
        FileKeys(self._directory.parent).destroy_spare()
        return len(touched)

    def _is_changed(self, file: File, change: Callable[[pa.Table], pa.Table]) -> bool:
        return any(change(rows) is not rows for rows in groups_of(self._directory / file.name))

    def _merge(self, day: str, files: Sequence[File]) -> None:
        self._replace(day, files, lambda rows: rows)
        FileKeys(self._directory.parent).destroy_spare()
        log.info("archive_merged", topic=self._directory.name, day=day, files=len(files))

    def _replace(self, day: str, files: Sequence[File], change: Callable[[pa.Table], pa.Table]) -> None:
        """One file in the place of `files`."""
        part = Part(file_path(self._directory, day, self._sequence))
        for file in files:
            for rows in groups_of(self._directory / file.name):
                part.add(change(rows), runs_in(rows))
        made = finished(self._directory, [part])
        kept = tuple(file for file in self._manifest.files if file not in files)
        self._put(files=(*kept, *made), sequence=self._sequence + 1)
        crash_point("archive.merged")
        for file in files:
            (self._directory / file.name).unlink()

    def _put(self, **changes: object) -> None:
        changed = msgspec.structs.replace(self._manifest, recorded_at=self._clock.now(), **changes)
        manifests.save(self._directory, changed)
        self._manifest = changed
        ARCHIVE_MISSING.labels(self._directory.name).set(self._manifest.missing_count)
        self._sequence = changed.sequence
        self._draft = Draft(self._directory, self._sequence)

    def _pass_over(self, partition: int, found: int) -> None:
        """Go on at `found`; what is missing before it is told, once here and for ever in the manifest."""
        expected = self._next[partition]
        if found <= expected:
            return
        self._holes.append(Hole(run=Run(partition, expected, found), found_at=self._clock.now()))
        self._next[partition] = found
        log.error(
            "archive_has_a_hole",
            topic=self._directory.name,
            partition=partition,
            missing=f"{expected} to {found - 1}",
            advice="Kafka removed these before they were archived; set the retention above the longest time without us",
        )

    def _is_over(self, day: str) -> bool:
        try:
            begun = datetime.fromisoformat(f"{day}T00:00:00+00:00")
        except ValueError:
            return False
        return self._clock.now() - begun >= DAY_IS_OVER


def _day(file: File) -> str:
    return file.name.partition("/")[0].removeprefix("day=")


def _small(files: Sequence[File]) -> list[File]:
    """The first small files, together not too large."""
    chosen: list[File] = []
    for file in files:
        if file.size < SMALL_BYTES and sum(one.size for one in chosen) < MERGED_BYTES:
            chosen.append(file)
    return chosen
