"""The changelog is read back whole, whatever a real broker has made of its log, and defended while it is owned."""

from itertools import count

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from contracts.errors import BrokerUnavailable
from contracts.identity import attempt_key
from runtime.partitioner import partition_of
from streams.engine.changelog import ChangelogReader
from streams.engine.state import MARKS_KEY, PartitionState
from streams.track.stage import TRACK
from tests.support.ledger_provider import body_of, status
from tests.support.streams_installation import OBSERVED, Installation

pytestmark = pytest.mark.broker


def a_batch(epoch: int, **values: str | None) -> list[tuple[bytes, bytes | None, None, list]]:
    """Changelog records as an owner of that epoch writes them, the marks left out."""
    state = PartitionState(TRACK.reads)
    state.begin(epoch)
    for key, value in values.items():
        state.put(key.encode(), None if value is None else value.encode())
    return [(key, entry, None, []) for key, entry in state.changes() if key != MARKS_KEY]


def states(*numbers: int) -> dict[int, PartitionState]:
    return {number: PartitionState(TRACK.reads) for number in numbers}


@pytest.mark.parametrize("partitions", [3])
async def test_each_partition_is_read_to_its_end(house: Installation):
    await house.write("track-state", 0, a_batch(1, a="1", b="2") + a_batch(2, a="3", b=None))
    await house.write("track-state", 2, a_batch(1, c="4"))
    loaded = states(0, 1, 2)
    async with ChangelogReader(house.kafka, house.name("track-state")) as changelog:
        ends = await changelog.load(loaded)

    assert ends == {0: 4, 1: 0, 2: 1}
    assert (loaded[0].get(b"a"), loaded[0].get(b"b"), loaded[2].get(b"c")) == (b"3", None, b"4")


async def test_a_log_that_no_longer_begins_at_zero_is_read_from_where_it_does(house: Installation):
    await house.write("reports", 0, [(b"k", b"%d" % number, None, []) for number in range(9)])
    place = TopicPartition(house.name("reports"), 0)
    admin = AIOKafkaAdminClient(bootstrap_servers=house.bootstrap)
    await admin.start()
    await admin.delete_records({place: RecordsToDelete(before_offset=7)})
    await admin.close()
    async with ChangelogReader(house.kafka, house.name("reports")) as log:
        unread = [await log.unread(house.name("reports"), {0: read}) for read in (0, 8, 9)]
        keys = await log.keys_between(0, 0, 9)

    assert unread == [{0: 9}, {0: 9}, {}]
    assert keys == {b"k"}


async def test_a_log_of_which_all_is_gone_holds_nothing_unread(house: Installation):
    await house.write("reports", 0, [(b"k", b"v", None, [])])
    place = TopicPartition(house.name("reports"), 0)
    admin = AIOKafkaAdminClient(bootstrap_servers=house.bootstrap)
    await admin.start()
    await admin.delete_records({place: RecordsToDelete(before_offset=1)})
    await admin.close()
    async with ChangelogReader(house.kafka, house.name("reports")) as log:
        assert await log.unread(house.name("reports"), {0: 0}) == {}


async def test_records_that_do_not_come_are_not_waited_for_without_end(house: Installation):
    await house.write("track-state", 0, a_batch(1, a="1", b="2"))
    ticks = count(step=10.0)
    async with ChangelogReader(house.kafka, house.name("track-state"), clock=lambda: next(ticks)) as changelog:
        with pytest.raises(BrokerUnavailable, match="none came"):
            await changelog.keys_between(0, 0, 99)


async def test_only_the_keys_of_the_range_are_named(house: Installation):
    await house.write("track-state", 0, a_batch(1, a="1", b="2", c="3", d="4"))
    async with ChangelogReader(house.kafka, house.name("track-state")) as changelog:
        assert await changelog.keys_between(0, 1, 3) == {b"b", b"c"}


@pytest.mark.long
async def test_an_owner_writes_its_state_over_what_a_forgotten_one_wrote(house: Installation):
    names = [f"m{number}" for number in range(50)]
    keys = {name: attempt_key("ledger", OBSERVED, name) for name in names}
    first, second = [name for name in names if partition_of(keys[name], house.partitions) == 0][:2]
    await house.start().ready()
    await house.call_back(body_of(status(first, "delivered")))
    await house.updates(at_least=1)
    ours = [record for record in await house.read("track-state") if record.key == keys[first]]
    await house.write("track-state", 0, [(keys[first], b"\x00" * 40 + b"of long ago", None, [])])
    await house.call_back(body_of(status(second, "sent")))
    await house.updates(at_least=2)
    after = [record for record in await house.read("track-state") if record.key == keys[first]]

    assert [record.value for record in after][-1] == ours[-1].value
    assert len(after) == len(ours) + 2
