"""Where jobs are found, cancelled and forgotten."""

import asyncio
from collections.abc import Callable
from typing import Generic

from api.jobs.book import Asker, J, JobBook, JobState
from api.jobs.worker import Worker
from api.problems import INVALID, FieldError, Refused
from runtime.clock import Clock

TIDY_EVERY_S = 60.0
REUSED = "Something else was asked for under this key; take another key, or send the same again"


class JobDesk(Generic[J]):
    """The jobs of one kind, between `start` and `stop`; all its methods belong to one event loop."""

    def __init__(self, book: JobBook[J], worker: Worker[J], clock: Clock) -> None:
        self._book = book
        self._worker = worker
        self._clock = clock
        self._tidying: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Take up what an earlier process left, and work from now on."""
        self._book.load()
        self._worker.start()
        self._tidying = asyncio.create_task(self._tidy())

    async def stop(self) -> None:
        """End what runs, so that the next process can go on."""
        if self._tidying is not None:
            self._tidying.cancel()
        await self._worker.stop()

    def find(self, job_id: str) -> J | None:
        job = self._book.get(job_id)
        return None if job is None else self._worker.so_far(job)

    def all(self) -> list[J]:
        """The newest first."""
        return [self._worker.so_far(job) for job in self._book.all()]

    def remove(self, job: J) -> None:
        """Cancel an open job; forget one that is not, with its files."""
        if job.is_open:
            self._book.put(self._worker.ended(job, JobState.CANCELLED))
        else:
            self._book.remove(job)

    def _under_key(self, asker: Asker, idempotency_key: str | None, is_same: Callable[[J], bool]) -> J | None:
        """What was asked for under that key before; raises the problem when it was something else."""
        if idempotency_key is None:
            return None
        found = next((job for job in self._of(asker) if job.idempotency_key == idempotency_key), None)
        if found is not None and not is_same(found):
            error = FieldError(place="header", member="Idempotency-Key", rule="idempotency_key_reused", detail=REUSED)
            raise Refused(INVALID, errors=[error])
        return found

    def _of(self, asker: Asker) -> list[J]:
        """Those of one key, the newest first."""
        return [job for job in self.all() if job.asker.key_id == asker.key_id]

    async def _tidy(self) -> None:
        """Remove what has expired."""
        while True:
            for job in self._book.all():
                if not job.is_open and job.expires_at is not None and job.expires_at <= self._clock.now():
                    self.remove(job)
            await asyncio.sleep(TIDY_EVERY_S)
