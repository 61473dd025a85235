"""What is written is acknowledged, in order, on the right partition; or somebody hears of it."""

import asyncio

import pytest

from contracts.errors import BrokerUnavailable, WorldMoved
from runtime.partitioner import partition_of
from streams.engine import writer as module
from streams.engine.guard import SleepGuard
from streams.engine.lease import Lease
from streams.engine.stage import Output
from streams.engine.writer import Writer
from tests.support.streams_producer import FakeProducer

PARTITIONS = 4


async def counted_in() -> bool:
    return True


async def counted_out() -> bool:
    return False


def a_writer(producer: FakeProducer, guard: SleepGuard | None = None, ask=counted_in) -> Writer:
    names = {"reports": "t-reports-v1", "inbound": "t-inbound-v1"}
    lease = Lease(1000, ask)
    return Writer(producer, guard or SleepGuard(1000), lease=lease, names=names, partitions=PARTITIONS)


def outputs(*keys: bytes) -> list[Output]:
    return [Output(key, b"value %d" % number, 7, []) for number, key in enumerate(keys)]


async def test_records_go_to_the_partitions_of_their_keys_in_order():
    producer = FakeProducer()
    await a_writer(producer).write({"reports": outputs(b"a", b"b", b"a", b"c")})

    assert producer.values("t-reports-v1", partition_of(b"a", PARTITIONS))[:2] == [b"value 0", b"value 2"]
    assert sum(len(producer.values("t-reports-v1", number)) for number in range(PARTITIONS)) == 4


async def test_changes_go_where_they_are_told_and_their_first_offset_is_known():
    producer = FakeProducer()
    producer.logs["t-state", 3] = [b"there before"] * 5

    assert await a_writer(producer).write_changes("t-state", {3: [(b"a", b"1"), (b"b", None)]}) == {3: 5}
    assert producer.values("t-state", 3)[5:] == [b"1", None]


async def test_a_refusal_is_heard():
    producer = FakeProducer(refusal=RuntimeError("too large"))

    with pytest.raises(RuntimeError, match="too large"):
        await a_writer(producer).write({"reports": outputs(b"a")})


async def test_a_broker_that_never_answers_is_given_up_with_what_to_do(monkeypatch):
    monkeypatch.setattr(module, "DELIVERY_TIMEOUT_S", 0.05)

    with pytest.raises(BrokerUnavailable, match="not known"):
        await a_writer(FakeProducer(answers=False)).write({"reports": outputs(b"a")})


async def test_who_overslept_sends_nothing():
    now, producer = [0.0], FakeProducer()

    def end(_slept_s):
        raise asyncio.CancelledError

    guard = SleepGuard(10, clock=lambda: now[0], end=end)
    now[0] = 9.0
    with pytest.raises(asyncio.CancelledError):
        await a_writer(producer, guard).write({"reports": outputs(b"a")})

    assert producer.logs == {}


async def test_who_is_no_member_any_more_sends_nothing():
    producer = FakeProducer()
    with pytest.raises(WorldMoved, match="no longer counts"):
        await a_writer(producer, ask=counted_out).write({"reports": outputs(b"a")})

    assert producer.logs == {}


async def test_nothing_to_write_is_written_at_once():
    await a_writer(FakeProducer(answers=False)).write({})
