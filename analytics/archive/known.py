"""What a store has of archived callbacks: the store itself while nobody has it open, else its newest snapshot."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import duckdb

from analytics.asking.reader import Ask
from analytics.queries import load_query
from analytics.store.snapshots import Snapshots
from contracts.archived import CALLBACK, Archived, Item
from contracts.envelope import header
from contracts.errors import StoreUnavailable
from contracts.raw import RECEIVED_AT
from runtime.clock import SystemClock
from runtime.settings import Settings

SLACK = timedelta(seconds=1)
"""The archive's times have milliseconds, and so have the store's; a second more costs nothing."""
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # times in the store are UTC without a zone
EARLIEST_MS, LATEST_MS = 0, 250_000_000_000_000
"""Up to the year 9892; any writer may put any number into a record's time."""
LONGEST_TIME = 15
"""Digits of a time in milliseconds that is one."""

Place = tuple[int, int]
"""Partition and offset of a callback."""


class KnownItems:
    """A store that is only read, by `ask`. `told` says which, for people."""

    def __init__(self, ask: Ask, told: str = "the store") -> None:
        self._ask = ask
        self.told = told

    def items(self, callbacks: Sequence[Archived]) -> dict[Place, list[Item]]:
        """The items of each of these callbacks; a callback that the store has not read is not among them."""
        rows = self.rows(callbacks)
        found: dict[Place, list[Item]] = {_place(row): [] for row in rows if row["kind"] == CALLBACK}
        for row in rows:
            if row["kind"] != CALLBACK and _place(row) in found:
                item = Item(row["kind"], row["cause_index"], row["event_id"], row["said"] or "")
                found[_place(row)].append(item)
        return found

    def rows(self, callbacks: Sequence[Archived]) -> list[dict[str, Any]]:
        """All that stems from these callbacks, and the callbacks themselves."""
        times = [moment for callback in callbacks for moment in (callback.timestamp, first_ms(callback))]
        parameters = {
            "partitions": [callback.partition for callback in callbacks],
            "offsets": [callback.offset for callback in callbacks],
            "begin": _moment(min(times)) - SLACK,
            "end": _moment(max(times)) + SLACK,
        }
        return self._ask("replayed_items", parameters)

    def attempts(self, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
        """What the store has of attempts, by `provider:connection:root id`."""
        return {row["attempt_key"]: row for row in self._ask("known_attempts", {"keys": list(keys)})}

    def events(self, event_ids: Sequence[str]) -> set[str]:
        """Which of these facts the store has."""
        if not event_ids:
            return set()
        return {row["event_id"] for row in self._ask("known_events", {"event_ids": list(event_ids)})}


@contextmanager
def known_items(settings: Settings) -> Iterator[KnownItems]:
    """The store to compare with. Raises `StoreUnavailable` when there is none that can be read."""
    with readable_store(settings) as (connection, told):
        yield KnownItems(asked_of(connection), told)


def asked_of(connection: duckdb.DuckDBPyConnection) -> Ask:
    """Questions to a store of which this process has a connection; they raise `StoreUnavailable`."""
    return partial(_rows, connection)


def _rows(connection: duckdb.DuckDBPyConnection, question: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    try:
        found = connection.execute(load_query(question).sql, dict(parameters))
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, values, strict=True)) for values in found.fetchall()]
    except duckdb.Error as exc:
        raise StoreUnavailable(f"the store cannot answer: {exc}") from exc


@contextmanager
def readable_store(settings: Settings) -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
    """The store, only to be read, and which it is, for people. Raises `StoreUnavailable` likewise."""
    path = settings.data_dir / settings.store.path
    try:
        connection, told = duckdb.connect(path, read_only=True), f"the store {path}"
    except duckdb.IOException as exc:
        if "lock" not in str(exc):
            raise StoreUnavailable(f"there is no store to compare with at {path}: {exc}") from exc
        connection, told = _newest_snapshot(settings)
    try:
        yield connection, told
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


def first_ms(callback: Archived) -> int:
    """When the callback first came; a replay says so among its headers."""
    told = header(callback.headers, RECEIVED_AT) or b""
    return int(told) if told.isdigit() and len(told) < LONGEST_TIME else callback.timestamp


def _moment(milliseconds: int) -> datetime:
    """Naive UTC, as the store has it; what is no time is the farthest that is one."""
    return EPOCH + timedelta(milliseconds=min(max(milliseconds, EARLIEST_MS), LATEST_MS))


def _place(row: Mapping[str, Any]) -> Place:
    return row["cause_partition"], row["cause_offset"]
