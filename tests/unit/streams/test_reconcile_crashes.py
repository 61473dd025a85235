"""The reconcile stage is killed at every step it takes: what is given up is given up once, and nothing unasked."""

import random

import pytest
from msgspec import structs

from contracts.codec import decode, encode
from contracts.envelope import VERDICT, Position, fixed_headers, with_id
from contracts.records import AttemptRegistered, LookUpDue, PresumedLost, StatusChanged
from contracts.status import DeliveryStatus
from contracts.vocabulary import Verdict
from streams.reconcile.schedule import Rules
from streams.reconcile.stage import RECONCILE, ReconcileBatch
from tests.support.reports import T0, T0_MS, report
from tests.support.streams_world import Worker, World

MINUTE = 60_000
DECIDE = ReconcileBatch(
    {
        ("ledger", "main"): Rules(
            account="default",
            first_after_ms=5 * MINUTE,
            again_after_ms=10 * MINUTE,
            remembers_ms=60 * MINUTE,
            keep_ms=10_000 * MINUTE,
        )
    }
)
MESSAGES = [f"message-{number}" for number in range(8)]
ENDED = MESSAGES[:4]
TIMES = [5, 6, 15, 30, 54, 64, 70, 200, 300]
"""In minutes. The timers may be late and send what came twice."""
LAST_TIMES = [1000, 1100, 1200, 1300]
"""When all that was said has been heard."""
SEEDS = range(30)


def registered(message: str) -> StatusChanged:
    told = AttemptRegistered(
        provider="ledger", connection="main", account="default", root_id=f"root of {message}", registered_at=T0
    )
    return StatusChanged(
        verdict=Verdict.REGISTERED,
        attempt_id=f"attempt of {message}",
        status=DeliveryStatus.ACCEPTED,
        message_id=message,
        registration=told,
    )


def ended(message: str) -> StatusChanged:
    return structs.replace(
        registered(message),
        verdict=Verdict.APPLIED,
        status=DeliveryStatus.DELIVERED,
        registration=None,
        report=report("delivered", root_id=f"root of {message}"),
    )


def a_world(chance: random.Random) -> World:
    """Registrations, then in any order ends and times; some ends are told twice by a crash upstream."""
    world = World(is_compacted=chance.random() < 0.5)
    updates = [registered(message) for message in MESSAGES] + [ended(message) for message in ENDED]
    rows = []
    for offset, update in enumerate(updates):
        headers = with_id(fixed_headers("update", "track"), Position("test-reports", 0, offset).event_id)
        row = (
            update.message_id.encode(),
            encode(update),
            [*headers, (VERDICT, update.verdict.value.encode())],
            T0_MS + offset,
        )
        rows += [("updates", row)] * (1 + (chance.random() < 0.2))
    times = times_of(chance, TIMES)
    # The times of a key come in their order, whatever stands between them.
    places = sorted(chance.sample(range(len(rows) + len(times)), len(rows)))
    for place, row in zip(places, rows, strict=True):
        times.insert(place, row)
    world.arriving = times
    return world


def times_of(chance: random.Random, minutes: list[int]) -> list:
    return [
        ("reconcile-due", (message.encode(), b"{}", [], T0_MS + at * MINUTE))
        for at in minutes
        for message in MESSAGES
        for _ in range(1 + (chance.random() < 0.2))
    ]


async def lived(world: World, chance: random.Random) -> int:
    """How often it was killed before it came to the end."""
    worker = Worker(world, RECONCILE, DECIDE, chance, {})
    kills = await worker.outlive(lives=12, steps=25)
    world.arriving = times_of(chance, LAST_TIMES)
    await worker.live(13)
    return kills


@pytest.mark.parametrize("seed", SEEDS)
async def test_whenever_it_dies_each_attempt_is_given_up_once_and_after_a_question(seed):
    chance = random.Random(seed)
    world = a_world(chance)
    await lived(world, chance)
    lost = [decode(PresumedLost, record.value).message_id for record in world.taken("presumed-lost")]
    asked = {decode(LookUpDue, record.value).root_id for record in world.taken("look-ups")}

    assert len(lost) == len(set(lost))
    assert set(lost) >= set(MESSAGES) - set(ENDED)
    assert {f"root of {message}" for message in lost} <= asked


@pytest.mark.parametrize("seed", SEEDS)
async def test_what_is_written_again_is_the_same_again(seed):
    chance = random.Random(seed)
    world = a_world(chance)
    await lived(world, chance)

    assert world.changed("look-ups", "presumed-lost") == []


async def test_the_walk_kills():
    """A walk in which nobody dies shows nothing."""
    kills = 0
    for seed in SEEDS:
        chance = random.Random(seed)
        kills += await lived(a_world(chance), chance)

    assert kills > len(SEEDS)
