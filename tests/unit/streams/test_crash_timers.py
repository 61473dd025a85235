"""Track is killed at every step while times come that it had set: parked attempts given up, silent ones forgotten.

Kafka is in memory, as in the other crashes; the hours pass with every batch, also while nobody lives.
"""

import random
from collections import Counter
from datetime import timedelta

import pytest

from contracts.codec import decode
from contracts.records import DeliveryReport, StatusChanged
from contracts.vocabulary import Verdict
from runtime.clock import FixedClock
from streams.engine.carrier import Carrier
from streams.track.machine import Rules
from streams.track.stage import TRACK, TrackBatch
from tests.support.killed_track import ATTEMPTS, a_world, read_by_the_sink
from tests.support.streams_timed import START, TimedWorker
from tests.support.streams_world import KilledError, StateBeforeOutputs, World

SEEDS = range(100)
HOUR_MS = 3_600_000
RULES = Rules(is_observed_only=False, keep_s=86_400, parking_ms=3 * HOUR_MS, keep_final_ms=100 * HOUR_MS)
DECIDE = TrackBatch({}, otherwise=RULES)


def a_world_with_strays(chance: random.Random) -> World:
    """Two attempts are never registered; the registration of some comes when they were given up."""
    world = a_world(chance)
    strays = {b"p:c:m0", b"p:c:m1"}
    world.arriving = [(word, row) for word, row in world.arriving if word == "reports" or row[0] not in strays]
    return world


async def lives(seed: int, *, hours: int, carrier: type[Carrier] = Carrier) -> World:
    chance, committed = random.Random(seed), {}
    world = a_world_with_strays(chance)
    late = [(word, row) for word, row in world.arriving if word == "attempts" and chance.random() < 0.5]
    world.arriving = [one for one in world.arriving if one not in late]
    clock = FixedClock(START)
    for generation in range(1, 9):
        world.steps_left = chance.randint(0, 30) if generation < 8 else None
        if generation == 5:  # by then somebody may have given them up, and somebody may not
            world.arriving += late
        worker = TimedWorker(world, TRACK, DECIDE, chance, committed, carrier, clock=clock)
        try:
            await worker.live_until(generation, START + timedelta(hours=hours * generation / 8))
        except KilledError:
            continue
    return world


def wrongs(world: World) -> list[str]:
    """What the sink would have to complain about."""
    updates = [update for _, update in read_by_the_sink(world)]
    told = Counter(update.report.cause.offset for update in updates if update.report)
    written = {decode(DeliveryReport, record.value).cause.offset for record in world.all_of("reports")}
    found = [f"report {offset} told {told[offset]} times" for offset in written if told[offset] != 1]
    unclaimed = Counter(update.attempt_id for update in updates if update.verdict is Verdict.UNCLAIMED)
    found += [f"{attempt} given up {times} times" for attempt, times in unclaimed.items() if times != 1]
    parked, released = parked_and_released(updates)
    found += [f"{parked} parked and {released} released"] * (parked != released)
    registered = Counter(update.message_id for update in updates if update.registration)
    found += ["a registration told twice or never"] * (
        set(registered.values()) != {1} or len(registered) != ATTEMPTS - 2
    )
    return found + ["a stray that was not given up"] * (len(unclaimed) < 2)


def parked_and_released(updates: list[StatusChanged]) -> tuple[int, int]:
    parked = sum(update.verdict is Verdict.PARKED for update in updates)
    return parked, sum(update.released_applied_count + update.released_outranked_count for update in updates)


@pytest.mark.parametrize("seed", SEEDS)
async def test_each_attempt_is_given_up_once_or_registered_whatever_crashed(seed):
    assert wrongs(await lives(seed, hours=24)) == []


async def test_some_were_registered_after_they_were_given_up():
    """Or the test above would not have looked at that."""
    late = 0
    for seed in SEEDS:
        updates = [update for _, update in read_by_the_sink(await lives(seed, hours=24))]
        given_up = {update.attempt_id for update in updates if update.verdict is Verdict.UNCLAIMED}
        late += sum(update.attempt_id in given_up for update in updates if update.registration)

    assert late > len(SEEDS) // 2


@pytest.mark.parametrize("seed", range(30))
async def test_in_the_end_nothing_is_remembered_and_nothing_told_of_that(seed):
    world = await lives(seed, hours=24 * 60)

    assert sum(map(len, world.remembered(TRACK))) == 0
    assert wrongs(world) == []


async def test_control_state_before_outputs_gives_attempts_up_in_silence():
    found = [wrong for seed in SEEDS for wrong in wrongs(await lives(seed, hours=24, carrier=StateBeforeOutputs))]

    assert any("parked and" in wrong for wrong in found)


class DueInNoState(TrackBatch):
    """Gives up, and does not remember that it did."""

    def _keep_time(self, attempts, record, topic):
        before = attempts.get(record.key)
        label, update = super()._keep_time(attempts, record, topic)
        if update is not None:
            attempts.put(record.key, before, RULES)
        return label, update


async def test_control_what_does_not_remember_gives_up_twice(monkeypatch):
    monkeypatch.setattr(f"{__name__}.DECIDE", DueInNoState({}, otherwise=RULES))
    found = [wrong for seed in range(20) for wrong in wrongs(await lives(seed, hours=24))]

    assert any("given up" in wrong for wrong in found)
