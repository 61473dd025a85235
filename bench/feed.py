"""From the callback at the door to its events at each of two hundred clients of the feed, who all want everything.

`python -m bench.feed [callbacks a second] [clients] [seconds]`. Broker, stages, API, those who post and those who read
share one machine. The time counts from when ingest took the callback down, before Kafka has it.
"""

import asyncio
import random
import re
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial
from multiprocessing import get_context
from typing import cast

from bench.figures import Figure, figure, percentiles, print_table
from bench.posting import Load, poster, prepare
from bench.whole import door, in_installation
from runtime.collector import spare_the_collector
from runtime.loops import new_loop
from tidings.installation import Installation

GROUP = "feed"
CALLBACKS_PER_S, CLIENTS, SECONDS = 1000.0, 200, 30.0
WARM_UP_S, END_S = 25.0, 5.0
"""In the warm-up Java compiles what it is measured with behind it."""
TIMED_OF = 10
"""One client in so many reads the time of each event; the others count events, or the machine would do nothing else."""
GOALS = {95: "", 99: "<= 250"}
RECEIVED = re.compile(rb'"received_at":"([^"]+)"')
EVENT = b"event: status-changed"
SEAM = len(EVENT) - 1
READ_BYTES = 1 << 18


@dataclass(frozen=True)
class Heard:
    """What came to the clients."""

    took_ms: list[float]
    events: list[int]
    """By client."""
    lost: int
    """Streams that ended."""


@dataclass(frozen=True)
class Audience:
    """Clients in a process of their own."""

    port: int
    key: str = field(repr=False)
    clients: int
    since_s: float
    until_s: float

    def listen(self) -> Heard:
        """What comes until then; timed are events of callbacks from `since_s` on."""
        spare_the_collector()
        with asyncio.Runner(loop_factory=new_loop) as runner:
            return runner.run(self._listen())

    async def _listen(self) -> Heard:
        buffer = bytearray(READ_BYTES)
        timed = [Timed(self, buffer) for _ in range(0, self.clients, TIMED_OF)]
        clients = [*timed, *(Client(self, buffer) for _ in range(self.clients - len(timed)))]
        random.Random(0).shuffle(clients)
        for client in clients:
            await asyncio.get_running_loop().create_connection(partial(_same, client), "127.0.0.1", self.port)
        await asyncio.sleep(self.until_s - time.time())
        took_ms = [one for client in timed for one in client.took_ms()]
        return Heard(took_ms, [client.events for client in clients], sum(client.is_lost for client in clients))


def _same(client: "Client") -> "Client":
    return client


class Client(asyncio.BufferedProtocol):
    """One stream, whose events are counted. All clients read into one buffer, in turns."""

    def __init__(self, audience: Audience, buffer: bytearray) -> None:
        self.events = 0
        self.is_lost = False
        self._audience = audience
        self._buffer = buffer
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        asking = f"GET /v1/feed HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self._audience.key}\r\n\r\n"
        cast("asyncio.Transport", transport).write(asking.encode())

    def connection_lost(self, _exc: Exception | None) -> None:
        self.is_lost = time.time() < self._audience.until_s

    def get_buffer(self, _sizehint: int) -> bytearray:
        return self._buffer

    def buffer_updated(self, size: int) -> None:
        """Counts the words by which events begin, though they be read in two pieces."""
        seam = self._rest + self._buffer[: min(size, SEAM)]
        self.events += seam.count(EVENT) + self._buffer.count(EVENT, 0, size)
        self._rest = bytes(seam[-SEAM:] if size < SEAM else self._buffer[size - SEAM : size])


class Timed(Client):
    """One whose events are timed too; when what was read is reckoned up, nothing is measured any more."""

    def __init__(self, audience: Audience, buffer: bytearray) -> None:
        super().__init__(audience, buffer)
        self._read: list[tuple[float, list[bytes]]] = []

    def buffer_updated(self, size: int) -> None:
        now_s = time.time()
        told, _, self._rest = (self._rest + self._buffer[:size]).rpartition(b"\n\n")
        stamps = RECEIVED.findall(told)
        self.events += len(stamps)
        self._read.append((now_s, stamps))

    def took_ms(self) -> list[float]:
        """From callback to client, of the events of callbacks that count."""
        since_s, known = self._audience.since_s, cache(_seconds)
        return [
            (read_s - known(stamp)) * 1000
            for read_s, stamps in self._read
            for stamp in stamps
            if known(stamp) >= since_s
        ]


def _seconds(stamp: bytes) -> float:
    return datetime.fromisoformat(stamp.decode()).timestamp()


def measure(per_s: float = CALLBACKS_PER_S, clients: float = CLIENTS, seconds: float = SECONDS) -> list[Figure]:
    """One run behind a warm-up."""
    heard, posted = asyncio.run(
        in_installation(partial(_heard, per_s=per_s, clients=int(clients), seconds=seconds), ["beside"])
    )
    return [
        figure(GROUP, "clients", [len(heard.events)]),
        figure(GROUP, "streams that ended", [heard.lost], goal="<= 0"),
        figure(GROUP, "callbacks posted", [posted], unit="/s", goal=f">= {0.95 * per_s:g}"),
        figure(
            GROUP,
            "events of the client that had most, beyond those of who had least",
            [max(heard.events) - min(heard.events)],
        ),
        figure(GROUP, "events sent", [sum(heard.events) / (WARM_UP_S + seconds)], unit="/s"),
        *percentiles(GROUP, "callback received to event at a client", heard.took_ms, unit="ms", goals=GOALS),
    ]


async def _heard(
    installation: Installation, key: str, *, per_s: float, clients: int, seconds: float
) -> tuple[Heard, float]:
    loop, settings = asyncio.get_running_loop(), installation.settings
    load = Load(settings.ingest.port, door("beside"), first=0, per_s=per_s, seconds=WARM_UP_S + seconds)
    with poster() as post, ProcessPoolExecutor(1, mp_context=get_context("spawn")) as listen:
        await loop.run_in_executor(post, prepare, load.beyond)
        since_s = time.time() + WARM_UP_S
        audience = Audience(settings.api.port, key, clients, since_s, since_s + seconds + END_S)
        heard = loop.run_in_executor(listen, audience.listen)
        print(f"posting for {load.seconds:g} s", file=sys.stderr)
        answers = await loop.run_in_executor(post, load.post)
        first_s, last_s = min(answers)[0], max(answers)[0]
        return await heard, len(answers) / (last_s - first_s)


if __name__ == "__main__":
    print_table(measure(*map(float, sys.argv[1:])))
