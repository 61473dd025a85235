"""A stream as an HTTP answer."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing, contextmanager

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from api.feed.stream import Stream
from runtime.metrics import FEED_ENDED

UNBUFFERED = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


class FeedResponse(StreamingResponse):
    """Sends what a stream has, many events in one write, and closes it whatever happens.

    FastAPI's own `EventSourceResponse` takes two queues and a write for each event, and its heartbeats cannot be set.
    """

    media_type = "text/event-stream"

    def __init__(self, stream: Stream, *, patience_s: float) -> None:
        self._stream = stream
        self._chunks = stream.chunks()
        self._patience_s = patience_s
        self._writes_since_s: float | None = None
        super().__init__(self._chunks, headers=UNBUFFERED)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with aclosing(self._chunks):
                await super().__call__(scope, receive, send)
        finally:
            await self._stream.close()

    async def stream_response(self, send: Send) -> None:
        try:
            async with asyncio.timeout(None) as limit:
                with self._watched(limit):
                    start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
                    await self._write(send, start)
                    async for chunk in self._chunks:
                        await self._write(send, {"type": "http.response.body", "body": chunk, "more_body": True})
                    await self._write(send, {"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            # The server closes the connection of an answer without an end.
            FEED_ENDED.labels("cut_off").inc()

    async def _write(self, send: Send, message: Message) -> None:
        self._writes_since_s = asyncio.get_running_loop().time()
        await send(message)  # a client that reads nothing never lets this return
        self._writes_since_s = None

    @contextmanager
    def _watched(self, limit: asyncio.Timeout) -> Iterator[None]:
        """Lets `limit` be over when a write takes too long: by one timer, as one for each would cost more than it."""
        self._look(limit)
        try:
            yield
        finally:
            self._timer.cancel()

    def _look(self, limit: asyncio.Timeout) -> None:
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        due_s = (now_s if self._writes_since_s is None else self._writes_since_s) + self._patience_s
        if due_s <= now_s:
            limit.reschedule(now_s)
        else:
            self._timer = loop.call_at(due_s, self._look, limit)
