"""A stream as an HTTP answer."""

import asyncio
from contextlib import aclosing

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
        super().__init__(self._chunks, headers=UNBUFFERED)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with aclosing(self._chunks):
                await super().__call__(scope, receive, send)
        finally:
            await self._stream.close()

    async def stream_response(self, send: Send) -> None:
        async def send_in_time(message: Message) -> None:
            # A client that reads nothing never lets this return.
            async with asyncio.timeout(self._patience_s):
                await send(message)

        try:
            await super().stream_response(send_in_time)
        except TimeoutError:
            # The server closes the connection of an answer without an end.
            FEED_ENDED.labels("cut_off").inc()
