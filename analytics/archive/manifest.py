"""What an archive holds: its files, and for every partition the places in them without a gap that is not told."""

from collections.abc import Iterable
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import msgspec

from contracts.errors import ArchiveDamaged
from runtime.durable import replace

NAME = "manifest.json"


class Run(NamedTuple):
    """The offsets from `first` up to, and without, `next` of one partition."""

    partition: int
    first: int
    next: int

    def holds(self, other: "Run") -> bool:
        """Whether all of `other` is in this one."""
        return self.partition == other.partition and self.first <= other.first and other.next <= self.next

    def touches(self, other: "Run") -> bool:
        """Whether a place is in both."""
        return self.partition == other.partition and self.first < other.next and other.first < self.next


class File(msgspec.Struct, frozen=True, kw_only=True):
    """One Parquet file; `name` is its path below the manifest's directory."""

    name: str
    count: int
    size: int
    sha256: str
    first_ms: int
    """Kafka's time of the oldest record, in milliseconds,"""
    last_ms: int
    """and of the newest."""
    runs: tuple[Run, ...]


class Hole(msgspec.Struct, frozen=True, kw_only=True):
    """Records that Kafka had removed before they were archived."""

    run: Run
    found_at: datetime


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """One topic's archive. A file that is not named here does not count."""

    topic: str
    """Its full name on Kafka."""
    begun: tuple[Run, ...] = ()
    """Empty runs: where the archive of each partition begins."""
    sequence: int = 0
    """The number of the next file."""
    files: tuple[File, ...] = ()
    holes: tuple[Hole, ...] = ()
    recorded_at: datetime | None = None

    @property
    def next_offsets(self) -> dict[int, int]:
        """The next offset to archive of each partition."""
        after: dict[int, int] = {}
        for run in self.runs:
            after[run.partition] = max(run.next, after.get(run.partition, 0))
        return after

    @property
    def runs(self) -> tuple[Run, ...]:
        """All places that are accounted for, with the empty ones at the beginnings."""
        filed = chain.from_iterable(file.runs for file in self.files)
        return tuple(chain(self.begun, filed, (hole.run for hole in self.holes)))

    @property
    def missing_count(self) -> int:
        return sum(hole.run.next - hole.run.first for hole in self.holes)


_decode = msgspec.json.Decoder(Manifest).decode


def load(directory: Path, topic: str) -> Manifest:
    """The manifest in `directory`, or an empty one for `topic`; raises `ArchiveDamaged` when it cannot be read."""
    try:
        return _decode((directory / NAME).read_bytes())
    except FileNotFoundError:
        return Manifest(topic=topic)
    except (msgspec.MsgspecError, OSError) as exc:
        raise ArchiveDamaged(
            f"{directory / NAME} cannot be read: {exc}. Bring back a copy of it; the files it names are not touched"
        ) from exc


def save(directory: Path, manifest: Manifest) -> None:
    """Put `manifest` in place of the one before."""
    directory.mkdir(parents=True, exist_ok=True)
    replace(directory / NAME, msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")


def joined(runs: Iterable[Run]) -> tuple[Run, ...]:
    """`runs` in order, with those that follow each other made one; overlaps stay as they are."""
    whole: list[Run] = []
    for run in sorted(runs):
        before = whole[-1] if whole else None
        if before and before.partition == run.partition and before.next == run.first:
            whole[-1] = before._replace(next=run.next)
        else:
            whole.append(run)
    return tuple(whole)
