"""Where replays are ordered."""

from uuid import uuid4

import structlog

from api.jobs.book import Asker, JobBook
from api.jobs.desk import JobDesk
from api.problems import REPLAYS_FULL, Refused
from api.replays.jobs import ReplayJob, Wanted
from api.replays.worker import Means, ReplayWorker, audited
from runtime.clock import Clock
from runtime.settings import Settings

log = structlog.get_logger()


class ReplayDesk(JobDesk[ReplayJob]):
    """The replays of one installation."""

    def __init__(self, settings: Settings, clock: Clock, means: Means) -> None:
        book = JobBook(settings.data_dir / settings.replays.path, ReplayJob)
        super().__init__(book, ReplayWorker(book, settings, clock, means), clock)
        self._most_open = settings.replays.most_open

    def request(self, wanted: Wanted, asker: Asker, idempotency_key: str | None = None) -> tuple[ReplayJob, bool]:
        """The replay that is asked for, and whether it was there before: one of the same that is not done is the same.

        Raises the problem when there is no room or the idempotency key stands for another request.
        """
        same = self._under_key(asker, idempotency_key, lambda job: job.wanted == wanted)
        open_ones = [job for job in self._of(asker) if job.is_open]
        same = same or next((job for job in open_ones if job.wanted == wanted), None)
        if same is not None:
            return same, True
        if len(open_ones) >= self._most_open:
            raise Refused(
                REPLAYS_FULL,
                f"The key has {len(open_ones)} replays that are not done, which is all it may have; wait for one or "
                "cancel it.",
            )
        job = ReplayJob(
            id=str(uuid4()),
            wanted=wanted,
            asker=asker,
            requested_at=self._clock.now(),
            idempotency_key=idempotency_key,
        )
        self._book.put(job)
        log.info("replay_requested", **audited(job))
        self._worker.wake()
        return job, False

    def remove(self, job: ReplayJob) -> None:
        super().remove(job)
        log.info("replay_cancelled" if job.is_open else "replay_removed", **audited(job))
