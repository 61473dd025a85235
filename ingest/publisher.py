"""Callbacks onto Kafka by natural batching, each with its own deadline.

While one batch is on its way the next one collects: the load sets the size of a batch. A batch costs the broker and
the client far more than its records do; so under load the next one waits, for a moment, until those are here again who
were answered with the last. One batch goes to one partition, and the turn moves on. A batch that was handed over is
never given up by the client, so a deadline of ours ends the wait of the caller, not the batch: what is said then is
"not known".
"""

import asyncio
import os
from asyncio import Future
from collections.abc import Iterator
from itertools import chain, count
from typing import Protocol

import msgspec
import structlog
from aiokafka.errors import KafkaError

from contracts.envelope import Headers
from contracts.errors import NotDurable
from runtime.clock import Clock
from runtime.kafka import Outgoing

TICK_S = 0.05
LINGER_S = 0.001
ENOUGH = 64
"""Callbacks that make a batch worth its costs; nobody waits for more."""
WAITING_LIMIT_BYTES = 128 * 1024 * 1024

log = structlog.get_logger()


class Topic(Protocol):
    """The topic that callbacks go to, once it answers."""

    async def open(self) -> int:
        """Wait until Kafka answers and has the topic; the number of its partitions."""

    async def write(self, partition: int, records: list[Outgoing]) -> None:
        """Returns when all are acknowledged. Raises `KafkaError` when that is not known and not to be waited for."""

    async def close(self) -> None:
        """Let go of the connection, whatever its state."""


class _Waiting(msgspec.Struct, frozen=True, gc=False):
    record: Outgoing
    answer: "Future[None]"
    deadline_s: float


class Publisher:
    """Takes callbacks and tells each when it is durable. Make it on the loop that will run it."""

    def __init__(
        self,
        topic: Topic,
        *,
        waiting_limit: int,
        clock: Clock,
        bytes_limit: int = WAITING_LIMIT_BYTES,
        linger_s: float = LINGER_S,
    ) -> None:
        self._topic = topic
        self._waiting_limit = waiting_limit
        self._bytes_limit = bytes_limit
        self._monotonic = clock.monotonic
        self._ids = _event_ids()
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._partitions: Iterator[int] | None = None
        self._is_ill = False
        self._expected_count = 1
        self._linger_s = linger_s
        self._linger: asyncio.TimerHandle | None = None
        self._collecting: list[_Waiting] = []
        self._collecting_bytes = 0
        self._on_the_way: list[_Waiting] = []

    @property
    def waiting_count(self) -> int:
        """How many callbacks wait for the broker."""
        return len(self._collecting) + len(self._on_the_way)

    @property
    def reason_unready(self) -> str:
        """Why callbacks cannot be made durable now; empty when they can."""
        if self._partitions is None:
            return "no connection to Kafka yet, or the topic of the callbacks is missing"
        return "Kafka does not acknowledge in time" if self._is_ill else ""

    def publish(self, body: bytes, received_at_ms: int, headers: Headers, *, deadline_s: float) -> "Future[None]":
        """Done when the broker has the callback; fails with `NotDurable` soon after `deadline_s` on the clock. Raises
        `NotDurable` at once when the broker is known to be ill or too many wait already.
        """
        if self._partitions is None or self._is_ill:
            raise NotDurable(self.reason_unready)
        if self.waiting_count >= self._waiting_limit or self._collecting_bytes > self._bytes_limit:
            raise NotDurable("too many callbacks wait for Kafka already")
        answer: Future[None] = self._loop.create_future()
        record = (None, body, received_at_ms, [*headers, ("ce_id", next(self._ids))])
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
                self._is_ill, self._partitions = False, _turns(partition_count)
                log.info("kafka_ready", partitions=partition_count)
                await self._ship_until_an_error()
        finally:
            deadlines.cancel()
            self._partitions = None
            await self._topic.close()

    def expire(self) -> None:
        """Answer those whose deadline has passed; from then on the broker counts as ill, until it acknowledges."""
        now = self._monotonic()
        for one in chain(self._on_the_way, self._collecting):
            if one.deadline_s <= now and not one.answer.done():
                one.answer.set_exception(NotDurable("not acknowledged in time; whether it was stored is not known"))
                self._is_ill = True

    async def _watch_deadlines(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self.expire()

    async def _ship_until_an_error(self) -> None:
        """A producer whose batch failed has numbers in its sequence that the broker never saw: it is replaced."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                await self._ship()
                if self._collecting:
                    self._rouse()
        except KafkaError as exc:
            log.warning("publish_failed", error=repr(exc), callbacks=self.waiting_count)
            self._partitions = None
            self._give_up()
            await self._topic.close()

    def _rouse(self) -> None:
        """Ship at once when as many wait as can be expected, else in a moment."""
        if len(self._collecting) >= self._expected_count:
            self._wake.set()
        elif self._linger is None:
            self._linger = self._loop.call_later(self._linger_s, self._wake.set)

    async def _ship(self) -> None:
        # Whoever has been told "not known" by now will send it again; it was not handed over yet, so let it go.
        batch = [one for one in self._collecting if not one.answer.done()]
        self._collecting, self._collecting_bytes = [], 0
        if not batch or self._partitions is None:
            return
        self._on_the_way = batch
        if self._linger is not None:
            self._linger.cancel()
            self._linger = None
        await self._topic.write(next(self._partitions), [one.record for one in batch])
        self._is_ill = False
        self._on_the_way = []
        self._expected_count = min(len(batch) + len(self._collecting), ENOUGH)
        for one in batch:
            if not one.answer.done():
                one.answer.set_result(None)

    def _give_up(self) -> None:
        for one in chain(self._on_the_way, self._collecting):
            if not one.answer.done():
                one.answer.set_exception(NotDurable("Kafka failed; whether it was stored is not known"))
        self._collecting, self._collecting_bytes, self._on_the_way = [], 0, []


def _turns(partition_count: int) -> Iterator[int]:
    return (turn % partition_count for turn in count())


def _event_ids() -> Iterator[bytes]:
    """Ids that no other process and no other run gives."""
    run = os.urandom(6).hex().encode()
    return (b"%s-%d" % (run, number) for number in count())
