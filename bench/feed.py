"""From the callback at the door to its events at each of two hundred clients of the feed, who all want everything.

`python -m bench.feed [callbacks a second] [clients] [seconds]`. Broker, stages, API, those who post and those who read
share one machine. The time counts from when ingest took the callback down, before Kafka has it.
"""

import asyncio
import re
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from typing import cast

import uvloop

from bench.figures import Figure, figure, percentiles, print_table
from bench.posting import Load, poster, prepare
from bench.whole import door, in_installation
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
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(self._listen())

    async def _listen(self) -> Heard:
        clients = [Client(self, is_timed=not number % TIMED_OF) for number in range(self.clients)]
        for client in clients:
            await asyncio.get_running_loop().create_connection(partial(_same, client), "127.0.0.1", self.port)
        await asyncio.sleep(self.until_s - time.time())
        took_ms = [one for client in clients for one in client.took_ms]
        return Heard(took_ms, [client.events for client in clients], sum(client.is_lost for client in clients))


def _same(client: "Client") -> "Client":
    return client


class Client(asyncio.Protocol):
    """One stream."""

    def __init__(self, audience: Audience, *, is_timed: bool) -> None:
        self.took_ms: list[float] = []
        self.events = 0
        self.is_lost = False
        self._audience = audience
        self._is_timed = is_timed
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        asking = f"GET /v1/feed HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self._audience.key}\r\n\r\n"
        cast("asyncio.Transport", transport).write(asking.encode())

    def connection_lost(self, _exc: Exception | None) -> None:
        self.is_lost = time.time() < self._audience.until_s

    def data_received(self, data: bytes) -> None:
        now_s = time.time()
        whole = self._rest + data
        self.events += whole.count(EVENT)
        if not self._is_timed:
            self._rest = whole[1 - len(EVENT) :]
            return
        told, _, self._rest = whole.rpartition(b"\n\n")
        self.events -= self._rest.count(EVENT)
        for stamp in RECEIVED.findall(told):
            received_s = datetime.fromisoformat(stamp.decode()).timestamp()
            if received_s >= self._audience.since_s:
                self.took_ms.append((now_s - received_s) * 1000)


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
