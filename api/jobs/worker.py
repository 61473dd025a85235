"""Carries out what is queued, one job at a time."""

import asyncio
from abc import ABC, abstractmethod
from datetime import timedelta
from typing import Generic

import structlog
from msgspec.structs import replace

from api.jobs.book import J, JobBook, JobState
from contracts.errors import JobEnded, TidingsError
from runtime.clock import Clock

log = structlog.get_logger()

MOST_STARTS = 3
BROKE = "something failed here; look for the job's id in the log of the api process"
NOT_WANTED = "it is not wanted any more"


class Worker(ABC, Generic[J]):
    """Works between `start` and `stop`."""

    def __init__(self, book: JobBook[J], clock: Clock, *, keep_s: float) -> None:
        """`keep_s` is how long a job is kept after its end."""
        self._book = book
        self._clock = clock
        self._keep_s = keep_s
        self._has_work = asyncio.Event()
        self._so_far: dict[str, J] = {}
        self._task: asyncio.Task[None] | None = None

    @abstractmethod
    async def _work_on(self, job: J) -> J:
        """Carry `job` out; what is known of it then. Raises a `TidingsError` that says why it cannot be done."""

    @abstractmethod
    def _taken_up(self, job: J) -> J:
        """An open job as an earlier process left it, for this one."""

    @abstractmethod
    def _left(self, job: J) -> J:
        """A job that runs, for the next process, because this one stops in order."""

    @abstractmethod
    def _tell_end(self, end: J) -> None:
        """What became of a job, for the log."""

    def _discard(self, job: J) -> None:
        """Nothing is to stay of a job that was cancelled or removed while it ran."""

    def start(self) -> None:
        for job in self._book.all():
            if job.is_open:
                self._book.put(self._taken_up(job))
        self.wake()
        self._task = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """End what runs."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for job in self._book.all():
            if job.state is JobState.RUNNING:
                self._book.put(self._left(self.so_far(job)))

    def wake(self) -> None:
        """There is something in the queue."""
        self._has_work.set()

    def so_far(self, job: J) -> J:
        """`job` with what is done of it, if it runs."""
        return self._so_far.get(job.id, job) if job.state is JobState.RUNNING else job

    def note(self, job: J) -> None:
        """What is done so far of a job that runs; raises `JobEnded` when nobody wants it any more."""
        now = self._book.get(job.id)
        if now is None or now.state is not JobState.RUNNING:
            raise JobEnded(NOT_WANTED)
        self._so_far[job.id] = job

    def ended(self, job: J, state: JobState, *, reason: str | None = None) -> J:
        """`job` at its end; from now on its time runs."""
        now = self._clock.now()
        expires_at = now + timedelta(seconds=self._keep_s)
        return replace(job, state=state, finished_at=now, expires_at=expires_at, reason=reason)

    async def _work(self) -> None:
        while True:
            self._has_work.clear()
            while queued := [job for job in self._book.all() if job.state is JobState.QUEUED]:
                job = queued[-1]
                try:
                    await self._carry_out(job)
                except Exception as exc:  # the outermost loop: one job that nobody foresaw must not end all others
                    log.exception("job_broke", job=job.id, key=job.asker.key_id, error=repr(exc))
                    # In memory alone, because it may be the disk that fails; the next process tries once more.
                    self._book.note(self.ended(job, JobState.FAILED, reason=BROKE))
                self._so_far.pop(job.id, None)
            await self._has_work.wait()

    async def _carry_out(self, job: J) -> None:
        job = replace(job, state=JobState.RUNNING, started_at=self._clock.now(), starts_count=job.starts_count + 1)
        self._book.put(job)
        try:
            if job.starts_count > MOST_STARTS:
                raise JobEnded(f"the process ended {MOST_STARTS} times while this ran; ask for less at once")
            end = self.ended(replace(await self._work_on(job), progress=1.0), JobState.DONE)
        except (TidingsError, OSError) as exc:
            end = self.ended(self.so_far(job), JobState.FAILED, reason=str(exc))
        self._note_end(end)

    def _note_end(self, end: J) -> None:
        """What became of it, unless it was cancelled or removed meanwhile; then nothing of it stays."""
        now = self._book.get(end.id)
        if now is None or now.state is not JobState.RUNNING:
            self._discard(end)
            return
        self._book.put(end)
        self._tell_end(end)
