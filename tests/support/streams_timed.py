"""A stage that sets times, in the world in memory: hours pass between its batches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from runtime.clock import FixedClock
from streams.engine.timers import Timers
from tests.support.streams_world import Worker, WorldWriter

START_MS = 1_700_000_000_000
"""The time of all records in the world's logs."""
START = datetime.fromtimestamp(START_MS / 1000, UTC)


@dataclass
class TimedWriter(WorldWriter):
    """Due records go to the partition that was chosen, acknowledged one partition after the other."""

    async def write_rows(self, topic: str, rows: Mapping[int, Sequence[Any]]) -> None:
        for number in self._shuffled(rows):
            await self._append(self.world.name(topic), number, [(k, v, head, at) for k, v, at, head in rows[number]])


@dataclass
class TimedWorker(Worker):
    """Keeps time between its batches."""

    clock: FixedClock = field(default_factory=lambda: FixedClock(START))
    is_joined = True

    async def heard_until(self, now_ms: int) -> dict[int, int]:
        return dict.fromkeys(range(self.world.partitions), now_ms)

    async def live_until(self, generation: int, end: datetime) -> None:
        await self.begin(generation)
        writer = TimedWriter(self.world, self.chance, self.stall, self.is_member)
        timers = Timers(self.stage, self._store, writer, self.clock)  # type: ignore[arg-type]  # a fake
        while self.clock.now() < end:
            await self.read()
            self.clock.advance(self.chance.choice([60, 3600]))
            await timers.tick(self)
        await self.read()
