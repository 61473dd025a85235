"""What waits for one client of the shared tail: bounded, so that one that does not keep up costs the others nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from api.feed.bookmarks import Bookmark


class End(StrEnum):
    """Why a stream ends, though its client has not gone."""

    TOO_SLOW = "too_slow"
    STOPPING = "stopping"
    RECORDS_GONE = "records_gone"
    KAFKA_SILENT = "kafka_silent"
    KEY_REVOKED = "key_revoked"


@dataclass(frozen=True)
class Told:
    """Events as they stand in the stream, in one piece: all who want the same share its bytes."""

    frames: bytes = b""
    count: int = 0

    @classmethod
    def of(cls, frames: Sequence[bytes]) -> "Told":
        return cls(b"".join(frames), len(frames))


class Listener:
    """Collects what is wanted until the client takes it."""

    def __init__(self, begin: Bookmark, *, most_waiting: int) -> None:
        self.end: End | None = None
        self.bookmark = begin
        """Behind all that the client has taken, and behind what came since while nothing waits."""
        self._newest = begin
        self._most_waiting = most_waiting
        self._waiting: list[bytes] = []
        self._waiting_count = 0
        self._stir = asyncio.Event()

    def offer(self, told: Told, newest: Bookmark) -> None:
        """All that is wanted up to `newest`; a client that has too much waiting is given up."""
        if self.end:
            return
        if told.count and self._waiting_count >= self._most_waiting:
            self.close(End.TOO_SLOW)
            return
        self._newest = newest
        if told.count:
            self._waiting.append(told.frames)
            self._waiting_count += told.count
            self._stir.set()
        elif not self._waiting:
            self.bookmark = newest

    def close(self, why: End) -> None:
        """Nothing more is collected; what waits is behind the bookmark, where the client goes on."""
        self.end = self.end or why
        self._waiting.clear()
        self._stir.set()

    def stir(self) -> None:
        """Let whoever takes now go on, though there be nothing."""
        self._stir.set()

    async def take(self) -> bytes:
        """All that waits, as soon as something does; nothing when it was stirred, or is closed."""
        if not self._waiting and not self.end:
            self._stir.clear()
            await self._stir.wait()
        # Of one piece this is that piece, not a copy.
        frames = b"".join(self._waiting)
        if not self.end:
            self.bookmark = self._newest
        self._waiting.clear()
        self._waiting_count = 0
        return frames
