"""Natural batching and deadlines, with a topic that acknowledges when the test says so."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from contracts.envelope import header
from contracts.errors import NotDurable, RateExceeded
from contracts.raw import origin_headers, read_callback
from ingest.publisher import HANDOVER_BYTES, TICK_S, Publisher
from runtime.clock import FixedClock
from runtime.kafka import Outgoing
from tests.support.fake_spool import FakeSpool

START = datetime(2026, 11, 21, 8, 30, 12, 345000, tzinfo=UTC)
START_MS = int(START.timestamp() * 1000)
ORIGIN = origin_headers("postbox", "main")
OTHERS = [origin_headers("postbox", f"other-{number}") for number in range(9)]
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


@pytest.fixture
def spool() -> FakeSpool:
    return FakeSpool()


@pytest_asyncio.fixture
async def publisher(topic: FakeTopic, spool: FakeSpool, clock: FixedClock) -> AsyncIterator[Publisher]:
    publisher = Publisher(topic, spool, waiting_limit=8, clock=clock, bytes_limit=1000, linger_s=0)
    running = asyncio.create_task(publisher.run())
    await settle()
    yield publisher
    running.cancel()
    await asyncio.wait([running])


async def settle() -> None:
    """Let every task come as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


def publish(publisher: Publisher, clock: FixedClock, *bodies: bytes, origin=ORIGIN) -> list["asyncio.Future[None]"]:
    return [publisher.publish(body, START_MS, origin, deadline_s=clock.monotonic() + BUDGET_S) for body in bodies]


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
    publisher = Publisher(topic, FakeSpool(), waiting_limit=9, clock=clock, linger_s=linger_s)
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
        publisher = Publisher(topic, FakeSpool(), waiting_limit=4, clock=clock, linger_s=0)
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
    for origin in OTHERS[:8]:
        publish(publisher, clock, b"1", origin=origin)
        await settle()

    with pytest.raises(NotDurable, match="too many"):
        publish(publisher, clock, b"5")
    topic.acknowledges.set()
    await settle()
    [answer] = publish(publisher, clock, b"6")
    await settle()

    assert answer.exception() is None


async def test_who_floods_gets_a_half_and_leaves_room_for_others(publisher, topic, clock):
    topic.acknowledges.clear()
    publish(publisher, clock, b"1", b"2", b"3", b"4")

    with pytest.raises(RateExceeded, match="others"):
        publish(publisher, clock, b"5")
    [other] = publish(publisher, clock, b"6", origin=OTHERS[0])
    topic.acknowledges.set()
    await settle()

    assert other.exception() is None
    assert publish(publisher, clock, b"7")


async def test_two_who_flood_leave_a_third(topic, spool, clock):
    publisher = Publisher(topic, spool, waiting_limit=300, clock=clock, linger_s=0)
    running = asyncio.create_task(publisher.run())
    await settle()
    topic.acknowledges.clear()
    taken = []
    for origin in OTHERS[:2] * 200:
        try:
            taken += publish(publisher, clock, b"1", origin=origin)
        except RateExceeded:
            continue
    running.cancel()
    await asyncio.wait([running])

    assert 195 <= len(taken) <= 205


async def test_large_bodies_count_by_their_bytes(publisher, topic, clock):
    topic.acknowledges.clear()
    publish(publisher, clock, b"x" * 501)

    with pytest.raises(RateExceeded):
        publish(publisher, clock, b"y" * 100)
    publish(publisher, clock, b"z" * 400, origin=OTHERS[0])
    with pytest.raises(RateExceeded):
        publish(publisher, clock, b"z" * 100, origin=OTHERS[1])


async def test_after_its_time_a_callback_goes_to_the_spool(publisher, topic, spool, clock):
    topic.acknowledges.clear()
    [answer] = publish(publisher, clock, b"1")
    await settle()
    clock.advance(BUDGET_S - 0.001)
    publisher.expire()
    was_early = answer.done()
    clock.advance(0.001)
    publisher.expire()

    assert not was_early
    assert (answer.exception(), spool.bodies) == (None, [b"1"])


async def test_when_the_spool_is_full_as_well_the_answer_is_not_known(publisher, topic, spool, clock):
    topic.acknowledges.clear()
    spool.is_full = True
    [answer] = publish(publisher, clock, b"1")
    await settle()
    clock.advance(BUDGET_S)
    publisher.expire()

    with pytest.raises(NotDurable, match="full"):
        await answer


async def test_when_one_has_waited_its_time_all_that_wait_turn_to_the_spool_in_their_order(
    publisher, topic, spool, clock
):
    topic.acknowledges.clear()
    patient = publisher.publish(b"1", START_MS, ORIGIN, deadline_s=5.0)
    await settle()
    hasty = publisher.publish(b"2", START_MS, OTHERS[0], deadline_s=0.5)
    clock.advance(1.0)
    publisher.expire()

    assert spool.bodies == [b"1", b"2"]
    assert (patient.exception(), hasty.exception()) == (None, None)


async def test_while_the_broker_is_ill_callbacks_go_to_the_spool_at_once_and_health_comes_back_by_itself(
    publisher, topic, spool, clock
):
    topic.acknowledges.clear()
    publish(publisher, clock, b"1")
    await settle()
    clock.advance(BUDGET_S)
    publisher.expire()
    [at_once] = publish(publisher, clock, b"2")
    was_answered, trouble = at_once.done(), publisher.trouble
    topic.acknowledges.set()
    await settle()
    publish(publisher, clock, b"3")
    await settle()

    assert was_answered
    assert "in time" in trouble
    assert not publisher.trouble
    assert spool.is_empty
    # The first was handed over before; its copy on the spool has the same id.
    assert [body for _, bodies in topic.batches for body in bodies] == [b"1", b"1", b"2", b"3"]
    assert header(topic.records[0][3], "ce_id") == header(topic.records[1][3], "ce_id")


async def test_nothing_overtakes_what_is_on_the_spool(topic, clock):
    spool = FakeSpool(bytes_each=HANDOVER_BYTES)
    topic.answers.clear()
    publisher = Publisher(topic, spool, waiting_limit=100, clock=clock, linger_s=0)
    running = asyncio.create_task(publisher.run())
    publish(publisher, clock, *[b"%d" % number for number in range(10)])
    topic.answers.set()
    topic.acknowledges.clear()
    await settle()
    publish(publisher, clock, b"10")
    with_the_spool = spool.bodies
    topic.acknowledges.set()
    await settle()
    publish(publisher, clock, b"11")
    await settle()
    running.cancel()
    await asyncio.wait([running])

    assert with_the_spool[-1] == b"10"
    assert [body for _, bodies in topic.batches for body in bodies] == [b"%d" % number for number in range(12)]


class BusyTopic(FakeTopic):
    """Whenever a batch is on its way one more callback comes, twenty in all; where each went to is noted."""

    def __init__(self) -> None:
        super().__init__()
        self.troubles: list[str] = []

    async def write(self, partition: int, records: list[Outgoing]) -> None:
        await super().write(partition, records)
        if len(self.troubles) < 20:
            self.publisher.publish(b"next", START_MS, ORIGIN, deadline_s=5.0)
            self.troubles.append(self.publisher.trouble)


async def test_under_load_callbacks_wait_behind_the_little_that_is_left_on_the_spool(spool, clock):
    """Else its end would never come: there is always one more."""
    topic = BusyTopic()
    topic.answers.clear()
    topic.publisher = publisher = Publisher(topic, spool, waiting_limit=100, clock=clock, linger_s=0)
    running = asyncio.create_task(publisher.run())
    publish(publisher, clock, b"0", b"1", b"2", b"3")
    topic.answers.set()
    await settle()
    await settle()
    running.cancel()
    await asyncio.wait([running])

    assert "drained" in topic.troubles[0]
    assert not any(topic.troubles[3:])
    assert [body for _, bodies in topic.batches for body in bodies][:5] == [b"0", b"1", b"2", b"3", b"next"]


async def test_what_another_process_left_behind_is_drained_without_a_callback(publisher, topic, spool, clock):
    spool.records.append((None, b"left", 1, [*ORIGIN]))
    await asyncio.sleep(TICK_S * 3)

    assert topic.batches == [(0, [b"left"])]


async def test_before_kafka_answers_callbacks_go_to_the_spool(spool, clock):
    topic = FakeTopic()
    topic.answers.clear()
    publisher = Publisher(topic, spool, waiting_limit=4, clock=clock, linger_s=0)
    running = asyncio.create_task(publisher.run())
    await settle()
    [answer] = publish(publisher, clock, b"1")
    trouble = publisher.trouble
    topic.answers.set()
    await settle()
    publish(publisher, clock, b"2")
    await settle()
    running.cancel()
    await asyncio.wait([running])

    assert answer.exception() is None
    assert "Kafka" in trouble
    assert [bodies for _, bodies in topic.batches] == [[b"1"], [b"2"]]


async def test_a_failed_batch_goes_to_the_spool_and_the_producer_is_replaced(publisher, topic, clock):
    topic.error = KafkaError("out of order")
    topic.answers.clear()
    [failed] = publish(publisher, clock, b"1")
    await settle()
    topic.error = None
    topic.answers.set()
    await settle()

    assert failed.exception() is None
    assert topic.opened_count == 2
    assert [bodies for _, bodies in topic.batches] == [[b"1"], [b"1"]]


async def test_what_kafka_failed_to_take_from_the_spool_stays_there(publisher, topic, spool, clock):
    topic.answers.clear()
    topic.error = KafkaError("out of order")
    spool.records.append((None, b"left", 1, [*ORIGIN]))
    await asyncio.sleep(TICK_S * 3)
    kept, topic.error = spool.bodies, None
    topic.answers.set()
    await settle()

    assert kept == [b"left"]
    assert [bodies for _, bodies in topic.batches] == [[b"left"], [b"left"]]
    assert spool.is_empty


class StrictTopic(FakeTopic):
    """Takes no batch with a callback that is too large."""

    async def write(self, partition: int, records: list[Outgoing]) -> None:
        if any(body == b"large" for _, body, _, _ in records):
            raise MessageSizeTooLargeError
        await super().write(partition, records)


async def test_a_callback_that_kafka_will_never_take_is_put_aside_and_stops_nobody(spool, clock):
    publisher = Publisher(topic := StrictTopic(), spool, waiting_limit=100, clock=clock, linger_s=0)
    running = asyncio.create_task(publisher.run())
    await settle()
    answers = publish(publisher, clock, b"1", b"large", b"2", b"3")
    for _ in range(5):
        await settle()
    running.cancel()
    await asyncio.wait([running])

    assert [answer.exception() for answer in answers] == [None] * 4
    assert spool.aside == [b"large"]
    assert [body for _, bodies in topic.batches for body in bodies] == [b"1", b"2", b"3"]


async def test_a_disk_that_stalls_is_not_waited_for_without_end(publisher, topic, spool, clock):
    topic.acknowledges.clear()
    publish(publisher, clock, b"1")
    await settle()
    clock.advance(BUDGET_S)
    publisher.expire()
    spool.unsettled_count = 8

    with pytest.raises(NotDurable, match="disk"):
        publish(publisher, clock, b"2")


async def test_an_error_that_nobody_expects_ends_the_publisher(topic, clock):
    publisher = Publisher(topic, FakeSpool(), waiting_limit=4, clock=clock, linger_s=0)
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
