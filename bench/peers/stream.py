"""From a report to what it did to its attempt, in Kafka again: track beside streams that do the least of its work.

All read one topic, in which one report in twenty is a repeat, with the same client settings. Each is a process of its
own, whose CPU is taken from outside, of all threads, from when half is through (until then Java compiles) on.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import msgspec
from msgspec import structs

from bench.ingest import CUSTOMER_ID, KEY
from bench.peers.outside import End, PeerFailed, Running, running, tell
from bench.peers.parts import PartMissing, built_kafka_streams, peers_python
from bench.peers.results import OURS, Runs, Wish
from bench.stages import PARTITIONS, Row, fill
from bench.track import ORIGIN, reports
from contracts.envelope import Position, fixed_headers, with_id
from contracts.status import DeliveryStatus
from contracts.topics import load_topics
from runtime.broker import running_broker
from runtime.broker.ports import free_port
from runtime.kafka import ensure_topics
from runtime.settings import KafkaSettings

MESSAGES_PER_S = 12_000
"""For each second of the wish. Each is accepted, sent, delivered and seen, and one report says so each time."""
REPEAT_EVERY, REPEATED_AFTER = 20, 1000
WARM_SHARE = 1 / 2
LIMIT_S = 600.0
HEADERS = fixed_headers("report", "normalise")
Commands = Mapping[str, Sequence[str]]
"""By contender."""


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
    contenders = _commands(runs)
    rows = with_repeats(reports(int(MESSAGES_PER_S * wish.seconds)))
    with tempfile.TemporaryDirectory() as name, running_broker(Path(name) / "broker") as bootstrap:
        for number in range(wish.rounds):
            place = _filled(bootstrap, Path(name) / str(number), rows, contenders)
            for peer, command in runs.without_skipped(dict(_in_turn(contenders, number))):
                tell(f"stream, round {number + 1}: {peer}")
                with runs.sparing(peer):
                    _measure(place, peer, command, runs)
    return runs


def _in_turn(contenders: Commands, number: int) -> Iterable[tuple[str, Sequence[str]]]:
    """Whoever was last comes first."""
    return contenders.items() if number % 2 else reversed(list(contenders.items()))


def _measure(place: Place, peer: str, command: Sequence[str], runs: Runs) -> None:
    with running(command, place.told(peer)) as process:
        cpu_us, per_s = _carried(place, peer, process)
    delivered = sum(map(_is_delivery, _end(place, peer).values()))
    runs.add(peer, "", cpu_us=cpu_us, per_s=per_s, delivered=delivered, truly_delivered=place.delivered)


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


def _commands(runs: Runs) -> Commands:
    commands = {OURS: [sys.executable, "-m", "streams", "track"]}
    try:
        java = built_kafka_streams()
        commands |= {"Kafka Streams, RocksDB": [*java, "rocksdb"], "Kafka Streams, in memory": [*java, "memory"]}
    except PartMissing as exc:
        runs.skipped["Kafka Streams"] = str(exc)
    try:
        python = peers_python()
        commands["Quix Streams, RocksDB"] = [python, "-m", "bench.peers.quix_track"]
        commands["FastStream, a dictionary"] = [python, "-m", "bench.peers.faststream_track"]
    except PartMissing as exc:
        runs.skipped["Quix Streams and FastStream"] = str(exc)
    return commands


def _filled(bootstrap: str, directory: Path, rows: list[Row], contenders: Commands) -> Place:
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
    others = [structs.replace(updates, name=_slug(peer)) for peer in contenders if peer != OURS]
    asyncio.run(ensure_topics(kafka, others))
    return place


def _carried(place: Place, peer: str, process: Running) -> tuple[float, float]:
    """Microseconds of CPU for each record behind the warm-up, and records a second."""
    end = _end(place, peer)
    process.wait_for(lambda: end.count >= place.records * WARM_SHARE, limit_s=LIMIT_S, what=f"{peer} warm")
    first, cpu_s, began = end.count, process.cpu_s, time.perf_counter()
    if first >= place.records:
        raise PeerFailed(f"{peer} was done before it was warm: ask for more SECONDS")
    process.wait_for(lambda: end.count >= place.records, limit_s=LIMIT_S, what=f"{peer} done")
    count = place.records - first
    return (process.cpu_s - cpu_s) / count * 1e6, count / (time.perf_counter() - began)


def _end(place: Place, peer: str) -> End:
    return End(place.kafka.bootstrap_servers, place.output(peer), place.kafka.partitions)


_read = msgspec.json.Decoder(Update).decode


def _is_delivery(value: bytes) -> bool:
    update = _read(value)
    return update.verdict == "applied" and update.report.status is DeliveryStatus.DELIVERED


def _slug(peer: str) -> str:
    return "-".join(peer.lower().replace(",", "").split())
