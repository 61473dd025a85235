"""One life of dispatch's clients: commands come to the board, claims and outcomes behind them, positions go back."""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

import structlog
from aiokafka import ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from contracts.codec import decode
from contracts.errors import PayloadInvalid
from contracts.plans import SendClaimed, SendOutcome, read_command
from contracts.topics import load_topics
from runtime.settings import Settings
from streams.dispatch.board import Board
from streams.dispatch.clients import Clients
from streams.dispatch.log_tail import LogTail
from streams.dispatch.share import ReadUp
from streams.engine.unreadable import tell_unreadable

POLL_MS = 500
MOST_AT_ONCE = 500
FINISH_S = 4.0
"""For what is in hand, when partitions go to somebody else or the process ends."""
CONGESTED_PAUSE_S = 0.05
CLAIM, OUTCOME = partial(decode, SendClaimed), partial(decode, SendOutcome)
T = TypeVar("T")

log = structlog.get_logger()


class Serving(ConsumerRebalanceListener):  # type: ignore[misc]  # the client has no types
    """Between Kafka and the board. `allot` is told the share of all partitions that are ours."""

    def __init__(
        self,
        settings: Settings,
        clients: Clients,
        *,
        make_board: Callable[[ReadUp], Board],
        allot: Callable[[float], None],
    ) -> None:
        self._settings = settings
        self._clients = clients
        self._allot = allot
        self._commands = self._name("commands")
        names = {word: self._name(word) for word in ("claims", "outcomes")}
        self._tail = LogTail(clients.log, names, self._hear, partitions=settings.kafka.partitions)
        self._board = make_board(self._tail.read_up)
        self._committed: dict[int, int] = {}
        self.is_joined = False

    async def run(self) -> None:
        """Until cancelled. Raises `KafkaError`."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tail.run())
            group.create_task(self._read())
            group.create_task(self._commit_often())

    async def finish(self) -> None:
        """Begin nothing more, finish what is in hand, and say how far that is."""
        await self._board.close(self._board.partitions, FINISH_S)
        await self._commit()

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self.is_joined = False
        numbers = [place.partition for place in revoked]
        await self._board.close(numbers, FINISH_S)
        await self._commit()
        self._board.end(numbers)
        self._tail.leave(numbers)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        numbers = sorted(place.partition for place in assigned)
        self._committed.clear()
        self._board.assign(numbers)
        self._allot(len(numbers) / self._settings.kafka.partitions)
        self.is_joined = True
        log.info("dispatch_assigned", partitions=numbers)

    async def _read(self) -> None:
        self._clients.commands.subscribe([self._commands], listener=self)
        while True:
            if self._board.is_congested:
                await asyncio.sleep(CONGESTED_PAUSE_S)
                continue
            fetched = await self._clients.commands.getmany(timeout_ms=POLL_MS, max_records=MOST_AT_ONCE)
            for place, records in fetched.items():
                for record in records:
                    told = _read(read_command, record)
                    self._board.read(place.partition, record.offset, record.timestamp, told)

    def _hear(self, word: str, record: ConsumerRecord) -> None:
        told = _read(CLAIM, record) if word == "claims" else _read(OUTCOME, record)
        if told is not None:
            self._board.hear(record.partition, record.offset, record.timestamp, told)

    async def _commit_often(self) -> None:
        while True:
            await asyncio.sleep(self._settings.streams.commit_interval_s)
            await self._commit()

    async def _commit(self) -> None:
        """Whoever reads from there misses nothing. A commit that is refused is made up for by the next."""
        moved = {
            number: offset for number, offset in self._board.positions.items() if self._committed.get(number) != offset
        }
        if not moved:
            return
        try:
            places = {TopicPartition(self._commands, number): offset for number, offset in moved.items()}
            await self._clients.commands.commit(places)
        except (KafkaError, IllegalStateError) as exc:
            log.warning("dispatch_commit_refused", reason=repr(exc))
        else:
            self._committed |= moved

    def _name(self, word: str) -> str:
        return load_topics()[word].full_name(self._settings.kafka.topic_prefix)


def _read(read: Callable[[bytes], T], record: ConsumerRecord) -> T | None:
    """Null when our own code cannot read it; that a later version may have written it is no reason to stand still."""
    try:
        return read(record.value or b"")
    except PayloadInvalid as exc:
        tell_unreadable(record, exc)
        return None
