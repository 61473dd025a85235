"""The times that a stage has set, kept: a record goes to the stage's own due topic for each that came.

Nothing is decided here. The record lies in the log beside the reports, on the same partition, and what follows from it
is the stage's pure function of it. So a record that comes late, twice, or after something else has happened does no
harm, and a crash forgets nothing: the times stand in the state and are sent again.

The clock alone lets no time come. While records wait to be read that were written before, a partition's time is that
of what was read last: an attempt must not be given up while its registration lies unread in the backlog of an outage.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from contracts.codec import encode
from contracts.envelope import Headers, fixed_headers, with_id
from contracts.records import Due
from runtime.clock import Clock
from runtime.kafka import Outgoing
from runtime.metrics import STAGE_DUE, STAGE_OLDEST_WAIT_SECONDS, STAGE_WAITING
from streams.engine.stage import Stage
from streams.engine.store import StateStore
from streams.engine.writer import Writer

TICK_S = 0.2
"""With the tenth to which times are kept, what is due is sent within a third of a second."""
MOST_AT_ONCE = 2000
"""Keys that are looked at in one partition each time; what is more waits for the next."""


class Reading(Protocol):
    """What the timers ask of the line they belong to."""

    @property
    def is_joined(self) -> bool: ...
    async def heard_until(self, now_ms: int) -> Mapping[int, int]:
        """By owned partition, up to when all that was said is read; what is not known is left out."""


class Timers:
    """Of one stage in this process. `run` ends by raising only: what was taken and not sent is lost to this process."""

    def __init__(self, stage: Stage, store: StateStore, writer: Writer, clock: Clock) -> None:
        self._stage = stage
        self._store = store
        self._writer = writer
        self._clock = clock
        self._headers = fixed_headers("due", stage.name)

    async def run(self, line: Reading) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(TICK_S)
            await self.tick(line)

    async def tick(self, line: Reading) -> None:
        """Send what is due now. While the group changes or state is loaded: nothing."""
        now_ms = int(self._clock.now().timestamp() * 1000)
        self._measure(now_ms)
        if self._stage.due is None or not self._store.has_due(now_ms / 1000):
            return
        moments = await line.heard_until(now_ms)
        if line.is_joined and (due := self._rows(moments, now_ms)):
            await self._writer.write_rows(self._stage.due, due)
            STAGE_DUE.labels(self._stage.name).inc(sum(map(len, due.values())))

    def _rows(self, moments: Mapping[int, int], now_ms: int) -> dict[int, Sequence[Outgoing]]:
        """Without an await, so that what is taken is of the state that is owned in this moment."""
        taken = {
            number: state.due.take(moments[number] / 1000, MOST_AT_ONCE)
            for number, state in self._store.partitions.items()
            if number in moments
        }
        value = encode(Due(due_at=datetime.fromtimestamp(now_ms / 1000, UTC)))
        headers: Headers = with_id(self._headers, b"%d" % now_ms)
        return {number: [(key, value, now_ms, headers) for key in keys] for number, keys in taken.items() if keys}

    def _measure(self, now_ms: int) -> None:
        count, since = self._store.waiting()
        STAGE_WAITING.labels(self._stage.name).set(count)
        STAGE_OLDEST_WAIT_SECONDS.labels(self._stage.name).set(0 if since is None else max(0, now_ms // 1000 - since))
