"""A stage as shipped beside a bare confluent-kafka loop that calls the same function; CPU of all threads, in turns.

`python -m bench.stages CONTENDER STAGE PREFIX BOOTSTRAP COUNT` is one contender's process; it prints one line of JSON.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from confluent_kafka import Consumer, KafkaError, Producer
from faust.types import TP

from bench.figures import Figure, figure
from contracts.topics import load_topics
from runtime.broker import running_broker
from runtime.collector import spare_the_collector
from runtime.kafka import ensure_topics
from runtime.logging import configure_logging
from runtime.loops import new_loop
from runtime.settings import Connection, KafkaSettings, Settings, StreamsSettings
from streams.engine.guard import SleepGuard
from streams.engine.line import Line
from streams.engine.stage import Decide, SourceRecord, Stage
from streams.topology import stages_named

ROUNDS = 3
PARTITIONS = 12
OURS, BARE = "ours", "bare"
GOAL = "<= 2.5"
PORTION = 2000
CONNECTIONS = tuple(
    Connection(provider=provider, name="main", observe_only=True) for provider in ("telesign", "infobip")
)
LIMIT_S = 240

Row = tuple[bytes | None, bytes, list[tuple[str, bytes]]]
"""Key, value, headers of a record to read."""
BY_KEY = -1
"""As the partition of a record: the partitioner chooses it."""


@dataclass(frozen=True)
class Spent:
    """What one contender took for its records."""

    cpu_s: float
    wall_s: float
    count: int


class Taken(NamedTuple):
    """A message of the bare client in the form that a stage reads."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


@dataclass(frozen=True)
class Measured:
    """A stage, and the records to let through it by topic."""

    stage: str
    rows: Callable[[], dict[str, Iterable[Row]]]


def measure_stage(measured: Measured) -> list[Figure]:
    """Ratio of CPU with its goal, and what is only told."""
    spent: dict[str, list[Spent]] = {OURS: [], BARE: []}
    with tempfile.TemporaryDirectory() as scratch, running_broker(Path(scratch)) as bootstrap:
        rows = {topic: list(given) for topic, given in measured.rows().items()}
        count = sum(map(len, rows.values()))
        for number in range(ROUNDS):
            prefix = f"bench-{os.getpid()}-{measured.stage}-{number}-"
            fill(settings_of(bootstrap, prefix).kafka, rows)
            for contender in (OURS, BARE) if number % 2 else (BARE, OURS):
                spent[contender].append(run(contender, measured.stage, prefix, bootstrap, count))
    return figures(measured.stage, spent)


def figures(stage: str, spent: dict[str, list[Spent]]) -> list[Figure]:
    micros = {name: [one.cpu_s / one.count * 1e6 for one in runs] for name, runs in spent.items()}
    bare = statistics.median(micros[BARE])
    return [
        figure(stage, "CPU per event, of a bare client's", [one / bare for one in micros[OURS]], unit="x", goal=GOAL),
        figure(stage, "CPU per event", micros[OURS], unit="µs"),
        figure(stage, "CPU per event, bare client", micros[BARE], unit="µs"),
        figure(stage, "events a second", [one.count / one.wall_s for one in spent[OURS]], unit="/s"),
        figure(stage, "events a second, bare client", [one.count / one.wall_s for one in spent[BARE]], unit="/s"),
    ]


def settings_of(bootstrap: str, prefix: str) -> Settings:
    return Settings(
        kafka=KafkaSettings(bootstrap_servers=bootstrap, topic_prefix=prefix, partitions=PARTITIONS),
        streams=StreamsSettings(session_timeout_s=10),
        connections=CONNECTIONS,
    )


def fill(kafka: KafkaSettings, rows: dict[str, list[Row]]) -> None:
    asyncio.run(ensure_topics(kafka, list(load_topics().values())))
    producer = Producer(producer_options(kafka))
    for topic, given in rows.items():
        name = load_topics()[topic].full_name(kafka.topic_prefix)
        for number, (key, value, headers) in enumerate(given):
            partition = BY_KEY if key is not None else number % PARTITIONS
            producer.produce(name, value, key=key, headers=list(headers), partition=partition)
            if not number % 10_000:
                producer.poll(0)
    producer.flush()


def producer_options(kafka: KafkaSettings) -> dict[str, object]:
    return {
        "bootstrap.servers": kafka.bootstrap_servers,
        "acks": "all",
        "enable.idempotence": True,
        "compression.type": "zstd",
        "partitioner": "consistent",
        "linger.ms": 5,
        "batch.size": 262_144,
        "queue.buffering.max.messages": 500_000,
    }


def run(contender: str, stage: str, prefix: str, bootstrap: str, count: int) -> Spent:
    command = [sys.executable, "-m", "bench.stages", contender, stage, prefix, bootstrap, str(count)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    if ended.returncode:
        raise RuntimeError(f"{contender} {stage} ended with {ended.returncode}:\n{ended.stderr[-2000:]}")
    return Spent(**json.loads(ended.stdout.splitlines()[-1]))


class Meter:
    """Runs from the first records in hand to the last acknowledgement."""

    def __init__(self, count: int) -> None:
        self.left = self.count = count
        self._began: tuple[float, float] | None = None

    def begin(self) -> None:
        self._began = self._began or (time.process_time(), time.perf_counter())

    def spent(self) -> Spent:
        cpu, wall = self._began or (0.0, 0.0)
        return Spent(time.process_time() - cpu, time.perf_counter() - wall, self.count)


async def ours(stage: Stage, settings: Settings, meter: Meter) -> None:
    """The stage as it is shipped, watched from outside."""
    line = Line(stage, settings, SleepGuard(1000))
    carry, through = line.carry, asyncio.Event()

    async def counted(fetched: Mapping[TP, Sequence[SourceRecord]]) -> None:
        meter.begin()
        await carry(fetched)
        meter.left -= sum(map(len, fetched.values()))
        if meter.left <= 0:
            through.set()

    line.carry = counted  # type: ignore[method-assign]  # counted, not changed
    await line.start()
    spare_the_collector()
    await through.wait()
    await line.consumer.commit()
    print(json.dumps(asdict(meter.spent())), flush=True)
    os._exit(0)


class Memory(dict[bytes, bytes | None]):
    """The state of the bare loop: the same bytes, nowhere but in memory."""

    def put(self, key: bytes, value: bytes | None, /, **_times: int) -> None:
        self[key] = value


def bare(stage: Stage, settings: Settings, meter: Meter) -> None:
    """Consume, decide, produce, flush, commit; no state kept anywhere, no repeats recognised."""
    kafka, decide, memory = settings.kafka, stage.prepare(settings), Memory()
    names = {word: load_topics()[word].full_name(kafka.topic_prefix) for word in stage.topics}
    words = {name: word for word, name in names.items()}
    producer = Producer(producer_options(kafka))
    consumer = Consumer(
        {
            "bootstrap.servers": kafka.bootstrap_servers,
            "group.id": f"{kafka.topic_prefix}bare",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    spare_the_collector()
    consumer.subscribe([names[word] for word in stage.reads])
    failures: list[object] = []
    while meter.left > 0:
        messages = consumer.consume(PORTION, timeout=0.5)
        if not messages:
            continue
        meter.begin()
        for topic, records in by_topic(messages, words).items():
            send(producer, decide, memory, (topic, records), names, failures)
        producer.flush()
        consumer.commit(asynchronous=False)
        meter.left -= len(messages)
    print(json.dumps(asdict(meter.spent())), flush=True)
    os._exit(1 if failures else 0)


def by_topic(messages: Iterable[Any], words: dict[str, str]) -> dict[str, list[Taken]]:
    """Messages without an error, of which nothing is missing, whatever their types say."""
    found: dict[str, list[Taken]] = {}
    for one in messages:
        taken = Taken(
            one.topic(), one.partition(), one.offset(), one.timestamp()[1], one.key(), one.value(), one.headers() or []
        )
        found.setdefault(words[taken.topic], []).append(taken)
    return found


def send(
    producer: Producer,
    decide: Decide,
    memory: Memory,
    read: tuple[str, list[Taken]],
    names: dict[str, str],
    failures: list[object],
) -> None:
    def delivered(error: KafkaError | None, _message: object) -> None:
        if error is not None:
            failures.append(error)

    topic, records = read
    for word, outputs in decide(memory, records, topic=topic).items():
        name = names[word]
        for key, value, timestamp_ms, headers in outputs:
            producer.produce(name, value, key=key, timestamp=timestamp_ms, headers=list(headers), on_delivery=delivered)


def main(contender: str, stage: str, prefix: str, bootstrap: str, count: str) -> None:
    configure_logging("bench", level="ERROR")
    (chosen,), settings, meter = stages_named([stage]), settings_of(bootstrap, prefix), Meter(int(count))
    if contender == BARE:
        bare(chosen, settings, meter)
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(ours(chosen, settings, meter))


if __name__ == "__main__":
    main(*sys.argv[1:])
