"""Kafka to the archive: a thread with a loop of its own, beside the sink."""

import asyncio
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from analytics.archive.shelf import Shelf
from contracts.errors import ArchiveDamaged, BrokerUnavailable, OffsetGap
from contracts.topics import load_topics
from runtime.clock import Clock
from runtime.metrics import ARCHIVE_COMPLETE_AT, ARCHIVE_LAG
from runtime.settings import Settings

log = structlog.get_logger()

TOPICS = ("attempts", "callbacks")
"""What comes in by the doors; all else follows from it."""
LOOK_EVERY_S = 15.0
PATIENCE_S = 30.0
STOP_WITHIN_S = 5.0
"""A kill costs nothing."""
AT_ONCE = 5000
FETCH_BYTES, PARTITION_BYTES = 8 * 1024 * 1024, 256 * 1024
"""What a fetch brings stays in memory until it is taken, for every partition."""


class Archivist:
    """Archives until it is stopped. Each turn begins from the manifest, so that nothing has to be remembered."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._directory = settings.data_dir / settings.archive.path
        self.trouble = ""
        """Why nothing can be archived at the moment; empty when all is well."""
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="archivist", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Record what has been taken, then end."""
        self._is_stopping.set()
        self._thread.join(STOP_WITHIN_S)

    def _run(self) -> None:
        try:
            asyncio.run(self._live())
        except Exception as exc:  # the outermost loop of a thread: nobody else would hear of it
            log.critical("archivist_died", error=repr(exc), exc_info=exc)
            self.trouble = f"the archivist has died: {exc!r}"

    async def _live(self) -> None:
        pause_s = min(LOOK_EVERY_S, self._settings.archive.every_s)
        while not self._is_stopping.is_set():
            try:
                await self.turn()
            except (OffsetGap, ArchiveDamaged, BrokerUnavailable, KafkaError, OSError, TimeoutError) as exc:
                trouble = str(exc) or repr(exc)
            else:
                trouble = ""
            if trouble and trouble != self.trouble:
                log.error("archivist_rests", reason=trouble)
            self.trouble = trouble
            await asyncio.to_thread(self._is_stopping.wait, pause_s)

    async def turn(self, *, at_once: bool = False) -> None:
        """Look at Kafka once, and archive what is due, or all there is."""
        async with self._consumer() as consumer:
            existing = await consumer.topics()
            for word in TOPICS:
                name = load_topics()[word].full_name(self._settings.kafka.topic_prefix)
                if name not in existing:
                    raise BrokerUnavailable(f"Kafka has no topic {name}; `tidings topics --create` makes it")
                await self._visit(consumer, word, name=name, at_once=at_once)

    async def _visit(self, consumer: AIOKafkaConsumer, word: str, *, name: str, at_once: bool) -> None:
        shelf = Shelf(self._directory / word, name, self._clock)
        partitions = [TopicPartition(name, number) for number in range(self._settings.kafka.partitions)]
        starts = _numbered(await consumer.beginning_offsets(partitions))
        ends = _numbered(await consumer.end_offsets(partitions))
        lag = shelf.lag(starts, ends)
        if self._is_due(shelf, lag) or (at_once and lag):
            shelf.begin(starts)
            try:
                await self._fill(consumer, shelf, name, ends=ends)
            except BaseException:
                shelf.drop()
                raise
            shelf.tidy()
            # What came meanwhile was perhaps taken with the rest: the old ends may lie behind us.
            ends = _numbered(await consumer.end_offsets(partitions))
        lag = shelf.lag(starts, ends)
        ARCHIVE_LAG.labels(word).set(lag)
        if not lag:
            ARCHIVE_COMPLETE_AT.labels(word).set(self._clock.now().timestamp())

    def _is_due(self, shelf: Shelf, lag: int) -> bool:
        if not lag:
            return False
        if lag >= self._settings.archive.batch_rows or shelf.recorded_at is None:
            return True
        return (self._clock.now() - shelf.recorded_at).total_seconds() >= self._settings.archive.every_s

    async def _fill(self, consumer: AIOKafkaConsumer, shelf: Shelf, name: str, *, ends: Mapping[int, int]) -> None:
        """Take what Kafka has, up to `ends`, and record it in files that are not too large."""
        left = {TopicPartition(name, number) for number, end in ends.items() if shelf.next_offset(number) < end}
        consumer.assign(left)
        for at in left:
            consumer.seek(at, shelf.next_offset(at.partition))
        async with asyncio.timeout(PATIENCE_S) as limit:
            while left and not self._is_stopping.is_set():
                for at, records in (await consumer.getmany(*left, timeout_ms=500, max_records=AT_ONCE)).items():
                    shelf.take(at.partition, records)
                    limit.reschedule(asyncio.get_running_loop().time() + PATIENCE_S)
                if shelf.is_full(self._settings.archive.batch_rows):
                    shelf.record()
                left = {at for at in left if shelf.next_offset(at.partition) < ends[at.partition]}
        if shelf.waiting_count:
            shelf.record()

    @asynccontextmanager
    async def _consumer(self) -> AsyncIterator[AIOKafkaConsumer]:
        """One that belongs to no group and is asked nothing between turns."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._settings.kafka.bootstrap_servers,
            client_id="tidings-archive",
            enable_auto_commit=False,
            auto_offset_reset="none",
            fetch_max_bytes=FETCH_BYTES,
            max_partition_fetch_bytes=PARTITION_BYTES,
        )
        try:
            await consumer.start()
            yield consumer
        finally:
            await consumer.stop()


def _numbered(offsets: Mapping[TopicPartition, int]) -> dict[int, int]:
    return {at.partition: offset for at, offset in offsets.items()}
