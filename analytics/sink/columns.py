"""Arrow tables for the statements of the sink. Records travel as the JSON they are; DuckDB takes them apart."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import pyarrow as pa

from contracts.people import recipient_hash

TEXT, SMALL, NUMBER, LONG = pa.string(), pa.int16(), pa.int32(), pa.int64()
PLACE = (("kafka_partition", SMALL), ("kafka_offset", LONG))

RECORD = pa.schema([*PLACE, ("told_ms", LONG), ("person_hash", pa.uint64()), ("value", TEXT)])
"""A record, Kafka's time of it, and the pseudonym of the person it is about."""
CALLBACK = pa.schema(
    [
        *(*PLACE, ("received_ms", LONG), ("provider", TEXT), ("connection", TEXT), ("size", NUMBER)),
        *(("replay_of_partition", SMALL), ("replay_of_offset", LONG)),
    ]
)
UNREADABLE = pa.schema([("topic", TEXT), *PLACE, ("reason", TEXT)])
OFFSETS = pa.schema([("topic", TEXT), ("kafka_partition", SMALL), ("next_offset", LONG)])
BEGUN = pa.schema([("topic", TEXT), ("kafka_partition", SMALL), ("first_offset", LONG)])
SKIPPED = pa.schema([("topic", TEXT), *PLACE])
MARKS = pa.schema(
    [
        *(("topic", TEXT), ("kafka_partition", SMALL), ("source_topic", TEXT)),
        *(("source_partition", SMALL), ("source_offset", LONG), ("source_item", NUMBER)),
    ]
)

HASHES_KEPT = 20_000
"""About as many people as are heard of in a minute or two; reports about one person come close together."""

PIECE = 2048
"""DuckDB's own vector."""

Hasher = Callable[[str | None], int | None]


def hasher(key: bytes) -> Hasher:
    """A person's number to the pseudonym of this installation, as a number; null stays null."""

    @lru_cache(HASHES_KEPT)
    def hashed(number: str | None) -> int | None:
        return None if number is None else int(recipient_hash(key, number), 16)

    return hashed


def table(schema: pa.Schema, rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    """`rows` as columns of `schema`."""
    values: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    return pa.table([pa.array(column, kind) for column, kind in zip(values, schema.types, strict=True)], schema=schema)


def in_pieces(whole: pa.Table) -> pa.Table:
    """The same rows in pieces that DuckDB's threads can share."""
    return pa.Table.from_batches(whole.to_batches(max_chunksize=PIECE), schema=whole.schema)
