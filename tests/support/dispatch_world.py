"""Dispatchers over a modelled log: they can be paused, killed at any write, and robbed of partitions while they sleep.

Everything is what runs in life, but for Kafka and the provider. A process that is paused does nothing that anybody
could see, and goes on later as if nothing had been; one that is killed never does anything again.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from contracts.codec import decode
from contracts.envelope import Headers
from contracts.errors import ProviderThrottled, RequestInvalid, SendInDoubt
from contracts.plans import InDoubt, Outcome, SendClaimed, SendCommanded, SendOutcome, send_id_of
from contracts.sends import SendRequest, TextContent
from contracts.vocabulary import Channel
from providers._kit.sending import Accepted
from providers._kit.settings import ConnectionSettings
from runtime.settings import Connection, DispatchSettings, Settings
from streams.dispatch.board import Board
from streams.dispatch.lanes import Lanes
from tests.support.jumping_loop import JumpingLoop

PLACE = ("modelled", "main")
CONNECTION = Connection(provider=PLACE[0], name=PLACE[1])
SETTINGS = Settings(
    connections=(CONNECTION,),
    dispatch=DispatchSettings(
        tries=2, claim_fresh_s=2, not_taken_after_s=5, look_up_for_s=20, ill_after_failures=3, first_rest_s=1
    ),
)
OWN = ConnectionSettings(call_timeout_s=2, calls_at_once=2)
PARTITIONS = 2
LATENCY_S = 0.01
CALL_S = 0.2
KINDS: dict[str, type] = {"claims": SendClaimed, "outcomes": SendOutcome}


@dataclass
class Provider:
    """Keeps books. `fates` is what comes of the next calls; without one they are accepted."""

    fates: Iterator[str]
    can_find: bool
    takes_once: bool
    calls: Counter[str] = field(default_factory=Counter)
    """That may have been taken."""
    taken: Counter[str] = field(default_factory=Counter)

    def called(self, send_id: str) -> Accepted:
        fate = next(self.fates, "accepts")
        if fate == "refuses":
            raise RequestInvalid("it breaks a rule")
        if fate == "throttles":
            raise ProviderThrottled("too much at once")
        self.calls[send_id] += 1
        if fate == "is lost":
            raise SendInDoubt("no answer came")
        if not (self.takes_once and self.taken[send_id]):
            self.taken[send_id] += 1
        if fate == "cuts":
            raise SendInDoubt("no answer came")
        return Accepted(root_id=f"root-{send_id}")


@dataclass
class Log:
    """The topics by word and partition: stamps and values in their order. Commands are kept as they are."""

    records: defaultdict[tuple[str, int], list[tuple[int, Any]]] = field(default_factory=lambda: defaultdict(list))
    committed: Counter[int] = field(default_factory=Counter)

    def outcomes(self) -> dict[str, list[Outcome]]:
        told: dict[str, list[Outcome]] = defaultdict(list)
        for number in range(PARTITIONS):
            for _, value in self.records["outcomes", number]:
                outcome = decode(SendOutcome, value)
                told[outcome.send_id].append(outcome.outcome)
        return told


class Process:
    """One dispatcher. `dies_at` is when: before or after the so-manieth write to a topic, or a call."""

    def __init__(
        self,
        log: Log,
        provider: Provider,
        loop: JumpingLoop,
        *,
        dies_at: str = "",
        settings: Settings = SETTINGS,
    ) -> None:
        self._log = log
        self._provider = provider
        self._awake = asyncio.Event()
        self._awake.set()
        self._dies_at = dies_at
        self._next: dict[tuple[str, int], int] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self.is_dead = False
        self.health: list[bytes] = []
        lanes = Lanes(settings, self._write, loop, objection=lambda *_: None, spawn=self._spawn)
        mine = {PLACE: lanes.lane(CONNECTION, OWN, self)}
        misfits = lanes.misfits()
        self.board = Board(mine, misfits, read_up=self._read_up, spawn=self._spawn)
        for going in (mine[PLACE].run(), misfits.run(), self._pump()):
            self._spawn(going)

    # the sender

    async def send(self, request: SendRequest) -> Accepted:
        await self._passing("before call")
        accepted = self._provider.called(request.send_id)
        await asyncio.sleep(CALL_S)
        await self._passing("after call")
        await self._awake_again()
        return accepted

    def may_repeat(self, _request: SendRequest) -> bool:
        return self._provider.takes_once

    async def find(self, request: SendRequest) -> Accepted | None:
        await self._awake_again()
        if not self._provider.can_find:
            raise SendInDoubt("nobody can be asked")
        return Accepted(root_id=f"root-{request.send_id}") if self._provider.taken[request.send_id] else None

    # what may befall it

    def pause(self) -> None:
        self._awake.clear()

    def wake(self) -> None:
        self._awake.set()

    def kill(self) -> None:
        self.is_dead = True
        for task in self._tasks:
            task.cancel()

    def assign(self, *partitions: int) -> None:
        for number in partitions:
            self._next["commands", number] = self._log.committed[number]
        self.board.assign(partitions)

    async def revoke(self) -> None:
        """As the group tells it, with time to finish."""
        numbers = self.board.partitions
        await self.board.close(numbers, 4)
        self.commit()
        self.board.end(numbers)
        self._next.clear()

    def lose(self) -> None:
        """As it learns when it wakes: all is somebody else's by now."""
        self.board.end(self.board.partitions)
        self._next.clear()

    def commit(self) -> None:
        if not self.is_dead and self._awake.is_set():
            for number, offset in self.board.positions.items():
                self._log.committed[number] = max(self._log.committed[number], offset)

    # its way to the log

    async def _write(
        self, word: str, key: bytes, value: bytes, /, *, stamp_ms: int, headers: Headers
    ) -> None:  # the face of a writer
        await self._awake_again()
        await self._passing(f"before {word}")
        await asyncio.sleep(LATENCY_S)
        await self._awake_again()
        if word in KINDS:
            self._log.records[word, partition_of(key.decode())].append((stamp_ms, value))
        elif word == "health":
            self.health.append(value)
        await self._passing(f"after {word}")
        await asyncio.sleep(LATENCY_S)
        await self._awake_again()

    async def _read_up(self, partition: int, since_ms: int) -> None:
        await self._awake_again()
        places = [(word, partition) for word in KINDS]
        ends = {place: len(self._log.records[place]) for place in places}
        for place in places:
            later = [offset for offset, (stamp, _) in enumerate(self._log.records[place]) if stamp >= since_ms]
            begin = later[0] if later else ends[place]
            self._next[place] = min(self._next.get(place, begin), begin)
        while any(self._next.get(place, end) < end for place, end in ends.items()):  # noqa: ASYNC110  # the pump runs in the same steps
            await asyncio.sleep(LATENCY_S)

    async def _pump(self) -> None:
        """One topic after the other: what is written first is not always heard first."""
        while True:
            for word in ("commands", *KINDS):
                await asyncio.sleep(LATENCY_S / 3)
                await self._awake_again()
                for place in [place for place in self._next if place[0] == word]:
                    self._take(*place)

    def _take(self, word: str, number: int) -> None:
        begin = self._next[word, number]
        records = self._log.records[word, number][begin:]
        self._next[word, number] = begin + len(records)
        for offset, (stamp_ms, value) in enumerate(records, begin):
            if word == "commands":
                self.board.read(number, offset, stamp_ms, value)
            else:
                self.board.hear(number, offset, stamp_ms, decode(KINDS[word], value))

    def _spawn(self, going: Any) -> None:
        task = asyncio.ensure_future(going)
        self._tasks.add(task)

    async def _awake_again(self) -> None:
        await self._awake.wait()

    async def _passing(self, place: str) -> None:
        if place == self._dies_at:
            self.is_dead = True
        if self.is_dead:
            await asyncio.Event().wait()


def partition_of(message_id: str) -> int:
    return int(message_id.removeprefix("m")) % PARTITIONS


def commanded(number: int, loop: JumpingLoop, *, lasts_s: float) -> SendCommanded:
    message_id = f"m{number}"
    send_id = send_id_of(message_id, 0, 0)
    return SendCommanded(
        message_id=message_id,
        step=0,
        send_id=send_id,
        account="default",
        provider=PLACE[0],
        connection=PLACE[1],
        request=SendRequest(
            send_id=send_id,
            channel=Channel.SMS,
            recipient="+447700900105",
            sender="ExampleShop",
            content=TextContent(text="Hello"),
            message_id=message_id,
        ),
        in_doubt=InDoubt.HOLD,
        give_up_at=loop.now() + timedelta(seconds=lasts_s),
    )
