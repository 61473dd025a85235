"""What the API reads from Kafka and writes to it: evidence at its place, registrations with an acknowledgement."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from api import callback_log, evidence
from api.evidence import Cause, EvidenceReader
from api.past import CallbackPast
from api.submissions.registrar import Registrar
from contracts.codec import decode
from contracts.errors import BrokerUnavailable
from contracts.identity import attempt_key
from contracts.raw import origin_headers, request_headers
from contracts.records import AttemptRegistered, RawCallback
from contracts.topics import load_topics
from runtime.kafka import ensure_topics, make_producer, send_records
from runtime.partitioner import partition_of
from runtime.settings import KafkaSettings
from tests.support.patience import LIMIT_S
from tests.support.store_on_kafka import lasting

pytestmark = pytest.mark.broker

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TOPICS = load_topics()
PARTITIONS = 3


@pytest.fixture
async def kafka(broker: str) -> KafkaSettings:
    """Empty topics of one's own."""
    settings = KafkaSettings(bootstrap_servers=broker, topic_prefix=f"api-{uuid4().hex[:8]}-", partitions=PARTITIONS)
    await ensure_topics(settings, lasting("callbacks", "attempts"))
    return settings


@pytest.fixture
async def producer(kafka: KafkaSettings) -> AsyncIterator[AIOKafkaProducer]:
    async with make_producer(kafka, "test") as started:
        yield started


def callback(body: bytes, **more) -> RawCallback:
    said = {"provider": "infobip", "connection": "main", "method": "POST", "content_type": "application/json"}
    return RawCallback(**(said | more), received_at=NOON, body=body)


async def put(producer: AIOKafkaProducer, kafka: KafkaSettings, *callbacks: RawCallback) -> None:
    """Write `callbacks` to partition 1, as ingest does: one batch."""
    records = [
        (
            None,
            one.body,
            int(NOON.timestamp() * 1000),
            origin_headers(one.provider, one.connection) + request_headers(one),
        )
        for one in callbacks
    ]
    topic = TOPICS["callbacks"].full_name(kafka.topic_prefix)
    await asyncio.gather(*await send_records(producer, topic, 1, records))


@pytest.fixture
def witness(kafka, tmp_path) -> EvidenceReader:
    return EvidenceReader(CallbackPast(kafka, tmp_path))


def cause(offset: int, connection: str = "main") -> Cause:
    return Cause(1, offset, "infobip", connection)


async def test_evidence_is_the_callback_byte_for_byte(kafka, producer, witness):
    hinted = callback(b"a=1", method="GET", query="b=%2F", hint="viber/delivery", content_type="")
    await put(producer, kafka, callback(b'{"n":0}'), hinted, callback(b"\xff\x00"))

    text, other, binary = await witness.read([cause(0), cause(1), cause(2)])

    assert (text.body_text, text.body_base64, text.size_bytes) == ('{"n":0}', "eyJuIjowfQ==", 7)
    assert (text.received_at, text.source, text.absent_because) == (NOON, "push", None)
    assert (other.method, other.query, other.hint, other.content_type) == ("GET", "b=%2F", "viber/delivery", "")
    assert (binary.body_text, binary.body_base64) == (None, "/wA=")


async def test_evidence_is_given_once_however_many_items_stem_from_it(kafka, producer, witness):
    await put(producer, kafka, callback(b"{}"))

    assert len(await witness.read([cause(0), cause(0)])) == 1


async def test_evidence_that_is_not_there_says_why(kafka, producer, witness):
    await put(producer, kafka, callback(b"0"), callback(b"1"))
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    await admin.start()
    place = TopicPartition(TOPICS["callbacks"].full_name(kafka.topic_prefix), 1)
    await admin.delete_records({place: RecordsToDelete(before_offset=1)})
    await admin.close()

    expired, there, ahead, foreign = await witness.read([cause(0), cause(1), cause(2), cause(1, connection="other")])

    assert expired.absent_because == (
        "Kafka keeps callbacks for 7 days and no longer has this one. The archive does not have it either."
    )
    assert there.body_text == "1"
    assert ahead.absent_because == callback_log.NO_SUCH_RECORD
    assert foreign.absent_because == evidence.OTHER_ORIGIN
    assert foreign.body_base64 is None


async def test_evidence_is_bounded_in_number(kafka, producer, witness):
    await put(producer, kafka, *(callback(b"%d" % number) for number in range(evidence.POSITIONS_LIMIT + 1)))

    told = await witness.read([cause(number) for number in range(evidence.POSITIONS_LIMIT + 1)])

    assert [one.absent_because for one in told[:-1]] == [None] * evidence.POSITIONS_LIMIT
    assert told[-1].absent_because.startswith("More than 50 callbacks")


async def test_evidence_is_bounded_in_bytes(kafka, producer, witness):
    for _ in range(5):
        await put(producer, kafka, callback(b"x" * 1024 * 1024))

    told = await witness.read([cause(number) for number in range(5)])

    assert [one.absent_because for one in told] == [None] * 4 + [callback_log.TOO_LARGE]


async def test_evidence_without_kafka_says_so(tmp_path):
    nowhere = EvidenceReader(CallbackPast(KafkaSettings(bootstrap_servers="127.0.0.1:1"), tmp_path))

    assert [one.absent_because for one in await nowhere.read([cause(0)])] == [callback_log.SILENT]


def registration(number: int) -> AttemptRegistered:
    return AttemptRegistered(
        provider="telesign", connection="main", account="default", root_id=f"R{number}", registered_at=NOON
    )


async def connected(kafka: KafkaSettings, **more) -> Registrar:
    registrar = Registrar(kafka, **more)
    registrar.start()
    async with asyncio.timeout(LIMIT_S):
        while not registrar.is_ready:  # noqa: ASYNC110  # it is asked, as /readyz asks it
            await asyncio.sleep(0.05)
    return registrar


async def test_registrations_are_on_kafka_when_they_are_acknowledged(kafka):
    registrar = await connected(kafka)
    registrations = [registration(number) for number in range(100)]

    await registrar.write(registrations)
    await registrar.stop()

    topic = TOPICS["attempts"].full_name(kafka.topic_prefix)
    places = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
    async with AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap_servers, auto_offset_reset="earliest") as consumer:
        consumer.assign(places)
        found = []
        while len(found) < len(registrations):
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                found += records
    assert {decode(AttemptRegistered, record.value).root_id for record in found} == {
        one.root_id for one in registrations
    }
    for record in found:
        key = attempt_key("telesign", "main", decode(AttemptRegistered, record.value).root_id)
        assert (record.key, record.partition) == (key, partition_of(key, PARTITIONS))
        assert record.timestamp == int(NOON.timestamp() * 1000)
        assert {"ce_type", "ce_id", "content-type"} <= {name for name, _ in record.headers}


async def test_without_kafka_a_registration_is_refused_at_once():
    registrar = Registrar(KafkaSettings(bootstrap_servers="127.0.0.1:1"))
    registrar.start()

    with pytest.raises(BrokerUnavailable, match="no connection to Kafka"):
        await registrar.write([registration(1)])
    await registrar.stop()


@pytest.mark.long
async def test_when_kafka_goes_silent_nothing_is_promised_and_later_it_goes_on(own_broker):
    broker = await asyncio.to_thread(own_broker)
    kafka = KafkaSettings(bootstrap_servers=broker.bootstrap, partitions=1)
    await ensure_topics(kafka, lasting("attempts"))
    registrar = await connected(kafka, acknowledged_within_s=1.0)
    await registrar.write([registration(1)])

    broker.kill()
    with pytest.raises(BrokerUnavailable, match="not acknowledged"):
        await registrar.write([registration(2)])
    await asyncio.to_thread(broker.start)

    async with asyncio.timeout(LIMIT_S):
        while True:
            try:
                await registrar.write([registration(2)])
                break
            except BrokerUnavailable:
                await asyncio.sleep(0.2)
    await registrar.stop()
