"""A hundred thousand steps whose time comes within one minute, the stage killed and started again in the middle.

`python -m bench.timers [count]` on a broker of its own. Looked at is the command of the next step, when it can be read.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from confluent_kafka import Consumer, Producer, TopicPartition
from msgspec import structs

from bench import fallback
from bench.figures import Figure, figure, print_table
from bench.stages import PARTITIONS, producer_options
from contracts.codec import encode
from contracts.plans import MessagePlanned, SendCommanded, SentElsewhere, read_command
from contracts.topics import load_topics
from runtime.broker import running_broker
from runtime.broker.ports import free_port
from runtime.kafka import ensure_topics
from runtime.settings import KafkaSettings

GROUP = "timers"
COUNT = 100_000
WITHIN_S = 60.0
WAIT_S = 60
IN_TIME_S = 1.0
READY_LIMIT_S, END_LIMIT_S = 120.0, 60.0
PREFIX = "bench-timers-"


@dataclass
class Came:
    """When each next step could be read, by the number of its message."""

    count: Counter[int] = field(default_factory=Counter)
    at_s: dict[int, float] = field(default_factory=dict)
    is_over: threading.Event = field(default_factory=threading.Event)


def measure(count: int = COUNT) -> list[Figure]:
    """One minute; what was due while nobody kept time, and until that was made up for, is told apart."""
    with tempfile.TemporaryDirectory(prefix="tidings-bench-") as scratch, running_broker(Path(scratch)) as bootstrap:
        kafka = KafkaSettings(bootstrap_servers=bootstrap, topic_prefix=PREFIX, partitions=PARTITIONS)
        asyncio.run(ensure_topics(kafka, list(load_topics().values())))
        port, came = free_port(), Came()
        stage = _start(kafka, port)
        reader = threading.Thread(target=_read, args=(kafka, came))
        reader.start()
        try:
            _wait_ready(stage, port)
            first_s = _plan(kafka, count)
            time.sleep(max(0.0, first_s + WITHIN_S / 2 - time.time()))
            killed_s = time.time()
            stage.kill()
            stage = _start(kafka, port)
            _wait_ready(stage, port)
            again_s = time.time()
            _wait_for_all(came, count, first_s + WITHIN_S + END_LIMIT_S)
        finally:
            stage.kill()
            came.is_over.set()
            reader.join()
    due = {number: first_s + WITHIN_S * number / count for number in range(count)}
    return _figures(due, came, (killed_s, again_s))


def _figures(due: dict[int, float], came: Came, away: tuple[float, float]) -> list[Figure]:
    killed_s, again_s = away
    late = {number: at_s - due[number] for number, at_s in came.at_s.items()}
    made_up_s = _made_up_s(due, late, again_s)
    kept = [late_s for number, late_s in late.items() if not killed_s - 1 <= due[number] < made_up_s]
    return [
        figure(GROUP, "steps whose time came", [len(due)]),
        figure(GROUP, "missed", [len(due) - len(late)], goal="<= 0"),
        figure(GROUP, "early", [sum(late_s < 0 for late_s in late.values())], goal="<= 0"),
        figure(GROUP, "written again after the restart, as one send", [sum(one > 1 for one in came.count.values())]),
        figure(GROUP, "late, p50", [statistics.median(kept)], unit="s"),
        figure(GROUP, "late, p99", [statistics.quantiles(kept, n=100)[98]], unit="s", goal="<= 1"),
        figure(GROUP, "late, max, also across the restart", [max(late.values())], unit="s"),
        figure(GROUP, "nobody kept time for", [again_s - killed_s], unit="s"),
        figure(GROUP, "that was made up for after", [made_up_s - again_s], unit="s"),
    ]


def _made_up_s(due: dict[int, float], late: dict[int, float], since_s: float) -> float:
    """From when on no step of a whole second was late any more."""
    worst: dict[float, float] = defaultdict(float)
    for number, late_s in late.items():
        if due[number] >= since_s:
            second = since_s + (due[number] - since_s) // 1
            worst[second] = max(worst[second], late_s)
    return min((second for second, late_s in worst.items() if late_s <= IN_TIME_S), default=max(due.values()))


def _start(kafka: KafkaSettings, port: int) -> "subprocess.Popen[bytes]":
    told = {
        "TIDINGS_KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "TIDINGS_KAFKA__TOPIC_PREFIX": kafka.topic_prefix,
        "TIDINGS_STREAMS__ADMIN_PORT": str(port),
        "TIDINGS_STREAMS__INSTANCE_ID": "bench",
        "TIDINGS_LOG_LEVEL": "ERROR",
    }
    return subprocess.Popen([sys.executable, "-m", "streams", "fallback"], env=os.environ | told)


def _wait_ready(stage: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + READY_LIMIT_S
    while time.monotonic() < deadline and stage.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
                if json.load(answer)["stages"]["fallback"]["joined"]:
                    return
        except (URLError, OSError):
            pass
        time.sleep(0.1)
    raise RuntimeError("the fallback stage was not ready in time")


def _plan(kafka: KafkaSettings, count: int) -> float:
    """Plans whose first step was sent elsewhere, so that its time alone is waited for; when the first is due."""
    producer, topic = Producer(producer_options(kafka)), load_topics()["messages"].full_name(kafka.topic_prefix)
    first_s = time.time() + max(30.0, count / 2000)  # the stage has read them all by then
    for number, plan in _plans(count, first_s):
        producer.produce(topic, encode(plan), key=plan.message_id)
        if not number % 5000:
            producer.poll(0)
    producer.flush()
    return first_s


def _plans(count: int, first_s: float) -> Iterator[tuple[int, MessagePlanned]]:
    for number in range(count):
        sent_at = datetime.fromtimestamp(first_s + WITHIN_S * number / count - WAIT_S, UTC)
        sent = SentElsewhere(root_id=fallback.root(number), sent_at=sent_at)
        yield number, structs.replace(fallback.plan(number), sent=sent)


def _read(kafka: KafkaSettings, came: Came) -> None:
    """The commands as they come; those that a crash made stand there twice are counted."""
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap_servers, "group.id": "bench"})
    topic = load_topics()["commands"].full_name(kafka.topic_prefix)
    consumer.assign([TopicPartition(topic, number, 0) for number in range(kafka.partitions)])
    while not came.is_over.is_set():
        for record in consumer.consume(1000, timeout=0.05):
            told = read_command(record.value() or b"")
            if isinstance(told, SendCommanded):
                number = int(told.message_id.rpartition("-")[2], 16)
                came.count[number] += 1
                came.at_s.setdefault(number, time.time())
    consumer.close()


def _wait_for_all(came: Came, count: int, until_s: float) -> None:
    while len(came.at_s) < count and time.time() < until_s:
        time.sleep(0.2)
    time.sleep(2)  # for what may come twice


if __name__ == "__main__":
    print_table(measure(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT))
