"""Reads bodies: whole, none above the limit, none for ever."""

import asyncio
from asyncio import CancelledError, Task, current_task
from collections.abc import Hashable, Mapping
from typing import Any

from contracts.errors import BodyTooLarge, CallbackRefused, NotDurable, RateExceeded
from ingest.limits import Room
from ingest.rsgi import HttpProtocol

SWEEP_S = 10.0
HELD_LIMIT_BYTES = 128 * 1024 * 1024
LARGE_BYTES = 16 * 1024
"""From here on it matters whose a body is. Nobody has proven yet who he is, and hardly a callback is so large."""


class BodyReader:
    """Takes bodies from the server, byte for byte.

    A body may take one sweep at least and two at most. Two sets and a sweep cost a tenth of a timer per request.
    """

    def __init__(self, max_bytes: int, *, held_limit_bytes: int = HELD_LIMIT_BYTES) -> None:
        self._max_bytes = max_bytes
        self._held_limit_bytes = held_limit_bytes
        self._held_bytes = 0
        self._large = Room(held_limit_bytes)
        self._reading: set[Task[Any] | None] = set()
        self._since_last_sweep: set[Task[Any] | None] = set()
        self._overdue: set[Task[Any] | None] = set()

    async def read(self, protocol: HttpProtocol, headers: Mapping[str, str], *, of: Hashable = None) -> bytes:
        """The whole body. Raises `BodyTooLarge` without holding more than the limit, `CallbackRefused` when the body
        does not come to its end, `NotDurable` when too much is being read already, `RateExceeded` when `of`, the
        connection, has so much of it that others need the room.
        """
        # A body in pieces is never believed its length, even when the request gives one as well.
        is_in_pieces = headers.get("transfer-encoding") is not None
        length = self._max_bytes if is_in_pieces else self._announced_length(headers)
        if length == 0:
            return b""
        if self._held_bytes + length > self._held_limit_bytes:
            raise NotDurable("too many large callbacks at once")
        is_large = length > LARGE_BYTES
        if is_large:
            self._take_room(of, length)
        self._held_bytes += length
        task = current_task()
        self._reading.add(task)
        try:
            return await (_joined(protocol, self._max_bytes) if is_in_pieces else protocol())
        except CancelledError:
            if task not in self._overdue:
                raise
            raise CallbackRefused("the body did not arrive in time") from None
        except RuntimeError as exc:  # what the server raises when the caller is gone
            raise CallbackRefused("the body broke off") from exc
        finally:
            self._reading.discard(task)
            self._held_bytes -= length
            if is_large:
                self._large.give_back(of, length)

    def _take_room(self, connection: Hashable, length: int) -> None:
        self._large.elsewhere = self._held_bytes - self._large.total
        if not self._large.has_room_for(connection, length):
            raise RateExceeded("so many large callbacks of this connection come that others need the room that is left")
        self._large.take(connection, length)

    def sweep(self) -> None:
        """Break off what was being read at the last sweep already."""
        self._overdue = self._reading & self._since_last_sweep
        self._since_last_sweep = set(self._reading)
        for task in self._overdue:
            if task is not None:
                task.cancel()

    async def watch(self) -> None:
        """Sweep until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_S)
            self.sweep()

    def _announced_length(self, headers: Mapping[str, str]) -> int:
        # Without the header a request of HTTP/1.1 has no body (RFC 9112, 6.3); the server refuses what is no number.
        length = int(headers.get("content-length", "0"))
        if length > self._max_bytes:
            raise _too_large(self._max_bytes)
        return length


async def _joined(protocol: HttpProtocol, max_bytes: int) -> bytes:
    """The pieces of a body of unknown length, while they are within the limit."""
    body, empty_count = bytearray(), 0
    async for piece in protocol:
        body += piece
        empty_count += not piece
        if len(body) > max_bytes:
            raise _too_large(max_bytes)
    # The server ends every body with an empty piece and tells a broken one only by a second (granian 2.8.7), as it does
    # one with trailers, which no provider sends. Half a body must never be taken for the whole.
    if empty_count != 1:
        raise CallbackRefused("the body broke off")
    return bytes(body)


def _too_large(max_bytes: int) -> BodyTooLarge:
    return BodyTooLarge(f"the body is larger than {max_bytes} bytes")
