"""What waits for one client of the shared tail: bounded, so that one that does not keep up costs the others nothing."""

import asyncio
from collections.abc import Sequence
from enum import StrEnum

from api.feed.bookmarks import Bookmark
from api.feed.wishes import Wanted


class End(StrEnum):
    """Why a stream ends, though its client has not gone."""

    TOO_SLOW = "too_slow"
    STOPPING = "stopping"
    RECORDS_GONE = "records_gone"
    KAFKA_SILENT = "kafka_silent"
    KEY_REVOKED = "key_revoked"


class Listener:
    """Collects what is wanted until the client takes it."""

    def __init__(self, wanted: Wanted, begin: Bookmark, *, most_waiting: int) -> None:
        self.wanted = wanted
        self.end: End | None = None
        self.bookmark = begin
        """Behind all that the client has taken, and behind what came since while nothing waits."""
        self._newest = begin
        self._most_waiting = most_waiting
        self._waiting: list[bytes] = []
        self._waiting_count = 0
        self._stir = asyncio.Event()

    def offer(self, frames: Sequence[bytes], newest: Bookmark) -> None:
        """All that is wanted up to `newest`; a client that has too much waiting is given up."""
        if self.end:
            return
        if frames and self._waiting_count >= self._most_waiting:
            self.close(End.TOO_SLOW)
            return
        self._waiting += frames
        self._waiting_count += len(frames)
        self._newest = newest
        if self._waiting:
            self._stir.set()
        else:
            self.bookmark = newest

    def close(self, why: End) -> None:
        """Nothing more is collected; what waits is behind the bookmark, where the client goes on."""
        self.end = self.end or why
        self._waiting.clear()
        self._stir.set()

    async def take(self) -> bytes:
        """All that waits, as soon as something does; nothing once it is closed."""
        while not self._waiting and not self.end:
            self._stir.clear()
            await self._stir.wait()
        frames = b"".join(self._waiting)
        if not self.end:
            self.bookmark = self._newest
        self._waiting.clear()
        self._waiting_count = 0
        return frames
