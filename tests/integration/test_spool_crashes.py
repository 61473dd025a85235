"""A 200 is a promise: killed at any step of the spool, what was answered is in Kafka afterwards."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count, pairwise

import httpx2
import pytest

from runtime.broker import LocalBroker
from tests.support.fake_provider import signature
from tests.support.illness import asleep
from tests.support.running_ingest import RunningIngest, running_ingest

pytestmark = [pytest.mark.broker, pytest.mark.long]


@pytest.fixture(scope="module")
def ill_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBroker]:
    with LocalBroker(tmp_path_factory.mktemp("spool-broker")) as broker:
        yield broker


@asynccontextmanager
async def calling(ingest: RunningIngest, *, callers: int = 4) -> AsyncIterator[list[bytes]]:
    """Callers that post one callback after the other; what was answered 200, in order of the answers."""
    taken: list[bytes] = []

    async def post_on(name: int) -> None:
        async with httpx2.AsyncClient(timeout=30) as client:
            for number in count():
                body = b"%d-%d" % (name, number)
                try:
                    answer = await client.post(ingest.url, content=body, headers={"x-signature": signature(body)})
                except httpx2.TransportError:
                    await asyncio.sleep(0.05)
                else:
                    taken.extend([body] * (answer.status_code == 200))
                    await asyncio.sleep(0.01)  # hundreds of callbacks a second are enough

    tasks = [asyncio.create_task(post_on(name)) for name in range(callers)]
    try:
        yield taken
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def ended(ingest: RunningIngest) -> int:
    return await asyncio.to_thread(ingest.process.wait, 30)


@pytest.mark.parametrize("step", ["spool.appended:20", "spool.synced:20", "spool.drained:1", "ingest.acknowledged:20"])
async def test_killed_at_any_step_nothing_is_lost_that_was_answered(ill_broker, tmp_path, step):
    settings = {"connection": "ack_budget_s = 0.5", "crash_at": step}
    with running_ingest(ill_broker.bootstrap, tmp_path, **settings) as ingest:
        async with calling(ingest) as taken:
            if step.startswith("spool"):
                with asleep(ill_broker):
                    while ingest.process.poll() is None and len(taken) < 100:  # noqa: ASYNC110  # another process
                        await asyncio.sleep(0.02)
            status = await ended(ingest)
        ingest.start_again()
        in_topic = await asyncio.to_thread(ingest.drained)

    assert status == -signal.SIGKILL
    assert set(taken) <= {callback.body for callback in in_topic}


async def test_in_every_partition_callbacks_stand_in_the_order_of_their_receipt(ill_broker, tmp_path):
    """Through an outage, the turn to the spool, the draining and the turn back, and under load."""
    with running_ingest(ill_broker.bootstrap, tmp_path, connection="ack_budget_s = 1") as ingest:
        async with calling(ingest) as taken:
            await asyncio.sleep(0.5)
            with asleep(ill_broker):
                await asyncio.sleep(3)
            await asyncio.to_thread(ingest.drained)
            before = len(taken)
            while len(taken) < before + 100:  # noqa: ASYNC110  # what is waited for happens in another process
                await asyncio.sleep(0.02)
        partitions = await asyncio.to_thread(ingest.written_by_partition)

    first_times = [list(dict.fromkeys((one.received_at, one.body) for one in partition)) for partition in partitions]
    assert all(earlier[0] <= later[0] for partition in first_times for earlier, later in pairwise(partition))
    assert set(taken) <= {one.body for partition in partitions for one in partition}


async def test_two_processes_share_a_spool_directory_and_one_drains_what_the_other_left(ill_broker, tmp_path):
    with (
        running_ingest(ill_broker.bootstrap, tmp_path, connection="ack_budget_s = 0.2") as heir,
        running_ingest(ill_broker.bootstrap, tmp_path, connection="ack_budget_s = 0.2", kafka=heir.kafka) as mortal,
    ):
        with asleep(ill_broker):
            async with calling(heir) as taken_by_heir, calling(mortal) as taken_by_mortal:
                await asyncio.sleep(2)
            runs = len(list(heir.spool.iterdir()))
            mortal.process.kill()
        await ended(mortal)
        in_topic = await asyncio.to_thread(heir.drained)

    assert runs == 2
    assert taken_by_heir
    assert taken_by_mortal
    assert {*taken_by_heir, *taken_by_mortal} <= {callback.body for callback in in_topic}
