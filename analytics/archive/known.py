"""What a store has of archived callbacks: the store itself while nobody has it open, else its newest snapshot."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import duckdb

from analytics.archive.rows import Archived
from analytics.queries import load_query
from analytics.snapshots import Snapshots
from contracts.errors import StoreUnavailable
from runtime.clock import SystemClock
from runtime.settings import Settings

SLACK = timedelta(seconds=1)
"""The archive's times have milliseconds, and so have the store's; a second more costs nothing."""
CALLBACK, DEAD_LETTER = "callback", "dead letter"

Place = tuple[int, int]
"""Partition and offset of a callback."""


class Item(NamedTuple):
    """One item of a callback: what kind of fact it is, its identity, and in a few words what it says."""

    kind: str
    number: int
    event_id: str | None
    said: str

    @property
    def is_aside(self) -> bool:
        return self.kind == DEAD_LETTER


class KnownItems:
    """A store that is only read. `told` says which, for people."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, told: str) -> None:
        self._connection = connection
        self.told = told

    def items(self, callbacks: Sequence[Archived]) -> dict[Place, list[Item]]:
        """The items of each of these callbacks; a callback that the store has not read is not among them."""
        times = [callback.timestamp for callback in callbacks]
        parameters = {
            "partitions": [callback.partition for callback in callbacks],
            "offsets": [callback.offset for callback in callbacks],
            "begin": _moment(min(times)) - SLACK,
            "end": _moment(max(times)) + SLACK,
        }
        found: dict[Place, list[Item]] = {}
        for row in self._rows("replayed_items", parameters):
            items = found.setdefault((row["cause_partition"], row["cause_offset"]), [])
            if row["kind"] != CALLBACK:
                items.append(Item(row["kind"], row["cause_index"], row["event_id"], row["said"] or ""))
        return found

    def events(self, event_ids: Sequence[str]) -> set[str]:
        """Which of these facts the store has."""
        return {row["event_id"] for row in self._rows("known_events", {"event_ids": list(event_ids)})}

    def _rows(self, question: str, parameters: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        try:
            found = self._connection.execute(load_query(question).sql, dict(parameters))
            names = [column[0] for column in found.description or ()]
            yield from (dict(zip(names, values, strict=True)) for values in found.fetchall())
        except duckdb.Error as exc:
            raise StoreUnavailable(f"the store cannot answer: {exc}") from exc


@contextmanager
def known_items(settings: Settings) -> Iterator[KnownItems]:
    """The store to compare with. Raises `StoreUnavailable` when there is none that can be read."""
    path = settings.data_dir / settings.store.path
    try:
        connection, told = duckdb.connect(path, read_only=True), f"the store {path}"
    except duckdb.IOException as exc:
        if "lock" not in str(exc):
            raise StoreUnavailable(f"there is no store to compare with at {path}: {exc}") from exc
        connection, told = _newest_snapshot(settings)
    try:
        yield KnownItems(connection, told)
    finally:
        connection.close()


def _newest_snapshot(settings: Settings) -> tuple[duckdb.DuckDBPyConnection, str]:
    """While the api runs nobody else can open the store, not even to read."""
    for snapshot in Snapshots(settings, SystemClock()).newest_first():
        try:
            connection = duckdb.connect(snapshot.path, read_only=True)
        except duckdb.Error:
            continue
        return connection, f"the snapshot of {snapshot.made_at:%Y-%m-%d %H:%M:%S} UTC, because the store is in use"
    raise StoreUnavailable(
        "the store is in use by the api process and there is no snapshot of it yet; wait for one "
        "(`store.snapshot_every_s`), or stop the api meanwhile"
    )


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).replace(tzinfo=None)
