"""Whole fetches to one coroutine. The one place where the engine replaces a part of faust.

faust wraps every record in several tasks before an agent sees it, which costs tens of times what our work costs. Here
its consumer keeps the group, the revocations, the commit timer and the stop, and only the way from a fetch to the
stage is ours: a fetch is carried as one batch, and its offsets are offered to the commit timer when that is done.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import ClassVar, Protocol

from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode import ServiceT

from runtime.crash_points import crash_point
from runtime.fetched import lighten_records
from runtime.fetching import Pace
from runtime.loops import new_loop
from streams.engine.faust_names import client_of, thread_on
from streams.engine.stage import SourceRecord

Fetched = Mapping[TP, Sequence[SourceRecord]]

FETCH_WAIT_S = 1.0
PAUSE_S = 0.05
ENOUGH = 1000
"""Records of one fetch to which a batch owes little: who is so far behind does not wait for more."""


class Taker(Protocol):
    """What stands behind the consumer of one stage."""

    @property
    def name(self) -> str:
        """The stage's."""

    @property
    def gather_ms(self) -> int:
        """How long a record may wait for others while many come."""

    def is_ready(self, generation: int) -> bool:
        """Whether all that this generation of the group gave us is loaded."""

    def is_held(self, place: TP) -> bool:
        """Whether nothing may be fetched from there for now."""

    async def carry(self, fetched: Fetched) -> None:
        """Returns when all that follows from `fetched` is written."""


class BatchConsumer(driver.Consumer):
    """A consumer whose records go to `taker`, one fetch at a time. Each app has a subclass with its own `taker`."""

    taker: ClassVar[Taker]

    def __post_init__(self) -> None:
        super().__post_init__()
        self.refused_commits = 0
        """In a row."""
        self.is_idle = asyncio.Event()
        self.is_idle.set()
        self._carried: dict[TP, int] = {}
        self._batch: asyncio.Task[None] | None = None
        self._fetch: asyncio.Task[Fetched] | None = None
        self._fetch_generation = -1
        self._dropped: dict[TP, int] = {}
        self._pace: Pace | None = None

    def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
        """On uvloop, like all loops here: half of what a fetch costs is not about its records."""
        lighten_records()
        return thread_on(new_loop(), self)

    def is_live(self) -> bool:
        """Whether what is fetched now is ours to carry."""
        app = self.app
        return self.flow_active and not app.rebalancing and self.taker.is_ready(app.consumer_generation_id)

    async def _drain_messages(self, fetcher: ServiceT) -> None:
        try:
            while not (self.should_stop or fetcher.should_stop):
                await self._fetch_and_carry()
        except self.consumer_stopped_errors:
            if not self.app.should_stop:
                raise

    async def _fetch_and_carry(self) -> None:
        if self._fetch is None:
            wanted = await self._wanted()
            if not wanted:  # an empty set would mean "from anywhere" to the client
                await asyncio.sleep(PAUSE_S)
                return
            self._fetch_generation = self.app.consumer_generation_id
            self._fetch = asyncio.create_task(self._getmany(wanted, FETCH_WAIT_S))
        # A rebalance cancels this loop, but not the fetch: what it brings has moved our positions, and is looked at.
        await asyncio.wait({self._fetch})
        fetch, self._fetch = self._fetch, None
        fetched = fetch.result()
        self._keep_pace(sum(map(len, fetched.values())))
        if fetched and self.is_live() and self._fetch_generation == self.app.consumer_generation_id:
            self.is_idle.clear()
            self._batch = asyncio.create_task(self._carry(fetched, self._fetch_generation))
            # A stop or a rebalance cancels this loop, but not a batch whose outputs may be on their way: both wait
            # until it is done (`wait_empty`), and so it is committed and not repeated.
            await asyncio.shield(self._batch)
        else:
            for place, records in fetched.items():
                self._dropped[place] = min(records[0].offset, self._dropped.get(place, records[0].offset))

    def _keep_pace(self, count: int) -> None:
        if self._pace is None:
            self._pace = Pace(client_of(self), gather_ms=self.taker.gather_ms)
        self._pace.follow(has_come=count > 0, is_much=count >= ENOUGH)

    async def _wanted(self) -> set[TP]:
        """From where to fetch now. What arrived while the group changed, and was dropped, is fetched again.

        faust puts positions back to what is committed, but leaves a partition alone of which nothing is committed yet,
        and a fetch that was under way may end after that.
        """
        if not self.is_live():
            return set()
        dropped, self._dropped = self._dropped, {}
        for place in dropped.keys() & self.assignment():
            position = await self.position(place)
            if position is None or position > dropped[place]:
                await self.seek(place, dropped[place])
        return {place for place in self.assignment() if not self.taker.is_held(place)}

    async def _carry(self, fetched: Fetched, generation: int) -> None:
        try:
            await self.taker.carry(fetched)
        except Exception as exc:  # noqa: BLE001  # whatever went wrong, nobody may go on behind a batch that is in doubt
            await self.crash(exc)
        else:
            if generation == self.app.consumer_generation_id:
                self._carried.update({place: records[-1].offset + 1 for place, records in fetched.items()})
        finally:
            self.is_idle.set()

    async def force_commit(self, *_topics: object, **_transaction: object) -> bool:
        """Commit what is carried. A refusal is counted, and what was refused is tried again with the next."""
        owned = self.assignment()
        ready, self._carried = {place: at for place, at in self._carried.items() if place in owned}, {}
        if not ready:
            return False
        if await self._commit(ready):
            crash_point(f"{self.taker.name}.committed")
            self.refused_commits = 0
            return True
        self.refused_commits += 1
        self._carried = {**ready, **self._carried}
        return False

    async def wait_empty(self) -> None:
        """Until no batch is under way and what was carried is committed; before a revocation and before a stop."""
        await self.is_idle.wait()
        await super().wait_empty()
        if self._carried:  # the commit timer was at it and had not seen the last batch
            await self.force_commit()

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        await super().on_partitions_revoked(revoked)
        self._carried.clear()  # what was refused now is the next owner's to do again

    async def on_stop(self) -> None:
        if self._fetch is not None:
            self._fetch.cancel()
        await super().on_stop()

    async def verify_all_partitions_active(self) -> None:
        """The watchdog looks at progress; faust's own look is at the path that is not used here."""
