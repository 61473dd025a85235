"""What the stages remember of a person, on Kafka, forgotten while no stage runs."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping

import stamina
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError as NotYet
from aiokafka.errors import for_code

from analytics.erasure.spelling import Spelling
from contracts.errors import ErasureRefused
from contracts.topics import load_topics
from runtime.kafka import Outgoing, make_producer, make_reader, send_records, started
from runtime.settings import Settings
from streams.topology import topology_of

CLIENT = "tidings-erase"
WISHES = frozenset({"consent-state", "suppressions"})
"""Topics that keep for ever who must not be written to."""
RESTING = frozenset({"Empty", "Dead"})
"""What Kafka calls groups in which nobody is, and groups that there are not."""
PATIENCE_S = 30.0
POLL_MS = 500

Keys = Mapping[int, set[bytes]]
"""By partition."""


async def require_rest(admin: AIOKafkaAdminClient, settings: Settings) -> None:
    """Raises `ErasureRefused` while a stage runs: it would write what it remembers once more."""
    states = await _states(admin, sorted(node.group for node in topology_of(settings)))
    if running := [group for group, state in states.items() if state not in RESTING]:
        raise ErasureRefused(
            f"stages are running ({', '.join(running)}), and they remember people: stop streams, begin again. "
            f"After that Kafka takes up to {settings.streams.session_timeout_s:.0f} s to notice; ingest may go on, so "
            "that nothing is lost meanwhile"
        )


async def _states(admin: AIOKafkaAdminClient, groups: list[str]) -> dict[str, str]:
    """What Kafka calls each group. Raises `KafkaError` rather than guess."""
    found: dict[str, str] = {}
    for name in groups:
        # A Kafka that has had no group at all yet makes the topic for them now.
        async for attempt in stamina.retry_context(on=NotYet, attempts=None, timeout=PATIENCE_S):
            with attempt:
                # One at a time: aiokafka 0.14 reads version 3 of the answer as version 2, without a member behind each.
                (answer,) = await admin.describe_consumer_groups([name])
                ((code, _, found[name], *_),) = answer.groups
        if code:
            raise for_code(code)
    return found


async def remembered(settings: Settings, spelling: Spelling) -> dict[str, Keys]:
    """The keys under which a stage remembers the person now, by topic and partition."""
    found: dict[str, Keys] = {}
    consumer = make_reader(settings.kafka, CLIENT)
    async with started(consumer):
        existing = await consumer.topics()
        for word, topic in load_topics().items():
            name = topic.full_name(settings.kafka.topic_prefix)
            if topic.compacted and name in existing and (keys := await _keys_with(consumer, settings, name, spelling)):
                found[word] = keys
    return found


async def forget(settings: Settings, found: Mapping[str, Keys]) -> None:
    """Tombstones for these keys, where they stand."""
    producer = make_producer(settings.kafka, CLIENT)
    async with started(producer), asyncio.timeout(PATIENCE_S):
        for word, keys in found.items():
            name = load_topics()[word].full_name(settings.kafka.topic_prefix)
            for partition, gone in keys.items():
                await _bury(producer, name, partition, gone)


def counted(found: Mapping[str, Keys]) -> dict[str, int]:
    """How many keys, by topic."""
    return {word: sum(map(len, keys.values())) for word, keys in found.items()}


async def _bury(producer: AIOKafkaProducer, name: str, partition: int, keys: Iterable[bytes]) -> None:
    tombstones: list[Outgoing] = [(key, None, None, []) for key in sorted(keys)]
    await asyncio.gather(*await send_records(producer, name, partition, tombstones))


async def _keys_with(consumer: AIOKafkaConsumer, settings: Settings, name: str, spelling: Spelling) -> Keys:
    places = [TopicPartition(name, number) for number in range(settings.kafka.partitions)]
    ends = await consumer.end_offsets(places)
    begins = await consumer.beginning_offsets(places)
    left = {place for place in places if begins[place] < ends[place]}
    found: dict[int, set[bytes]] = defaultdict(set)
    if left:
        consumer.assign(list(left))
        await consumer.seek_to_beginning(*left)
    while left:
        for place, records in (await consumer.getmany(*left, timeout_ms=POLL_MS)).items():
            for record in records:
                _note(found[place.partition], record.key or b"", record.value, spelling)
        left = {place for place in left if await consumer.position(place) < ends[place]}
    return {number: keys for number, keys in found.items() if keys}


def _note(keys: set[bytes], key: bytes, value: bytes | None, spelling: Spelling) -> None:
    """What counts under a key is what stands there last."""
    if value is not None and (spelling.stands_in(key) or spelling.stands_in(value)):
        keys.add(key)
    else:
        keys.discard(key)
