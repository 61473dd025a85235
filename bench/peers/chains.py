"""The chains that are measured beside each other, each up for the time of a block."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from api.admission.keys import KeyRing, Scope
from bench.ingest import CUSTOMER_ID, KEY, PATH, signed_callbacks
from bench.peers.outside import Running, answers, request_of, running
from bench.peers.parts import built_go_edge
from bench.peers.store import counted, running_clickhouse, stored_in, stored_updates
from contracts.topics import load_topics
from runtime.broker.ports import free_port
from runtime.clock import SystemClock
from runtime.settings import KafkaSettings

START_LIMIT_S = 180.0
SINCE = "2026-11-20T00:00:00+00:00"
"""The callbacks of the bench are of a day behind this."""
DELIVERED, SEEN = frozenset({b"3000"}), frozenset({b"3005", b"201"})
"""What Telesign's callbacks say then."""


@dataclass(frozen=True)
class Chain:
    """One that is up."""

    port: int
    processes: Mapping[str, Running]
    stored: Callable[[], int]
    delivered: Callable[[], int]
    """How many messages it says were delivered; known when it is down."""
    counts_items: bool
    """A row for each item of a callback, rather than one for each callback."""
    arrived: frozenset[bytes]
    """Codes by which it counts a message as delivered."""


Bring = Callable[[KafkaSettings, Path], AbstractContextManager[Chain]]
"""Takes where Kafka is, and a directory of its own."""


@contextmanager
def ours(kafka: KafkaSettings, directory: Path, *, stages: tuple[tuple[str, ...], ...]) -> Iterator[Chain]:
    """ingest, streams and the api as they are shipped; `stages` says which each process of streams runs."""
    port, admin, api = free_port(), free_port(), free_port()
    config = _settings(kafka, directory, (port, admin, api))
    # The broker is one of our own here, whatever the environment names.
    told = {"TIDINGS_CONFIG": str(config), "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers}
    _, key = KeyRing(directory).create(SystemClock(), name="bench", scopes=[Scope.READ])
    url = f"http://127.0.0.1:{api}"
    with ExitStack() as stack:
        modules = {"ingest": (["ingest"], admin), "api": (["api"], api)}
        modules |= {", ".join(names) or "streams": (["streams", *names], free_port()) for names in stages}
        processes = {name: _module(stack, command, told, at) for name, (command, at) in modules.items()}
        delivered: list[int] = []
        stored = partial(stored_updates, url)
        yield Chain(port, processes, stored, delivered.pop, counts_items=True, arrived=DELIVERED | SEEN)
        delivered.append(counted(url, key, **{"from": SINCE}))


def _module(stack: ExitStack, command: list[str], told: Mapping[str, str], port: int) -> Running:
    """Once it is ready at its port for health."""
    told = {**told, "TIDINGS_STREAMS__ADMIN_PORT": str(port)}
    process = stack.enter_context(running([sys.executable, "-m", *command], told))
    url = f"http://127.0.0.1:{port}/readyz"
    process.wait_for(lambda: answers(url), limit_s=START_LIMIT_S, what=" ".join(command))
    return process


def _settings(kafka: KafkaSettings, directory: Path, ports: tuple[int, int, int]) -> Path:
    port, admin, api = ports
    file = directory / "tidings.toml"
    file.write_text(
        f'data_dir = "{directory}"\n[kafka]\nbootstrap_servers = "{kafka.bootstrap_servers}"\n'
        f'topic_prefix = "{kafka.topic_prefix}"\n[ingest]\nport = {port}\nadmin_port = {admin}\n'
        f'[api]\nport = {api}\n[[connections]]\nprovider = "telesign"\nname = "main"\nobserve_only = true\n'
        f'asks_when_silent = false\nrate_per_s = 1000000\ncustomer_id = "{CUSTOMER_ID}"\napi_keys = ["{KEY}"]\n'
    )
    return file


@contextmanager
def go_chain(kafka: KafkaSettings, directory: Path) -> Iterator[Chain]:
    port, topic = free_port(), load_topics()["callbacks"].full_name(kafka.topic_prefix)
    edge = [built_go_edge(), str(port), kafka.bootstrap_servers, topic, KEY]
    with ExitStack() as stack:
        store = stack.enter_context(running_clickhouse("clickhouse_callbacks.sql", kafka, topic, directory))
        process = stack.enter_context(running(edge, {}))
        first = request_of(f"http://127.0.0.1:{port}{PATH}", signed_callbacks(1)[0])
        process.wait_for(partial(answers, first), limit_s=START_LIMIT_S, what="taking a signed callback")
        yield Chain(
            port,
            {"Go edge": process, "ClickHouse": store},
            partial(stored_in, directory),
            lambda: int(json.loads((directory / "counted").read_text())["rollup"]),
            counts_items=False,
            arrived=DELIVERED,
        )
