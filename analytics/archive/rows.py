"""Kafka's records as rows of an archive file, and back."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Protocol

import pyarrow as pa

from analytics.archive.manifest import Run
from contracts.archived import Archived

DAY_MS = 86_400_000
EPOCH = date(1970, 1, 1)
UNDATED = "undated"

HEADER = pa.struct([("name", pa.string()), ("value", pa.binary())])
SCHEMA = pa.schema(
    [
        ("partition", pa.int32()),
        ("offset", pa.int64()),
        ("timestamp", pa.timestamp("ms", tz="UTC")),
        ("key", pa.binary()),
        ("value", pa.binary()),
        ("headers", pa.list_(HEADER)),
        ("provider", pa.string()),
        ("connection", pa.string()),
    ]
)
PLACES = ["partition", "offset"]


class Record(Protocol):
    """What of a Kafka record is kept."""

    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...


def by_day(records: Sequence[Record]) -> dict[str, list[Record]]:
    """`records` by the UTC day they came, each day's in the order they had."""
    days: dict[str, list[Record]] = {}
    for record in records:
        days.setdefault(_named(record.timestamp // DAY_MS), []).append(record)
    return days


@lru_cache(maxsize=1000)
def _named(day: int) -> str:
    """Days since 1970 as a folder is called; any writer may put any number into a record's time."""
    try:
        return f"{EPOCH + timedelta(days=day)}"
    except OverflowError:
        return UNDATED


def table_of(partition: int, records: Sequence[Record]) -> pa.Table:
    origins = [_origin(record) for record in records]
    columns = {
        "partition": [partition] * len(records),
        "offset": [record.offset for record in records],
        "timestamp": [record.timestamp for record in records],
        "key": [record.key for record in records],
        "value": [record.value for record in records],
        "provider": [provider for provider, _ in origins],
        "connection": [connection for _, connection in origins],
    }
    arrays = {name: pa.array(column, SCHEMA.field(name).type) for name, column in columns.items()}
    arrays["headers"] = _headers(records)
    return pa.table([arrays[name] for name in SCHEMA.names], schema=SCHEMA)


def records_of(table: pa.Table | pa.RecordBatch) -> Iterator[Archived]:
    """The records again, as they were on Kafka."""
    milliseconds = table.column("timestamp").cast(pa.int64())
    columns = [table.column(name) for name in ("partition", "offset", "key", "value", "headers")]
    for partition, offset, key, value, headers, at_ms in zip(*columns, milliseconds, strict=True):
        pairs = tuple((pair["name"], pair["value"]) for pair in headers.as_py())
        yield Archived(partition.as_py(), offset.as_py(), at_ms.as_py(), key.as_py(), value.as_py(), pairs)


def runs_of(partition: int, offsets: Sequence[int]) -> list[Run]:
    """The runs in `offsets`, which ascend."""
    if offsets and list(offsets) == list(range(offsets[0], offsets[-1] + 1)):
        return [Run(partition, offsets[0], offsets[-1] + 1)]
    runs: list[Run] = []
    for offset in offsets:
        if runs and runs[-1].next == offset:
            runs[-1] = runs[-1]._replace(next=offset + 1)
        else:
            runs.append(Run(partition, offset, offset + 1))
    return runs


def _headers(records: Sequence[Record]) -> pa.Array:
    """All headers one after the other, and where each record's end: half the time that lists of pairs take."""
    ends = [0, *accumulate(len(record.headers) for record in records)]
    pairs = [pair for record in records for pair in record.headers]
    names, values = (
        pa.array([name for name, _ in pairs], pa.string()),
        pa.array([data for _, data in pairs], pa.binary()),
    )
    return pa.ListArray.from_arrays(
        pa.array(ends, pa.int32()),
        pa.StructArray.from_arrays([names, values], fields=list(HEADER)),
        type=pa.list_(HEADER),
    )


def _origin(record: Record) -> tuple[str, str]:
    """Provider and connection: a callback's headers name them, a registration's key begins with them."""
    named = dict(record.headers)
    provider, connection = named.get("provider"), named.get("connection")
    if provider is None or connection is None:
        provider, connection, *_ = [*(record.key or b"").split(b":", 2), b"", b""]
    return provider.decode(errors="replace"), connection.decode(errors="replace")
