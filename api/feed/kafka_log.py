"""The topic `updates` on Kafka: its bounds, and readers without a group that commit nothing."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from api.feed.bookmarks import Offsets, origin_of
from api.feed.log import Bounds, Fetched, LogReader, RecordsGone
from contracts.errors import BrokerUnavailable
from contracts.topics import load_topics
from runtime.fetching import Pace
from runtime.kafka import stop, unanswered
from runtime.settings import KafkaSettings

ANSWERED_WITHIN_S = 5.0
POLL_MS = 500
GATHER_MS = 25
"""What an event may wait for others while many come."""
FETCH_RECORDS = 1_000
"""At once: a compressed fetch can hold a hundred thousand, and what is handed to a client is bounded."""

T = TypeVar("T")
Places = list[TopicPartition]


class KafkaLog:
    """Asks with one consumer that is made when it is first needed; each reader is another."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        topic = load_topics()["updates"].full_name(kafka.topic_prefix)
        self._topic = topic
        self._places = [TopicPartition(topic, number) for number in range(kafka.partitions)]
        self._asker: AIOKafkaConsumer | None = None
        self._origin = ""
        self._turn = asyncio.Lock()

    async def bounds(self) -> Bounds:
        async def asked(asker: AIOKafkaConsumer) -> Bounds:
            firsts = await asker.beginning_offsets(self._places)
            ends = await asker.end_offsets(self._places)
            return Bounds(self._origin, self._in_order(firsts), self._in_order(ends))

        return await self._ask(asked)

    async def offsets_at(self, moment_ms: int) -> Offsets:
        async def asked(asker: AIOKafkaConsumer) -> Offsets:
            ends = await asker.end_offsets(self._places)
            found = await asker.offsets_for_times(dict.fromkeys(self._places, max(0, moment_ms)))
            later = {place: at.offset for place, at in found.items() if at is not None}
            return self._in_order(ends | later)

        return await self._ask(asked)

    @asynccontextmanager
    async def reader(self) -> AsyncIterator[LogReader]:
        consumer = self._consumer("tidings-feed")
        try:
            await self._in_time(consumer.start)
            yield KafkaReader(consumer, self._places)
        finally:
            await stop(consumer)

    async def stop(self) -> None:
        asker, self._asker = self._asker, None
        if asker is not None:
            await stop(asker)

    async def _ask(self, question: Callable[[AIOKafkaConsumer], Awaitable[T]]) -> T:
        """One question at a time."""
        async with self._turn:
            return await self._in_time(lambda: self._answer(question))

    async def _answer(self, question: Callable[[AIOKafkaConsumer], Awaitable[T]]) -> T:
        if not self._origin:
            self._origin = origin_of(await self._cluster_id(), self._topic)
        if self._asker is None:
            asker = self._consumer("tidings-feed-bounds")
            try:
                await asker.start()
            except BaseException:
                await stop(asker)
                raise
            self._asker = asker
        return await question(self._asker)

    async def _in_time(self, act: Callable[[], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(ANSWERED_WITHIN_S):
                return await act()
        except (KafkaError, TimeoutError, OSError) as exc:
            raise unanswered(self._kafka, exc) from exc

    async def _cluster_id(self) -> str:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._kafka.bootstrap_servers, client_id="tidings-feed")
        try:
            await admin.start()
            return str((await admin.describe_cluster())["cluster_id"])
        finally:
            await admin.close()

    def _consumer(self, client_id: str) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            bootstrap_servers=self._kafka.bootstrap_servers,
            client_id=client_id,
            enable_auto_commit=False,
            # Whoever needs records that are gone must hear of it, not be moved on.
            auto_offset_reset="none",
        )

    def _in_order(self, offsets: dict[TopicPartition, int]) -> Offsets:
        return tuple(offsets[place] for place in self._places)


class KafkaReader:
    """A consumer in the hands of one task."""

    def __init__(self, consumer: AIOKafkaConsumer, places: Places) -> None:
        self._consumer = consumer
        self._places = places
        self._pace = Pace(consumer, gather_ms=GATHER_MS)

    async def follow(self, begin: Offsets) -> AsyncGenerator[Fetched]:
        self._go_to(begin, self._places)
        while True:
            yield await self._fetch(self._places)

    async def between(self, begin: Offsets, end: Offsets) -> AsyncGenerator[Fetched]:
        unread = [place for place in self._places if begin[place.partition] < end[place.partition]]
        if unread:
            self._go_to(begin, unread)
        while unread:
            fetched = await self._fetch(unread)
            yield [(part, [one for one in records if one.offset < end[part]]) for part, records in fetched]
            reached = {part for part, records in fetched if records[-1].offset + 1 >= end[part]}
            unread = [place for place in unread if place.partition not in reached]

    def _go_to(self, begin: Offsets, places: Places) -> None:
        self._consumer.assign(places)
        for place in places:
            self._consumer.seek(place, begin[place.partition])

    async def _fetch(self, places: Places) -> Fetched:
        try:
            found = await self._consumer.getmany(*places, timeout_ms=POLL_MS, max_records=FETCH_RECORDS)
        except OffsetOutOfRangeError as exc:
            raise RecordsGone(f"Kafka no longer has what comes next: {exc.args}") from exc
        except KafkaError as exc:
            raise BrokerUnavailable(f"Kafka cannot be read: {exc!r}") from exc
        self._pace.follow(has_come=bool(found))
        return [(place.partition, records) for place, records in found.items()]
