"""Whether an archive is what its manifest says: every file read again, every place there once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from analytics.archive.draft import digest, places_of
from analytics.archive.manifest import File, Manifest, Run, load
from contracts.errors import ArchiveDamaged


def wrong(directory: Path) -> Iterator[str]:
    """What is wrong with the archive of one topic, in words; nothing when all is well.

    Raises `ArchiveDamaged` when there is no telling.
    """
    manifest, seen = load(directory, ""), set[str]()
    while fresh := [file for file in manifest.files if file.name not in seen]:
        for file in fresh:
            found = _wrong_file(directory / file.name, file)
            # The process that archives may make one file of several meanwhile; then the new manifest has the new file.
            if found and file in load(directory, "").files:
                yield f"{directory.name}/{file.name}: {found}"
        seen.update(file.name for file in fresh)
        manifest = load(directory, "")
    yield from _wrong_places(manifest)


def _wrong_file(path: Path, file: File) -> str:
    try:
        if path.stat().st_size != file.size or digest(path) != file.sha256:
            return "is not the file that was written; bring back a copy of it, its size and SHA-256 are in the manifest"
        places = places_of(path)
    except FileNotFoundError:
        return "is missing; bring back a copy of it"
    except (ArchiveDamaged, pa.ArrowException, OSError) as exc:
        return f"cannot be read: {exc}"
    if places != file.runs or sum(run.next - run.first for run in places) != file.count:
        return f"has the places {tuple(places)}, the manifest says {file.runs}"
    return ""


def _wrong_places(manifest: Manifest) -> Iterator[str]:
    by_partition: dict[int, list[Run]] = defaultdict(list)
    for run in manifest.runs:
        by_partition[run.partition].append(run)
    for runs in by_partition.values():
        yield from _breaks(sorted(runs))
    for hole in manifest.holes:
        partition, first, after = hole.run
        yield f"partition {partition}: offsets {first} to {after - 1} were gone from Kafka before they were archived"


def _breaks(runs: Iterable[Run]) -> Iterator[str]:
    """Places between or in two runs."""
    reached: int | None = None
    for run in runs:
        if reached is not None and run.first > reached:
            yield f"partition {run.partition}: offsets {reached} to {run.first - 1} are in no file"
        if reached is not None and run.first < reached:
            yield f"partition {run.partition}: offsets from {run.first} are in more than one file"
        reached = max(run.next, reached or 0)
