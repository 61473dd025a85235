"""The raw callbacks behind an answer, read from Kafka at the positions that the answer names."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from api.answers.messages import Evidence
from contracts.errors import PayloadInvalid
from contracts.raw import read_callback
from contracts.topics import load_topics
from runtime.settings import KafkaSettings

POSITIONS_LIMIT = 50
BYTES_LIMIT = 4 * 1024 * 1024
DEADLINE_S = 4.0
READERS = 2

EXPIRED = "Kafka keeps callbacks for {days} days and no longer has this one."
NO_SUCH_RECORD = "Kafka has no record at this position; the topic may have been made anew."
SILENT = "Kafka did not answer in time; ask again."
TOO_MANY = "More than {limit} callbacks stand behind this answer; the rest are not shown."
TOO_LARGE = "The callbacks before this one already fill the answer."
OTHER_ORIGIN = "The record at this position is of another connection; the topic may have been made anew."


class Cause(NamedTuple):
    """Where a callback lies, and which connection it must be of."""

    partition: int
    offset: int
    provider: str
    connection: str


class EvidenceReader:
    """Reads single callbacks; a consumer of its own for each answer, so that nothing is held between them."""

    def __init__(self, kafka: KafkaSettings) -> None:
        topic = load_topics()["callbacks"]
        self._kafka = kafka
        self._topic = topic.full_name(kafka.topic_prefix)
        self._expired = EXPIRED.format(days=topic.retention_days)
        self._lane = asyncio.Semaphore(READERS)

    async def read(self, causes: Iterable[Cause]) -> list[Evidence]:
        """One piece of evidence for each cause, in order; one that cannot be had says why."""
        wanted = list(dict.fromkeys(causes))
        near, rest = wanted[:POSITIONS_LIMIT], wanted[POSITIONS_LIMIT:]
        found: dict[Cause, Evidence] = {}
        try:
            async with asyncio.timeout(DEADLINE_S), self._lane, self._consumer() as consumer:
                await self._collect(consumer, near, found)
        except (TimeoutError, KafkaError):
            pass  # what was not found by now is told below
        told = [found.get(cause) or _absent(cause, SILENT) for cause in near]
        return told + [_absent(cause, TOO_MANY.format(limit=POSITIONS_LIMIT)) for cause in rest]

    async def _collect(self, consumer: AIOKafkaConsumer, causes: Sequence[Cause], found: dict[Cause, Evidence]) -> None:
        partitions = sorted({TopicPartition(self._topic, cause.partition) for cause in causes})
        consumer.assign(partitions)
        first = await consumer.beginning_offsets(partitions)
        end = await consumer.end_offsets(partitions)
        room = BYTES_LIMIT
        for cause in causes:
            place = TopicPartition(self._topic, cause.partition)
            if cause.offset < first[place]:
                found[cause] = _absent(cause, self._expired)
            elif cause.offset >= end[place]:
                found[cause] = _absent(cause, NO_SUCH_RECORD)
            elif room <= 0:
                found[cause] = _absent(cause, TOO_LARGE)
            else:
                consumer.seek(place, cause.offset)
                found[cause] = _evidence(cause, await consumer.getone(place))
                room -= found[cause].size_bytes or 0

    @asynccontextmanager
    async def _consumer(self) -> AsyncIterator[AIOKafkaConsumer]:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._kafka.bootstrap_servers,
            client_id="tidings-api-evidence",
            enable_auto_commit=False,
            auto_offset_reset="none",
            # The broker answers with one whole batch however small this is, and one batch is all we want.
            max_partition_fetch_bytes=1,
        )
        try:
            await consumer.start()
            yield consumer
        finally:
            await consumer.stop()


def _evidence(cause: Cause, record: ConsumerRecord[bytes, bytes]) -> Evidence:
    if record.offset != cause.offset:
        return _absent(cause, NO_SUCH_RECORD)
    try:
        callback = read_callback(record.value, record.timestamp, record.headers)
    except PayloadInvalid as exc:
        return _absent(cause, str(exc))
    if (callback.provider, callback.connection) != (cause.provider, cause.connection):
        return _absent(cause, OTHER_ORIGIN)
    return Evidence(
        partition=cause.partition,
        offset=cause.offset,
        provider=callback.provider,
        connection=callback.connection,
        received_at=callback.received_at,
        source=callback.source,
        method=callback.method,
        content_type=callback.content_type,
        query=callback.query,
        hint=callback.hint,
        size_bytes=len(callback.body),
        body_base64=b64encode(callback.body).decode(),
        body_text=_text(callback.body),
    )


def _absent(cause: Cause, reason: str) -> Evidence:
    return Evidence(**cause._asdict(), absent_because=reason)


def _text(body: bytes) -> str | None:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None
