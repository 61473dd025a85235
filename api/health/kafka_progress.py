"""How far each stage is, as Kafka tells it: what its group has committed, against where the topics end."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from typing import TypeVar

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from api.health.progress import Memory, PartitionLag, StageProgress
from contracts.codec import decode
from contracts.errors import BrokerUnavailable, PayloadInvalid
from contracts.plans import ConnectionHealth
from contracts.topics import load_topics
from runtime.clock import Clock
from runtime.kafka import make_reader, started, stop, unanswered
from runtime.settings import KafkaSettings

ANSWERED_WITHIN_S = 5.0
POLL_MS = 500
FRESH_S = 1.0
"""For so long a look is told again, so that many pages that ask cost Kafka no more than one."""
WITHOUT_A_GROUP = frozenset({"sink", "feed"})
STAGES = sorted({reader for topic in load_topics().values() for reader in topic.readers} - WITHOUT_A_GROUP)

Offsets = Mapping[TopicPartition, int]
T = TypeVar("T")


class KafkaProgress:
    """Asks with clients that are made when they are first needed."""

    def __init__(self, kafka: KafkaSettings, clock: Clock) -> None:
        self._kafka = kafka
        self._clock = clock
        self._words = {topic.full_name(kafka.topic_prefix): word for word, topic in load_topics().items()}
        self._clients: tuple[AIOKafkaAdminClient, AIOKafkaConsumer] | None = None
        self._turn = asyncio.Lock()
        self._memory = Memory()
        self._latest: tuple[float, list[StageProgress] | BrokerUnavailable] | None = None

    async def stages(self) -> list[StageProgress]:
        """Every stage that reads by a group; raises `BrokerUnavailable` when Kafka does not answer."""
        async with self._turn:
            if self._latest is None or self._clock.monotonic() - self._latest[0] >= FRESH_S:
                seen = await self._tried()
                self._latest = self._clock.monotonic(), seen
            _, told = self._latest
        if isinstance(told, BrokerUnavailable):
            raise BrokerUnavailable(str(told)) from told
        return told

    async def ill_connections(self) -> list[ConnectionHealth]:
        """The connections over which sends rest now; raises likewise."""
        return await self._in_time(self._ill)

    async def stop(self) -> None:
        """Let go of Kafka."""
        clients, self._clients = self._clients, None
        if clients is not None:
            admin, consumer = clients
            await stop(consumer)
            with suppress(KafkaError, TimeoutError, OSError):
                await asyncio.wait_for(admin.close(), ANSWERED_WITHIN_S)

    async def _tried(self) -> list[StageProgress] | BrokerUnavailable:
        """What is seen, or why nothing is: while Kafka is away, those who wait for their turn need not wait each."""
        try:
            return await self._in_time(self._look)
        except BrokerUnavailable as exc:
            await self.stop()  # the next one starts clean
            return exc

    async def _look(self) -> list[StageProgress]:
        admin, consumer = await self._made()
        groups = {stage: f"{self._kafka.topic_prefix}{stage}" for stage in STAGES}
        committed = {stage: await self._committed(admin, group) for stage, group in groups.items()}
        members = {stage: await _member_count(admin, group) for stage, group in groups.items()}
        # What was committed is asked before, so no end is below it.
        read = self._places(chain.from_iterable(committed.values()))
        firsts, ends = await consumer.beginning_offsets(read), await consumer.end_offsets(read)
        found = [StageProgress(stage, members[stage], self._lags(committed[stage], firsts, ends)) for stage in STAGES]
        return self._memory.noted(self._clock.monotonic(), found)

    async def _committed(self, admin: AIOKafkaAdminClient, group: str) -> Offsets:
        told = await admin.list_consumer_group_offsets(group)
        return {at: one.offset for at, one in told.items() if at.topic in self._words}

    def _places(self, committed: Iterable[TopicPartition]) -> list[TopicPartition]:
        """All partitions of these topics, also those where nothing is committed yet."""
        topics = sorted({at.topic for at in committed})
        return [TopicPartition(topic, number) for topic in topics for number in range(self._kafka.partitions)]

    def _lags(self, committed: Offsets, firsts: Offsets, ends: Offsets) -> list[PartitionLag]:
        """Of all partitions of the topics that a group reads; what Kafka no longer has, nobody is behind of."""
        told = []
        for at in self._places(committed):
            offset = max(0, committed.get(at, 0))
            lag = max(0, ends[at] - max(offset, firsts[at]))
            told.append(PartitionLag(self._words[at.topic], at.partition, offset, ends[at], lag))
        return told

    async def _ill(self) -> list[ConnectionHealth]:
        topic = load_topics()["health"].full_name(self._kafka.topic_prefix)
        places = [TopicPartition(topic, number) for number in range(self._kafka.partitions)]
        consumer = make_reader(self._kafka, "tidings-api-health")
        latest: dict[tuple[str, str], ConnectionHealth] = {}
        async with started(consumer):
            consumer.assign(places)
            ends = await consumer.end_offsets(places)
            firsts = await consumer.beginning_offsets(places)
            unread = {at for at in places if firsts[at] < ends[at]}
            for at in places:
                consumer.seek(at, firsts[at])
            while unread:
                for at, records in (await consumer.getmany(*unread, timeout_ms=POLL_MS)).items():
                    latest |= {(one.provider, one.connection): one for one in _read(records)}
                    if records[-1].offset + 1 >= ends[at]:
                        unread.discard(at)
        now = self._clock.now()
        return [one for one in latest.values() if one.is_ill and one.until > now]

    async def _made(self) -> tuple[AIOKafkaAdminClient, AIOKafkaConsumer]:
        if self._clients is None:
            servers = self._kafka.bootstrap_servers
            admin = AIOKafkaAdminClient(bootstrap_servers=servers, client_id="tidings-api-progress")
            consumer = AIOKafkaConsumer(bootstrap_servers=servers, client_id="tidings-api-progress")
            self._clients = admin, consumer
            await admin.start()
            await consumer.start()
        return self._clients

    async def _in_time(self, act: Callable[[], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(ANSWERED_WITHIN_S):
                return await act()
        except (KafkaError, TimeoutError, OSError) as exc:
            raise unanswered(self._kafka, exc) from exc


async def _member_count(admin: AIOKafkaAdminClient, group: str) -> int:
    """How many members a group has; one that there is not has none."""
    # One group at a time: aiokafka 0.14 reads the answer to several as that of an older protocol, and stumbles.
    (answer,) = await admin.describe_consumer_groups([group])
    ((_, _, _, _, _, members, *_),) = answer.groups
    return len(members)


def _read(records: Sequence[ConsumerRecord[bytes, bytes]]) -> list[ConnectionHealth]:
    found = []
    for record in records:
        with suppress(PayloadInvalid):  # the fallback stage, which goes by it, tells of what cannot be read
            found.append(decode(ConnectionHealth, record.value or b""))
    return found
