"""Carries out replays, one at a time and slowly: live traffic goes by the same way.

What was written when the process ends is written, and where that was nobody knows. So a replay that was cut off ends; a
rehearsal, which writes nothing, begins anew.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog
from msgspec.structs import replace

from analytics.archive.reading import Shelves, is_original
from analytics.replays.difference import Tally
from analytics.replays.pace import paced
from analytics.replays.performance import perform
from analytics.replays.rehearsal import Rehearsal
from api.jobs.book import JobBook, JobState
from api.jobs.worker import Worker
from api.replays.jobs import ReplayJob
from contracts.archived import Archived, Item
from contracts.errors import JobEnded
from runtime.clock import Clock
from runtime.settings import KafkaSettings, Settings

log = structlog.get_logger()

SAVED_EVERY_S = 5.0
"""How often it is kept on the disk how much was written."""
REHEARSED_AT_ONCE = 2000
"""Callbacks that are looked up in the store together: whether a fact is known at all is looked for in all of it."""
NOTHING_ARCHIVED = "nothing is archived here yet; the api process archives while it runs"
TOO_MANY = "there are {count} callbacks in this span and replays.most_callbacks is {most}; replay it in parts"
CUT_OFF = (
    "the api process ended while this ran; at least {count} callbacks were written. "
    "Order it again: no fact counts twice"
)


class Stages(Protocol):
    """Know what today's adapters make of callbacks; `api.rehearsal.StreamsRehearsal` asks them."""

    async def rehearse(self, callbacks: Sequence[Archived]) -> list[list[Item]]:
        """The items that each callback would have; raises the problem that nobody answers."""


class Comparing(Protocol):
    """Knows what there is; `api.store.AnalyticsStore` looks into the store."""

    async def compare(
        self, rehearsal: Rehearsal, callbacks: Sequence[Archived], items: Sequence[Sequence[Item]]
    ) -> None:
        """Let `rehearsal` take these. Raises `StoreUnavailable` and `QueryInvalid`."""


class Performing(Protocol):
    """Writes callbacks once more; `analytics.replays.performance.perform` does it on Kafka."""

    async def __call__(
        self,
        kafka: KafkaSettings,
        callbacks: Iterable[Archived],
        *,
        rate_per_s: float,
        on_written: Callable[[int], object],
    ) -> int:
        """Raises `BrokerUnavailable`, and what `on_written` raises."""


@dataclass(frozen=True)
class Means:
    """By what replays are carried out."""

    stages: Stages
    store: Comparing
    perform: Performing = perform


class ReplayWorker(Worker[ReplayJob]):
    """Works between `start` and `stop`."""

    def __init__(self, book: JobBook[ReplayJob], settings: Settings, clock: Clock, means: Means) -> None:
        super().__init__(book, clock, keep_s=settings.replays.keep_s)
        self._settings = settings.replays
        self._kafka = settings.kafka
        self._archive = settings.data_dir / settings.archive.path / "callbacks"
        self._means = means
        self._saved_at = 0.0

    async def _work_on(self, job: ReplayJob) -> ReplayJob:
        shelves = await asyncio.to_thread(Shelves, self._archive)
        if shelves.manifest.recorded_at is None:
            raise JobEnded(NOTHING_ARCHIVED)
        count = await asyncio.to_thread(shelves.count, job.wanted.span)
        if count > self._settings.most_callbacks:
            raise JobEnded(TOO_MANY.format(count=count, most=self._settings.most_callbacks))
        job = replace(job, archived_until=shelves.manifest.recorded_at, callback_count=count)
        self.note(job)
        callbacks = filter(is_original, shelves.records(job.wanted.span))
        return await (self._rehearse if job.wanted.is_dry_run else self._perform)(job, callbacks)

    async def _rehearse(self, job: ReplayJob, callbacks: Iterable[Archived]) -> ReplayJob:
        rehearsal, taken = Rehearsal(Tally()), 0
        async for portion in paced(callbacks, rate_per_s=self._settings.rate_per_s, most=REHEARSED_AT_ONCE):
            await self._means.store.compare(rehearsal, portion, await self._means.stages.rehearse(portion))
            taken += len(portion)
            effects = {provider: dict(counts) for provider, counts in rehearsal.tally.counts.items()}
            job = replace(job, effects=effects, examples=tuple(rehearsal.tally.examples), progress=_share(taken, job))
            self.note(job)
        return job

    async def _perform(self, job: ReplayJob, callbacks: Iterable[Archived]) -> ReplayJob:
        def note_written(count: int) -> None:
            nonlocal job
            written = job.written_count + count
            job = replace(job, written_count=written, progress=_share(written, job))
            self.note(job)
            self._save_now_and_then(job)

        rate_per_s = self._settings.rate_per_s
        await self._means.perform(self._kafka, callbacks, rate_per_s=rate_per_s, on_written=note_written)
        return job

    def _save_now_and_then(self, job: ReplayJob) -> None:
        now = self._clock.monotonic()
        if now >= self._saved_at + SAVED_EVERY_S:
            self._book.put(job)
            self._saved_at = now

    def _taken_up(self, job: ReplayJob) -> ReplayJob:
        if job.state is JobState.RUNNING and not job.wanted.is_dry_run:
            return self._cut_off(job)
        return _anew(job)

    def _left(self, job: ReplayJob) -> ReplayJob:
        if not job.wanted.is_dry_run:
            return self._cut_off(job)
        return _anew(replace(job, starts_count=job.starts_count - 1))

    def _cut_off(self, job: ReplayJob) -> ReplayJob:
        end = self.ended(job, JobState.FAILED, reason=CUT_OFF.format(count=job.written_count))
        self._tell_end(end)
        return end

    def _tell_end(self, end: ReplayJob) -> None:
        event = "replay_done" if end.state is JobState.DONE else "replay_failed"
        log.info(event, **audited(end), callbacks=end.callback_count, written=end.written_count, reason=end.reason)


def audited(job: ReplayJob) -> dict[str, str | bool]:
    """Who asked for what."""
    who = {"replay": job.id, "key": job.asker.key_id, "key_name": job.asker.key_name}
    return who | {"is_dry_run": job.wanted.is_dry_run}


def _anew(job: ReplayJob) -> ReplayJob:
    """As it was before it was begun."""
    return replace(job, state=JobState.QUEUED, progress=0.0, effects={}, examples=())


def _share(count: int, job: ReplayJob) -> float:
    return min(1.0, count / max(1, job.callback_count or 0))
