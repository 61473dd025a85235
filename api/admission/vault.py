"""Small JSON files that only their owner may read, shared by the API and the command line.

A file is replaced as a whole, so a reader sees the old or the new one and a crash leaves either. Writers take turns
under a lock beside the file.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from contracts.errors import ConfigurationInvalid

Content = TypeVar("Content", bound=msgspec.Struct)

OWNER_ONLY = 0o600


class Vault(Generic[Content]):
    """The file at `path`, holding one `kind`; a missing file is an empty one."""

    def __init__(self, path: Path, kind: type[Content]) -> None:
        self._path = path
        self._kind = kind
        self._seen: tuple[tuple[int, int, int] | None, Content] = (None, kind())

    def read(self) -> Content:
        """What the file holds now; read again only when another process has replaced it.

        Raises `ConfigurationInvalid` when the file is not readable.
        """
        version = self._version()
        if version != self._seen[0]:
            self._seen = (version, self._load())
        return self._seen[1]

    @contextmanager
    def turn(self) -> Iterator[Content]:
        """Hold the file against other writers; yields what it holds."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield self._load()

    def replace(self, content: Content) -> None:
        """Put `content` in the file's place, durably; call it within a `turn`."""
        fresh = self._path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(content)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)

    def _version(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _load(self) -> Content:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=self._kind)
        except FileNotFoundError:
            return self._kind()
        except (OSError, msgspec.MsgspecError) as exc:
            raise ConfigurationInvalid(f"{self._path} cannot be read ({exc}); mend it or move it away") from exc
