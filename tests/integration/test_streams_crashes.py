"""Stages that are killed, joined, left and stopped, on a real Kafka: nothing lost, nothing counted twice."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.broker import LocalBroker
from tests.support.ledger_provider import body_of, status
from tests.support.streams_installation import OBSERVED, REGISTERED, Installation, told

pytestmark = [pytest.mark.broker, pytest.mark.long]

STATUSES = ("accepted", "sent", "delivered", "seen")


async def feed(house: Installation, numbers: range, *, pause_s: float = 0.0) -> None:
    """The lives of some messages, each told in order and its second report twice; every other one is registered."""
    for step, said in enumerate(("accepted", "sent", "sent", "delivered", "seen")):
        for first in range(numbers.start, numbers.stop, 100):
            portion = range(first, min(first + 100, numbers.stop))
            for connection, picked in ((OBSERVED, portion[::2]), (REGISTERED, portion[1::2])):
                await house.call_back(
                    *[body_of(status(f"m{number}", said)) for number in picked], connection=connection
                )
            await asyncio.sleep(pause_s)
        if step == 1:
            await house.register({f"m{number}": f"our-{number}" for number in numbers if number % 2})


def wrongs(updates: list) -> list[str]:
    """What a reader would have to complain about; `updates` are all that it takes."""
    places = Counter((update.report.cause.partition, update.report.cause.offset) for update in updates if update.report)
    found = [f"the callback at {place} is told {count} times" for place, count in places.items() if count != 1]
    final = Counter(update.report.root_id for update in updates if update.report and update.status == "seen")
    found += [f"{root} ended {count} times" for root, count in final.items() if count != 1]
    parked = sum(update.verdict == "parked" for update in updates)
    released = sum(update.released_applied_count + update.released_outranked_count for update in updates)
    found += [f"{parked} parked, {released} released"] * (parked != released)
    return found


async def test_killed_again_and_again_in_mid_load(house: Installation):
    messages, chance = range(300), random.Random(3)
    stages = await house.start(replica="one").ready()
    feeding = asyncio.create_task(feed(house, messages, pause_s=0.1))
    for _ in range(3):
        await asyncio.sleep(chance.uniform(0.3, 1.5))
        stages.kill()
        stages = await house.start(replica="one").ready()
    await feeding
    updates = told(await house.updates(at_least=5 * len(messages) + len(messages) // 2))

    assert wrongs(updates) == []
    assert Counter(bool(update.report) for update in updates) == {True: 5 * len(messages), False: len(messages) // 2}
    assert Counter(update.verdict == "repeated" for update in updates)[True] == len(messages)


async def test_a_second_worker_joins_and_the_first_leaves(house: Installation):
    first = await house.start().ready()
    feeding = asyncio.create_task(feed(house, range(200), pause_s=0.3))
    await asyncio.sleep(1)
    second = await house.start().ready()
    await asyncio.sleep(1)
    first.send(signal.SIGTERM)
    ended = await first.ended()
    await feeding
    updates = told(await house.updates(at_least=1100))

    assert ended == 0
    assert wrongs(updates) == []
    assert len(updates) == 1100
    assert len(await house.read("updates")) == 1100  # both changes were in order, so nothing was repeated at all
    assert second.process.poll() is None


async def test_a_stop_while_the_broker_is_away_ends_all_the_same(own_broker: Callable[[], LocalBroker], tmp_path: Path):
    broker = own_broker()
    async with Installation(broker.bootstrap, tmp_path, partitions=2) as house:
        stages = await house.start().ready()
        await asyncio.to_thread(broker.kill)
        stages.send(signal.SIGTERM)

        assert await stages.ended() in {0, 1}
