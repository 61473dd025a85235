"""The feed of one process: opens streams where clients ask to begin, and ends them when the process stops."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime

from api.feed.bookmarks import Bookmark, mark_of, read_mark
from api.feed.listener import End
from api.feed.log import Log, LogReader, RecordsGone
from api.feed.stream import Rules, Stream
from api.feed.tail import Tail, Times
from api.feed.wishes import Wanted
from api.problems import FEED_FULL, FEED_SILENT, POSITION_GONE, Refused
from contracts.errors import BrokerUnavailable
from contracts.topics import load_topics
from runtime.clock import Clock
from runtime.metrics import FEED_CLIENTS
from runtime.settings import FeedSettings

USUAL = Times()
SOON = {"Retry-After": "2"}
RETENTION_S = load_topics()["updates"].retention_days * 86_400

Since = str | datetime | None
"""The id of an event, a time, or null for now."""


class Feed:
    """While it runs it can be asked for streams."""

    def __init__(self, settings: FeedSettings, log: Log, clock: Clock, *, times: Times = USUAL) -> None:
        self._settings = settings
        self._log = log
        self._clock = clock
        self._times = times
        self._tail = Tail(log, most_waiting=settings.most_waiting, times=times)
        self._streams: set[Stream] = set()
        self._readers = asyncio.Semaphore(settings.catch_up_readers)
        self._is_stopping = False

    async def run(self) -> None:
        """Until cancelled. Kafka is asked for nothing before the first client comes."""
        try:
            await self._tail.run()
        finally:
            await self._log.stop()

    def end_streams(self) -> None:
        """Tell all clients where to go on; no more are taken."""
        self._is_stopping = True
        for stream in self._streams:
            stream.stop(End.STOPPING)

    async def open(self, wanted: Wanted, since: Since, may_go_on: Callable[[], bool]) -> Stream:
        """A stream from `since` on; whoever gets it closes it.

        Raises `Refused` when there are too many, when Kafka is silent, or no longer has what comes next, and
        `QueryInvalid` for an id that is none of this feed.
        """
        if self._is_stopping or len(self._streams) >= self._settings.most_clients:
            raise Refused(FEED_FULL, headers=SOON)
        try:
            return await self._opened(wanted, since, Rules(self._settings.heartbeat_s, may_go_on))
        except (BrokerUnavailable, RecordsGone) as exc:
            raise Refused(FEED_SILENT, f"{exc}. {FEED_SILENT.advice}", headers=SOON) from exc

    async def _opened(self, wanted: Wanted, since: Since, rules: Rules) -> Stream:
        async with AsyncExitStack() as held, AsyncExitStack() as for_the_past:
            held.enter_context(self._tail.attended())
            await self._tail_begun()
            begin = await self._begin(since)
            reader = None
            if begin not in (None, self._tail.bookmark):
                reader = await self._reader(for_the_past)
            stream = Stream(wanted, begin or self._tail.bookmark, rules, tail=self._tail, reader=reader)
            self._count(self._streams.add, stream)
            held.callback(self._count, self._streams.discard, stream)
            stream.held.push_async_exit(held.pop_all())
            stream.held_for_the_past.push_async_exit(for_the_past.pop_all())
        return stream

    def _count(self, move: Callable[[Stream], None], stream: Stream) -> None:
        move(stream)
        FEED_CLIENTS.set(len(self._streams))

    async def _tail_begun(self) -> None:
        try:
            async with asyncio.timeout(self._times.begins_within_s):
                await self._tail.begun()
        except TimeoutError as exc:
            raise BrokerUnavailable("Kafka has not answered in time") from exc

    async def _reader(self, stack: AsyncExitStack) -> LogReader:
        """A reader of one's own, when it is one's turn."""
        try:
            async with asyncio.timeout(self._settings.catch_up_wait_s):
                await stack.enter_async_context(self._readers)
        except TimeoutError as exc:
            detail = f"{self._settings.catch_up_readers} clients are being told of the past. {FEED_FULL.advice}"
            raise Refused(FEED_FULL, detail, headers=SOON) from exc
        return await stack.enter_async_context(self._log.reader())

    async def _begin(self, since: Since) -> Bookmark | None:
        if since is None:
            return None
        origin, firsts, ends = await self._log.bounds()
        if isinstance(since, str):
            begin = read_mark(since, origin=origin, ends=ends)
            is_gone = any(offset < first for offset, first in zip(begin.offsets, firsts, strict=True))
        else:
            begin = Bookmark(origin, await self._log.offsets_at(int(since.timestamp() * 1000)))
            is_old = (self._clock.now() - since).total_seconds() > RETENTION_S
            # What was removed may have been from before that time; that it was not is certain only for what is young.
            is_gone = is_old and any(0 < first == at for first, at in zip(firsts, begin.offsets, strict=True))
        if is_gone:
            oldest = mark_of(origin, tuple(map(max, begin.offsets, firsts)))
            raise Refused(POSITION_GONE, members={"oldest_id": oldest})
        return begin
