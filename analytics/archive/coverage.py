"""Whether the archive has what the store is about to forget."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from analytics.archive.manifest import File, Manifest, Run, joined, load

ADVICE = "`tidings archive list` shows what there is"


def why_not_archived(directory: Path, manifest: Manifest, wanted: Sequence[Run]) -> str:
    """Which places of `wanted` are in no file of the archive of one topic; empty when all are in files that are there.

    Whether these are still as they were written, `tidings archive verify` finds out.
    """
    filed = joined(chain.from_iterable(file.runs for file in manifest.files))
    for run in wanted:
        if not any(one.holds(run) for one in filed):
            return f"{directory.name}/{run.partition}: not all of {run.first} to {run.next - 1} is archived; {ADVICE}"
    for file in manifest.files:
        is_needed = any(one.touches(run) for one in file.runs for run in wanted)
        # The process that archives may make one file of several meanwhile; then the new manifest has the new file.
        if is_needed and not _is_there(directory / file.name, file) and file in load(directory, manifest.topic).files:
            return f"{directory / file.name} is not the file that was archived; bring back a copy of it"
    return ""


class Came(NamedTuple):
    """When the oldest and the newest of some registrations came."""

    oldest: datetime
    newest: datetime


class Registrations:
    """Whether the archive has registrations that the store has.

    Their rows do not say where on Kafka they stood. So it is noted now and then how far the store is, and once the
    archive is past that, it has whatever came before the noting.
    """

    def __init__(self) -> None:
        self._noted: tuple[datetime, Mapping[int, int]] | None = None
        self._sure_until: datetime | None = None

    def why_missing(self, manifest: Manifest, marks: Mapping[int, int], came: Came, now: datetime) -> str:
        """Why the archive may not have what came then; empty when it has. `marks` says how far the store is now."""
        if manifest.holes:
            return f"registrations were gone from Kafka before they were archived; {ADVICE}"
        if _began_after(manifest, came.oldest):
            return f"the archive of registrations begins after {came.oldest.isoformat()}; {ADVICE}"
        noted_at, noted = self._noted or (now, dict(marks))
        reached = manifest.next_offsets
        has_reached = all(reached.get(partition, 0) > last for partition, last in noted.items())
        self._noted = None if has_reached else (noted_at, noted)
        self._sure_until = noted_at if has_reached else self._sure_until
        if self._sure_until is None or came.newest >= self._sure_until:
            return "the archive is behind with registrations; it will catch up"
        return ""


def _began_after(manifest: Manifest, moment: datetime) -> bool:
    """Whether `moment` was before the archive began, unless it began where Kafka's topic did."""
    if manifest.begun and all(run.first == 0 for run in manifest.begun):
        return False
    return moment.timestamp() * 1000 < min((file.first_ms for file in manifest.files), default=float("inf"))


def _is_there(path: Path, file: File) -> bool:
    return path.is_file() and path.stat().st_size == file.size
