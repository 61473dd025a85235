"""Callbacks onto Kafka by natural batching, and onto the spool when Kafka is away or slow.

While one batch is on its way the next one collects: the load sets the size of a batch. A batch costs the broker and
the client far more than its records do; so under load the next one waits, for a moment, until those are here again who
were answered with the last. One batch goes to one partition, and the turn moves on.

When a callback has waited its time, all that wait make a detour over the spool, and so does all that comes until the
spool is drained: nothing overtakes. What was handed to Kafka already may be stored twice then, with the same id.
"""

import asyncio
import os
from asyncio import Future
from collections.abc import Iterator
from itertools import chain, count

import msgspec
import structlog
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError

from contracts.envelope import Headers
from contracts.errors import NotDurable
from ingest.limits import WaitingRoom
from ingest.places import Detour, Topic
from ingest.spool.spool import Batch
from ingest.stamp import origin_of
from runtime.clock import Clock
from runtime.crash_points import crash_point
from runtime.kafka import Outgoing

TICK_S = 0.05
LINGER_S = 0.003
ENOUGH = 48
"""Callbacks that make a batch worth its costs; nobody waits for more."""
WAITING_LIMIT_BYTES = 128 * 1024 * 1024
DRAIN_LIMIT = 500
"""Callbacks in one batch from the spool. While a larger one is packed nobody else is answered."""
NEVER_TAKEN = (MessageSizeTooLargeError, RecordListTooLargeError)
HANDOVER_BYTES = 256 * 1024
"""So little left in the spool is drained while new callbacks wait behind it; else its end would never come."""

log = structlog.get_logger()


class _Waiting(msgspec.Struct, frozen=True, gc=False):
    record: Outgoing
    answer: "Future[None]"
    deadline_s: float


class Publisher:
    """Takes callbacks and tells each when it is durable. Make it on the loop that will run it."""

    def __init__(
        self,
        topic: Topic,
        spool: Detour,
        *,
        waiting_limit: int,
        clock: Clock,
        bytes_limit: int = WAITING_LIMIT_BYTES,
        linger_s: float = LINGER_S,
    ) -> None:
        self._topic = topic
        self._spool = spool
        self._limits = (waiting_limit, bytes_limit)
        self._crowded_from = waiting_limit // 2
        self._crowded_from_bytes = bytes_limit // 2
        self._monotonic = clock.monotonic
        self._ids = _event_ids()
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._is_connected = False
        self.was_connected = False
        """Whether Kafka has answered at least once."""
        self._partitions: Iterator[int] = iter(())
        self._makes_detour = True
        self._is_ill = False
        self._drain_limit = DRAIN_LIMIT
        self._expected_count = 1
        self._linger_s = linger_s
        self._linger: asyncio.TimerHandle | None = None
        self._collecting: list[_Waiting] = []
        self._collecting_bytes = 0
        self._on_the_way: list[_Waiting] = []
        self._room: WaitingRoom | None = None

    @property
    def waiting_count(self) -> int:
        """How many callbacks wait for the broker or the disk."""
        return len(self._collecting) + len(self._on_the_way) + self._spool.unsettled_count

    @property
    def trouble(self) -> str:
        """Why callbacks cannot go to Kafka now; empty when they can."""
        if not self._is_connected:
            return "no connection to Kafka, or the topic of the callbacks is missing"
        if self._is_ill:
            return "Kafka does not acknowledge in time"
        return "the spool is being drained" if self._makes_detour else ""

    def publish(self, body: bytes, received_at_ms: int, headers: Headers, *, deadline_s: float) -> "Future[None]":
        """Done when the callback is durable: on Kafka, or on the spool from `deadline_s` on the clock on. Fails with
        `NotDurable` when neither can take it. Raises `NotDurable` or `RateExceeded` at once when too many wait already.
        """
        if (
            len(self._collecting) + len(self._on_the_way) >= self._crowded_from
            or self._collecting_bytes > self._crowded_from_bytes
        ):
            self._check_room(headers, len(body))
        answer: Future[None] = self._loop.create_future()
        record = (None, body, received_at_ms, [*headers, ("ce_id", next(self._ids))])
        if self._makes_detour:
            self._append(record, answer)
            return answer
        self._collecting.append(_Waiting(record, answer, deadline_s))
        self._collecting_bytes += len(body)
        if not self._on_the_way:
            self._rouse()
        return answer

    async def run(self) -> None:
        """Publish until cancelled, through outages. Ends only by an error that nobody expected."""
        deadlines = asyncio.create_task(self._watch_deadlines())
        try:
            while True:
                partition_count = await self._topic.open()
                self._is_connected = self.was_connected = True
                self._is_ill, self._partitions = False, _turns(partition_count)
                log.info("kafka_ready", partitions=partition_count)
                await self._ship_until_an_error()
        finally:
            deadlines.cancel()
            self._is_connected = False
            await self._topic.close()

    def expire(self) -> None:
        """When the time of one has passed, turn to the spool, until the broker acknowledges again."""
        now = self._monotonic()
        if any(one.deadline_s <= now and not one.answer.done() for one in chain(self._on_the_way, self._collecting)):
            if not self._is_ill:
                log.warning("kafka_slow", callbacks=self.waiting_count)
            self._is_ill = True
            self._turn_to_spool()

    async def _watch_deadlines(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self.expire()
            if not self._spool.is_empty:  # such as when another process left something behind
                self._wake.set()

    async def _ship_until_an_error(self) -> None:
        """A producer whose batch failed has numbers in its sequence that the broker never saw: it is replaced."""
        self._wake.set()
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                if self._makes_detour or not self._spool.is_empty:
                    await self._drain()
                await self._ship()
                if self._collecting:
                    self._rouse()
        except KafkaError as exc:
            log.warning("publish_failed", error=repr(exc), callbacks=self.waiting_count)
            self._is_connected = False
            self._turn_to_spool()
            await self._topic.close()

    def _rouse(self) -> None:
        """Ship at once when as many wait as can be expected, else in a moment."""
        if len(self._collecting) >= self._expected_count:
            self._wake.set()
        elif self._linger is None:
            self._linger = self._loop.call_later(self._linger_s, self._wake.set)

    async def _ship(self) -> None:
        if self._linger is not None:
            self._linger.cancel()
            self._linger = None
        batch, self._collecting, self._collecting_bytes = self._collecting, [], 0
        if not batch:
            return
        self._on_the_way, self._room = batch, None
        await self._write([one.record for one in batch])
        crash_point("ingest.acknowledged")
        self._on_the_way, self._room = [], None
        self._expected_count = min(len(batch) + len(self._collecting), ENOUGH)
        for one in batch:
            if not one.answer.done():
                one.answer.set_result(None)

    async def _drain(self) -> None:
        """Everything in the spool, oldest first. What comes meanwhile goes behind it, or waits when little is left."""
        if self._spool.unread_bytes > HANDOVER_BYTES:
            self._turn_to_spool()
        while batch := await self._spool.take(self._drain_limit):
            try:
                await self._write(batch.records)
            except NEVER_TAKEN as exc:
                await self._single_out(batch, repr(exc))
                raise
            await self._spool.drop(batch)
            if self._spool.unread_bytes <= HANDOVER_BYTES:
                self._makes_detour = False
        self._makes_detour, self._drain_limit = False, DRAIN_LIMIT

    async def _single_out(self, batch: Batch, reason: str) -> None:
        """One that Kafka will never take must not stand in the way of all others: it is looked for one by one."""
        if len(batch.records) > 1:
            self._drain_limit = 1
        else:
            await self._spool.put_aside(batch, reason)
            self._drain_limit = DRAIN_LIMIT

    async def _write(self, records: list[Outgoing]) -> None:
        await self._topic.write(next(self._partitions), records)
        self._is_ill = False

    def _append(self, record: Outgoing, answer: "Future[None]") -> None:
        if self._spool.unsettled_count >= self._limits[0] or self._spool.unsettled_bytes > self._limits[1]:
            raise NotDurable("too many callbacks wait for the disk already")
        self._spool.append(record, answer)

    def _turn_to_spool(self) -> None:
        """All that wait go there, in their order. A batch on its way may come through too; nobody waits for it now."""
        waiting = [one for one in chain(self._on_the_way, self._collecting) if not one.answer.done()]
        self._collecting, self._collecting_bytes, self._on_the_way, self._room = [], 0, [], None
        self._makes_detour = True
        self._wake.set()
        for one in waiting:
            self._spool.append(one.record, one.answer)

    def _check_room(self, headers: Headers, size: int) -> None:
        if self._room is None:  # counted only when it matters, and anew after every change but our own
            self._room = WaitingRoom(*self._limits)
            for one in chain(self._on_the_way, self._collecting):
                self._room.take(origin_of(one.record[3]), len(one.record[1] or b""))
        origin = origin_of(headers)
        self._room.check(origin, size)
        self._room.take(origin, size)


def _turns(partition_count: int) -> Iterator[int]:
    return (turn % partition_count for turn in count())


def _event_ids() -> Iterator[bytes]:
    """Ids that no other process and no other run gives."""
    run = os.urandom(6).hex().encode()
    return (b"%s-%d" % (run, number) for number in count())
