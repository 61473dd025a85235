"""Partitions come and go with the group, and what may have changed elsewhere is read again."""

import pytest

from runtime.partitioner import partition_of
from streams.engine.stage import LARGEST_FETCH
from streams.engine.state import UNTOLD_RECORDS
from streams.engine.store import StateStore
from streams.track.stage import TRACK
from tests.support.streams_world import World


@pytest.fixture
def world() -> World:
    return World(partitions=4)


@pytest.fixture
def store(world) -> StateStore:
    names = world.names(TRACK)
    return StateStore(TRACK, names, lambda: world.changelog(names["track-state"]))


async def test_what_is_new_is_loaded_and_what_went_is_forgotten(store, world):
    await store.take_over({0, 1}, 1)
    await store.take_over({1, 2}, 2)

    assert world.loaded == [[0, 1], [2]]
    assert set(store.partitions) == {1, 2}


async def test_after_a_missed_generation_everything_is_loaded_anew(store, world):
    await store.take_over({0, 1}, 1)
    await store.take_over({0, 1}, 3)

    assert world.loaded == [[0, 1], [0, 1]]


async def test_the_same_generation_again_is_no_ground_to_trust_memory(store, world):
    await store.take_over({0}, 1)
    await store.take_over({0}, 1)

    assert world.loaded == [[0], [0]]


async def test_others_wait_until_the_topic_in_turn_is_through(store, world):
    world.feed("reports", b"key", b"value")
    world.arrive()
    number = next(number for (name, number), log in world.logs.items() if log)
    await store.take_over({0, 1, 2, 3}, 1)
    held_before = store.is_held("attempts", number)
    store.partitions[number].marks.applied["reports"] = 0
    store.settle(number)

    assert held_before
    assert not store.is_held("attempts", number)


async def test_the_topic_in_turn_and_partitions_without_a_backlog_do_not_wait(store, world):
    world.feed("reports", b"key", b"value")
    world.arrive()
    await store.take_over({0, 1, 2, 3}, 1)

    assert sum(store.is_held("attempts", number) for number in range(4)) == 1
    assert not any(store.is_held("reports", number) for number in range(4))


async def test_nobody_waits_for_records_that_the_group_has_left_behind(store, world):
    world.feed("reports", b"key", b"value")
    world.arrive()
    await store.take_over({0, 1, 2, 3}, 1)
    for _, number in store.unfinished:
        store.settle(number, position=1)

    assert store.unfinished == []


async def test_what_an_earlier_owner_wrote_in_between_is_written_over(store, world):
    await store.take_over({0}, 1)
    state = store.partitions[0]
    state.put(b"a", b"ours")
    ours = state.changes()
    first = world.append(store.topic, 0, [(key, entry, [], 0) for key, entry in ours])
    none = await store.overwritten(0, first, len(ours))
    world.append(store.topic, 0, [(b"a", b"\x00" * 30, [], 0)])

    again = await store.overwritten(0, len(ours) + 1, 1)

    assert none == []
    assert again == [(b"a", dict(ours)[b"a"])]


async def test_what_was_read_and_not_told_of_may_lie_between_the_marks_and_what_was_in_flight(store, world):
    number = partition_of(b"key", 4)
    for _ in range(UNTOLD_RECORDS + LARGEST_FETCH + 1):
        world.feed("reports", b"key", b"value")
    world.arrive()
    await store.take_over({number}, 1)
    store.partitions[number].marks.applied["reports"] = UNTOLD_RECORDS + LARGEST_FETCH - 2
    store.settle(number)
    held_before_the_last = store.is_held("attempts", number)
    store.partitions[number].marks.applied["reports"] += 1
    store.settle(number)

    assert held_before_the_last
    assert not store.is_held("attempts", number)
