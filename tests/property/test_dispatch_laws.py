"""Whoever sleeps, dies or is robbed of its partitions: a send leaves once, and what is told of it is true."""

import asyncio
from dataclasses import dataclass, field

from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from contracts.plans import Outcome
from tests.support.dispatch_world import PARTITIONS, Log, Process, Provider, commanded, partition_of
from tests.support.examples import share
from tests.support.jumping_loop import run_jumping

DEATHS = [f"{when} {what}" for when in ("before", "after") for what in ("claims", "call", "attempts", "outcomes")]
FATES = ["accepts", "refuses", "throttles", "is lost", "cuts"]
BEST = tuple(Outcome)
NOT_LEFT = {Outcome.REFUSED, Outcome.THROTTLED, Outcome.WITHDRAWN}
ALL = range(PARTITIONS)
ACTIONS = st.one_of(
    st.tuples(st.just("command"), st.sampled_from([0.5, 30.0])),
    st.tuples(st.just("again"), st.integers(0, 5)),
    st.tuples(st.just("sleep"), st.sampled_from([0.011, 0.021, 0.031, 0.1, 1.0, 25.0])),
    st.tuples(st.just("pause"), st.just(0)),
    st.tuples(st.just("wake"), st.just(0)),
    st.tuples(st.just("take over"), st.sampled_from(["", *DEATHS])),
    st.tuples(st.just("kill"), st.sampled_from(["", *DEATHS])),
)
CLAIM_ON_ITS_WAY = [("command", 30.0), ("sleep", 0.011), ("pause", 0), ("take over", ""), ("sleep", 1.0), ("wake", 0)]
CLAIM_UNREAD = [("command", 60.0), ("sleep", 0.021), ("pause", 0), ("take over", ""), ("sleep", 25.0), ("wake", 0)]
WRITTEN_AGAIN = [("command", 30.0), ("sleep", 25.0), ("take over", ""), ("again", 0)]


@dataclass
class Story:
    """One installation, one process after the other, and those that sleep while others have their partitions."""

    provider: Provider
    log: Log = field(default_factory=Log)
    zombies: list[Process] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.is_paused = False
        self.count = 0
        self.owner = self.begin("")

    def begin(self, dies_at: str) -> Process:
        process = Process(self.log, self.provider, self.loop, dies_at=dies_at)
        process.assign(*ALL)
        return process

    async def act(self, what: str, told: float | str) -> None:
        match what:
            case "command":
                self.command(self.count, told)
                self.count += 1
            case "again" if told < self.count:
                self.repeat(told)
            case "sleep":
                await asyncio.sleep(told)
                self.owner.commit()
            case "pause":
                self.owner.pause()
                self.is_paused = True
            case "wake":
                await self.wake()
            case "take over":
                await self.take_over(told)
            case "kill":
                self.owner.kill()
                await self.take_over(told)

    def command(self, number: int, lasts_s: float) -> None:
        told = commanded(number, self.loop, lasts_s=lasts_s)
        self.log.records["commands", partition_of(told.message_id)].append((self.loop.now_ms(), told))

    def repeat(self, number: int) -> None:
        """Its writer has died, and writes it again with the time that it had."""
        commands = self.log.records["commands", number % PARTITIONS]
        commands.append(commands[number // PARTITIONS])

    async def take_over(self, dies_at: str) -> None:
        if self.is_paused:
            self.zombies.append(self.owner)
        elif not self.owner.is_dead:
            await self.owner.revoke()
        self.is_paused = False
        self.owner = self.begin(dies_at)

    async def wake(self) -> None:
        """It goes on for a moment before it hears that it has nothing any more."""
        for zombie in self.zombies:
            zombie.wake()
        self.owner.wake()
        self.is_paused = False
        await asyncio.sleep(0.025)
        for zombie in self.zombies:
            zombie.lose()
        self.zombies.clear()

    async def end(self) -> None:
        await self.wake()
        await self.take_over("")
        for _ in range(200):
            await asyncio.sleep(1)
            self.owner.commit()
            if self.is_settled:
                return

    @property
    def is_settled(self) -> bool:
        return all(self.log.committed[number] == len(self.log.records["commands", number]) for number in ALL)


async def told(script, provider: Provider) -> Story:
    story = Story(provider)
    for what, detail in script:
        await story.act(what, detail)
    await story.end()
    return story


@given(
    script=st.lists(ACTIONS, max_size=25),
    fates=st.lists(st.sampled_from(FATES), max_size=12),
    can_find=st.booleans(),
    takes_once=st.booleans(),
)
@example(script=CLAIM_ON_ITS_WAY, fates=[], can_find=False, takes_once=False)
@example(script=CLAIM_UNREAD, fates=[], can_find=True, takes_once=False)
@example(script=WRITTEN_AGAIN, fates=[], can_find=False, takes_once=False)
@example(script=[("command", 30.0), ("sleep", 25.0)], fates=["cuts", "refuses"], can_find=False, takes_once=True)
@settings(max_examples=share(0.8), deadline=None)
def test_a_send_leaves_once_and_what_is_told_of_it_is_true(script, fates, can_find, takes_once):
    provider = Provider(iter(fates), can_find, takes_once)
    story = run_jumping(told(script, provider))
    outcomes = story.log.outcomes()
    for number in range(story.count):
        send_id = f"m{number}-0-0"
        best = max(outcomes.get(send_id, []), key=BEST.index, default=None)
        has_not_left = not NOT_LEFT.isdisjoint(outcomes.get(send_id, []))
        event(f"ends {best}")

        assert best is not None, "every command is answered"
        assert provider.taken[send_id] <= 1
        assert takes_once or provider.calls[send_id] <= 1
        assert best is not Outcome.ACCEPTED or provider.taken[send_id] == 1
        assert not (has_not_left and provider.taken[send_id]), "a plan goes on at the first word of that"
    assert story.is_settled
