"""How long a worker takes to load a million entries of a stage's state, which is how long they wait after a crash.

`python -m bench.recovery STAGE PREFIX BOOTSTRAP` is one load in a process of its own; it prints one line of JSON.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import psutil
from confluent_kafka import Producer

from bench.figures import Figure, figure
from bench.stages import LIMIT_S, PARTITIONS, producer_options, settings_of
from contracts.identity import attempt_key
from contracts.status import DeliveryStatus, evidence
from contracts.topics import load_topics
from contracts.vocabulary import Channel
from runtime.broker import running_broker
from runtime.kafka import ensure_topics
from runtime.logging import configure_logging
from runtime.loops import new_loop
from runtime.partitioner import partition_of
from streams.engine.changelog import ChangelogReader
from streams.engine.stage import Stage
from streams.engine.state import Change, PartitionState
from streams.engine.store import StateStore
from streams.topology import stages_named
from streams.track.attempt import AttemptState, Registered, encode_attempt
from streams.track.stage import TRACK

ENTRIES = 1_000_000
PORTION = 10_000
ROUNDS = 3
START = datetime(2026, 11, 21, 10, tzinfo=UTC)
PREFIX = "bench-recovery-"


@dataclass(frozen=True)
class Kept:
    """A state that is loaded: whose it is, what an entry is called, and the entry of a number: key, value, due time."""

    group: str
    stage: Stage
    called: str
    entry: Callable[[int], tuple[bytes, bytes, int]]
    goal: str


def measure() -> list[Figure]:
    return measure_load(Kept("recovery", TRACK, "attempts", _open_attempt, "<= 10"))


def measure_load(kept: Kept) -> list[Figure]:
    """The changelog is written once and loaded some times, each time by a new process."""
    with tempfile.TemporaryDirectory() as scratch, running_broker(Path(scratch)) as bootstrap:
        _fill(bootstrap, kept)
        loads = [_run(bootstrap, kept) for _ in range(ROUNDS)]
    name = f"1 M {kept.called}"
    return [
        figure(kept.group, name, [load["wall_s"] for load in loads], unit="s", goal=kept.goal),
        figure(kept.group, f"{name}, CPU", [load["cpu_s"] for load in loads], unit="s"),
        figure(kept.group, f"{name}, resident", [load["resident_mb"] for load in loads], unit="MB"),
    ]


def _fill(bootstrap: str, kept: Kept) -> None:
    kafka = settings_of(bootstrap, PREFIX).kafka
    asyncio.run(ensure_topics(kafka, list(load_topics().values())))
    producer = Producer(producer_options(kafka))
    name = load_topics()[kept.stage.state or ""].full_name(PREFIX)
    for number, changes in _changelog(kept):
        for key, entry in changes:
            producer.produce(name, entry, key=key, partition=number)
        producer.poll(0)
    producer.flush()


def _changelog(kept: Kept) -> Iterator[tuple[int, list[Change]]]:
    """As the stage writes it, batch by batch."""
    for first in range(0, ENTRIES, PORTION):
        states = [PartitionState(kept.stage.reads) for _ in range(PARTITIONS)]
        for number in range(first, first + PORTION):
            key, value, due_ms = kept.entry(number)
            states[partition_of(key, PARTITIONS)].put(key, value, due_ms=due_ms)
        for number, state in enumerate(states):
            state.begin(1)
            yield number, state.changes()


def _open_attempt(number: int) -> tuple[bytes, bytes, int]:
    key = attempt_key("telesign", "main", f"35C8B5D509BC10689196FED2{number:08X}")
    due_ms = int((START + timedelta(days=30, seconds=number % 86_400)).timestamp() * 1000)
    return key, encode_attempt(_attempt(number)), due_ms


def _attempt(number: int) -> AttemptState:
    """Sent and not yet heard of again: registered, told of twice."""
    sent_at = START + timedelta(milliseconds=10 * number)
    return AttemptState(
        first_ms=int(sent_at.timestamp() * 1000),
        units={"": evidence(DeliveryStatus.ACCEPTED, DeliveryStatus.SENT)},
        seen=number.to_bytes(4, "big") * 6,
        told_sent_at=sent_at,
        moved_at=sent_at,
        registered=Registered(
            message_id=f"019aa5a1-0000-7000-8000-{number:012x}",
            channel=Channel.VIBER,
            recipient=f"+447700900{number % 1000:03d}",
            country="GB",
            sender="ExampleShop",
            campaign="autumn",
        ),
    )


def _run(bootstrap: str, kept: Kept) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.recovery", kept.stage.name, PREFIX, bootstrap]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    if ended.returncode:
        raise RuntimeError(f"a load ended with {ended.returncode}:\n{ended.stderr[-2000:]}")
    spent: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return spent


async def _load(name: str, prefix: str, bootstrap: str) -> None:
    (stage,), kafka = stages_named([name]), settings_of(bootstrap, prefix).kafka
    names = {word: load_topics()[word].full_name(prefix) for word in stage.topics}
    store = StateStore(stage, names, partial(ChangelogReader, kafka, names[stage.state or ""]))
    cpu, wall = time.process_time(), time.perf_counter()
    await store.take_over(set(range(PARTITIONS)), 1)
    spent = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
    if store.keys_count != ENTRIES:
        raise RuntimeError(f"{store.keys_count} entries were loaded, {ENTRIES} were written")
    print(json.dumps({**spent, "resident_mb": psutil.Process().memory_info().rss / 1e6}), flush=True)


if __name__ == "__main__":
    configure_logging("bench", level="ERROR")
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_load(*sys.argv[1:]))
