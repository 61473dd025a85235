"""From a report to what it did to its attempt, in Kafka again: track beside streams that do the least of its work.

All read one topic, in which one report in twenty is a repeat, with the same client settings. Each is a process of its
own, whose CPU is taken from outside, of all threads, from when a third is through (until then Java compiles) on.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import msgspec
from msgspec import structs

from bench.ingest import CUSTOMER_ID, KEY
from bench.peers.outside import End, PeerFailed, Running, running, tell
from bench.peers.parts import PartMissing, built_kafka_streams, peers_python
from bench.peers.results import OURS, Runs, Wish
from bench.stages import Row, fill
from bench.track import ORIGIN, PARTITIONS, reports
from contracts.envelope import Position, fixed_headers, with_id
from contracts.status import DeliveryStatus
from contracts.topics import load_topics
from runtime.broker import running_broker
from runtime.broker.ports import free_port
from runtime.kafka import ensure_topics
from runtime.settings import KafkaSettings

MESSAGES_PER_S = 10_000
"""For each second of the wish. Each is accepted, sent, delivered and seen, and one report says so each time."""
REPEAT_EVERY, REPEATED_AFTER = 20, 1000
WARM_SHARE = 1 / 3
LIMIT_S = 600.0
HEADERS = fixed_headers("report", "normalise")


@dataclass(frozen=True)
class Contender:
    name: str
    command: Sequence[str]


@dataclass(frozen=True)
class Place:
    """Where the records of one round are, and what a contender is told of it."""

    kafka: KafkaSettings
    directory: Path
    records: int
    delivered: int
    """Messages of which that was reported, however often."""

    def full_name(self, word: str) -> str:
        return load_topics()[word].full_name(self.kafka.topic_prefix)

    def output(self, peer: str) -> str:
        return self.full_name("updates") if peer == OURS else f"{self.kafka.topic_prefix}{_slug(peer)}-v1"

    def told(self, peer: str) -> dict[str, str]:
        return {
            "TIDINGS_CONFIG": str(self.directory / "tidings.toml"),
            "BOOTSTRAP": self.kafka.bootstrap_servers,
            "INPUT": self.full_name("reports"),
            "OUTPUT": self.output(peer),
            "GROUP": f"{self.kafka.topic_prefix}{_slug(peer)}",
            "STATE_DIR": str(self.directory / _slug(peer)),
        }


class Report(msgspec.Struct):
    status: DeliveryStatus


class Update(msgspec.Struct):
    """What is counted of an output, whoever wrote it."""

    verdict: str
    report: Report


def measure(wish: Wish) -> Runs:
    runs = Runs()
    contenders = list(_contenders(runs))
    rows = with_repeats(reports(int(MESSAGES_PER_S * wish.seconds)))
    with tempfile.TemporaryDirectory() as name, running_broker(Path(name) / "broker") as bootstrap:
        for number in range(wish.rounds):
            place = _filled(bootstrap, Path(name) / str(number), rows, contenders)
            for contender in contenders if number % 2 else reversed(contenders):
                tell(f"stream, round {number + 1}: {contender.name}")
                with running(contender.command, place.told(contender.name)) as process:
                    cpu_us, per_s = _carried(place, contender, process)
                delivered = sum(map(_is_delivery, _end(place, contender).values()))
                runs.add(contender.name, "", cpu_us=cpu_us, per_s=per_s)
                runs.add(contender.name, "", delivered=delivered, truly_delivered=place.delivered)
    return runs


def with_repeats(rows: Iterator[Row]) -> list[Row]:
    """One in twenty comes again, in a callback of its own, as providers repeat what they think was not heard."""
    once = list(rows)
    repeated = [
        row
        for number, one in enumerate(once)
        for row in ((one, once[number - REPEATED_AFTER]) if _is_repeated(number) else (one,))
    ]
    return [
        (key, value, with_id(HEADERS, Position("bench-callbacks-v1", place % PARTITIONS, place).event_id))
        for place, (key, value, _) in enumerate(repeated)
    ]


def _is_repeated(number: int) -> bool:
    return number >= REPEATED_AFTER and number % REPEAT_EVERY == 0


def _contenders(runs: Runs) -> Iterator[Contender]:
    yield Contender(OURS, [sys.executable, "-m", "streams", "track"])
    try:
        java = built_kafka_streams()
        yield Contender("Kafka Streams, RocksDB", [*java, "rocksdb"])
        yield Contender("Kafka Streams, in memory", [*java, "memory"])
    except PartMissing as exc:
        runs.skipped["Kafka Streams"] = str(exc)
    try:
        python = peers_python()
        yield Contender("Quix Streams, RocksDB", [python, "-m", "bench.peers.quix_track"])
        yield Contender("FastStream, a dictionary", [python, "-m", "bench.peers.faststream_track"])
    except PartMissing as exc:
        runs.skipped["Quix Streams and FastStream"] = str(exc)


def _filled(bootstrap: str, directory: Path, rows: list[Row], contenders: list[Contender]) -> Place:
    """A round's own topics, so that nobody finds what was written for the last one."""
    kafka = KafkaSettings(bootstrap_servers=bootstrap, topic_prefix=f"peers-{uuid4().hex[:8]}-")
    directory.mkdir()
    messages = len({key for key, _, _ in rows})
    place = Place(kafka, directory, records=len(rows), delivered=messages)
    (directory / "tidings.toml").write_text(
        f'data_dir = "{directory / "data"}"\n[kafka]\ntopic_prefix = "{kafka.topic_prefix}"\n'
        f'bootstrap_servers = "{bootstrap}"\n[streams]\nadmin_port = {free_port()}\n'
        f'[[connections]]\nprovider = "{ORIGIN[0]}"\nname = "{ORIGIN[1]}"\nobserve_only = true\n'
        f'customer_id = "{CUSTOMER_ID}"\napi_keys = ["{KEY}"]\n'
    )
    fill(kafka, {"reports": rows})
    updates = load_topics()["updates"]
    others = [structs.replace(updates, name=_slug(one.name)) for one in contenders if one.name != OURS]
    asyncio.run(ensure_topics(kafka, others))
    return place


def _carried(place: Place, contender: Contender, process: Running) -> tuple[float, float]:
    """Microseconds of CPU for each record behind the warm-up, and records a second."""
    end = _end(place, contender)
    process.wait_for(lambda: end.count >= place.records * WARM_SHARE, limit_s=LIMIT_S, what=f"{contender.name} warm")
    first, cpu_s, began = end.count, process.cpu_s, time.perf_counter()
    if first >= place.records:
        raise PeerFailed(f"{contender.name} was done before it was warm: ask for more SECONDS")
    process.wait_for(lambda: end.count >= place.records, limit_s=LIMIT_S, what=f"{contender.name} done")
    count = place.records - first
    return (process.cpu_s - cpu_s) / count * 1e6, count / (time.perf_counter() - began)


def _end(place: Place, contender: Contender) -> End:
    return End(place.kafka.bootstrap_servers, place.output(contender.name), place.kafka.partitions)


_read = msgspec.json.Decoder(Update).decode


def _is_delivery(value: bytes) -> bool:
    update = _read(value)
    return update.verdict == "applied" and update.report.status is DeliveryStatus.DELIVERED


def _slug(peer: str) -> str:
    return "-".join(peer.lower().replace(",", "").split())
