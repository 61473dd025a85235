"""Carries out what is queued, one export at a time, on a thread of its own, so that nothing else waits for it."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import structlog
from msgspec.structs import replace

from analytics.exports.exporter import Progress, State, clear
from analytics.exports.manifest import Manifest
from analytics.exports.order import Order, Places, Wanted
from api.exports.jobs import ExportBook, ExportJob
from api.jobs.book import JobState
from api.jobs.worker import NOT_WANTED, Worker
from contracts.errors import ExportEnded
from runtime.clock import Clock
from runtime.settings import ExportSettings

log = structlog.get_logger()

RAN_OUT = "it took longer than {limit_s:g} s; ask for a shorter span or by more filters"


class Exporting(Protocol):
    """Carries out orders; `analytics.exports.exporter.Exporter` does it from the store."""

    async def state(self, wanted: Wanted) -> State: ...

    def continued(self, token: str, wanted: Wanted, until: Places) -> Places:
        """Raises `QueryInvalid`."""

    def write(self, order: Order, directory: Path, *, most_rows: int, progress: Progress) -> Manifest:
        """Raises `ExportEnded`, `QueryInvalid`, `StoreUnavailable`; what `progress` raises ends it too."""


class ExportWorker(Worker[ExportJob]):
    """Makes exports. What runs when the process ends begins anew with the next one."""

    def __init__(self, exporter: Exporting, book: ExportBook, settings: ExportSettings, clock: Clock) -> None:
        super().__init__(book, clock, keep_s=settings.keep_s)
        self._exporter = exporter
        self._disk = book
        self._settings = settings
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="export")
        self._is_stopping = False

    async def stop(self) -> None:
        self._is_stopping = True
        await super().stop()
        # A question that runs ends when the store is closed.
        self._thread.shutdown(wait=False, cancel_futures=True)

    def progress(self, limit_s: float, job: ExportJob | None = None) -> Progress:
        """Notes how far an export is, and ends one that is not wanted any more or takes too long."""
        until = self._clock.monotonic() + limit_s

        def note(rows: int, share: float) -> None:
            if self._is_stopping:
                raise ExportEnded(NOT_WANTED)
            if self._clock.monotonic() > until:
                raise ExportEnded(RAN_OUT.format(limit_s=limit_s))
            if self._disk.free_bytes < self._settings.least_free_bytes:
                raise ExportEnded("the disk has little room left, and the store needs it; remove exports or enlarge it")
            if job is not None:
                self.note(replace(job, rows=rows, progress=share))

        return note

    async def _work_on(self, job: ExportJob) -> ExportJob:
        manifest = await asyncio.get_running_loop().run_in_executor(self._thread, self._write, job)
        return replace(job, rows=manifest.rows, bytes=manifest.bytes)

    def _write(self, job: ExportJob) -> Manifest:
        progress = self.progress(self._settings.limit_s, job)
        return self._exporter.write(
            job.order, self._book.folder(job), most_rows=self._settings.most_rows, progress=progress
        )

    def _taken_up(self, job: ExportJob) -> ExportJob:
        self._discard(job)
        return replace(job, state=JobState.QUEUED)

    def _left(self, job: ExportJob) -> ExportJob:
        """What was begun here is not held against it by the next process."""
        return replace(job, state=JobState.QUEUED, starts_count=job.starts_count - 1, rows=0, progress=0.0)

    def _discard(self, job: ExportJob) -> None:
        clear(self._book.folder(job), job.order)

    def _tell_end(self, end: ExportJob) -> None:
        event = "export_done" if end.state is JobState.DONE else "export_failed"
        log.info(event, **audited(end), rows=end.rows, bytes=end.bytes, reason=end.reason)


def audited(job: ExportJob) -> dict[str, str]:
    """Who asked for what."""
    who = {"export": job.id, "key": job.asker.key_id, "key_name": job.asker.key_name}
    return who | {"what": job.order.wanted.what.value, "format": job.order.format.value}
