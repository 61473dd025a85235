"""The broker killed for a minute at 500 callbacks a second: how fast the answers are, and what came of each.

`python -m bench.outage [seconds]` on a broker of its own.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import aiohttp
import confluent_kafka

from bench.figures import Figure, figure, print_table
from contracts.topics import load_topics
from runtime.broker import LocalBroker
from runtime.broker.ports import free_port
from runtime.kafka import ensure_topics
from runtime.settings import KafkaSettings

GROUP = "outage"
RATE_PER_S = 500
OUTAGE_S = 60.0
AROUND_S = 5.0
LIMIT_S = 120.0
Stored = tuple[int, int]
"""When a callback was received, and its number."""
USER, PASSWORD = "bench", "a password for the bench"
AUTHORIZATION = f"Basic {b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"


@dataclass
class Told:
    """What the callers heard."""

    statuses: dict[int, int] = field(default_factory=dict)
    in_outage_ms: list[float] = field(default_factory=list)
    is_down: bool = False


def measure(outage_s: float = OUTAGE_S) -> list[Figure]:
    """One outage."""
    with tempfile.TemporaryDirectory(prefix="tidings-bench-") as name, LocalBroker(Path(name) / "broker") as broker:
        kafka = KafkaSettings(bootstrap_servers=broker.bootstrap)
        asyncio.run(ensure_topics(kafka, [load_topics()["callbacks"]]))
        port = free_port()
        admin = free_port(besides=port)
        settings = _settings(Path(name), kafka, port, admin)
        ingest = subprocess.Popen([sys.executable, "-m", "ingest"], env={**os.environ, "TIDINGS_CONFIG": str(settings)})
        try:
            _wait_for(admin, "/readyz", "true")
            told = asyncio.run(_through_an_outage(f"http://127.0.0.1:{port}/callbacks/infobip/main", broker, outage_s))
            began = time.monotonic()
            _wait_for(admin, "/metrics", "tidings_spool_records 0.0")
            drain_s = time.monotonic() - began
            return _figures(told, _written(kafka), drain_s)
        finally:
            ingest.kill()
            ingest.wait()


def _settings(place: Path, kafka: KafkaSettings, port: int, admin: int) -> Path:
    settings = place / "tidings.toml"
    settings.write_text(
        f'data_dir = "{place / "data"}"\n[kafka]\nbootstrap_servers = "{kafka.bootstrap_servers}"\n'
        f"[ingest]\nport = {port}\nadmin_port = {admin}\n"
        f'[[connections]]\nprovider = "infobip"\nname = "main"\nusername = "{USER}"\npasswords = ["{PASSWORD}"]\n'
    )
    return settings


async def _through_an_outage(url: str, broker: LocalBroker, outage_s: float) -> Told:
    told, began = Told(), time.monotonic()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, headers={"authorization": AUTHORIZATION}) as session:
        outage = asyncio.create_task(_kill_for(broker, told, outage_s))
        posts, number = [], 0
        while not outage.done() or time.monotonic() < began + 2 * AROUND_S + outage_s:
            posts.append(asyncio.create_task(_post(session, url, number, told)))
            number += 1
            # An open loop: who is late does not slow the others down.
            await asyncio.sleep(max(0.0, began + number / RATE_PER_S - time.monotonic()))
        await asyncio.gather(*posts)
        await outage
    return told


async def _kill_for(broker: LocalBroker, told: Told, outage_s: float) -> None:
    await asyncio.sleep(AROUND_S)
    told.is_down = True
    await asyncio.to_thread(broker.kill)
    await asyncio.sleep(outage_s)
    await asyncio.to_thread(broker.start)
    told.is_down = False


async def _post(session: aiohttp.ClientSession, url: str, number: int, told: Told) -> None:
    was_down, began = told.is_down, time.perf_counter()
    async with session.post(f"{url}?n={number}", data=b'{"results":[]}') as answer:
        told.statuses[number] = answer.status
    if was_down:
        told.in_outage_ms.append((time.perf_counter() - began) * 1000)


def _figures(told: Told, partitions: list[list[Stored]], drain_s: float) -> list[Figure]:
    stored = [number for partition in partitions for _, number in partition]
    taken = {number for number, status in told.statuses.items() if status == 200}
    first_times = [list(dict.fromkeys(partition)) for partition in partitions]
    overtaken = sum(later[0] < earlier[0] for places in first_times for earlier, later in pairwise(places))
    percentiles = statistics.quantiles(told.in_outage_ms, n=1000)
    return [
        figure(GROUP, "callbacks", [len(told.statuses)]),
        figure(GROUP, "answered otherwise than 200", [len(told.statuses) - len(taken)], goal="<= 0"),
        figure(GROUP, "answer while the broker was down, p50", [percentiles[499]], unit="ms"),
        figure(GROUP, "answer while the broker was down, p99", [percentiles[989]], unit="ms", goal="<= 50"),
        figure(GROUP, "answer while the broker was down, max", [max(told.in_outage_ms)], unit="ms", goal="<= 2000"),
        figure(GROUP, "drained after the load ended", [drain_s], unit="s"),
        figure(GROUP, "answered 200 and not in Kafka", [len(taken - set(stored))], goal="<= 0"),
        figure(GROUP, "stored twice", [len(stored) - len(set(stored))]),
        figure(GROUP, "out of order within a partition", [overtaken], goal="<= 0"),
    ]


def _written(kafka: KafkaSettings) -> list[list[Stored]]:
    """The callbacks in each partition, as they stand there."""
    topic = load_topics()["callbacks"].full_name(kafka.topic_prefix)
    consumer = confluent_kafka.Consumer({"bootstrap.servers": kafka.bootstrap_servers, "group.id": "bench"})
    try:
        return [_stored(consumer, confluent_kafka.TopicPartition(topic, one, 0)) for one in range(kafka.partitions)]
    finally:
        consumer.close()


def _stored(consumer: confluent_kafka.Consumer, place: confluent_kafka.TopicPartition) -> list[Stored]:
    end = consumer.get_watermark_offsets(place, timeout=20)[1]
    consumer.assign([place])
    messages = [message for _ in range(end) if (message := consumer.poll(20))]
    return [(one.timestamp()[1], _number(one)) for one in messages]


def _number(message: confluent_kafka.Message) -> int:
    query = dict(message.headers() or [])["query"]
    return int(str(query, "ascii").removeprefix("n=")) if isinstance(query, bytes) else -1


def _wait_for(port: int, page: str, text: str) -> None:
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        try:
            with urlopen(f"http://127.0.0.1:{port}{page}", timeout=5) as answer:
                if text in answer.read().decode():
                    return
        except (URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(0.05)
    sys.exit(f"ingest never said {text} on {page}")


if __name__ == "__main__":
    print_table(measure(float(sys.argv[1]) if len(sys.argv) > 1 else OUTAGE_S))
