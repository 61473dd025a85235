"""Records as Kafka gives them, and what an archive has of them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from analytics.archive.draft import groups_of
from analytics.archive.manifest import load
from analytics.archive.rows import records_of
from contracts.archived import Archived

TOPIC = "test-callbacks-v1"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOON_MS = int(NOON.timestamp() * 1000)
DAY_MS = 86_400_000


def record(offset: int, *, partition: int = 0, at_ms: int = NOON_MS, body: bytes = b"{}") -> Archived:
    headers = (("provider", b"telesign"), ("connection", b"main"), ("empty", None))
    return Archived(partition, offset, at_ms, None, body, headers)  # type: ignore[arg-type]  # Kafka has such headers


def records(first: int, end: int, **members: Any) -> list[Archived]:
    return [record(offset, **members) for offset in range(first, end)]


def kept(directory: Path) -> list[Archived]:
    """All records in the files that the manifest names, by place."""
    files = load(directory, TOPIC).files
    return sorted(row for file in files for rows in groups_of(directory / file.name) for row in records_of(rows))


def places(directory: Path) -> list[tuple[int, int]]:
    return [(row.partition, row.offset) for row in kept(directory)]
