"""Kafka clients, set up the one way that loses nothing: idempotent, acknowledged by all, partitioned by CRC32.

An idempotent aiokafka producer never gives up on a batch: during an outage it waits for ever. Every deadline is
therefore the caller's, and after a deadline the answer is "not known", never "not stored".
"""

import asyncio
from asyncio import Future
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaConnectionError, KafkaError, TopicAlreadyExistsError, for_code
from aiokafka.producer.message_accumulator import BatchBuilder

from contracts.envelope import Headers
from contracts.errors import BrokerUnavailable, ConfigurationInvalid
from contracts.topics import Topic
from runtime.fetched import lighten_records
from runtime.partitioner import crc32_partitioner
from runtime.settings import KafkaSettings

MAX_REQUEST_BYTES = 2_200_000
MAX_BATCH_BYTES = 262_144
STOP_LIMIT_S = 2.0
KNOWN_LIMIT_S, KNOWN_LOOK_S = 30.0, 0.05
METADATA_MAX_AGE_MS = 10_000
"""Whoever leads a group while a broker comes back may know nothing of a topic yet, and then nobody is given any of it.
They are asked again when the leader has heard of it: by default that would be five minutes later."""

Outgoing = tuple[bytes | None, bytes | None, int | None, Headers]
"""(key, value, timestamp in ms or null for now, headers)."""


def make_producer(kafka: KafkaSettings, client_id: str) -> AIOKafkaProducer:
    """A producer that still has to be started."""
    return AIOKafkaProducer(
        bootstrap_servers=kafka.bootstrap_servers,
        client_id=client_id,
        acks="all",
        enable_idempotence=True,
        compression_type="zstd",
        linger_ms=0,
        max_batch_size=MAX_BATCH_BYTES,
        max_request_size=MAX_REQUEST_BYTES,
        partitioner=crc32_partitioner,
    )


def make_member(kafka: KafkaSettings, group: str, *, instance_id: str, session_s: float) -> AIOKafkaConsumer:
    """A member of `group`, which commits only what it is told to; still to be subscribed and started.

    With an `instance_id` it keeps its partitions when it comes back within `session_s`.
    """
    lighten_records()
    return AIOKafkaConsumer(
        bootstrap_servers=kafka.bootstrap_servers,
        client_id=group,
        group_id=group,
        group_instance_id=instance_id or None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=int(session_s * 1000),
        heartbeat_interval_ms=int(session_s * 100),
        metadata_max_age_ms=METADATA_MAX_AGE_MS,
    )


def make_reader(kafka: KafkaSettings, client_id: str) -> AIOKafkaConsumer:
    """A consumer of no group, for partitions that it is told of; what retention has taken it passes over."""
    lighten_records()
    return AIOKafkaConsumer(
        bootstrap_servers=kafka.bootstrap_servers,
        client_id=client_id,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )


@asynccontextmanager
async def started(*clients: AIOKafkaConsumer | AIOKafkaProducer) -> AsyncIterator[None]:
    """Start them, and stop them at the end, or when one does not start. Raises `KafkaError` when nobody answers."""
    try:
        for client in clients:
            await client.start()
        yield
    finally:
        for client in clients:
            await stop(client)


async def stop(client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
    """While the broker is away a client waits for it, even to stop: not for longer than a moment."""
    with suppress(KafkaError, TimeoutError):
        await asyncio.wait_for(client.stop(), STOP_LIMIT_S)


async def send_records(
    producer: AIOKafkaProducer, topic: str, partition: int, records: Iterable[Outgoing]
) -> list["Future[object]"]:
    """Hand `records` to the producer as explicit batches of one partition, in order.

    One future per batch, done when the broker has acknowledged it; the caller awaits them.
    """
    sent = []
    batch = producer.create_batch()
    for key, value, timestamp_ms, headers in records:
        if not _append(batch, key, value, timestamp_ms, headers):
            sent.append(await producer.send_batch(batch, topic, partition=partition))
            batch = producer.create_batch()
            _append(batch, key, value, timestamp_ms, headers)
    if batch.record_count():
        batch.close()
        sent.append(await producer.send_batch(batch, topic, partition=partition))
    return sent


def _append(
    batch: BatchBuilder, key: bytes | None, value: bytes | None, timestamp_ms: int | None, headers: Headers
) -> bool:
    return batch.append(key=key, value=value, timestamp=timestamp_ms, headers=headers) is not None


def unanswered(kafka: KafkaSettings, reason: BaseException) -> BrokerUnavailable:
    """The error that nobody answers there, for `reason`."""
    why = "not in time" if isinstance(reason, TimeoutError) else type(reason).__name__
    where = kafka.bootstrap_servers
    return BrokerUnavailable(f"no Kafka answers at {where} ({why}); see that it runs, or set kafka.bootstrap_servers")


async def ensure_topics(kafka: KafkaSettings, topics: Sequence[Topic]) -> None:
    """Create what is missing; existing topics are checked for their partition count and left as they are.

    Who begins behind it finds them all.

    Raises `BrokerUnavailable` when nobody answers, and `ConfigurationInvalid` when a topic has another partition count.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers, client_id="tidings-topics")
    try:
        await admin.start()
    except KafkaConnectionError as exc:
        raise unanswered(kafka, exc) from exc
    try:
        answer = await admin.create_topics([_new_topic(kafka, topic) for topic in topics])
        for name, code, *_ in answer.topic_errors:
            if code and for_code(code) is not TopicAlreadyExistsError:
                raise ConfigurationInvalid(f"topic {name} could not be created: {for_code(code).description}")
        await _check_partitions(admin, kafka, topics)
    except TimeoutError as exc:
        raise unanswered(kafka, exc) from exc
    finally:
        await admin.close()


async def _check_partitions(admin: AIOKafkaAdminClient, kafka: KafkaSettings, topics: Sequence[Topic]) -> None:
    names = [topic.full_name(kafka.topic_prefix) for topic in topics]
    for found in await _known(admin, names):
        count = len(found["partitions"])
        if count != kafka.partitions:
            raise ConfigurationInvalid(
                f"topic {found['topic']} has {count} partitions, the settings say {kafka.partitions}; the count is "
                "part of the state's identity, so set kafka.partitions back or start with another topic_prefix"
            )


async def _known(admin: AIOKafkaAdminClient, names: list[str]) -> list[dict[str, Any]]:
    """The topics as the broker tells of them, which itself hears of a new one a moment after it was created."""
    async with asyncio.timeout(KNOWN_LIMIT_S):
        while True:
            told: list[dict[str, Any]] = await admin.describe_topics(names)
            if all(topic["partitions"] for topic in told):
                return told
            await asyncio.sleep(KNOWN_LOOK_S)


def _new_topic(kafka: KafkaSettings, topic: Topic) -> NewTopic:
    config = {
        "max.message.bytes": str(topic.max_message_bytes),
        "min.insync.replicas": str(kafka.min_insync_replicas),
        **topic.config,
    }
    if topic.compacted:
        config["cleanup.policy"] = "compact"
    else:
        config["retention.ms"] = str(topic.retention_days * 86_400_000)
    return NewTopic(
        name=topic.full_name(kafka.topic_prefix),
        num_partitions=kafka.partitions,
        replication_factor=kafka.replication_factor,
        topic_configs=config,
    )
