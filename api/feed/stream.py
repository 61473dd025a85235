"""One client's stream: what it has missed, read for it alone, then what is new, from the shared tail."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AsyncExitStack, aclosing, contextmanager
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
        self._is_beat_due = False
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
        yield frames.opening(self.bookmark)
        try:
            with self._beating():
                async with aclosing(self._missed()) as missed:
                    async for chunk in missed:
                        yield chunk
                while not self._is_over():
                    if chunk := await self._new():
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

    async def _new(self) -> bytes:
        """What comes next of the tail; nothing when the stream is over."""
        assert self._listener is not None  # noqa: S101  # whoever has caught up has joined
        chunk = await self._listener.take()
        return b"" if self._is_over() else chunk + self._pulse()

    def _is_over(self) -> bool:
        if self._reader is None and self._listener is not None:
            self.end = self.end or self._listener.end
        return self.end is not None

    def _join(self) -> None:
        self._listener = self._tail.join(self._wanted)
        self.held.callback(self._tail.leave, self._wanted, self._listener)

    @contextmanager
    def _beating(self) -> Iterator[None]:
        """A heartbeat is due again and again: by one timer, as one for each wait would cost more than what is told."""
        self._set_timer()
        try:
            yield
        finally:
            self._timer.cancel()

    def _set_timer(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._rules.heartbeat_s, self._beat)

    def _beat(self) -> None:
        self._set_timer()
        self._is_beat_due = True
        if self._listener is not None:
            self._listener.stir()

    def _pulse(self) -> bytes:
        """A heartbeat when it is time for one; ends the stream when the key has stopped working."""
        if not self._is_beat_due:
            return b""
        self._is_beat_due = False
        if not self._rules.may_go_on():
            self.stop(End.KEY_REVOKED)
            return b""
        return frames.heartbeat(self.bookmark)
