"""The one reader of the newest changes that all clients of this process share; it rests while there are none."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from itertools import chain

import structlog

from api.feed.bookmarks import Bookmark
from api.feed.events import Course, Event
from api.feed.listener import End, Listener, Told
from api.feed.log import Fetched, Log, RecordsGone
from api.feed.wishes import Wanted
from contracts.errors import BrokerUnavailable

GATHER_S = 0.02
"""Pause behind each fetch. Nobody sees it, and it makes few larger writes to each client instead of many small."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Times:
    """How long the feed waits for what."""

    begins_within_s: float = 8.0
    """Kafka has answered the first client within this time, or the client is sent away."""
    linger_s: float = 60.0
    """Clients come back: so long after the last has gone the tail is still read."""
    pause_s: float = 1.0
    """Between tries while Kafka is away."""


class Tail:
    """Reads on from where the topic ended when the first client came, and hands to each listener what it wants."""

    def __init__(self, log: Log, *, most_waiting: int, times: Times) -> None:
        self._log = log
        self._times = times
        self._most_waiting = most_waiting
        self._course: Course | None = None
        self._audiences: defaultdict[Wanted, set[Listener]] = defaultdict(set)
        self._guests = 0
        self._has_guests = asyncio.Event()
        self._is_settled = asyncio.Event()
        self._trouble: BrokerUnavailable | None = None

    @property
    def bookmark(self) -> Bookmark:
        """Behind all that was handed out. From `begun` on there is one while somebody attends; else `RecordsGone`."""
        if self._course is None:
            raise RecordsGone("the feed has lost its place, because Kafka no longer had what came next")
        return self._course.bookmark

    @contextmanager
    def attended(self) -> Iterator[None]:
        """Somebody needs it, so it reads."""
        self._guests += 1
        self._has_guests.set()
        try:
            yield
        finally:
            self._guests -= 1
            if not self._guests:
                self._has_guests.clear()

    async def begun(self) -> None:
        """Returns once it has a place in the topic; raises `BrokerUnavailable` when it was tried in vain."""
        await self._is_settled.wait()
        if self._trouble is not None:
            raise self._trouble

    def join(self, wanted: Wanted) -> Listener:
        """A listener to all that comes behind `bookmark`."""
        listener = Listener(self.bookmark, most_waiting=self._most_waiting)
        self._audiences[wanted].add(listener)
        return listener

    def leave(self, wanted: Wanted, listener: Listener) -> None:
        self._audiences[wanted].discard(listener)
        if not self._audiences[wanted]:
            del self._audiences[wanted]

    async def run(self) -> None:
        """Until cancelled, through outages of Kafka."""
        while True:
            if not self._guests:
                self._forget()  # whoever comes then wants what is new then
            await self._has_guests.wait()
            try:
                await self._follow()
            except BrokerUnavailable as exc:
                log.warning("feed_rests", reason=str(exc))
                if self._course is None:
                    self._settle(exc)
                await asyncio.sleep(self._times.pause_s)
            except RecordsGone as exc:
                log.error("feed_lost_its_place", reason=str(exc))  # noqa: TRY400  # the text says it all
                self._forget()
                for listener in chain.from_iterable(self._audiences.values()):
                    listener.close(End.RECORDS_GONE)

    async def _follow(self) -> None:
        """As long as anybody attends, and a little longer, because clients come back."""
        attended_at = time.monotonic()
        async with self._log.reader() as reader:
            if self._course is None:
                origin, _, ends = await self._log.bounds()
                self._course = Course(Bookmark(origin, ends))
            self._settle(None)
            async with aclosing(reader.follow(self._course.bookmark.offsets)) as fetches:
                async for fetched in fetches:
                    self._hand_out(self._course, fetched)
                    if self._guests:
                        attended_at = time.monotonic()
                    elif time.monotonic() - attended_at > self._times.linger_s:
                        return
                    await asyncio.sleep(GATHER_S)

    def _settle(self, trouble: BrokerUnavailable | None) -> None:
        self._trouble = trouble
        self._is_settled.set()

    def _forget(self) -> None:
        self._is_settled.clear()
        self._course = None

    def _hand_out(self, course: Course, fetched: Fetched) -> None:
        events: list[Event] = []
        for partition, records in fetched:
            events += course.meet(partition, records)
        newest = course.bookmark
        for wanted, listeners in self._audiences.items():
            told = Told.of(wanted.chosen(events))
            for listener in listeners:
                listener.offer(told, newest)
