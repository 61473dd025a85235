"""One broker on one data directory."""

import fcntl
import os
import time
from pathlib import Path

from contracts.errors import BrokerUnavailable

# A killed owner's broker is killed too, but needs a moment to end.
PATIENCE_S = 3.0
PAUSE_S = 0.1


class DirectoryLock:
    """Held by every process that has its descriptor open; the system lets it go when the last of them ends.

    The broker inherits the descriptor, so the lock tells the truth even where the process that started it was killed.
    """

    def __init__(self, directory: Path, *, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._file = directory / "broker.lock"
        self._descriptor: int | None = None

    def take(self, note: str) -> int:
        """Take the lock and leave `note` for who comes second. Raises `BrokerUnavailable` when another has it."""
        descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._wait(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        self._file.write_text(note, encoding="utf-8")
        return descriptor

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _wait(self, descriptor: int) -> None:
        deadline = time.monotonic() + self._patience_s
        while True:
            try:
                return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise BrokerUnavailable(self._taken()) from None
                time.sleep(PAUSE_S)

    def _taken(self) -> str:
        return (
            f"a broker runs on {self._file.parent} already ({self._file.read_text(encoding='utf-8')}); set "
            "KAFKA_BOOTSTRAP_SERVERS to its address to use it, or stop it, or give another directory"
        )
