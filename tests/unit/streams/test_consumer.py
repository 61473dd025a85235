"""What is carried is offered for commit until it is committed; and what a silent member died of is found."""

import asyncio
from functools import partial
from types import SimpleNamespace

import pytest
import uvloop
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from runtime.settings import KafkaSettings, Settings
from streams.engine.app import make_app
from streams.engine.consumer import ENOUGH, BatchConsumer
from streams.engine.faust_names import coordinator_failure

HERE, THERE = TP("callbacks", 0), TP("callbacks", 1)


class FakeConsumer(BatchConsumer):
    """Without the client behind it; each commit is answered from a list."""

    def __init__(self, owned, answers):
        self._owned, self._answers = owned, list(answers)
        self.taker = SimpleNamespace(name="track")
        self._carried = {}
        self.refused_commits = 0
        self.committed = []

    def assignment(self):
        return self._owned

    async def _commit(self, offsets):
        self.committed.append(dict(offsets))
        return self._answers.pop(0)


async def test_what_was_refused_is_offered_again_with_the_next():
    consumer = FakeConsumer({HERE, THERE}, [False, True])
    consumer._carried = {HERE: 5, THERE: 7}
    first = await consumer.force_commit()
    consumer._carried[HERE] = 9
    second = await consumer.force_commit()

    assert (first, second) == (False, True)
    assert consumer.committed == [{HERE: 5, THERE: 7}, {HERE: 9, THERE: 7}]


async def test_what_belongs_to_another_now_is_not_committed():
    consumer = FakeConsumer({HERE}, [True])
    consumer._carried = {HERE: 5, THERE: 7}
    await consumer.force_commit()

    assert consumer.committed == [{HERE: 5}]


async def test_nothing_carried_asks_nobody():
    assert await FakeConsumer({HERE}, []).force_commit() is False


async def test_refusals_are_counted_in_a_row():
    consumer = FakeConsumer({HERE}, [False, False, True, False])
    counts = []
    for offset in range(4):
        consumer._carried = {HERE: offset}
        await consumer.force_commit()
        counts.append(consumer.refused_commits)

    assert counts == [1, 2, 0, 1]


@pytest.fixture
def without_faust(monkeypatch):
    """Of the methods that are replaced, only what the replacement adds."""

    async def nothing(_consumer, *_given):
        """faust's part."""

    for name in ("wait_empty", "on_partitions_revoked"):
        monkeypatch.setattr(driver.Consumer, name, nothing)


@pytest.mark.usefixtures("without_faust")
async def test_before_a_partition_is_given_back_what_was_carried_of_it_is_committed():
    """The commit timer may have been under way, and did not see the last batch."""
    consumer = FakeConsumer({HERE}, [True])
    consumer.is_idle = asyncio.Event()
    waiting = asyncio.create_task(consumer.wait_empty())
    await asyncio.sleep(0)
    consumer._carried = {HERE: 5}
    consumer.is_idle.set()
    await waiting

    assert consumer.committed == [{HERE: 5}]


@pytest.mark.usefixtures("without_faust")
async def test_what_was_refused_is_forgotten_with_the_partition():
    """When it comes back, another has gone on, and a commit of ours would put the group back."""
    consumer = FakeConsumer({HERE}, [False])
    consumer._carried = {HERE: 5}
    await consumer.force_commit()
    await consumer.on_partitions_revoked({HERE})

    assert consumer._carried == {}


def a_member(*, pending=None, ended_by=None, is_done=False):
    task = SimpleNamespace(done=lambda: is_done, cancelled=lambda: False, exception=lambda: ended_by)
    coordinator = SimpleNamespace(_pending_exception=pending, _coordination_task=task)
    return SimpleNamespace(_thread=SimpleNamespace(_consumer=SimpleNamespace(_coordinator=coordinator)))


@pytest.mark.parametrize(
    ("member", "failure"),
    [
        pytest.param(a_member(), None, id="at work"),
        pytest.param(a_member(pending=RuntimeError("parked")), "parked", id="an error that waits to be asked for"),
        pytest.param(a_member(ended_by=RuntimeError("over"), is_done=True), "over", id="its task has failed"),
        pytest.param(a_member(is_done=True), None, id="its task has ended in order"),
        pytest.param(SimpleNamespace(_thread=SimpleNamespace(_consumer=None)), None, id="not started yet"),
    ],
)
def test_what_a_group_member_died_of(member, failure):
    found = coordinator_failure(member)

    assert (str(found) if found else None) == failure


async def test_a_batch_that_fails_ends_the_stage_and_is_not_committed():
    crashed = []

    class Taker:
        async def carry(self, fetched):
            raise RuntimeError("the broker is gone")

    consumer = FakeConsumer({HERE}, [])
    consumer.taker, consumer.is_idle = Taker(), asyncio.Event()
    consumer.crash = lambda exc: asyncio.sleep(0, crashed.append(exc))
    await consumer._carry({HERE: [SimpleNamespace(offset=4)]}, 1)

    assert [str(exc) for exc in crashed] == ["the broker is gone"]
    assert (consumer._carried, consumer.is_idle.is_set()) == ({}, True)


class FetchingConsumer(BatchConsumer):
    """A client whose position moves when it gives records, as the real one's does, and a group that may change."""

    def __init__(self):
        self.app = SimpleNamespace(consumer_generation_id=1)
        self.taker = SimpleNamespace(is_held=lambda place: False)
        self.is_idle = asyncio.Event()
        self.carried, self.at = [], 0
        self.may_answer = asyncio.Event()
        self._carried, self._dropped, self._fetch, self._fetch_generation = {}, {}, None, -1
        self._pace = SimpleNamespace(follow=lambda **_: None)

    def is_live(self):
        return True

    def assignment(self):
        return {HERE}

    async def position(self, place):
        return self.at

    async def seek(self, place, offset):
        self.at = offset

    async def _getmany(self, wanted, _wait_s):
        await self.may_answer.wait()
        fetched = [SimpleNamespace(offset=offset) for offset in range(self.at, 3)]
        self.at = 3
        return {HERE: fetched} if fetched else {}

    async def _carry(self, fetched, _generation):
        self.carried += [record.offset for record in fetched[HERE]]


async def test_what_came_while_the_group_changed_is_fetched_again():
    consumer = FetchingConsumer()
    fetching = asyncio.create_task(consumer._fetch_and_carry())
    await asyncio.sleep(0)
    consumer.app.consumer_generation_id = 2
    consumer.may_answer.set()
    await fetching
    await consumer._fetch_and_carry()

    assert consumer.carried == [0, 1, 2]


async def test_what_was_fetched_for_a_generation_that_is_over_is_not_carried():
    """In the new one the partition may be another's."""
    consumer = FetchingConsumer()
    fetching = asyncio.create_task(consumer._fetch_and_carry())
    await asyncio.sleep(0)
    consumer.app.consumer_generation_id = 2
    consumer.may_answer.set()
    await fetching

    assert consumer.carried == []


async def test_what_came_after_the_loop_was_cancelled_is_fetched_again():
    consumer = FetchingConsumer()
    fetching = asyncio.create_task(consumer._fetch_and_carry())
    await asyncio.sleep(0)
    fetching.cancel()
    await asyncio.gather(fetching, return_exceptions=True)
    consumer.app.consumer_generation_id = 2
    consumer.may_answer.set()
    await consumer._fetch_and_carry()
    await consumer._fetch_and_carry()

    assert consumer.carried == [0, 1, 2]


async def test_a_position_that_was_put_back_further_stays_there():
    consumer = FetchingConsumer()
    consumer.at, consumer._dropped = 0, {HERE: 2}
    consumer.may_answer.set()
    await consumer._fetch_and_carry()

    assert consumer.carried == [0, 1, 2]


async def test_its_thread_is_on_uvloop_and_closes_that_loop_when_it_ends():
    """A process that makes many of them would run out of files."""
    settings = Settings(kafka=KafkaSettings(bootstrap_servers="127.0.0.1:1"))
    app = make_app("track", [HERE.topic], settings, taker=SimpleNamespace(name="track"))
    consumer = app.transport.create_consumer(print, on_partitions_revoked=print, on_partitions_assigned=print)
    thread = consumer._thread
    thread._serve = partial(asyncio.sleep, 0)
    await asyncio.to_thread(thread._start_thread)

    assert isinstance(thread.thread_loop, uvloop.Loop)
    assert thread.thread_loop.is_closed()


@pytest.mark.parametrize(
    ("count", "told"),
    [
        pytest.param(0, {"has_come": False, "is_much": False}, id="nothing"),
        pytest.param(ENOUGH - 1, {"has_come": True, "is_much": False}, id="something"),
        pytest.param(ENOUGH, {"has_come": True, "is_much": True}, id="enough not to wait for more"),
    ],
)
def test_its_pace_follows_what_a_fetch_brought(count, told):
    consumer, heard = FakeConsumer({HERE}, []), []
    consumer._pace = SimpleNamespace(follow=lambda **what: heard.append(what))
    consumer._keep_pace(count)

    assert heard == [told]
