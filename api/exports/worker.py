"""Carries out what is queued, one export at a time, on a thread of its own, so that nothing else waits for it."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import structlog
from msgspec.structs import replace

from analytics.exports.exporter import Progress, State, clear
from analytics.exports.manifest import Manifest
from analytics.exports.order import Order, Places, Wanted
from api.exports.jobs import Job, JobBook, JobState
from contracts.errors import ExportEnded, TidingsError
from runtime.clock import Clock
from runtime.settings import ExportSettings

log = structlog.get_logger()

MOST_STARTS = 3
BROKE = "something failed here; look for the export's id in the log of the api process"
RAN_OUT = "it took longer than {limit_s:g} s; ask for a shorter span or by more filters"


class Exporting(Protocol):
    """Carries out orders; `analytics.exports.exporter.Exporter` does it from the store."""

    async def state(self, wanted: Wanted) -> State: ...

    def continued(self, token: str, wanted: Wanted, until: Places) -> Places:
        """Raises `QueryInvalid`."""

    def write(self, order: Order, directory: Path, *, most_rows: int, progress: Progress) -> Manifest:
        """Raises `ExportEnded`, `QueryInvalid`, `StoreUnavailable`; what `progress` raises ends it too."""


class Worker:
    """Works between `start` and `stop`. What runs when the process ends begins anew with the next one."""

    def __init__(self, exporter: Exporting, book: JobBook, settings: ExportSettings, clock: Clock) -> None:
        self._exporter = exporter
        self._book = book
        self._settings = settings
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="export")
        self._has_work = asyncio.Event()
        self._is_stopping = False
        self._so_far: dict[str, tuple[int, float]] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        for job in self._book.all():
            if job.is_open:
                clear(self._book.folder(job), job.order)
                self._book.put(replace(job, state=JobState.QUEUED))
        self.wake()
        self._task = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """What was begun here is not held against it by the next process."""
        self._is_stopping = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        # A question that runs ends when the store is closed.
        self._thread.shutdown(wait=False, cancel_futures=True)
        for job in self._book.all():
            if job.state is JobState.RUNNING:
                self._book.put(replace(job, state=JobState.QUEUED, starts_count=job.starts_count - 1))

    def wake(self) -> None:
        """There is something in the queue."""
        self._has_work.set()

    def so_far(self, job: Job) -> Job:
        """`job` with what is done of it, if it runs."""
        rows, share = self._so_far.get(job.id, (job.rows, job.progress))
        return replace(job, rows=rows, progress=share) if job.state is JobState.RUNNING else job

    def progress(self, job_id: str, limit_s: float) -> Progress:
        """Notes how far an export is, and ends one that is not wanted any more or takes too long."""
        until = self._clock.monotonic() + limit_s

        def note(rows: int, share: float) -> None:
            job = self._book.get(job_id)
            if self._is_stopping or (job is not None and job.state is not JobState.RUNNING):
                raise ExportEnded("it is not wanted any more")
            if self._clock.monotonic() > until:
                raise ExportEnded(RAN_OUT.format(limit_s=limit_s))
            if self._book.free_bytes < self._settings.least_free_bytes:
                raise ExportEnded("the disk has little room left, and the store needs it; remove exports or enlarge it")
            self._so_far[job_id] = (rows, share)

        return note

    async def _work(self) -> None:
        while True:
            self._has_work.clear()
            while queued := [job for job in self._book.all() if job.state is JobState.QUEUED]:
                try:
                    await self._carry_out(queued[-1])
                except Exception as exc:  # the outermost loop: one export that nobody foresaw must not end all others
                    log.exception("export_broke", **audited(queued[-1]), error=repr(exc))
                    # In memory alone, because it may be the disk that fails; the next process tries once more.
                    self._book.note(ended(queued[-1], JobState.FAILED, self._clock, self._settings, reason=BROKE))
            await self._has_work.wait()

    async def _carry_out(self, job: Job) -> None:
        count = job.starts_count + 1
        job = replace(job, state=JobState.RUNNING, started_at=self._clock.now(), starts_count=count)
        self._book.put(job)
        try:
            manifest = await asyncio.get_running_loop().run_in_executor(self._thread, self._write, job)
        except (TidingsError, OSError) as exc:
            self._note_end(job, ended(job, JobState.FAILED, self._clock, self._settings, reason=str(exc)))
        else:
            done = ended(job, JobState.DONE, self._clock, self._settings)
            self._note_end(job, replace(done, rows=manifest.rows, bytes=manifest.bytes, progress=1.0))
        finally:
            self._so_far.pop(job.id, None)

    def _write(self, job: Job) -> Manifest:
        if job.starts_count > MOST_STARTS:
            raise ExportEnded(f"the process ended {MOST_STARTS} times while this ran; ask for less at once")
        progress = self.progress(job.id, self._settings.limit_s)
        return self._exporter.write(
            job.order, self._book.folder(job), most_rows=self._settings.most_rows, progress=progress
        )

    def _note_end(self, begun: Job, end: Job) -> None:
        """What became of it, unless it was cancelled or removed meanwhile; then nothing of it stays."""
        now = self._book.get(begun.id)
        if now is None or now.state is not JobState.RUNNING:
            clear(self._book.folder(begun), begun.order)
            return
        self._book.put(end)
        event = "export_done" if end.state is JobState.DONE else "export_failed"
        log.info(event, **audited(end), rows=end.rows, bytes=end.bytes, reason=end.reason)


def ended(job: Job, state: JobState, clock: Clock, settings: ExportSettings, *, reason: str | None = None) -> Job:
    """`job` at its end; from now on its time runs."""
    now = clock.now()
    return replace(
        job, state=state, finished_at=now, expires_at=now + timedelta(seconds=settings.keep_s), reason=reason
    )


def audited(job: Job) -> dict[str, str]:
    """Who asked for what."""
    who = {"export": job.id, "key": job.asker.key_id, "key_name": job.asker.key_name}
    return who | {"what": job.order.wanted.what.value, "format": job.order.format.value}
