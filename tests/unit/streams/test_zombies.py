"""A worker is cut off in the middle of a write, another takes over, and then the first one's write arrives after all.

Kafka is in memory here. The stage is the touchiest one could think of: where an output goes depends on what was read
before from another topic, as with a report whose registration may have come or not, and it counts, so that a record
that is shown twice or not at all is seen in the end.
"""

import asyncio
import json
import random
from collections import Counter

import pytest

from contracts.envelope import Position, fixed_headers, with_id
from streams.engine.carrier import Carrier
from streams.engine.stage import Output, Stage
from streams.engine.state import PartitionState
from streams.engine.store import StateStore
from tests.support.streams_world import Stall, Worker, World

SEEDS = range(120)
KEYS = [b"key-%d" % number for number in range(5)]
BEATS = [b"beat-0", b"beat-4"]
"""A key of either partition that nothing else is told of."""
COUNT = Stage(
    name="count", reads=("reports", "attempts"), writes=("updates",), state="counts", prepare=lambda _settings: decide
)


def decide(view, records, /, *, topic):
    """Counts per key what came from either topic; tells of a report under another key once its key was registered."""
    outputs = []
    for record in records:
        counts = Counter(json.loads(view.get(record.key) or b"{}"))
        counts[topic] += 1
        view.put(record.key, json.dumps(counts).encode())
        told_as = record.key + b"-ours" if counts["attempts"] else record.key
        identity = Position(record.topic, record.partition, record.offset).event_id
        headers = with_id(fixed_headers("update", "count"), identity)
        outputs.append(Output(told_as, identity, record.timestamp, headers))
    return {"updates": outputs}


def feed(world: World, chance: random.Random, *, count: int = 30) -> None:
    for _ in range(count):
        world.feed(chance.choice(COUNT.reads), chance.choice(KEYS), b"value")


def beat(world: World) -> None:
    """Something for either partition to write, but nothing about the keys that were there."""
    for key in BEATS:
        world.feed("reports", key, b"value")


async def some_of(work: asyncio.Task, stall: Stall) -> None:
    """Until the worker is cut off or has nothing left to do."""
    reached = asyncio.create_task(stall.reached.wait())
    await asyncio.wait({work, reached}, return_when="FIRST_COMPLETED")
    reached.cancel()


async def lives(seed: int, *, store: type[StateStore] = StateStore, has_lease: bool = True) -> World:
    """Some owners, one after the other. The first finds out late, and the last finds a compacted changelog.

    Between them the second has something to write after the first one's late write, or a third has.
    """
    chance, owner, committed = random.Random(seed), [1], {}
    world = World()
    feed(world, chance)

    def worker(number: int, stall: Stall | None = None) -> Worker:
        def is_member() -> bool:
            return owner[0] == number or not has_lease

        return Worker(world, COUNT, decide, chance, committed, Carrier, store, stall, is_member)

    first, second = Stall(chance.randint(0, 15)), Stall(chance.randint(0, 90))
    forgotten = asyncio.create_task(worker(1, first).live(1))
    await some_of(forgotten, first)
    owner[0], successor = 2, worker(2, second)
    await successor.begin(3)
    reading = asyncio.create_task(successor.read())
    await some_of(reading, second)
    first.over.set()
    await asyncio.gather(forgotten, return_exceptions=True)
    second.over.set()
    await reading
    if chance.random() < 0.5:
        beat(world)
        await successor.read()
    else:
        owner[0] = 3
        beat(world)
        await worker(3).live(4)
    owner[0], world.is_compacted = 4, True
    feed(world, chance)
    await worker(4).live(5)
    return world


def wrongs(world: World) -> list[str]:
    given = Counter((record.key, word) for word in COUNT.reads for record in world.all_of(word))
    told = Counter(record.value for record in world.taken("updates"))
    found = [
        f"{identity!r} told {told[identity]} times"
        for word in COUNT.reads
        for record in world.all_of(word)
        if told[(identity := Position(record.topic, record.partition, record.offset).event_id)] != 1
    ]
    counted = Counter(
        {
            (key, word): count
            for state in world.remembered(COUNT)
            for key in (*KEYS, *BEATS)
            for word, count in json.loads(state.get(key) or b"{}").items()
        }
    )
    return found + [
        f"{place} counted {counted[place]} of {given[place]}" for place in given if counted[place] != given[place]
    ]


@pytest.mark.parametrize("seed", SEEDS)
async def test_what_a_forgotten_owner_writes_late_changes_nothing(seed):
    assert wrongs(await lives(seed)) == []


class Trusting(StateStore):
    """An owner that does not look whether somebody else wrote into its changelog."""

    async def overwritten(self, partition, first_offset, count):
        return []


async def wrongs_of(**control) -> list[str]:
    return [wrong for seed in SEEDS for wrong in wrongs(await lives(seed, **control))]


async def test_control_an_owner_that_does_not_write_again_what_was_overwritten_loses_it():
    assert any("counted" in wrong for wrong in await wrongs_of(store=Trusting))


async def test_control_who_goes_on_without_a_lease_tells_twice():
    assert any("told 2 times" in wrong for wrong in await wrongs_of(has_lease=False))


async def test_control_an_owner_that_only_reads_round_a_late_write_leaves_it_to_the_compaction(monkeypatch):
    load = PartitionState.load

    def forgetful(state, key, entry):
        load(state, key, entry)
        state._overwritten.clear()

    monkeypatch.setattr(PartitionState, "load", forgetful)

    assert any("counted" in wrong for wrong in await wrongs_of())


async def test_control_without_epochs_the_late_write_stands(monkeypatch):
    monkeypatch.setattr(PartitionState, "_epoch_of", staticmethod(lambda _entry: 0))

    assert any("counted" in wrong for wrong in await wrongs_of())
