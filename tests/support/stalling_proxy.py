"""Stands between clients and a broker, and fails as networks do: it stalls, it cuts, and it comes back.

    with StallingProxy(bootstrap) as proxy:
        settings = KafkaSettings(bootstrap_servers=proxy.bootstrap, ...)
        proxy.stall()    # connections stay open and nothing moves: what was sent lies here
        proxy.cut()      # connections break, and new ones do too
        proxy.resume()   # what lies here is delivered, late; new connections pass

A broker tells its clients its own address, and they would go past us: it is replaced by ours in all that it says.
It runs on a thread of its own, so that it serves tests with and without a loop, and goes on while theirs is blocked.
"""

import asyncio
import struct
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from types import TracebackType
from typing import Self

from runtime.broker.ports import HOST, free_port

CHUNK_BYTES = 64 * 1024
CONTROL_LIMIT_S = 5.0


class StallingProxy:
    """One broker's stand-in on a port of its own; it passes everything until told otherwise."""

    def __init__(self, bootstrap: str) -> None:
        host, _, port = bootstrap.rpartition(":")
        self._target = (host, int(port))
        self.port = free_port(besides=int(port))
        self._theirs, self._ours = _address(host, int(port)), _address(host, self.port)
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="stalling-proxy", daemon=True)
        self._flowing = asyncio.Event()
        self._is_cut = False
        self._pipes: set[asyncio.Task[None]] = set()

    @property
    def bootstrap(self) -> str:
        """What clients connect to in place of the broker."""
        return f"{HOST}:{self.port}"

    def stall(self) -> None:
        """Let nothing pass any more, in either direction, and keep every connection open."""
        self._tell(self._flowing.clear)

    def cut(self) -> None:
        """Break every connection, with what is on its way, and every new one until `resume`."""
        self._tell(self._cut)

    def resume(self) -> None:
        """Let everything pass again, first of all what has waited."""
        self._tell(self._resume)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._accept, HOST, self.port), self._loop
        ).result(CONTROL_LIMIT_S)
        self._tell(self._flowing.set)
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._tell(self._server.close)
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(CONTROL_LIMIT_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CONTROL_LIMIT_S)
        self._loop.close()

    def _tell(self, order: Callable[[], object]) -> None:
        """Give an order to the proxy's thread, and wait until it is carried out."""

        async def carry_out() -> None:
            order()

        asyncio.run_coroutine_threadsafe(carry_out(), self._loop).result(CONTROL_LIMIT_S)

    def _cut(self) -> None:
        self._is_cut = True
        for pipe in self._pipes:
            pipe.cancel()

    def _resume(self) -> None:
        self._is_cut = False
        self._flowing.set()

    async def _end(self) -> None:
        self._cut()
        await asyncio.gather(*self._pipes, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        pipe = asyncio.create_task(self._connect(reader, writer))
        self._pipes.add(pipe)
        pipe.add_done_callback(self._pipes.discard)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError):  # a broker that is away, or an end that broke off: the other one breaks off too
                their_reader, their_writer = await asyncio.open_connection(*self._target)
                try:
                    await self._join(reader, their_writer, their_reader, writer)
                finally:
                    their_writer.transport.abort()
        finally:
            writer.transport.abort()

    async def _join(
        self,
        asked: asyncio.StreamReader,
        asking: asyncio.StreamWriter,
        answered: asyncio.StreamReader,
        answering: asyncio.StreamWriter,
    ) -> None:
        """Pass both ways until one end is over."""
        ways = [
            asyncio.create_task(self._pass_questions(asked, asking)),
            asyncio.create_task(self._pass_answers(answered, answering)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _pass_questions(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK_BYTES):
            await self._flowing.wait()
            writer.write(data)
            await writer.drain()

    async def _pass_answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer by answer, because an address must not be missed where it comes in two pieces."""
        while True:
            size = await reader.readexactly(4)
            answer = await reader.readexactly(int.from_bytes(size))
            await self._flowing.wait()
            writer.write(size + answer.replace(self._theirs, self._ours))
            await writer.drain()


def _address(host: str, port: int) -> bytes:
    """As Kafka's answers spell it, in every version: the name, and behind it the port in four bytes."""
    return host.encode() + struct.pack(">i", port)
