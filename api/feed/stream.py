"""One client's stream: what it has missed, read for it alone, then what is new, from the shared tail."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass

from api.feed import frames
from api.feed.bookmarks import Bookmark, Offsets
from api.feed.events import Course, Event
from api.feed.listener import End, Listener
from api.feed.log import LogReader, RecordsGone
from api.feed.tail import GATHER_S, Tail
from api.feed.wishes import Wanted
from contracts.errors import BrokerUnavailable
from runtime.metrics import FEED_ENDED

NEAR = 1_000
"""So few records behind the tail a client joins it; what comes while it reads them waits for it."""


@dataclass(frozen=True)
class Rules:
    """How long a stream waits, and whether it may go on."""

    heartbeat_s: float
    may_go_on: Callable[[], bool]
    """Whether the key still works; asked as often as a heartbeat may be sent."""


class Stream:
    """What one client is told from `begin` on, without a gap and without a repeat.

    With a `reader` it is told of the past first; without one `begin` is where the tail is. `held` is given back when
    the stream is closed.
    """

    def __init__(self, wanted: Wanted, begin: Bookmark, rules: Rules, *, tail: Tail, reader: LogReader | None) -> None:
        self.end: End | None = None
        self.held = AsyncExitStack()
        self.held_for_the_past = AsyncExitStack()
        """Given back as soon as it has caught up."""
        self._wanted = wanted
        self._rules = rules
        self._tail = tail
        self._reader = reader
        self._course = Course(begin)
        self._listener: Listener | None = None
        self._pulse_at = 0.0
        if reader is None:
            self._join()

    @property
    def bookmark(self) -> Bookmark:
        """Behind all that was told."""
        if self._reader is None and self._listener is not None:
            return self._listener.bookmark
        return self._course.bookmark

    def stop(self, why: End) -> None:
        """End in order: the client is told why, and where to go on."""
        self.end = self.end or why
        if self._listener is not None:
            self._listener.close(why)

    async def close(self) -> None:
        """Give back what it holds, whether or not it has come to its end."""
        await self.held_for_the_past.aclose()
        await self.held.aclose()

    async def chunks(self) -> AsyncGenerator[bytes]:
        """The stream as bytes, one or many events at a time."""
        self._pulse_at = asyncio.get_running_loop().time() + self._rules.heartbeat_s
        yield frames.opening(self.bookmark)
        try:
            async with aclosing(self._missed()) as missed:
                async for chunk in missed:
                    yield chunk
            async with aclosing(self._new()) as new:
                async for chunk in new:
                    yield chunk
        except RecordsGone:
            self.end = End.RECORDS_GONE
        except BrokerUnavailable:
            self.end = End.KAFKA_SILENT
        if self.end is not None:
            FEED_ENDED.labels(self.end).inc()
            yield frames.dropped(self.end, self.bookmark)

    async def _missed(self) -> AsyncGenerator[bytes]:
        """What the past has, up to the place where this stream has joined the tail."""
        while self._reader is not None and not self._is_over():
            goal = self._goal()
            async with aclosing(self._reader.between(self._course.bookmark.offsets, goal)) as fetches:
                async for fetched in fetches:
                    events: list[Event] = []
                    for partition, records in fetched:
                        events += self._course.meet(partition, records)
                    if chunk := b"".join(self._wanted.chosen(events)) + self._pulse():
                        yield chunk
                    if self._is_over():
                        return
            if self._listener is not None:
                self._reader = None
                await self.held_for_the_past.aclose()
            else:
                if beat := self._pulse():
                    yield beat
                await asyncio.sleep(GATHER_S)

    def _goal(self) -> Offsets:
        """Where the tail is now, which is joined here when that is near. It may itself be behind where we are."""
        here, there = self._course.bookmark.offsets, self._tail.bookmark.offsets
        behind = [tail - own for own, tail in zip(here, there, strict=True)]
        if min(behind) >= 0 and sum(behind) <= NEAR:
            self._join()
        return there

    async def _new(self) -> AsyncGenerator[bytes]:
        while self._listener is not None and not self._is_over():
            chunk = b""
            try:
                async with asyncio.timeout(self._rules.heartbeat_s):
                    chunk = await self._listener.take()
            except TimeoutError:
                self._pulse_at = 0.0
            if not self._is_over() and (chunk := chunk + self._pulse()):
                yield chunk

    def _is_over(self) -> bool:
        if self._reader is None and self._listener is not None:
            self.end = self.end or self._listener.end
        return self.end is not None

    def _join(self) -> None:
        self._listener = self._tail.join(self._wanted)
        self.held.callback(self._tail.leave, self._listener)

    def _pulse(self) -> bytes:
        """A heartbeat when it is time for one; ends the stream when the key has stopped working."""
        now = asyncio.get_running_loop().time()
        if now < self._pulse_at:
            return b""
        self._pulse_at = now + self._rules.heartbeat_s
        if not self._rules.may_go_on():
            self.stop(End.KEY_REVOKED)
            return b""
        return frames.heartbeat(self.bookmark)
