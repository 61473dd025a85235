"""The shape of the store, step by step. Files are applied in order, each once, before any row is read or written."""

from collections.abc import Mapping
from importlib.resources import files

import duckdb

from contracts.errors import StoreUnavailable


def migrate(connection: duckdb.DuckDBPyConnection, steps: Mapping[int, tuple[str, str]] | None = None) -> None:
    """Bring the store to the newest shape; raises `StoreUnavailable` when a newer Tidings has shaped it."""
    connection.execute("CREATE TABLE IF NOT EXISTS schema_version (step INTEGER, name VARCHAR, applied_at TIMESTAMP)")
    done = {step for (step,) in connection.execute("SELECT step FROM schema_version").fetchall()}
    steps = steps or load_steps()
    if unknown := done - steps.keys():
        raise StoreUnavailable(
            f"the store has had migration {max(unknown)}, this Tidings knows only {max(steps)}; "
            "run the newer version, or move the file aside and leave only a snapshot from before the upgrade"
        )
    for step in sorted(steps.keys() - done):
        _apply(connection, step, *steps[step])
    # Replaying changed definitions from the write-ahead log has had faults of its own in DuckDB; leave none there.
    connection.execute("CHECKPOINT")


def load_steps() -> dict[int, tuple[str, str]]:
    """Number to (file name, SQL)."""
    found = [entry for entry in files(__name__).iterdir() if entry.name.endswith(".sql")]
    return {int(entry.name[:4]): (entry.name, entry.read_text(encoding="utf-8")) for entry in found}


def _apply(connection: duckdb.DuckDBPyConnection, step: int, name: str, sql: str) -> None:
    connection.begin()
    connection.execute(sql)
    connection.execute("INSERT INTO schema_version SELECT ?, ?, now() AT TIME ZONE 'UTC'", [step, name])
    connection.commit()
