"""The fallback stage is killed at every step it takes, while its sends are answered: each step leaves once.

Kafka is in memory, as in the other crashes; who makes the sends answers each once, however often it is commanded.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from contracts.codec import decode, encode
from contracts.envelope import VERDICT, Position, fixed_headers, with_id
from contracts.plans import (
    Because,
    Decision,
    DecisionMade,
    Outcome,
    SendCommanded,
    SendOutcome,
    read_command,
    send_id_of,
)
from contracts.records import StatusChanged
from runtime.clock import FixedClock
from streams.engine.carrier import Carrier
from streams.fallback.policy import Rules
from streams.fallback.reading import Reader
from streams.fallback.stage import FALLBACK, FallbackBatch
from tests.support.planning import came, planned, registered, reported
from tests.support.streams_timed import TimedWorker
from tests.support.streams_world import KilledError, StateBeforeOutputs, World

SEEDS = range(60)
START = datetime(2026, 11, 21, 10, tzinfo=UTC)
WAIT_S = 3000
RULES = Rules(outcome_within_ms=10**10, keep_ms=10**10, keep_held_ms=10**10)

ACCEPTED, DELIVERED = "accepted", "delivered"
FATES = {
    "arrives": ([ACCEPTED, "registered", DELIVERED], {(Decision.STOP, Because.ARRIVED, 0)}),
    "ends badly": ([ACCEPTED, "registered", "expired"], {(Decision.SEND, Because.ENDED_BADLY, 1)}),
    "is not taken": (["refused, curable"], {(Decision.SEND, Because.NOT_TAKEN, 1)}),
    "is refused for good": (["refused"], {(Decision.STOP, Because.NO_OTHER_WAY_HELPS, 0)}),
    "stays silent": ([ACCEPTED, "registered"], {(Decision.SEND, Because.NO_SUCCESS_IN_TIME, 1)}),
    "is doubtful and arrives": (["in doubt", ACCEPTED, DELIVERED], {(Decision.STOP, Because.ARRIVED, 0)}),
}
"""What becomes of a first step, and what is decided then."""
MESSAGES = {f"message-{number}": fate for number, fate in enumerate([*FATES, *FATES])}
GONE_ON = {(Decision.STOP, Because.ARRIVED, 1)}
"""The second step arrives."""


def expected(fate):
    decided = FATES[fate][1]
    goes_on = any(decision is Decision.SEND for decision, *_ in decided)
    return {(Decision.SEND, Because.FIRST_STEP, 0)} | decided | (GONE_ON if goes_on else set())


@dataclass
class Answering(World):
    """A Kafka whose commands are answered: each send is made once and told of, some of it twice."""

    chance: random.Random = field(default_factory=random.Random)
    clock: FixedClock = field(default_factory=lambda: FixedClock(START))
    made: Counter = field(default_factory=Counter)
    updates_count: int = 0

    def append(self, topic, partition, rows):
        rows = list(rows)
        first = super().append(topic, partition, rows)
        if topic == self.name("commands"):
            for command in [read_command(row[1]) for row in rows]:
                if isinstance(command, SendCommanded):
                    self.make(command)
        return first

    def make(self, command):
        self.made[command.send_id] += 1
        if self.made[command.send_id] > 1:
            return
        words = FATES[MESSAGES[command.message_id]][0] if command.step == 0 else [ACCEPTED, "registered", DELIVERED]
        for word in words:
            self.tell(self.said(word, command.message_id, command.step))

    def said(self, word, message, of):
        match word:
            case "registered":
                return registered(message, of, registered_at=self.clock.now(), sent_at=self.clock.now())
            case "accepted" | "refused" | "refused, curable" | "in doubt":
                outcome = Outcome(word.partition(",")[0].replace(" ", "_"))
                told = came(message, of, outcome, may_fall_back=word.endswith("curable"))
                return structs.replace(told, told_at=self.clock.now())
        return reported(message, of, word)

    def tell(self, told):
        word, headers = "messages", []
        if isinstance(told, SendOutcome):
            word = "outcomes"
        if isinstance(told, StatusChanged):
            position = Position(self.name("reports"), 0, self.updates_count)
            self.updates_count += 1
            headers = with_id(fixed_headers("update", "track"), position.event_id)
            word, headers = "updates", [*headers, (VERDICT, told.verdict.value.encode())]
        row = (told.message_id.encode(), encode(told), headers, self.clock.now_ms())
        self.arriving += [(word, row)] * (1 + (self.chance.random() < 0.2))


@dataclass
class AnsweredWorker(TimedWorker):
    """Reads on while answers come."""

    async def read(self):
        await super().read()
        self.world.arrive()
        await super().read()


async def lived(seed: int, *, carrier: type[Carrier] = Carrier) -> tuple[Answering, int]:
    """A world in which all has happened, and how often it was killed before that."""
    chance, committed, kills = random.Random(seed), {}, 0
    clock = FixedClock(START)
    world = Answering(is_compacted=chance.random() < 0.5, chance=chance, clock=clock)
    for message in MESSAGES:
        world.tell(planned(message, wait_s=WAIT_S))
    decide = FallbackBatch(RULES, Reader(keeps_unplanned=True))
    for generation in range(1, 9):
        world.steps_left = chance.randint(0, 30) if generation < 8 else None
        worker = AnsweredWorker(world, FALLBACK, decide, chance, committed, carrier, clock=clock)
        try:
            await worker.live_until(generation, START + timedelta(hours=3 * generation))
        except KilledError:
            kills += 1
    return world, kills


def decided(world):
    """As a reader with marks takes them."""
    found = Counter()
    for record in world.taken("decisions"):
        made = decode(DecisionMade, record.value)
        found[made.message_id, (made.decision, made.because, made.step)] += 1
    return Counter({key: count for key, count in found.items() if key[1][0] is not Decision.HOLD})


def wrongs(world):
    """What should not be."""
    wanted = Counter({(message, one): 1 for message, fate in MESSAGES.items() for one in expected(fate)})
    sends = {send_id_of(message, one[2], 0) for message, one in wanted if one[0] is Decision.SEND}
    found = [f"decided {count} times: {key}" for key, count in (decided(world) - wanted).items()]
    found += [f"not decided: {key}" for key in wanted - decided(world)]
    return found + [f"sent or not sent: {one}" for one in sends ^ world.made.keys()]


@pytest.mark.parametrize("seed", SEEDS)
async def test_whenever_it_dies_each_step_leaves_once_and_the_decisions_are_those_of_a_life_without_crashes(seed):
    world, _ = await lived(seed)

    assert wrongs(world) == []


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_command_that_is_written_again_is_the_same_again(seed):
    world, _ = await lived(seed)

    assert world.changed("commands", "decisions") == []


async def test_the_walk_kills():
    """A walk in which nobody dies shows nothing."""
    kills = sum([(await lived(seed))[1] for seed in SEEDS])

    assert kills > 2 * len(SEEDS)


async def test_control_state_before_outputs_forgets_sends():
    found = [wrong for seed in SEEDS for wrong in wrongs((await lived(seed, carrier=StateBeforeOutputs))[0])]

    assert any("sent or not sent" in wrong for wrong in found)
