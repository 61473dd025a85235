"""The directories of the spool: one for each process that ever wrote into it, locked while that process lives."""

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path

from runtime.durable import sync

MARK = "mark"
DAMAGED = ".damaged"


class Run:
    """One such directory, locked by us: our own, or that of a process which is no more."""

    def __init__(self, directory: Path, lock: int) -> None:
        self.directory = directory
        self._lock = lock

    @property
    def name(self) -> str:
        return self.directory.name

    def sync(self) -> None:
        """Make the names of its files durable."""
        os.fsync(self._lock)

    def read_mark(self) -> tuple[str, int]:
        """The segment that was drained last, and up to where; no name when nobody knows."""
        try:
            name, position = (self.directory / MARK).read_text("ascii").split()
            return name, int(position)
        except (OSError, ValueError):
            return "", 0

    def write_mark(self, segment: str, position: int) -> None:
        """Remember it for whoever drains on. A mark that is lost costs repeats, so it need not be durable."""
        with suppress(OSError):
            (self.directory / MARK).write_text(f"{segment} {position}", "ascii")

    def close(self) -> None:
        """Let go of it; it is removed when nothing is left in it."""
        with suppress(OSError):
            if all(entry.name == MARK for entry in self.directory.iterdir()):
                (self.directory / MARK).unlink(missing_ok=True)
                self.directory.rmdir()
        os.close(self._lock)


def create_run(root: Path) -> Run:
    """A new run of our own. Raises `OSError`."""
    while True:
        # Runs sort by age.
        directory = root / f"{time.time_ns() // 1_000_000:013d}-{os.urandom(4).hex()}"
        directory.mkdir(mode=0o700)
        # Between the two lines somebody may have taken it for one that was left behind.
        if run := adopt_run(directory):
            sync(root)
            return run


def adopt_run(directory: Path) -> Run | None:
    """The run, ours from now on; null when its owner lives or it is gone."""
    try:
        lock = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(lock).st_nlink:
            return Run(directory, lock)
    except OSError:
        pass
    os.close(lock)
    return None


def abandoned_runs(root: Path) -> list[Run]:
    """All runs whose owner is no more, oldest first, ours from now on."""
    return [run for path in sorted(root.iterdir()) if path.is_dir() and (run := adopt_run(path))]


def occupied_bytes(root: Path) -> int:
    """What the spools of all processes hold together, with what was kept aside."""
    total = 0
    with suppress(FileNotFoundError), os.scandir(root) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):  # drained by somebody in the meantime
                total += occupied_bytes(Path(entry.path)) if entry.is_dir() else entry.stat().st_size
    return total
