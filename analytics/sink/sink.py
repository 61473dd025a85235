"""Kafka to rows: a thread with a loop of its own, beside the readers of the same process."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial

import duckdb
import structlog
from aiokafka.errors import KafkaError

from analytics.freshness import Horizon, Positions, Skyline
from analytics.sink.batch import Batch
from analytics.sink.haste import Haste
from analytics.sink.horizon import Follower
from analytics.sink.intake import Fetched, Source
from analytics.sink.kafka_feed import Feed
from analytics.sink.observer import Observer
from analytics.sink.tracing import traced
from analytics.sink.writer import Writer
from analytics.store.database import Database
from analytics.store.diagnosis import advice
from contracts.errors import BrokerUnavailable, OffsetGap
from runtime.clock import Clock
from runtime.loops import new_loop
from runtime.metrics import SINK_LAG
from runtime.settings import Settings
from runtime.traces import open_traces

log = structlog.get_logger()

LOOK_EVERY_S = 0.5
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 15.0
STOP_WITHIN_S = 20.0


class Sink:
    """Feeds the store until it is stopped, the store has failed, or Kafka has lost what the store needs."""

    def __init__(self, settings: Settings, database: Database, make_writer: Callable[[], Writer], clock: Clock) -> None:
        self._settings = settings
        self._database = database
        self._make_writer = make_writer
        self._clock = clock
        self._traces = open_traces(settings.traces, "api")
        self._haste = Haste(clock.monotonic)
        self.skyline = Skyline()
        self.trouble = "the sink has not reached Kafka yet"
        """Why nothing is stored at the moment; empty when all is well."""
        self.has_failed = False
        """The store can do nothing more in this process."""
        self.batch_count = 0
        """How many batches were stored since the process began."""
        self._stored: Positions = {}
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sink", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Let the running batch end, then end."""
        self._is_stopping.set()
        self._thread.join(STOP_WITHIN_S)

    def hurry(self) -> None:
        """Somebody waits for what is new; for a moment nothing gathers for long."""
        self._haste.note_wait()

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=new_loop) as runner:
                runner.run(self._live())
        except Exception as exc:  # the outermost loop of a thread: nobody else would hear of it
            log.critical("sink_died", error=repr(exc), exc_info=exc)
            self.trouble = f"the sink has died: {exc!r}"
            self.has_failed = True

    async def _live(self) -> None:
        """Feed; after trouble begin anew from what is stored, with growing pauses."""
        watch = asyncio.create_task(self._watch())
        pause_s = FIRST_PAUSE_S
        while not self._is_stopping.is_set() and not self.has_failed:
            try:
                await self._feed()
            except (OffsetGap, BrokerUnavailable, KafkaError, OSError) as exc:
                trouble = str(exc)
            except duckdb.Error as exc:
                self.has_failed = self._database.judge(exc)
                trouble = f"the store cannot be written: {advice(exc)}"
            else:
                break
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S) if self.trouble else FIRST_PAUSE_S
            await self._rest(trouble, pause_s)
        watch.cancel()

    async def _rest(self, trouble: str, pause_s: float) -> None:
        if trouble != self.trouble:
            log.error("sink_rests", reason=trouble)
        self.trouble = trouble
        await asyncio.to_thread(self._is_stopping.wait, pause_s)

    async def _feed(self) -> None:
        """Store batch after batch, from what the store has on; ends when the sink is to stop."""
        feed = Feed(self._settings.kafka, self._settings.store)
        with ThreadPoolExecutor(1, thread_name_prefix="sink-writer") as thread, closing(self._make_writer()) as writer:
            in_thread = partial(asyncio.get_running_loop().run_in_executor, thread)
            try:
                intake = await in_thread(writer.resume)
                await feed.start(intake.next_offsets)
                self._note(intake.next_offsets)
                self.trouble = ""
                log.info("sink_feeds", positions=self._stored)
                await self._flow(
                    feed, partial(writer.prepare, intake), partial(in_thread, traced(writer.write, self._traces))
                )
            finally:
                await feed.stop()

    async def _flow(
        self, feed: Feed, prepare: Callable[[list[Fetched]], Batch], write: Callable[[Batch], Awaitable[None]]
    ) -> None:
        """Gather and prepare the next batch while the last one is written."""

        async def gather() -> Batch:
            fetched = await feed.gather(self._settings.store.batch_wait_s * self._haste.leisure)
            self._haste.note_batch(sum(len(part.records) for part in fetched))
            return await asyncio.to_thread(prepare, fetched)

        batch = await gather()
        while not self._is_stopping.is_set():
            following = asyncio.create_task(gather())
            try:
                await write(batch)
            except BaseException:
                following.cancel()
                raise
            self._note(batch.next_offsets)
            self.batch_count += not batch.is_empty
            feed.tell_lag_tools(batch.next_offsets)
            batch = await following

    def _note(self, next_offsets: Mapping[Source, int]) -> None:
        """What is stored now, for the horizon. Made anew and put in place, because another task reads it."""
        stored: Positions = {}
        for (topic, partition), offset in next_offsets.items():
            stored.setdefault(topic, {})[partition] = offset
        self._stored = stored

    async def _watch(self) -> None:
        """Follow the horizon, whether or not the store can be fed; without Kafka it stands still."""
        follower = Follower()
        while True:
            observer = Observer(self._settings.kafka, self._clock, lambda: self._stored)
            try:
                await observer.start()
                while True:
                    world = await observer.look()
                    self._show(follower.follow(world), world.sink_lag())
                    await asyncio.sleep(LOOK_EVERY_S * self._haste.leisure)
            except (KafkaError, OSError, TimeoutError) as exc:
                log.warning("horizon_stands_still", reason=repr(exc))
                await asyncio.sleep(LOOK_EVERY_S)
            finally:
                await observer.stop()

    def _show(self, horizon: Horizon, lags: dict[str, int]) -> None:
        self.skyline.latest = horizon
        for topic, lag in lags.items():
            SINK_LAG.labels(topic).set(lag)
