"""What operators ask of Kafka: callbacks to be written again, how far the stages are, and what rests."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from analytics.archive.again import again
from api.health.kafka_progress import KafkaProgress
from api.health.progress import StageProgress
from api.past import CallbackPast
from api.submissions.registrar import Registrar
from contracts.archived import Archived
from contracts.codec import encode
from contracts.errors import BrokerUnavailable
from contracts.plans import ConnectionHealth
from contracts.raw import origin_headers, read_callback, replayed_place
from contracts.topics import load_topics
from runtime.clock import FixedClock
from runtime.kafka import ensure_topics, make_member, make_producer, send_records
from runtime.settings import KafkaSettings
from tests.support.patience import LIMIT_S
from tests.support.store_on_kafka import lasting

pytestmark = pytest.mark.broker

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
NOON_MS = int(NOON.timestamp() * 1000)
PARTITIONS = 2


@pytest.fixture
async def kafka(broker: str) -> KafkaSettings:
    """Empty topics of one's own."""
    settings = KafkaSettings(bootstrap_servers=broker, topic_prefix=f"desk-{uuid4().hex[:8]}-", partitions=PARTITIONS)
    await ensure_topics(settings, lasting("callbacks", "reports", "health"))
    return settings


@pytest.fixture
async def producer(kafka: KafkaSettings) -> AsyncIterator[AIOKafkaProducer]:
    async with make_producer(kafka, "test") as started:
        yield started


def name_of(kafka: KafkaSettings, word: str) -> str:
    return load_topics()[word].full_name(kafka.topic_prefix)


async def put(kafka: KafkaSettings, producer: AIOKafkaProducer, word: str, *values: bytes) -> None:
    """To partition 1, each as a batch of its own, as of a connection of Infobip."""
    for value in values:
        row = (None, value, NOON_MS, origin_headers("infobip", "main"))
        await asyncio.gather(*await send_records(producer, name_of(kafka, word), 1, [row]))


async def test_what_is_written_again_stands_where_it_is_said_and_is_the_callback_of_then(kafka, producer, tmp_path):
    await put(kafka, producer, "callbacks", b'{"n":0}', b'{"n":1}')
    past, registrar = CallbackPast(kafka, tmp_path), Registrar(kafka)
    registrar.start()
    async with asyncio.timeout(LIMIT_S):
        while not registrar.is_ready:  # noqa: ASYNC110  # it is asked, as /readyz asks it
            await asyncio.sleep(0.05)

    found = await past.read([(1, 1), (1, 0), (1, 7)])
    had = [one for one in found.values() if isinstance(one, Archived)]
    written = await registrar.write_callbacks([again(past.topic, one) for one in had])
    await registrar.stop()
    told = [one for one in (await past.read(written)).values() if isinstance(one, Archived)]

    assert [one.value for one in had] == [one.value for one in told] == [b'{"n":1}', b'{"n":0}']
    assert "no record" in str(found[1, 7])
    assert [replayed_place(dict(one.headers)["replay-of"]) for one in told] == [(1, 1), (1, 0)]
    assert [read_callback(one.value, one.timestamp, one.headers).received_at for one in told] == [NOON, NOON]


async def stage(progress: KafkaProgress, name: str) -> StageProgress:
    return next(one for one in await progress.stages() if one.stage == name)


async def test_a_stage_is_as_far_as_its_group_has_committed(kafka, producer):
    await put(kafka, producer, "callbacks", *[b"{}"] * 5)
    clock = FixedClock(NOON)
    progress = KafkaProgress(kafka, clock)
    place = TopicPartition(name_of(kafka, "callbacks"), 1)
    member = make_member(kafka, f"{kafka.topic_prefix}normalise", instance_id="", session_s=10)
    member.subscribe([place.topic])
    await member.start()
    async with asyncio.timeout(LIMIT_S):
        await member.getone(place)
    await member.commit({place: 2})

    alive = await stage(progress, "normalise")
    await member.stop()
    clock.advance(31)
    gone = await stage(progress, "normalise")
    never = await stage(progress, "track")
    await progress.stop()

    assert (alive.member_count, alive.lag, alive.still_s) == (1, 3, 0)
    assert [(one.topic, one.partition, one.committed, one.end) for one in alive.partitions] == [
        ("callbacks", 0, 0, 0),
        ("callbacks", 1, 2, 5),
    ]
    assert (gone.member_count, gone.lag, gone.still_s) == (0, 3, 31)
    assert (never.member_count, never.partitions) == (0, [])


def health(connection: str, *, is_ill: bool, lasts_s: float = 60) -> bytes:
    until = NOON + timedelta(seconds=lasts_s)
    return encode(ConnectionHealth(provider="infobip", connection=connection, is_ill=is_ill, since=NOON, until=until))


async def test_sends_rest_where_the_last_word_is_that_they_do(kafka, producer):
    progress = KafkaProgress(kafka, FixedClock(NOON))
    nobody = await progress.ill_connections()
    words = [
        health("ill", is_ill=True),
        health("well again", is_ill=True),
        health("well again", is_ill=False),
        health("over", is_ill=True, lasts_s=-1),
        b"no word at all",
    ]
    await put(kafka, producer, "health", *words)

    assert nobody == []
    assert [one.connection for one in await progress.ill_connections()] == ["ill"]


async def test_without_kafka_it_says_so_and_asks_anew_later():
    progress = KafkaProgress(KafkaSettings(bootstrap_servers="127.0.0.1:1"), FixedClock(NOON))

    for _ in range(2):
        with pytest.raises(BrokerUnavailable, match="no Kafka answers"):
            await progress.stages()
    with pytest.raises(BrokerUnavailable, match="no Kafka answers"):
        await progress.ill_connections()
