"""What a store holds, counted: to tell whether a copy is whole, and whether a file can be read at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from analytics.queries import load_query
from analytics.store.database import Connection, explained

MEMORY = "256MB"


@dataclass(frozen=True)
class Inventory:
    """Equal inventories of one store at one batch mean that nothing is missing."""

    rows: Mapping[str, int]
    """By table."""
    next_offsets: Mapping[tuple[str, int], int]
    """By topic and partition: where reading goes on."""


def take_inventory(connection: Connection) -> Inventory:
    """Count all tables; quick, because it is in their heads."""
    counts = {name: connection.table(name).count("*").fetchall()[0][0] for name in _tables(connection)}
    offsets = connection.execute(load_query("watermarks").sql).fetchall()
    return Inventory(counts, {(topic, partition): offset for topic, partition, offset, _ in offsets})


def read_everything(connection: Connection) -> None:
    """Read every value of every table, so that DuckDB compares all checksums; raises where one does not fit."""
    for name in _tables(connection):
        connection.table(name).aggregate("bit_xor(hash(COLUMNS(*)))").fetchall()


def inspect(path: Path) -> Inventory:
    """Read all of a closed store, changing nothing; what it holds. Raises `StoreDamaged`."""
    with explained(path), duckdb.connect(path, read_only=True, config={"memory_limit": MEMORY}) as connection:
        read_everything(connection)
        return take_inventory(connection)


def _tables(connection: Connection) -> list[str]:
    found = connection.execute("SELECT table_name FROM duckdb_tables() WHERE NOT temporary ORDER BY table_name")
    return [name for (name,) in found.fetchall()]
