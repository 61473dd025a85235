"""Posts signed callbacks at a steady rate, over connections that stay open, for a tenth of the CPU of an HTTP client.

It has a process of its own, so that nothing that measures waits for it. A callback that cannot leave when it is due,
because every connection waits for an answer, has waited since then all the same.
"""

import asyncio
import re
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import islice
from multiprocessing import get_context
from typing import cast

import uvloop

from bench.ingest import endless_callbacks
from providers._kit.script import SimulatedCallback

CONNECTIONS = 64
TICK_S = 0.001
LIMIT_S = 60.0
"""Behind the time that it ought to take."""
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
Answered = tuple[float, float]
"""When a callback was answered, and the milliseconds that took from the moment at which it was due."""
REPEATED_AFTER = 500


@dataclass(frozen=True)
class Load:
    """Callbacks from the one numbered `first` on, no two alike; the answers, when they have all come."""

    port: int
    path: str
    first: int
    per_s: float
    seconds: float
    connections: int = CONNECTIONS
    repeat_every: int = 0
    """One in so many is posted again, as many callbacks later as `REPEATED_AFTER`; 0: none is."""

    @property
    def beyond(self) -> int:
        return self.first + int(self.per_s * self.seconds)

    def post(self) -> list[Answered]:
        """Raises when one is not answered with 200."""
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(self._post())

    def callbacks(self) -> list[SimulatedCallback]:
        """In the order in which they go out."""
        return list(repeated(_written(self.beyond)[self.first : self.beyond], self.repeat_every))

    async def _post(self) -> list[Answered]:
        callbacks = self.callbacks()
        requests = deque(request_of(one, self.path) for one in callbacks)
        idle, answers = deque["Line"](), list[Answered]()
        for _ in range(self.connections):
            await asyncio.get_running_loop().create_connection(lambda: Line(idle, answers), "127.0.0.1", self.port)
        Line.failure, began = "", time.monotonic()
        while len(answers) < len(callbacks):
            due = int((time.monotonic() - began) * self.per_s) - (len(callbacks) - len(requests))
            for _ in range(min(due, len(idle), len(requests))):
                number = len(callbacks) - len(requests)
                idle.popleft().send(requests.popleft(), began + number / self.per_s)
            await asyncio.sleep(TICK_S)
            if Line.failure:
                raise RuntimeError(Line.failure)
            if time.monotonic() > began + self.seconds + LIMIT_S:
                raise RuntimeError(f"{len(answers)} of {len(callbacks)} callbacks were answered")
        return answers


class Line(asyncio.Protocol):
    """One connection, with one callback on its way at a time."""

    failure = ""

    def __init__(self, idle: "deque[Line]", answers: list[Answered]) -> None:
        self._idle, self._answers = idle, answers
        self._due_s, self._heard = 0.0, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._idle.append(self)

    def send(self, request: bytes, due_s: float) -> None:
        self._due_s = due_s
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, end, body = self._heard.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not end or len(body) < int(length[1] if length else 0):
            return
        if b" 200 " not in head[:20]:
            Line.failure = f"a callback was answered with {head[:60]!r}"
        self._answers.append((time.time(), (time.monotonic() - self._due_s) * 1000))
        self._heard = b""
        self._idle.append(self)


def request_of(callback: SimulatedCallback, path: str) -> bytes:
    """As it goes over the wire."""
    headers = {"Host": "127.0.0.1", "Content-Length": str(len(callback.body)), **callback.headers}
    head = "\r\n".join(f"{name}: {value}" for name, value in headers.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n\r\n".encode() + callback.body


def repeated(callbacks: list[SimulatedCallback], every: int) -> Iterator[SimulatedCallback]:
    """All of them, and one in `every` a second time."""
    for number, one in enumerate(callbacks):
        yield one
        if every and number % every == 0 and number >= REPEATED_AFTER:
            yield callbacks[number - REPEATED_AFTER]


@cache
def _pile() -> tuple[list[SimulatedCallback], Iterator[SimulatedCallback]]:
    return [], endless_callbacks()


def _written(count: int) -> list[SimulatedCallback]:
    """So many at least; to write them takes longer than to post them, so they are kept."""
    kept, others = _pile()
    kept += islice(others, max(0, count - len(kept)))
    return kept


def prepare(count: int) -> None:
    """Write so many beforehand, in the process that will post them."""
    _written(count)


@contextmanager
def poster() -> Iterator[ProcessPoolExecutor]:
    """The process that posts."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield pool
