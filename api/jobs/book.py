"""The record of each job, in the folder in which it lives: `<folder>/<id>/job.json`, with its files if it has any."""

import re
import shutil
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Generic, TypeVar

import msgspec
import structlog

from runtime.durable import replace, sync

log = structlog.get_logger()

RECORD = "job.json"
OWNER_ONLY = 0o700
JOB_ID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class JobState(StrEnum):
    """How far a job is."""

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
    """Who asked, how far it is, and what became of it."""

    id: str
    asker: Asker
    requested_at: datetime
    idempotency_key: str | None = None
    state: JobState = JobState.QUEUED
    starts_count: int = 0
    """How often it was begun: more than once when the process ended meanwhile."""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    expires_at: datetime | None = None
    progress: float = 0.0
    reason: str | None = None
    """Why it failed."""

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def accounts(self) -> Sequence[str] | None:
        """The accounts of which it has something; null stands for all."""
        raise NotImplementedError

    def may_be_seen_by(self, accounts: Sequence[str] | None) -> bool:
        """Whether a key for `accounts` may know of it: it has nothing of others."""
        if accounts is None:
            return True
        return self.accounts is not None and set(self.accounts) <= set(accounts)


J = TypeVar("J", bound=Job)


class JobBook(Generic[J]):
    """All jobs of a kind that are kept; in memory, and each on the disk before anybody is told of it."""

    ours = re.compile(JOB_ID)
    """Folders that we make. One without a record is what a crash left; what else is kept there is not touched."""

    def __init__(self, directory: Path, kind: type[J]) -> None:
        self._directory = directory
        self._kind = kind
        self._jobs: dict[str, J] = {}

    def load(self) -> None:
        """Read what an earlier process left; what cannot be read is told and left where it is."""
        self._directory.mkdir(parents=True, exist_ok=True)
        for folder in self._directory.iterdir():
            if self.ours.fullmatch(folder.name) and not (folder / RECORD).exists():
                shutil.rmtree(folder, ignore_errors=True)
        for path in sorted(self._directory.glob(f"*/{RECORD}")):
            try:
                job = msgspec.json.decode(path.read_bytes(), type=self._kind)
            except (msgspec.MsgspecError, OSError) as exc:
                log.error("job_unreadable", path=str(path), reason=str(exc))  # noqa: TRY400  # the reason says it all
            else:
                self._jobs[job.id] = job

    def folder(self, job: J) -> Path:
        return self._directory / job.id

    def put(self, job: J) -> None:
        """Keep `job` as it is now."""
        folder = self.folder(job)
        if not folder.exists():
            folder.mkdir(parents=True, mode=OWNER_ONLY)
            sync(self._directory)
        replace(folder / RECORD, msgspec.json.encode(job))
        self._jobs[job.id] = job

    def note(self, job: J) -> None:
        """The same, in memory alone."""
        self._jobs[job.id] = job

    def remove(self, job: J) -> None:
        """With its files; the record goes first, so that a crash leaves no job that lacks some."""
        (self.folder(job) / RECORD).unlink(missing_ok=True)
        shutil.rmtree(self.folder(job), ignore_errors=True)
        self._jobs.pop(job.id, None)

    def get(self, job_id: str) -> J | None:
        return self._jobs.get(job_id)

    def all(self) -> list[J]:
        """The newest first."""
        return sorted(self._jobs.values(), key=lambda job: (job.requested_at, job.id), reverse=True)
