"""Acknowledged callbacks a second: ours beside the bare server, a plain FastAPI route and an edge in Go.

All are measured in one run, in turns, with wrk on the same machine, and every 200 must have its record in the topic.
"""

import asyncio
import base64
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen
from uuid import uuid4

import confluent_kafka
import psutil

from bench.figures import Figure, figure
from bench.peers.parts import PartMissing, built_go_edge
from bench.wrk import load, write_script
from contracts.status import DeliveryStatus
from contracts.topics import load_topics
from contracts.vocabulary import Channel
from providers._kit.script import Script, SimulatedCallback, Step
from providers.telesign import PROVIDER
from providers.telesign.settings import TelesignSettings
from runtime.broker import running_broker
from runtime.broker.ports import free_port
from runtime.kafka import ensure_topics
from runtime.settings import KafkaSettings

ROUNDS = 3
SECONDS = 4
WARM_UP_SECONDS = 1
BROKER_WARM_UP_SECONDS = 15
"""Until then the broker's Java runs uncompiled, at five times its cost, and whoever is measured first pays for it."""
CONNECTIONS = (64, 256)
START_LIMIT_S = 60.0
REQUESTS = 1000
CUSTOMER_ID = "0E41C9C4-1F3B-4C0F-9A5E-9E6C1A1B2C3D"
KEY = base64.b64encode(b"the key that signs for the bench").decode()
PATH = "/callbacks/telesign/main"
START = datetime(2026, 11, 21, 10, tzinfo=UTC)

NULL, BARE, OURS, FASTAPI, GO = "null application", "bare edge", "ours", "FastAPI", "Go"


@dataclass(frozen=True)
class Place:
    """Where a contender listens and writes to."""

    port: int
    kafka: KafkaSettings
    directory: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{PATH}"

    @property
    def topic(self) -> str:
        return load_topics()["callbacks"].full_name(self.kafka.topic_prefix)

    @property
    def address(self) -> tuple[str, str, str]:
        return str(self.port), self.kafka.bootstrap_servers, self.topic


@dataclass(frozen=True)
class Contender:
    name: str
    command: list[str]
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Run:
    """One contender at one number of connections."""

    rate: float
    p50: float
    p99: float
    cpu: float


UNITS = {"rate": "/s", "p50": "ms", "p99": "ms", "cpu": "µs"}
Runs = dict[tuple[str, int], list[Run]]


def measure() -> list[Figure]:
    if shutil.which("wrk") is None:
        sys.exit("the ingest group needs wrk, an HTTP load generator; install it, such as with `apt-get install wrk`")
    with tempfile.TemporaryDirectory() as name, running_broker(Path(name) / "broker") as bootstrap:
        kafka = KafkaSettings(bootstrap_servers=bootstrap, topic_prefix=f"bench-{uuid4().hex[:8]}-")
        place = Place(free_port(), kafka, Path(name))
        asyncio.run(ensure_topics(kafka, [load_topics()["callbacks"]]))
        return _figures(_measure_in_turns(_contenders(place), place))


def _contenders(place: Place) -> list[Contender]:
    python = sys.executable
    contenders = [
        Contender(NULL, [python, "-m", "bench.peers.null_edge", str(place.port)], {}),
        Contender(BARE, [python, "-m", "bench.peers.bare_edge", *place.address, KEY], {}),
        Contender(OURS, [python, "-m", "ingest"], {"TIDINGS_CONFIG": str(our_settings(place))}),
        Contender(FASTAPI, [python, "-m", "bench.peers.fastapi_edge", *place.address, KEY], {}),
    ]
    try:
        contenders.append(Contender(GO, [built_go_edge(), *place.address, KEY], {}))
    except PartMissing as exc:
        print(f"the edge in Go is left out: {exc}", file=sys.stderr)
    return contenders


def our_settings(place: Place) -> Path:
    """Ours as it is shipped, with one connection that signs and whose rate does not stand in the way."""
    settings = place.directory / "tidings.toml"
    settings.write_text(
        f'data_dir = "{place.directory / "data"}"\n'
        f'[kafka]\nbootstrap_servers = "{place.kafka.bootstrap_servers}"\ntopic_prefix = "{place.kafka.topic_prefix}"\n'
        f"[ingest]\nport = {place.port}\nadmin_port = {free_port(besides=place.port)}\n"
        f'[[connections]]\nprovider = "{PROVIDER.slug}"\nname = "main"\nrate_per_s = 1000000\n'
        f'customer_id = "{CUSTOMER_ID}"\napi_keys = ["{KEY}"]\n'
    )
    return settings


def signed_callbacks(wanted: int = REQUESTS) -> list[SimulatedCallback]:
    """The first so many of `endless_callbacks`."""
    return list(islice(endless_callbacks(), wanted))


def endless_callbacks() -> Iterator[SimulatedCallback]:
    """Real ones, signed: what the provider's own simulator posts of Viber messages that arrive."""
    settings = TelesignSettings.model_validate({"customer_id": CUSTOMER_ID, "api_keys": [KEY]})
    life = (DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.SEEN)
    steps = tuple(Step(status, START + timedelta(seconds=at), Channel.VIBER) for at, status in enumerate(life))
    scripts = (Script(number, 7, "+447700900123", "Tidings", START, steps) for number in count())
    return (one for script in scripts for one in PROVIDER.simulate(script, settings) if one.method == "POST")


def _measure_in_turns(contenders: list[Contender], place: Place) -> Runs:
    callbacks = signed_callbacks()
    script = write_script(callbacks, place.directory / "callbacks.lua")
    ends = Ends(place)
    runs: Runs = defaultdict(list)
    bare = next(contender for contender in contenders if contender.name == BARE)
    with serving(bare, place, callbacks[0]):
        load(place.url, script, connections=64, seconds=BROKER_WARM_UP_SECONDS)
    for _ in range(ROUNDS):
        for contender in contenders:
            with serving(contender, place, callbacks[0]) as pid:
                load(place.url, script, connections=64, seconds=WARM_UP_SECONDS)
                for connections in CONNECTIONS:
                    one = _run(contender.name, place.url, script, (pid, connections), ends)
                    runs[contender.name, connections].append(one)
    return runs


@contextmanager
def serving(contender: Contender, place: Place, callback: SimulatedCallback) -> Iterator[int]:
    """The contender's process, while it answers."""
    server = subprocess.Popen(contender.command, env={**os.environ, **contender.environment})
    try:
        _wait_until_it_answers(place.url, callback, server)
        yield server.pid
    finally:
        server.terminate()
        server.wait(20)


def _wait_until_it_answers(url: str, callback: SimulatedCallback, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urlopen(Request(url, callback.body, dict(callback.headers)), timeout=5):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    sys.exit(f"{server.args!r} did not take a signed callback within {START_LIMIT_S:.0f} s")


def _run(name: str, url: str, script: Path, who: tuple[int, int], ends: "Ends") -> Run:
    pid, connections = who
    end_before, cpu_before = ends.sum(), _cpu_s(pid)
    told = load(url, script, connections=connections, seconds=SECONDS)
    cpu_s = _cpu_s(pid) - cpu_before
    time.sleep(0.5)  # for what was on its way when wrk hung up
    written = ends.sum() - end_before
    if told.refused_count:
        sys.exit(f"{name} refused {told.refused_count} callbacks at {connections} connections:\n{told.text}")
    if name != NULL and written < told.count:
        sys.exit(f"{name} answered {told.count} callbacks with 200 at {connections} connections and wrote {written}")
    return Run(told.rate, told.p50_ms, told.p99_ms, cpu_s / told.count * 1e6)


def _cpu_s(pid: int) -> float:
    used = psutil.Process(pid).cpu_times()
    return float(used.user + used.system)


class Ends:
    """How many records the topic has had."""

    def __init__(self, place: Place) -> None:
        self._consumer = confluent_kafka.Consumer(
            {"bootstrap.servers": place.kafka.bootstrap_servers, "group.id": "bench"}
        )
        self._partitions = [
            confluent_kafka.TopicPartition(place.topic, number) for number in range(place.kafka.partitions)
        ]

    def sum(self) -> int:
        return sum(self._consumer.get_watermark_offsets(one, timeout=20)[1] for one in self._partitions)


def _figures(runs: Runs) -> list[Figure]:
    figures = []
    for connections in CONNECTIONS:
        at = f"{connections} connections"
        ours = runs[OURS, connections]
        figures.append(_ratio(f"rate ÷ null application, {at}", ours, runs[NULL, connections], "rate", ">= 0.5"))
        figures.append(_ratio(f"rate ÷ bare edge, {at}", ours, runs[BARE, connections], "rate", ""))
        figures.append(_ratio(f"rate ÷ FastAPI, {at}", ours, runs[FASTAPI, connections], "rate", ">= 4"))
        if GO in {name for name, _ in runs}:
            figures.append(_ratio(f"CPU ÷ Go, {at}", ours, runs[GO, connections], "cpu", ""))
    return figures + [
        figure(
            "ingest", f"{name}, {connections} connections: {member}", [getattr(run, member) for run in some], unit=unit
        )
        for (name, connections), some in runs.items()
        for member, unit in UNITS.items()
    ]


def _ratio(name: str, ours: list[Run], theirs: list[Run], member: str, goal: str) -> Figure:
    """The ratio of the medians; its runs are the ratios of the rounds."""
    mine, other = [getattr(run, member) for run in ours], [getattr(run, member) for run in theirs]
    whole = figure("ingest", name, [statistics.median(mine) / statistics.median(other)], goal=goal)
    return replace(whole, runs=tuple(round(one / two, 4) for one, two in zip(mine, other, strict=True)))
