"""Workers come and go on a real Kafka: nothing is lost, and while the brokers are well nothing is repeated either."""

import asyncio
import json
import random
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.broker import LocalBroker
from tests.support.streams_counting import Crowd
from tests.support.streams_installation import Installation, Stages, until

pytestmark = [pytest.mark.broker, pytest.mark.long]

SELDOM = {"TIDINGS_STREAMS__COMMIT_INTERVAL_S": "60"}
"""So that whatever is committed is committed because a partition is given back."""
LONG_SESSION = {"TIDINGS_STREAMS__SESSION_TIMEOUT_S": "20"}
"""Longer than a restart takes."""
WORKERS = 4


@pytest.fixture
def partitions() -> int:
    """One for each worker, however many there are."""
    return WORKERS


def generations(stages: Stages) -> list[int]:
    """In which generations of the group it was given partitions."""
    lines = [json.loads(line) for line in stages.log.read_text().splitlines() if line.startswith("{")]
    return [line["generation"] for line in lines if line["event"] == "state_loaded"]


async def repeats(house: Installation) -> int:
    """How many outputs were written a second time."""
    ids = [dict(record.headers)["ce_id"] for record in await house.read("updates")]
    return len(ids) - len(set(ids))


async def test_joins_in_quick_succession_while_nothing_is_committed_yet_lose_nothing(house: Installation):
    """A fetch that is under way across a change has moved the position, and no commit is there to put it back."""
    crowd, chance, over = Crowd(house), random.Random(1), asyncio.Event()
    feeding = asyncio.create_task(crowd.feed_until(over))
    workers = []
    for _ in range(WORKERS):
        workers.append(house.start("count", **SELDOM, **LONG_SESSION))
        await asyncio.sleep(chance.uniform(0.1, 1.5))
    for worker in workers:
        await worker.ready()
    over.set()
    await feeding

    assert await crowd.wrongs() == []
    assert await repeats(house) == 0
    assert [worker.process.poll() for worker in workers] == [None] * WORKERS


async def test_a_rolling_restart_of_replicas_with_names_of_their_own_moves_nothing(house: Installation):
    crowd, over = Crowd(house), asyncio.Event()
    replicas = {
        name: await house.start("count", replica=name, **LONG_SESSION, **SELDOM).ready() for name in ("one", "two")
    }
    await replicas["one"].ready()
    feeding = asyncio.create_task(crowd.feed_until(over))
    before = {name: generations(replica)[-1] for name, replica in replicas.items()}
    after = {}
    for name, replica in replicas.items():
        replica.send(signal.SIGTERM)
        await replica.ended()
        after[name] = await house.start("count", replica=name, **LONG_SESSION, **SELDOM).ready()
    over.set()
    await feeding

    assert await crowd.wrongs() == []
    assert await repeats(house) == 0
    assert {generation for replica in after.values() for generation in generations(replica)} == {max(before.values())}


async def test_two_processes_with_one_name_do_not_take_turns_for_ever(house: Installation):
    """Kafka fences neither; each takes the membership from the other, and nothing of either could be committed."""
    crowd, over = Crowd(house), asyncio.Event()
    feeding = asyncio.create_task(crowd.feed_until(over))
    twins = [house.start("count", replica="one"), house.start("count", replica="one")]
    await until(lambda: any(twin.process.poll() is not None for twin in twins), limit_s=90)
    over.set()
    await feeding
    for twin in twins:
        twin.kill()
    told = [twin.log.read_text() for twin in twins]
    await house.start("count", replica="one").ready()

    assert any("streams.instance_id" in log for log in told)
    assert await crowd.wrongs() == []


async def test_a_broker_that_is_killed_under_load_and_comes_back_loses_nothing(
    own_broker: Callable[[], LocalBroker], tmp_path: Path
):
    broker = own_broker()
    async with Installation(broker.bootstrap, tmp_path, WORKERS) as house:
        crowd, over = Crowd(house), asyncio.Event()
        stages = await house.start("count").ready()
        feeding = asyncio.create_task(crowd.feed_until(over))
        await asyncio.sleep(2)
        await asyncio.to_thread(broker.kill)
        await until(lambda: stages.get("/readyz")[0] == 503, of=stages)
        alive_through_it = stages.get("/healthz")[0]
        await asyncio.to_thread(broker.start)
        await stages.ready()
        await asyncio.sleep(2)
        over.set()
        await feeding

        assert alive_through_it == 200
        assert await crowd.wrongs() == []
        assert stages.process.poll() is None
