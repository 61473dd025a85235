"""How fast the sink stores updates: decode, Arrow, and the whole transaction with facts, deltas, offsets and marks.

The records are handed in as Kafka would give them, so that the figure is the sink's own; fetching them is not in it.
"""

import gc
import heapq
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import NamedTuple

from analytics.freshness import Skyline
from analytics.sink.columns import hasher
from analytics.sink.intake import Fetched
from analytics.sink.writer import Writer
from analytics.store.database import Database
from analytics.upkeep.upkeep import Upkeep
from bench.figures import Figure, figure
from contracts.codec import encode
from contracts.envelope import Position, fixed_headers, with_id
from contracts.identity import attempt_id, attempt_key, derived_message_id, report_event_id
from contracts.records import Cause, DeliveryReport, StatusChanged
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel, Scope, Verdict
from runtime.collector import spare_the_collector
from runtime.settings import StoreSettings

ROWS = 200_000
RUNS = 3
PARTITIONS = 12
START = datetime(2026, 11, 21, 10, tzinfo=UTC)
LIFE = (DeliveryStatus.ACCEPTED, DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.SEEN)
HEADERS = [*fixed_headers("update", "track"), ("verdict", b"applied")]


class Stored(NamedTuple):
    offset: int
    timestamp: int
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


def measure() -> list[Figure]:
    fetched = list(batches(ROWS, StoreSettings().batch_rows))
    spare_the_collector()
    speeds = [one_run(fetched) for _ in range(RUNS)]
    gc.unfreeze()  # what stays frozen at the end of a process is reported as leaked by DuckDB's bindings
    return [figure("sink", "updates stored, whole transaction", speeds, unit="rows/s", goal=">= 60000")]


@contextmanager
def store(settings: StoreSettings | None = None) -> Iterator[tuple[Database, Writer, Upkeep]]:
    """An empty store in a folder of its own, and who writes to it and keeps it tidy."""
    with tempfile.TemporaryDirectory(prefix="tidings-bench-") as place:
        database = Database(Path(place) / "bench.duckdb", settings or StoreSettings())
        database.open()
        connection = database.cursor()
        upkeep = Upkeep(connection, Skyline())
        try:
            yield database, Writer(connection, hasher(b"bench"), upkeep, seen_days=3), upkeep
        finally:
            database.close()


def one_run(fetched: list[list[Fetched]]) -> float:
    """Rows per second, the next batch prepared while one is written, as the sink does it."""
    with store() as (_, writer, _), ThreadPoolExecutor(1) as thread:
        prepare = partial(writer.prepare, writer.resume())
        writer.write(prepare(fetched[0]))  # the first touch loads code
        begin = time.perf_counter()
        prepared = thread.submit(prepare, fetched[1])
        for following in [*fetched[2:], []]:
            batch = prepared.result()
            prepared = thread.submit(prepare, following)
            writer.write(batch)
        took = time.perf_counter() - begin
    return sum(len(part.records) for batch in fetched[1:] for part in batch) / took


def batches(rows: int, size: int) -> Iterator[list[Fetched]]:
    """Updates in the order of their times, spread over the partitions, in batches as the sink would gather them."""
    offsets = [0] * PARTITIONS
    gathered: dict[int, list[Stored]] = defaultdict(list)
    for count, (partition, timestamp, update) in enumerate(updates(rows), start=1):
        source = Position("tidings-reports-v1", partition, offsets[partition])
        headers = tuple(with_id(HEADERS, source.event_id))
        gathered[partition].append(Stored(offsets[partition], timestamp, encode(update), headers))
        offsets[partition] += 1
        if count % size == 0:
            yield [Fetched("updates", part, records) for part, records in gathered.items()]
            gathered.clear()


def updates(rows: int) -> Iterator[tuple[int, int, StatusChanged]]:
    """What track says of messages that live from accepted to delivered or seen, twenty new ones a second."""
    random_ = random.Random(7)
    due: list[tuple[datetime, int, int]] = []
    number, given = 0, 0
    while given < rows:
        number += 1
        moment = START + timedelta(milliseconds=50 * number)
        for step in range(3 + (random_.random() < 0.3)):
            heapq.heappush(due, (moment, number, step))
            moment += timedelta(seconds=random_.lognormvariate(1.5, 1.2))
        while due and due[0][0] <= START + timedelta(milliseconds=50 * number) and given < rows:
            yield update(*heapq.heappop(due))
            given += 1


def update(moment: datetime, number: int, step: int) -> tuple[int, int, StatusChanged]:
    provider = ("infobip", "telesign")[number % 2]
    root_id = f"vb-{number:08d}"
    key = attempt_key(provider, "main", root_id)
    sent_at = START + timedelta(milliseconds=50 * number)
    first = int(sent_at.timestamp() * 1000)
    is_delivered = step >= 2
    return (
        number % PARTITIONS,
        int(moment.timestamp() * 1000),
        StatusChanged(
            verdict=Verdict.APPLIED,
            attempt_id=attempt_id(first, key),
            message_id=derived_message_id(first, key),
            status=LIFE[step],
            previous_status=LIFE[step - 1] if step else None,
            item_status=LIFE[step],
            sent_at=sent_at,
            delivered_at=moment if is_delivered else None,
            latency_ms=int((moment - sent_at).total_seconds() * 1000) if step == 2 else None,
            report=report(provider, root_id, moment, LIFE[step], number),
        ),
    )


def report(provider: str, root_id: str, moment: datetime, status: DeliveryStatus, number: int) -> DeliveryReport:
    channel = (Channel.VIBER, Channel.SMS)[number % 3 == 0]
    return DeliveryReport(
        event_id=report_event_id(
            (provider, "main"), root_id, part=None, channel=channel, said=(status, "5"), occurred_at=moment
        ),
        provider=provider,
        connection="main",
        account="default",
        root_id=root_id,
        provider_message_id=root_id,
        scope=Scope.CHANNEL,
        status=status,
        provider_code="5",
        received_at=moment,
        cause=Cause(partition=number % PARTITIONS, offset=number),
        channel=channel,
        occurred_at=moment,
        description="Message delivered to handset",
        recipient=f"+447700900{number % 1000:03d}",
        country=("GB", "US", "DE", "GR")[number % 4],
        sender="ExampleShop",
        operator="23410",
        campaign=f"campaign-{number % 20}",
        price=Decimal("0.0123"),
        currency="EUR",
    )
