"""What is due is sent to its own partition once; nothing is while somebody else may own it or the backlog is unread."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from contracts.codec import decode
from contracts.errors import BrokerUnavailable, ConfigurationInvalid
from contracts.records import Due
from runtime.clock import FixedClock
from runtime.metrics import STAGE_OLDEST_WAIT_SECONDS, STAGE_WAITING
from streams.engine.store import StateStore
from streams.engine.timers import MOST_AT_ONCE, Timers
from streams.track.stage import TRACK
from tests.support.streams_world import World

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)


@dataclass
class Line:
    """A member of its group, with everything read."""

    is_joined: bool = True
    heard: Mapping[int, int] | None = None

    async def heard_until(self, now_ms):
        return dict.fromkeys(range(4), now_ms) if self.heard is None else self.heard


@dataclass
class Sent:
    """A writer that keeps what it was given."""

    refusal: Exception | None = None
    rows: list[tuple[str, int, bytes, int]] = field(default_factory=list)
    values: list[bytes] = field(default_factory=list)

    async def write_rows(self, topic, rows):
        if self.refusal:
            raise self.refusal
        for number, records in rows.items():
            self.rows += [(topic, number, key, timestamp) for key, _, timestamp, _ in records]
            self.values += [value for _, value, _, _ in records]


@pytest.fixture
async def store() -> StateStore:
    world = World(partitions=4)
    names = world.names(TRACK)
    made = StateStore(TRACK, names, lambda: world.changelog(names["track-state"]))
    await made.take_over({0, 1}, 1)
    return made


@pytest.fixture
def sent() -> Sent:
    return Sent()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def timers(store, sent, clock) -> Timers:
    return Timers(TRACK, store, sent, clock)


def put(store: StateStore, number: int, *keys: bytes, due_s: float = 0, waits_since_s: float | None = None) -> None:
    since_ms = 0 if waits_since_s is None else NOW_MS + int(waits_since_s * 1000)
    for key in keys:
        store.partitions[number].put(
            key, b"value", due_ms=NOW_MS + int(due_s * 1000) if due_s is not None else 0, waits_since_ms=since_ms
        )
    store.partitions[number].changes()


async def test_what_is_due_goes_to_the_partition_its_state_is_in(timers, store, sent):
    put(store, 0, b"a")
    put(store, 1, b"b", due_s=-5)
    await timers.tick(Line())

    assert sorted(sent.rows) == [("track-due", 0, b"a", NOW_MS), ("track-due", 1, b"b", NOW_MS)]
    assert decode(Due, sent.values[0]).due_at == NOW


async def test_what_is_on_its_way_is_not_sent_again(timers, store, sent, clock):
    put(store, 0, b"a")
    for _ in range(3):
        await timers.tick(Line())
        clock.advance(1)

    assert len(sent.rows) == 1


async def test_what_is_sent_is_never_before_the_time_that_was_asked_for(timers, store, sent, clock):
    """A stage that compares finds its time has come, or it would never come again."""
    put(store, 0, b"a", due_s=0.001)
    await timers.tick(Line())
    early = list(sent.rows)
    clock.advance(1)
    await timers.tick(Line())

    assert (early, len(sent.rows)) == ([], 1)


async def test_what_is_due_is_sent_in_the_tenth_of_a_second_behind_it(timers, store, sent, clock):
    put(store, 0, b"a", due_s=0.201)
    for _ in range(3):
        clock.advance(0.1)
        await timers.tick(Line())

    assert [at_ms - NOW_MS for _, _, _, at_ms in sent.rows] == [300]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(Line(is_joined=False), id="while the group changes"),
        pytest.param(Line(heard={}), id="while it is not known how much is unread"),
        pytest.param(
            Line(heard={0: NOW_MS - 1000, 1: NOW_MS}), id="while the partition's backlog is older than the time"
        ),
    ],
)
async def test_nothing_is_sent(timers, store, sent, line):
    put(store, 0, b"a")
    await timers.tick(line)
    held = list(sent.rows)
    await timers.tick(Line())

    assert held == []
    assert [key for _, _, key, _ in sent.rows] == [b"a"]


async def test_a_flood_is_sent_in_portions(timers, store, sent):
    put(store, 0, *[b"%d" % number for number in range(MOST_AT_ONCE + 1)])
    await timers.tick(Line())
    first = len(sent.rows)
    await timers.tick(Line())

    assert (first, len(sent.rows)) == (MOST_AT_ONCE, MOST_AT_ONCE + 1)


async def test_a_send_that_failed_ends_what_keeps_time(store, clock):
    """What was taken would never be sent by this process."""
    put(store, 0, b"a")
    refused = Timers(TRACK, store, Sent(refusal=BrokerUnavailable("away")), clock)

    with pytest.raises(BrokerUnavailable):
        await asyncio.wait_for(refused.run(Line()), 5)


async def test_after_a_restart_what_was_sent_is_sent_again(store, sent, clock):
    """Its record may have been lost with the topic; a stage does not mind a second one."""
    world = World(partitions=4)
    names = world.names(TRACK)
    put(store, 0, b"a")
    world.append(names["track-state"], 0, [(b"a", store.partitions[0]._entries[b"a"], [], 0)])
    again = StateStore(TRACK, names, lambda: world.changelog(names["track-state"]))
    await again.take_over({0}, 1)
    await Timers(TRACK, again, sent, clock).tick(Line())

    assert [key for _, _, key, _ in sent.rows] == [b"a"]


async def test_how_many_wait_and_how_long_the_oldest_does_is_measured(timers, store):
    put(store, 0, b"a", b"b", due_s=60, waits_since_s=-10)
    put(store, 1, b"c", due_s=60, waits_since_s=-70)
    put(store, 1, b"d", due_s=60)
    await timers.tick(Line())
    waiting = STAGE_WAITING.labels("track")._value.get(), STAGE_OLDEST_WAIT_SECONDS.labels("track")._value.get()
    put(store, 1, b"c", due_s=60)
    await timers.tick(Line())

    assert waiting == (3, 70)
    assert STAGE_OLDEST_WAIT_SECONDS.labels("track")._value.get() == 10


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"due": "updates"}, id="a due topic that is not read"),
        pytest.param({"state": None}, id="times without a state to keep them"),
    ],
)
def test_a_stage_that_could_not_keep_time_is_refused(wrong):
    with pytest.raises(ConfigurationInvalid, match="stage track"):
        replace(TRACK, **wrong)
