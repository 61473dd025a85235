"""What an end of the process left on the disk: unfinished files, and files that no manifest names."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import structlog

from analytics.archive.draft import places_of
from analytics.archive.manifest import Manifest, joined
from contracts.errors import ArchiveDamaged

log = structlog.get_logger()


def clear(directory: Path, manifest: Manifest, starts: Mapping[int, int]) -> int:
    """Remove what is not needed; the number that the next file may have. `starts` says what Kafka still has."""
    sequence = next_number(directory, manifest)
    for part in directory.glob("day=*/*.parquet.part"):
        part.unlink()
    for path in _unnamed(directory, manifest):
        _remove_spare(path, manifest, starts)
    return sequence


def next_number(directory: Path, manifest: Manifest) -> int:
    """A number that no file has, whether the manifest names it or not."""
    return max([manifest.sequence, *(int(path.stem) + 1 for path in _unnamed(directory, manifest))])


def _unnamed(directory: Path, manifest: Manifest) -> list[Path]:
    named = {file.name for file in manifest.files}
    found = directory.glob("day=*/[0-9]*[0-9].parquet")
    return [path for path in found if str(path.relative_to(directory)) not in named]


def _remove_spare(path: Path, manifest: Manifest, starts: Mapping[int, int]) -> None:
    if _is_spare(path, manifest, starts):
        path.unlink()
        log.info("archive_file_removed", file=str(path), reason="unfinished, and its records are not lost")
    else:
        log.error("archive_file_kept", file=str(path), reason="not in the manifest, and Kafka lacks its records")


def _is_spare(path: Path, manifest: Manifest, starts: Mapping[int, int]) -> bool:
    """Whether all records of a file are in others or can still be had from Kafka."""
    try:
        runs = places_of(path)
    except (ArchiveDamaged, pa.ArrowException, OSError):
        return False
    filed = joined(manifest.runs)
    return all(any(own.holds(run) for own in filed) or run.first >= starts.get(run.partition, run.next) for run in runs)
