"""From a signed callback to 200 behind `acks=all`: ours beside an edge in Go, Starlette and FastAPI.

Each takes a steady load that all of them can bear, whose waits count from the moment at which a callback was due, and
then as much as it can. Every 200 must have its record in the topic.
"""

import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from bench.ingest import KEY, PATH, Place, our_settings, signed_callbacks
from bench.peers.outside import End, PeerFailed, Running, answers, request_of, running, tell
from bench.peers.parts import PartMissing, built_go_edge
from bench.peers.results import OURS, Runs, Wish
from bench.posting import Load, poster
from bench.wrk import Told, load, write_script
from contracts.topics import load_topics
from runtime.broker import running_broker
from runtime.broker.ports import free_port
from runtime.kafka import ensure_topics
from runtime.settings import KafkaSettings

CONNECTIONS = (64, 256)
STEADY_PER_S = 2000.0
WARM_UP_S = 1.0
BROKER_WARM_UP_S = 10.0
"""Until then the broker's Java is not compiled, and whoever comes first pays for it."""
START_LIMIT_S = 120.0
ON_ITS_WAY_S = 0.5
HAS_WRK = shutil.which("wrk") is not None
T = TypeVar("T")
Commands = dict[str, tuple[list[str], dict[str, str]]]
"""By contender, and what it is told in its environment."""


def measure(wish: Wish) -> Runs:
    runs = Runs()
    with tempfile.TemporaryDirectory() as name, running_broker(Path(name) / "broker") as bootstrap, poster() as post:
        kafka = KafkaSettings(bootstrap_servers=bootstrap, topic_prefix=f"peers-{uuid4().hex[:8]}-")
        asyncio.run(ensure_topics(kafka, [load_topics()["callbacks"]]))
        place = Place(free_port(), kafka, Path(name))
        bench = Bench(place, post, wish, runs)
        commands = _commands(place, runs)
        bench.warm_up(*commands[OURS])
        for number in range(wish.rounds):
            for peer, (command, told) in runs.without_skipped(commands):
                tell(f"edge, round {number + 1}: {peer}")
                with runs.sparing(peer):
                    bench.measure(peer, command, told)
    return runs


def _commands(place: Place, runs: Runs) -> Commands:
    python, address = sys.executable, [*place.address, KEY]
    commands: Commands = {
        OURS: ([python, "-m", "ingest"], {"TIDINGS_CONFIG": str(our_settings(place))}),
        "Starlette": ([python, "-m", "bench.peers.starlette_edge", *address], {}),
        "FastAPI": ([python, "-m", "bench.peers.fastapi_edge", *address], {}),
    }
    try:
        commands["Go, franz-go"] = ([built_go_edge(), *address], {})
    except PartMissing as exc:
        runs.skipped["Go, franz-go"] = str(exc)
    if not HAS_WRK:
        runs.skipped["as much as it can"] = "there is no `wrk` on this machine, which asks as fast as it is answered"
    return commands


class Bench:
    """Loads one contender after the other, at one place."""

    def __init__(self, place: Place, post: ProcessPoolExecutor, wish: Wish, runs: Runs) -> None:
        self._place, self._post, self._wish, self._runs = place, post, wish, runs
        self._callbacks = signed_callbacks()
        self._script = write_script(self._callbacks, place.directory / "callbacks.lua")
        self._end = End(place.kafka.bootstrap_servers, place.topic, place.kafka.partitions)

    def warm_up(self, command: list[str], told: dict[str, str]) -> None:
        with running(command, told) as process:
            self._wait_for(process)
            self._steadily(BROKER_WARM_UP_S, 64)

    def measure(self, peer: str, command: list[str], told: dict[str, str]) -> None:
        with running(command, told) as process:
            self._wait_for(process)
            self._steadily(WARM_UP_S, 64)
            for connections in CONNECTIONS:
                case = f"{connections} connections"
                cpu_us, waits = self._charged(process, partial(self._steadily, self._wish.seconds, connections), len)
                p50_ms, p99_ms = _percentile(waits, 50), _percentile(waits, 99)
                self._runs.add(peer, case, steady_cpu_us=cpu_us, steady_p50_ms=p50_ms, steady_p99_ms=p99_ms)
                if HAS_WRK:
                    cpu_us, answered = self._charged(process, partial(self._at_most, connections), attrgetter("count"))
                    self._runs.add(peer, case, most_cpu_us=cpu_us, most_per_s=answered.rate)

    def _steadily(self, seconds: float, connections: int) -> list[float]:
        """How long each callback waited for its answer, in milliseconds."""
        wanted = Load(self._place.port, PATH, 0, STEADY_PER_S, seconds, connections)
        try:
            return [took_ms for _, took_ms in self._post.submit(wanted.post).result()]
        except RuntimeError as exc:
            raise PeerFailed(f"at {STEADY_PER_S:g} a second: {exc}") from exc

    def _at_most(self, connections: int) -> Told:
        """As many as are answered while no connection rests."""
        seconds = max(1, round(self._wish.seconds))
        told = load(self._place.url, self._script, connections=connections, seconds=seconds)
        if told.refused_count:
            raise PeerFailed(f"{told.refused_count} callbacks were refused:\n{told.text}")
        return told

    def _charged(self, process: Running, work: Callable[[], T], answered: Callable[[T], int]) -> tuple[float, T]:
        """Microseconds of CPU for each callback, and what came of the work.

        Raises `PeerFailed` when fewer are in Kafka than were answered.
        """
        end, cpu_s = self._end.count, process.cpu_s
        came = work()
        cpu_s = process.cpu_s - cpu_s
        time.sleep(ON_ITS_WAY_S)
        written = self._end.count - end
        if written < answered(came):
            raise process.failed(f"{answered(came)} callbacks were answered with 200 and {written} are in Kafka")
        return cpu_s / written * 1e6, came

    def _wait_for(self, process: Running) -> None:
        request = request_of(self._place.url, self._callbacks[0])
        process.wait_for(partial(answers, request), limit_s=START_LIMIT_S, what="taking a signed callback")


def _percentile(samples: list[float], share: int) -> float:
    return sorted(samples)[min(len(samples) - 1, len(samples) * share // 100)]
