"""From an update in Kafka to a row and its counts: the api beside ClickHouse in a process, with the same rollups.

One record in twenty stands in the topic twice, as after a crash of its writer. Each contender is a process of its own;
rows a second and CPU count from when a quarter is stored to the last.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen
from uuid import uuid4

from confluent_kafka import Producer

from api.admission.keys import KeyRing, Scope
from bench.peers.outside import PeerFailed, Running, running, tell
from bench.peers.parts import PartMissing, peers_python
from bench.peers.results import OURS, Runs, Wish
from bench.sink import HEADERS, PARTITIONS, START, updates
from bench.stages import producer_options
from contracts.codec import encode
from contracts.envelope import Position, with_id
from contracts.status import DeliveryStatus
from contracts.topics import load_topics
from runtime.broker import running_broker
from runtime.broker.ports import free_port
from runtime.clock import SystemClock
from runtime.kafka import ensure_topics
from runtime.settings import KafkaSettings

HERE = Path(__file__).parent
ROWS_PER_S = 100_000
"""For each second of the wish."""
REPEAT_EVERY, REPEATED_AFTER = 20, 1000
WARM_SHARE = 1 / 4
LIMIT_S = 600.0
CLICKHOUSE = "ClickHouse in a process (chdb)"
Record = tuple[int, int, bytes, list[tuple[str, bytes]]]
"""Partition, time, value, headers."""


@dataclass(frozen=True)
class Place:
    """Where the records are, and what is true of them."""

    kafka: KafkaSettings
    records: int
    repeated: int
    delivered: int

    @property
    def topic(self) -> str:
        return load_topics()["updates"].full_name(self.kafka.topic_prefix)


def measure(wish: Wish) -> Runs:
    runs, contenders = Runs(), {OURS: ours}
    try:
        peers_python()
        contenders[CLICKHOUSE] = clickhouse
    except PartMissing as exc:
        runs.skipped[CLICKHOUSE] = str(exc)
    with tempfile.TemporaryDirectory() as name, running_broker(Path(name) / "broker") as bootstrap:
        kafka = KafkaSettings(bootstrap_servers=bootstrap, topic_prefix=f"peers-{uuid4().hex[:8]}-")
        asyncio.run(ensure_topics(kafka, list(load_topics().values())))
        place = fill(kafka, int(ROWS_PER_S * wish.seconds))
        for number in range(wish.rounds):
            for peer, contender in runs.without_skipped(contenders):
                tell(f"store, round {number + 1}: {peer}")
                directory = Path(name) / uuid4().hex[:8]
                directory.mkdir()
                with runs.sparing(peer):
                    runs.add(peer, "", **contender(place, directory), truly_delivered=place.delivered)
    return runs


def fill(kafka: KafkaSettings, rows: int) -> Place:
    """One topic for all rounds: whoever begins has read nothing of it."""
    producer = Producer(producer_options(kafka))
    place = Place(kafka, rows + len(range(REPEATED_AFTER, rows, REPEAT_EVERY)), 0, 0)
    recent: deque[Record] = deque(maxlen=REPEATED_AFTER)
    delivered = 0
    for number, (record, status) in enumerate(_records(rows)):
        delivered += status is DeliveryStatus.DELIVERED
        _produce(producer, place.topic, record)
        if number >= REPEATED_AFTER and number % REPEAT_EVERY == 0:
            _produce(producer, place.topic, recent[0])
        recent.append(record)
    producer.flush()
    return replace(place, repeated=place.records - rows, delivered=delivered)


def _records(rows: int) -> Iterator[tuple[Record, DeliveryStatus]]:
    offsets = [0] * PARTITIONS
    for partition, timestamp, update in updates(rows):
        headers = with_id(HEADERS, Position("tidings-reports-v1", partition, offsets[partition]).event_id)
        offsets[partition] += 1
        yield (partition, timestamp, encode(update), headers), update.status


def _produce(producer: Producer, topic: str, record: Record) -> None:
    partition, timestamp, value, headers = record
    producer.produce(topic, value, partition=partition, timestamp=timestamp, headers=list(headers))
    producer.poll(0)


def ours(place: Place, directory: Path) -> dict[str, float]:
    """The api as it is shipped; its metrics tell how many rows it has stored."""
    port = free_port()
    (directory / "tidings.toml").write_text(
        f'data_dir = "{directory}"\n[kafka]\nbootstrap_servers = "{place.kafka.bootstrap_servers}"\n'
        f'topic_prefix = "{place.kafka.topic_prefix}"\n[api]\nport = {port}\n'
    )
    _, key = KeyRing(directory).create(SystemClock(), name="bench", scopes=[Scope.READ])
    url = f"http://127.0.0.1:{port}"
    with running([sys.executable, "-m", "api"], {"TIDINGS_CONFIG": str(directory / "tidings.toml")}) as process:
        figures = _stored(process, place.records - place.repeated, lambda: stored_updates(url), of=place.records)
        span = {"from": START - timedelta(hours=1), "to": START + timedelta(days=2)}
        delivered = counted(url, key, **{name: moment.isoformat() for name, moment in span.items()})
    return figures | {"delivered": delivered}


def clickhouse(place: Place, directory: Path) -> dict[str, float]:
    with running_clickhouse("clickhouse.sql", place.kafka, place.topic, directory) as process:
        figures = _stored(process, place.records, lambda: stored_in(directory), of=place.records)
    told = json.loads((directory / "counted").read_text())
    return figures | {"delivered": told["rollup"], "delivered_when_merged": told["facts"]}


@contextmanager
def running_clickhouse(schema: str, kafka: KafkaSettings, topic: str, directory: Path) -> Iterator[Running]:
    """Tells what it counts when the block ends."""
    told = {"BOOTSTRAP": kafka.bootstrap_servers, "TOPIC": topic, "GROUP": f"{kafka.topic_prefix}{uuid4().hex[:8]}"}
    command = [peers_python(), "-m", "bench.peers.clickhouse_store", str(HERE / schema)]
    with running(command, {**told, "DIRECTORY": str(directory)}) as process:
        yield process


def stored_in(directory: Path) -> int:
    file = directory / "stored"
    return int(file.read_text()) if file.exists() else 0


def stored_updates(url: str) -> int:
    """0 while nobody answers."""
    try:
        with urlopen(f"{url}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
    except (URLError, ConnectionError, TimeoutError):
        return 0
    found = [line.split()[-1] for line in lines if line.startswith('tidings_sink_rows_total{topic="updates"}')]
    return int(float(found[0])) if found else 0


def counted(url: str, key: str, **asked: str) -> int:
    """The messages that were delivered, as the api tells."""
    query = urlencode({"measure": "delivered", "bucket": "none", **asked})
    request = Request(f"{url}/v1/metrics?{query}", headers={"authorization": f"Bearer {key}"})
    with urlopen(request, timeout=60) as answer:
        rows = json.load(answer)["rows"]
    return int(rows[0]["delivered"]) if rows else 0


def _stored(process: Running, wanted: int, stored: Callable[[], int], *, of: int) -> dict[str, float]:
    """Behind the warm-up. `of` records of the topic become `wanted` rows."""
    process.wait_for(lambda: stored() >= wanted * WARM_SHARE, limit_s=LIMIT_S, what="storing a quarter")
    first, cpu_s, began = stored(), process.cpu_s, time.perf_counter()
    if first >= wanted:
        raise PeerFailed("all was stored before the clock ran: ask for more SECONDS")
    process.wait_for(lambda: stored() >= wanted, limit_s=LIMIT_S, what="storing all")
    count, took_s = (wanted - first) / wanted * of, time.perf_counter() - began
    return {"rows_per_s": count / took_s, "cpu_us": (process.cpu_s - cpu_s) / count * 1e6}
