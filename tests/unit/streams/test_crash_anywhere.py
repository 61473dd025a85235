"""Track is killed at every step it takes, many times over, and each time begins again in another order of reading.

Kafka is in memory here, so thousands of lives pass in seconds. What must come out is read as the sink reads it: repeats
are dropped by their source positions, and by nothing else.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress

import pytest

from contracts.codec import decode
from contracts.envelope import Position, header, with_id
from contracts.records import DeliveryReport, StatusChanged
from contracts.status import DeliveryStatus
from contracts.vocabulary import Verdict
from streams.engine.carrier import Carrier
from streams.engine.stage import Output
from streams.engine.store import StateStore
from streams.track.machine import Rules
from streams.track.stage import TRACK, TrackBatch
from tests.support.killed_track import ATTEMPTS, a_world, read_by_the_sink
from tests.support.streams_world import AT_MS, KilledError, Row, StateBeforeOutputs, Worker, World

SEEDS = range(120)
DECIDE = TrackBatch({}, otherwise=Rules(is_observed_only=False, keep_s=86_400))


async def lives(seed: int, carrier: type[Carrier] = Carrier, store: type[StateStore] = StateStore) -> World:
    """A world after track was killed a few times and at last came to the end of it."""
    chance = random.Random(seed)
    world = a_world(chance)
    await Worker(world, TRACK, DECIDE, chance, {}, carrier, store).outlive(lives=8, steps=25)
    return world


def wrongs(world: World) -> list[str]:
    """What the sink would have to complain about."""
    found = []
    updates = [update for _, update in read_by_the_sink(world)]
    told = Counter(update.report.cause.offset for update in updates if update.report)
    written = {decode(DeliveryReport, record.value).cause.offset for record in world.all_of("reports")}
    found += [f"report {offset} told {told[offset]} times" for offset in written if told[offset] != 1]
    registered = Counter(update.message_id for update in updates if update.registration)
    found += [
        f"attempt {number} registered {registered[f'our-{number}']} times"
        for number in range(ATTEMPTS)
        if registered[f"our-{number}"] != 1
    ]
    parked = sum(update.verdict is Verdict.PARKED for update in updates)
    released = sum(update.released_applied_count + update.released_outranked_count for update in updates)
    found += [f"{parked} parked and {released} released"] * (parked != released)
    latencies = Counter(update.attempt_id for update in updates if update.latency_ms is not None)
    found += ["a latency told twice or never"] * (sorted(latencies.values()) != [1] * ATTEMPTS)
    new = Counter(
        update.report.root_id for update in updates if update.report and update.verdict is not Verdict.REPEATED
    )
    found += ["a repeat counted as new, or a new report as a repeat"] * (set(new.values()) != {4})
    return found


@pytest.mark.parametrize("seed", SEEDS)
async def test_each_report_and_registration_is_told_once_whatever_crashed(seed):
    assert wrongs(await lives(seed)) == []


async def test_the_state_after_crashes_is_the_state_without():
    for seed in range(20):
        after_crashes, without = await lives(seed), a_world(random.Random(seed))
        await Worker(without, TRACK, DECIDE, random.Random(seed), {}).live(1)

        assert last_statuses(after_crashes) == last_statuses(without)


def last_statuses(world: World) -> dict[str, DeliveryStatus]:
    by_message = defaultdict(lambda: DeliveryStatus.UNKNOWN)
    for update in (decode(StatusChanged, record.value) for record in world.all_of("updates")):
        if update.message_id:
            by_message[update.message_id] = max(by_message[update.message_id], update.status, key=lambda s: s.rank)
    return dict(by_message)


async def test_control_state_before_outputs_loses_updates():
    found = [wrong for seed in SEEDS for wrong in wrongs(await lives(seed, carrier=StateBeforeOutputs))]

    assert any("told 0 times" in wrong for wrong in found)


class TurnForgotten(StateStore):
    """A successor that reads whatever comes first."""

    def is_held(self, topic, partition):
        return False


async def test_control_without_turns_a_successor_tells_reports_twice():
    found = [wrong for seed in SEEDS for wrong in wrongs(await lives(seed, store=TurnForgotten))]

    assert any("told 2 times" in wrong for wrong in found)


class TurnUntold(Carrier):
    """Passes the turn in memory only."""

    async def _pass_turns(self, waiting, store):
        for partition, topics in waiting.items():
            marks = store.partitions[partition].marks
            if marks.turn not in topics:
                marks.turn = next(iter(topics))


async def test_control_a_turn_that_is_not_durable_is_no_turn():
    assert [wrong for seed in SEEDS for wrong in wrongs(await lives(seed, carrier=TurnUntold))]


def count(view, records, /, *, topic):
    """The function of a stage that, unlike track, would notice if it were shown a record twice."""
    outputs = []
    for record in records:
        counted = int(view.get(record.key) or 0) + 1
        view.put(record.key, b"%d" % counted)
        outputs.append(Output(record.key, b"%d" % counted, record.timestamp, []))
    return {"updates": outputs}


async def counts_after_crashes(seed: int) -> tuple[dict[bytes, int], Counter[bytes]]:
    """What a counting stage remembers of each key in the end, and how often the key was there."""
    chance = random.Random(seed)
    world = World()
    for _ in range(40):
        world.feed(chance.choice(TRACK.reads), b"key-%d" % chance.randrange(5), b"value")
    given = Counter(row[0] for _, row in world.arriving)
    await Worker(world, TRACK, count, chance, {}).outlive(lives=8, steps=25)
    states = world.remembered(TRACK)
    return {key: max(int(state.get(key) or 0) for state in states) for key in given}, given


@pytest.mark.parametrize("seed", range(60))
async def test_a_stage_that_counts_counts_each_record_once(seed):
    counted, given = await counts_after_crashes(seed)

    assert counted == given


def overhear(view, records, /, *, topic):
    """The function of a stage that most of what it reads is no affair of: it tells of keys that were registered.

    Of a further registration too, which it does not count, under a key that depends on what was counted until then.
    """
    outputs = []
    for record in records:
        known, identity = view.get(record.key), Position(record.topic, record.partition, record.offset).event_id
        told_as, source = record.key, header(record.headers, "ce_id")
        if known is None and topic == "attempts":
            view.put(record.key, b"0")
        if known is None:
            continue
        if topic == "attempts":
            told_as += b"-even" if int(known) % 2 else b"-odd"
        else:
            view.put(record.key, b"%d" % (int(known) + 1))
        outputs.append(Output(told_as, source, record.timestamp, with_id([], identity)))
    return {"updates": outputs}


OVERHEARD = [b"key-%d" % number for number in range(5)]


def told_of(word: str, keys: Sequence[bytes], chance: random.Random, *, first: int = 0) -> list[tuple[str, Row]]:
    """In portions, some of which their writer wrote again behind a crash."""
    rows = [
        (word, (key, b"value", with_id([], Position(f"before-{word}", 0, place).event_id), AT_MS))
        for place, key in enumerate(keys, first)
    ]
    portions = []
    while rows:
        portion, rows = rows[: (size := chance.randint(1, 4))], rows[size:]
        portions += portion * (1 + (chance.random() < 0.3))
    return portions


async def overheard(seed: int) -> World:
    """Each key is registered some times among its reports; when all have come and the crashes are over, one more."""
    chance = random.Random(seed)
    world, committed = World(), {}
    world.arriving = told_of("reports", chance.choices(OVERHEARD, k=40), chance)
    attempts = told_of("attempts", chance.sample(OVERHEARD * 3, 15), chance)
    places = sorted(chance.choices(range(len(world.arriving)), k=len(attempts)))
    for told, place in zip(reversed(attempts), reversed(places), strict=True):
        world.arriving.insert(place, told)
    for generation in range(1, 10):
        world.steps_left = chance.randint(0, 12) if generation < 8 else None
        if generation == 9:
            world.arriving = told_of("reports", OVERHEARD, chance, first=1000)
        with suppress(KilledError):
            await Worker(world, TRACK, overhear, chance, committed).live(generation)
    return world


@pytest.mark.parametrize("seed", range(120))
async def test_what_nothing_follows_from_is_not_written_and_costs_nothing_else(seed):
    world = await overheard(seed)
    told = Counter((record.key, record.value) for record in world.taken("updates"))
    states = world.remembered(TRACK)
    counted = {key: int(count) for state in states for key in OVERHEARD if (count := state.get(key))}

    assert set(told.values()) == {1}
    assert {source for _, source in told} >= {Position("before-reports", 0, 1000 + n).event_id for n in range(5)}
    assert counted == Counter(key for key, source in told if b"-reports" in source)
