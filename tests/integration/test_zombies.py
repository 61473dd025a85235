"""A worker that was away while another took over comes back, on a real Kafka, and nothing is lost by it.

Two ways to be away: asleep, and cut off from the brokers. The one who is asleep cannot look at its clock before it
wakes; the one who is cut off has a clock, and writes under way that arrive when the network is back.
"""

import asyncio
import signal

import pytest

from tests.support.stalling_proxy import StallingProxy
from tests.support.streams_counting import PAUSE, Crowd
from tests.support.streams_installation import Installation, Stages, until

pytestmark = [pytest.mark.broker, pytest.mark.long]


def has_loaded_twice(stages: Stages) -> bool:
    """Whether it was given partitions a second time."""
    return stages.log.read_text().count('"state_loaded"') > 1


async def test_who_slept_past_its_session_ends_on_waking_and_nothing_is_lost(house: Installation):
    crowd, over = Crowd(house), asyncio.Event()
    sleeper = await house.start("count", **{PAUSE: "0.1"}).ready()
    successor = await house.start("count").ready()
    feeding = asyncio.create_task(crowd.feed_until(over))
    await asyncio.sleep(2)
    sleeper.send(signal.SIGSTOP)
    await until(lambda: has_loaded_twice(successor), of=successor)
    await asyncio.sleep(2)
    sleeper.send(signal.SIGCONT)
    ended = await sleeper.ended()
    over.set()
    await feeding

    assert ended == 1
    assert "overslept" in sleeper.log.read_text()
    assert await crowd.wrongs() == []
    assert successor.process.poll() is None


async def test_who_was_cut_off_with_empty_hands_takes_up_what_others_did_meanwhile(broker: str, house: Installation):
    """What has come for it meanwhile may reach it before it hears that it is out; then it ends and is started again."""
    crowd = Crowd(house)
    with StallingProxy(broker) as proxy:
        cut_off = await house.start("count", TIDINGS_KAFKA__BOOTSTRAP_SERVERS=proxy.bootstrap).ready()
        await crowd.feed(200)
        wrongs_before = await crowd.wrongs()
        proxy.stall()
        await house.start("count").ready()
        await crowd.feed(200)
        wrongs_without = await crowd.wrongs()
        proxy.resume()
        await until(lambda: has_loaded_twice(cut_off) or cut_off.process.poll() is not None)
        if cut_off.process.poll() is not None:
            cut_off = house.start("count")
        await cut_off.ready()
        await crowd.feed(200)

        assert wrongs_before == wrongs_without == await crowd.wrongs() == []
        assert cut_off.process.poll() is None


async def test_who_held_a_batch_while_it_was_cut_off_does_not_go_on_with_it(broker: str, house: Installation):
    """All that there is to count has arrived before, so the late one comes back when all is read."""
    crowd = Crowd(house)
    with StallingProxy(broker) as proxy:
        cut_off = await house.start(
            "count",
            **{
                PAUSE: "0.1",
                "TIDINGS_STREAMS__MAX_BATCH": "20",
                "TIDINGS_KAFKA__BOOTSTRAP_SERVERS": proxy.bootstrap,
            },
        ).ready()
        await crowd.feed(2000)
        await asyncio.sleep(1)
        proxy.stall()
        successor = await house.start("count").ready()
        wrongs_without = await crowd.wrongs()
        proxy.resume()
        await until(lambda: cut_off.process.poll() is not None, limit_s=30)
        await crowd.feed(40)

        assert wrongs_without == []
        assert await crowd.wrongs() == []
        assert cut_off.process.returncode == 1
        assert "no longer counts this member in" in cut_off.log.read_text()
        assert successor.process.poll() is None
