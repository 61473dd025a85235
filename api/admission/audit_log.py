"""Who did what that has to be answered for later: one record each, in a file and in the log.

`<data_dir>/audit.jsonl` is only ever appended to, each record durable before what it tells of is done. Full files are
put aside as `audit.jsonl.1` (the newest of them) and so on; the oldest goes. Processes take turns under a lock.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

import msgspec
import structlog

from contracts.errors import AuditUnavailable
from runtime.clock import Clock
from runtime.durable import sync

FULL_BYTES = 10 * 1024 * 1024
KEPT_FILES = 10
"""Beside the one that is written."""
OWNER_ONLY = 0o600

log = structlog.get_logger()


class Deed(StrEnum):
    """What is written down."""

    KEY_CREATED = "key_created"
    KEY_ROTATED = "key_rotated"
    KEY_REVOKED = "key_revoked"
    EXPORT_ASKED = "export_asked"
    """Facts were asked for in bulk."""
    EXPORT_FETCHED = "export_fetched"
    """They were taken away."""
    REPLAY_ASKED = "replay_asked"
    PERSON_ERASED = "person_erased"
    """Under the pseudonym: who has the number and the key of pseudonyms can tell that it was done."""
    EVIDENCE_SHOWN = "evidence_shown"
    """Raw callbacks were shown, and the numbers in them."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the file."""

    at: datetime
    deed: Deed
    key_id: str | None
    """Whose key it was done with; null for the command line, where `name` is the user of the machine."""
    name: str
    address: str
    """Where the request came from; empty for the command line."""
    details: dict[str, str | int | bool | None] = {}  # msgspec gives each instance its own
    """What it was done to. Never a number of a person."""


@dataclass(frozen=True)
class Doer:
    """Who does it."""

    key_id: str | None
    name: str
    address: str = ""


class AuditLog:
    """The file of one installation."""

    def __init__(self, data_dir: Path, clock: Clock, *, full_bytes: int = FULL_BYTES) -> None:
        self._path = data_dir / "audit.jsonl"
        self._clock = clock
        self._full_bytes = full_bytes

    def write(self, doer: Doer, deed: Deed, details: Mapping[str, str | int | bool | None]) -> Record:
        """The record, on the disk; raises `AuditUnavailable` else, and what it tells of must not be done then."""
        record = Record(
            at=self._clock.now(),
            deed=deed,
            key_id=doer.key_id,
            name=doer.name,
            address=doer.address,
            details=dict(details),
        )
        try:
            with self._turn() as file:
                _append(file, msgspec.json.encode(record) + b"\n")
        except OSError as exc:
            raise AuditUnavailable(f"{self._path} cannot be written ({exc.strerror}), so nothing was done") from exc
        return record

    def read(self) -> Iterator[Record]:
        """All that is kept, the oldest first. A line that a crash has cut is left out: it tells of nothing done."""
        for number in range(KEPT_FILES, -1, -1):
            path = self._numbered(number)
            if path.exists():
                yield from _records(path)

    @contextmanager
    def _turn(self) -> Iterator[BinaryIO]:
        """The file, open to append and held against others; a new one when it is full."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self._path.exists() and self._path.stat().st_size >= self._full_bytes:
                self._put_aside()
            is_new = not self._path.exists()
            with os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, OWNER_ONLY), "r+b") as file:
                yield file
            if is_new:
                sync(self._path.parent)

    def _put_aside(self) -> None:
        # From the oldest on, so that a crash in between leaves a gap in the numbers and loses nothing.
        for number in range(KEPT_FILES - 1, -1, -1):
            if self._numbered(number).exists():
                self._numbered(number).replace(self._numbered(number + 1))

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}") if number else self._path


def _append(file: BinaryIO, line: bytes) -> None:
    size = file.seek(0, os.SEEK_END)
    if size:
        file.seek(size - 1)
        if file.read(1) != b"\n":
            line = b"\n" + line  # behind what a crash has cut
    file.write(line)
    file.flush()
    os.fsync(file.fileno())


def _records(path: Path) -> Iterator[Record]:
    with path.open("rb") as file:
        for line in file:
            try:
                yield msgspec.json.decode(line, type=Record)
            except msgspec.MsgspecError:
                log.warning("audit_line_unreadable", file=path.name, size_bytes=len(line))
