"""Natural batching and deadlines, with a topic that acknowledges when the test says so."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from aiokafka.errors import KafkaError

from contracts.envelope import header
from contracts.errors import NotDurable
from contracts.raw import origin_headers, read_callback
from ingest.publisher import Publisher
from runtime.clock import FixedClock
from runtime.kafka import Outgoing

START = datetime(2026, 11, 21, 8, 30, 12, 345000, tzinfo=UTC)
START_MS = int(START.timestamp() * 1000)
ORIGIN = origin_headers("postbox", "main")
BUDGET_S = 1.0


class FakeTopic:
    """Keeps what is written; acknowledges at once, or when told."""

    def __init__(self) -> None:
        self.batches: list[tuple[int, list[bytes | None]]] = []
        self.records: list[Outgoing] = []
        self.opened_count = 0
        self.acknowledges = asyncio.Event()
        self.acknowledges.set()
        self.answers = asyncio.Event()
        self.answers.set()
        self.error: Exception | None = None

    async def open(self) -> int:
        await self.answers.wait()
        self.opened_count += 1
        return 3

    async def write(self, partition: int, records: list[Outgoing]) -> None:
        self.batches.append((partition, [value for _, value, _, _ in records]))
        self.records += records
        await self.acknowledges.wait()
        if self.error is not None:
            raise self.error

    async def close(self) -> None:
        return


@pytest_asyncio.fixture
async def topic() -> FakeTopic:
    return FakeTopic()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest_asyncio.fixture
async def publisher(topic: FakeTopic, clock: FixedClock) -> AsyncIterator[Publisher]:
    publisher = Publisher(topic, waiting_limit=4, clock=clock, bytes_limit=1000, linger_s=0)
    running = asyncio.create_task(publisher.run())
    await settle()
    yield publisher
    running.cancel()
    await asyncio.wait([running])


async def settle() -> None:
    """Let every task come as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


def publish(publisher: Publisher, clock: FixedClock, *bodies: bytes) -> list["asyncio.Future[None]"]:
    return [publisher.publish(body, START_MS, ORIGIN, deadline_s=clock.monotonic() + BUDGET_S) for body in bodies]


async def test_while_one_batch_is_on_its_way_the_next_one_collects(publisher, topic, clock):
    topic.acknowledges.clear()
    publish(publisher, clock, b"1")
    await settle()
    publish(publisher, clock, b"2")
    await settle()
    publish(publisher, clock, b"3")
    topic.acknowledges.set()
    await settle()

    assert topic.batches == [(0, [b"1"]), (1, [b"2", b"3"])]


@pytest.mark.parametrize(
    ("linger_s", "newcomers", "shipped"),
    [
        pytest.param(3600, [], False, id="fewer than were there are kept for a moment"),
        pytest.param(3600, [b"4"], True, id="as many as were there go at once"),
        pytest.param(0, [], True, id="after the moment all go"),
    ],
)
async def test_a_batch_waits_a_moment_for_those_who_were_there_before(topic, clock, *, linger_s, newcomers, shipped):
    publisher = Publisher(topic, waiting_limit=9, clock=clock, linger_s=linger_s)
    running = asyncio.create_task(publisher.run())
    await settle()
    topic.acknowledges.clear()
    publish(publisher, clock, b"1")
    await settle()
    publish(publisher, clock, b"2", b"3")
    topic.acknowledges.set()
    await settle()
    publish(publisher, clock, *newcomers)
    await settle()
    running.cancel()
    await asyncio.wait([running])

    assert len(topic.batches) == 1 + shipped


async def test_one_batch_goes_to_one_partition_and_the_turn_moves_on(publisher, topic, clock):
    for body in (b"1", b"2", b"3", b"4"):
        publish(publisher, clock, body)
        await settle()

    assert [partition for partition, _ in topic.batches] == [0, 1, 2, 0]


async def test_nothing_is_durable_before_the_acknowledgement(publisher, topic, clock):
    topic.acknowledges.clear()
    [answer] = publish(publisher, clock, b"1")
    await settle()
    was_done = answer.done()
    topic.acknowledges.set()
    await settle()

    assert not was_done
    assert answer.done()
    assert answer.exception() is None


async def test_a_record_is_the_callback_with_its_own_id(publisher, topic, clock):
    publish(publisher, clock, b"\x00\xff", b"")
    await settle()
    (key, value, timestamp_ms, headers), (_, _, _, other) = topic.records

    assert key is None
    callback = read_callback(value, timestamp_ms, headers)
    assert (callback.body, callback.received_at, callback.provider) == (b"\x00\xff", START, "postbox")
    assert header(headers, "ce_id") != header(other, "ce_id")


async def test_ids_differ_between_runs(clock):
    ids = set()
    for _ in range(2):
        topic = FakeTopic()
        publisher = Publisher(topic, waiting_limit=4, clock=clock)
        running = asyncio.create_task(publisher.run())
        await settle()
        publish(publisher, clock, b"1")
        await settle()
        ids.add(header(topic.records[0][3], "ce_id"))
        running.cancel()
        await asyncio.wait([running])

    assert len(ids) == 2


async def test_above_the_cap_the_answer_is_no_at_once(publisher, topic, clock):
    topic.acknowledges.clear()
    publish(publisher, clock, b"1")
    await settle()
    publish(publisher, clock, b"2", b"3", b"4")

    with pytest.raises(NotDurable, match="too many"):
        publish(publisher, clock, b"5")
    topic.acknowledges.set()
    await settle()
    publish(publisher, clock, b"6")
    await settle()

    assert topic.batches[-1] == (2, [b"6"])


async def test_large_bodies_count_by_their_bytes(publisher, topic, clock):
    topic.acknowledges.clear()
    publish(publisher, clock, b"1")
    await settle()
    publish(publisher, clock, b"x" * 1001)

    with pytest.raises(NotDurable, match="too many"):
        publish(publisher, clock, b"2")


async def test_after_its_deadline_a_callback_is_told_not_known(publisher, topic, clock):
    topic.acknowledges.clear()
    [answer] = publish(publisher, clock, b"1")
    await settle()
    clock.advance(BUDGET_S - 0.001)
    publisher.expire()
    was_early = answer.done()
    clock.advance(0.001)
    publisher.expire()

    assert not was_early
    with pytest.raises(NotDurable, match="not known"):
        await answer


async def test_each_callback_has_its_own_deadline(publisher, topic, clock):
    topic.acknowledges.clear()
    patient = publisher.publish(b"1", START_MS, ORIGIN, deadline_s=5.0)
    hasty = publisher.publish(b"2", START_MS, ORIGIN, deadline_s=0.5)
    clock.advance(1.0)
    publisher.expire()
    hasty_was_done, patient_was_done = hasty.done(), patient.done()
    topic.acknowledges.set()
    await settle()

    assert (hasty_was_done, patient_was_done) == (True, False)
    assert hasty.exception()
    assert patient.exception() is None


async def test_while_the_broker_is_ill_the_answer_is_no_at_once_and_health_comes_back_by_itself(
    publisher, topic, clock
):
    topic.acknowledges.clear()
    [late] = publish(publisher, clock, b"1")
    await settle()
    clock.advance(BUDGET_S)
    publisher.expire()

    with pytest.raises(NotDurable, match="in time"):
        publish(publisher, clock, b"2")
    assert publisher.reason_unready
    topic.acknowledges.set()
    await settle()
    [answer] = publish(publisher, clock, b"3")
    await settle()

    assert late.exception()
    assert answer.exception() is None
    assert not publisher.reason_unready


async def test_what_was_told_no_before_it_left_is_not_sent(publisher, topic, clock):
    """The caller will send it again; storing it as well would only make a repeat."""
    topic.acknowledges.clear()
    answers = publish(publisher, clock, b"1")
    await settle()
    answers += publish(publisher, clock, b"2")
    clock.advance(BUDGET_S)
    publisher.expire()
    topic.acknowledges.set()
    await settle()

    assert topic.batches == [(0, [b"1"])]
    assert all(answer.exception() for answer in answers)


async def test_before_kafka_answers_nothing_is_taken(clock):
    topic = FakeTopic()
    topic.answers.clear()
    publisher = Publisher(topic, waiting_limit=4, clock=clock)
    running = asyncio.create_task(publisher.run())
    await settle()

    with pytest.raises(NotDurable):
        publish(publisher, clock, b"1")
    was_unready = publisher.reason_unready
    topic.answers.set()
    await settle()
    publish(publisher, clock, b"2")
    await settle()
    running.cancel()
    await asyncio.wait([running])

    assert "Kafka" in was_unready
    assert topic.batches == [(0, [b"2"])]


async def test_a_failed_batch_is_told_no_and_the_producer_is_replaced(publisher, topic, clock):
    topic.error = KafkaError("out of order")
    [failed] = publish(publisher, clock, b"1")
    await settle()
    topic.error = None
    [answer] = publish(publisher, clock, b"2")
    await settle()

    assert isinstance(failed.exception(), NotDurable)
    assert answer.exception() is None
    assert topic.opened_count == 2


async def test_an_error_that_nobody_expects_ends_the_publisher(topic, clock):
    publisher = Publisher(topic, waiting_limit=4, clock=clock)
    running = asyncio.create_task(publisher.run())
    await settle()
    topic.error = AssertionError("a bug")
    publish(publisher, clock, b"1")

    with pytest.raises(AssertionError, match="a bug"):
        await running


async def test_waiting_callbacks_are_counted(publisher, topic, clock):
    topic.acknowledges.clear()
    publish(publisher, clock, b"1")
    await settle()
    publish(publisher, clock, b"2", b"3")
    waiting_count = publisher.waiting_count
    topic.acknowledges.set()
    await settle()

    assert (waiting_count, publisher.waiting_count) == (3, 0)
