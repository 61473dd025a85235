"""The record of one export, and the folder in which it lives: `<data_dir>/exports/<id>` with its files."""

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from uuid import uuid4

import msgspec
import structlog

from analytics.exports.order import Order
from runtime.durable import replace, sync

log = structlog.get_logger()

RECORD = "job.json"
DIRECT = "direct-"
OWNER_ONLY = 0o700
OURS = re.compile(rf"({DIRECT})?[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}")
"""Folders that we make. One without a record is what a crash left; what else somebody keeps there is not touched."""


class JobState(StrEnum):
    """How far an export is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = frozenset({JobState.QUEUED, JobState.RUNNING})


class Asker(msgspec.Struct, frozen=True):
    """The key that asked; its name as it was then."""

    key_id: str
    key_name: str


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One export: who asked for what, and what became of it."""

    id: str
    order: Order
    asker: Asker
    requested_at: datetime
    idempotency_key: str | None = None
    changed_since: str | None = None
    state: JobState = JobState.QUEUED
    starts_count: int = 0
    """How often it was begun: more than once when the process ended meanwhile."""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    expires_at: datetime | None = None
    rows: int = 0
    bytes: int = 0
    progress: float = 0.0
    reason: str | None = None
    """Why it failed."""

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    def may_be_seen_by(self, accounts: Sequence[str] | None) -> bool:
        """Whether a key for `accounts` may know of it: it has nothing of others."""
        if accounts is None:
            return True
        return self.order.wanted.accounts is not None and set(self.order.wanted.accounts) <= set(accounts)


class JobBook:
    """All exports that are kept; in memory, and each on the disk before anybody is told of it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._jobs: dict[str, Job] = {}

    def load(self) -> None:
        """Read what an earlier process left; what cannot be read is told and left where it is."""
        self._directory.mkdir(parents=True, exist_ok=True)
        for folder in self._directory.iterdir():
            if OURS.fullmatch(folder.name) and not (folder / RECORD).exists():
                shutil.rmtree(folder, ignore_errors=True)
        for path in sorted(self._directory.glob(f"*/{RECORD}")):
            try:
                job = msgspec.json.decode(path.read_bytes(), type=Job)
            except (msgspec.MsgspecError, OSError) as exc:
                log.error("export_unreadable", path=str(path), reason=str(exc))  # noqa: TRY400  # the reason says it all
            else:
                self._jobs[job.id] = job

    def folder(self, job: Job) -> Path:
        return self._directory / job.id

    @contextmanager
    def passing_folder(self) -> Iterator[Path]:
        """One for a moment, for what is no job."""
        folder = self._directory / f"{DIRECT}{uuid4()}"
        folder.mkdir(parents=True, mode=OWNER_ONLY)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def put(self, job: Job) -> None:
        """Keep `job` as it is now."""
        folder = self.folder(job)
        if not folder.exists():
            folder.mkdir(parents=True, mode=OWNER_ONLY)
            sync(self._directory)
        replace(folder / RECORD, msgspec.json.encode(job))
        self._jobs[job.id] = job

    def note(self, job: Job) -> None:
        """The same, in memory alone."""
        self._jobs[job.id] = job

    @property
    def free_bytes(self) -> int:
        """How much the disk has left."""
        return shutil.disk_usage(self._directory).free

    def remove(self, job: Job) -> None:
        """With its files; the record goes first, so that a crash leaves no export that lacks some."""
        (self.folder(job) / RECORD).unlink(missing_ok=True)
        shutil.rmtree(self.folder(job), ignore_errors=True)
        self._jobs.pop(job.id, None)

    def get(self, job_id: str) -> Job | None:
        return self._jobs.get(job_id)

    def all(self) -> list[Job]:
        """The newest first."""
        return sorted(self._jobs.values(), key=lambda job: (job.requested_at, job.id), reverse=True)
