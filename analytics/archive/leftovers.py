"""What an end of the process left on the disk: unfinished files, and files that no manifest names."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import structlog

from analytics.archive.draft import places_of
from analytics.archive.manifest import Manifest, Run, joined

log = structlog.get_logger()


def clear(directory: Path, manifest: Manifest, starts: Mapping[int, int]) -> int:
    """Remove what is not needed; the number that the next file may have. `starts` says what Kafka still has."""
    sequence = manifest.sequence
    named = {file.name for file in manifest.files}
    for part in directory.glob("day=*/*.parquet.part"):
        part.unlink()
    for path in directory.glob("day=*/[0-9]*[0-9].parquet"):
        if str(path.relative_to(directory)) not in named:
            sequence = max(sequence, int(path.stem) + 1)
            _remove_spare(path, manifest, starts)
    return sequence


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
    except (pa.ArrowException, OSError):
        return False
    filed = joined(manifest.runs)
    return all(_holds(filed, run) or run.first >= starts.get(run.partition, run.next) for run in runs)


def _holds(filed: tuple[Run, ...], run: Run) -> bool:
    return any(own.partition == run.partition and own.first <= run.first and run.next <= own.next for own in filed)
