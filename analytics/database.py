"""How we live with DuckDB: one process holds the file, one thread writes, readers take a cursor each.

No other process can open the file meanwhile, not even to read. Nothing outside this module knows that.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from analytics.migrations import migrate
from contracts.errors import StoreUnavailable
from runtime.settings import StoreSettings

Connection = duckdb.DuckDBPyConnection

CHECKPOINT_THRESHOLD = "128MB"
"""A kill in the middle of a checkpoint can cost the file (one in 300 when every commit checkpoints), so they are rare;
and rows that wait in the log are compressed once instead of with every small checkpoint. A replay takes a second."""

_REBUILD = "move it and its .wal aside and start again; the store is filled from Kafka as far as the topics reach back"
_ADVICE = {
    "Could not set lock": "another process has it open; stop that one, or give this one a store.path of its own",
    "Corrupt": f"the file is damaged; {_REBUILD}",
    "not a valid DuckDB": f"the file is no store; {_REBUILD}",
    "replaying WAL": f"its log is damaged; {_REBUILD}",
    "No space left": "the disk is full; make room and start again, nothing that was committed is lost",
}


class Database:
    """The store's file, opened and in its newest shape between `open` and `close`."""

    def __init__(self, path: Path, settings: StoreSettings) -> None:
        self._path = path
        self._settings = settings
        self._root: Connection | None = None

    def open(self) -> None:
        """Open or make the file and migrate it; raises `StoreUnavailable` with what to do."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self.explained():
            self._root = duckdb.connect(self._path, config=self._config())
            self._root.execute("LOAD icu; SET GLOBAL TimeZone = 'UTC'")
            migrate(self._root)

    def close(self) -> None:
        """Close the file; running questions end with an error."""
        if self._root is not None:
            self._root.close()
            self._root = None

    def cursor(self) -> Connection:
        """A connection of its own for one thread; the caller closes it."""
        if self._root is None:
            raise StoreUnavailable("the store is not open; it opens when the process starts and closes when it stops")
        return self._root.cursor()

    @contextmanager
    def snapshot(self, limit_s: float) -> Iterator[Connection]:
        """A cursor that sees one state of the store; each of its questions may take `limit_s`."""
        cursor = self.cursor()
        try:
            # Not in DuckDB 1.5: there a timer would have to call interrupt().
            cursor.execute(f"SET max_execution_time = {int(limit_s * 1000)}")
            cursor.begin()
            yield cursor
        finally:
            cursor.close()

    @contextmanager
    def explained(self) -> Iterator[None]:
        """DuckDB's errors come out as `StoreUnavailable` that says what to do, where we know."""
        try:
            yield
        except duckdb.Error as exc:
            raise StoreUnavailable(f"the store {self._path}: {advice(exc)}") from exc

    def _config(self) -> dict[str, str | bool | int | float | list[str]]:
        return {
            # A misspelt function must not become a download that waits for the network.
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "memory_limit": self._settings.memory_limit,
            "threads": self._settings.threads,
            "temp_directory": f"{self._path}.tmp",
            "checkpoint_threshold": CHECKPOINT_THRESHOLD,
        }


def advice(exc: duckdb.Error) -> str:
    """What happened and what to do about it."""
    text = str(exc)
    told = [f"{what} ({text.splitlines()[0]})" for sign, what in _ADVICE.items() if sign in text]
    return told[0] if told else text


def is_lasting(exc: duckdb.Error) -> bool:
    """Whether this process can do nothing more with the store."""
    return isinstance(exc, duckdb.FatalException)
