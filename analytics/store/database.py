"""How we live with DuckDB: one process holds the file, one thread writes, readers take a cursor each.

No other process can open the file meanwhile, not even to read. Nothing outside this module knows that.
"""

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from itertools import chain
from pathlib import Path
from threading import Timer

import duckdb
import structlog

from analytics.store.diagnosis import advice, is_damage, is_lasting
from analytics.store.files import copy_from
from analytics.store.migrations import migrate
from contracts.errors import StoreDamaged, StoreUnavailable
from runtime.settings import StoreSettings

log = structlog.get_logger()

Connection = duckdb.DuckDBPyConnection

CHECKPOINT_THRESHOLD = "128MB"
"""A kill in the middle of a checkpoint can cost the file (one in 300 when every commit checkpoints), so they are rare;
and rows that wait in the log are compressed once instead of with every small checkpoint. A replay takes a second.
`analytics.upkeep.checkpoints` makes them before that, where it is reports that come."""


class Database:
    """The store's file, opened and in its newest shape between `open` and `close`."""

    def __init__(self, path: Path, settings: StoreSettings) -> None:
        self.path = path
        self.ailment = ""
        """Why this process must end and start with another file; empty while there is no reason."""
        self._settings = settings
        self._root: Connection | None = None
        self._resting: dict[float, list[Connection]] = defaultdict(list)
        """Cursors that have answered, by their limit, for those who ask next."""
        self._ends_by_itself = False
        self._held: int | None = None

    def open(self) -> None:
        """Open or make the file and migrate it; raises `StoreUnavailable` with what to do, `StoreDamaged` if it is."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with explained(self.path):
                self._root = duckdb.connect(self.path, config=self._config())
                self._root.execute("LOAD icu; SET GLOBAL TimeZone = 'UTC'")
                migrate(self._root)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file; running questions end with an error."""
        for cursor in chain.from_iterable(self._resting.values()):
            cursor.close()
        self._resting.clear()
        if self._root is not None:
            with suppress(duckdb.Error):  # it may have failed before; what was committed is in the log
                self._root.close()
            self._root = None
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def cursor(self) -> Connection:
        """A connection of its own for one thread; the caller closes it."""
        if self._root is None:
            raise StoreUnavailable("the store is not open; it opens when the process starts and closes when it stops")
        return self._root.cursor()

    def parsed(self, sql: str) -> duckdb.Statement:
        """A question that any cursor can be asked, any number of times: of a small answer parsing is a quarter.

        To prepare it would save nothing more, because DuckDB plans whatever reads a table anew each time, even where
        nothing was written: a plan rests on what the table has and on the values of the parameters.
        """
        with closing(self.cursor()) as cursor:
            (statement,) = cursor.extract_statements(sql)
        return statement

    def shed(self) -> None:
        """Let DuckDB drop what it only keeps for later; what is in use, and the limit, stay as they are.

        Each block of memory that a query has used leaves a note of some hundred bytes in one of eight queues of
        DuckDB's buffer pool. They are tidied only from 32 768 notes on (`EvictionQueue::Purge`), which makes 80 MB in
        all, half of it in an hour of steady batches. They are also looked through when the limit is to be lowered, as
        far as memory has to be found: so the impossible is asked for, and refused when all have been looked through.
        """
        with closing(self.cursor()) as cursor:
            try:
                cursor.execute("SET GLOBAL memory_limit = '0B'")
            except duckdb.OutOfMemoryException:
                pass
            finally:
                cursor.execute(f"SET GLOBAL memory_limit = '{self._settings.memory_limit}'")

    @contextmanager
    def snapshot(self, limit_s: float) -> Iterator[Connection]:
        """A cursor that sees one state of the store; each of its questions may take `limit_s`."""
        resting = self._resting[limit_s]
        cursor = resting.pop() if resting else self._limited_cursor(limit_s)
        try:
            with nullcontext() if self._ends_by_itself else _interrupted_after(cursor, limit_s):
                cursor.begin()
                yield cursor
            cursor.rollback()
        except BaseException:
            cursor.close()
            raise
        if self._root is None:
            cursor.close()
        else:
            resting.append(cursor)

    def copy_to(self, target: Path) -> int:
        """Copy the file as it is on the disk; the size. Only between a checkpoint and the next write it is whole."""
        if self._held is None:
            # Held until the store is closed: closing any descriptor of a file ends all of this process's locks on it
            # (POSIX), and another process could open the store beside us.
            self._held = os.open(self.path, os.O_RDONLY)
        return copy_from(self._held, target)

    def judge(self, exc: duckdb.Error) -> bool:
        """Whether this process can do nothing more with the store; damage is remembered for the next start."""
        if is_damage(exc):
            self.suspect(advice(exc))
        elif isinstance(exc, duckdb.FatalException):
            # Every later statement fails too, and whoever meets it first may be a reader while the sink rests.
            self.ailment = advice(exc)
        return is_lasting(exc)

    def suspect(self, reason: str) -> None:
        """Let this process end, and the next start read the whole file before it trusts it."""
        if not self.ailment:
            log.critical("store_suspected", path=str(self.path), reason=reason)
        self.ailment = reason
        with suppress(OSError):  # without the mark the damage is found again where it was found now
            self.mark.write_text(reason, encoding="utf-8")

    @property
    def mark(self) -> Path:
        """There while the file is suspected."""
        return beside(self.path, ".suspect")

    def _limited_cursor(self, limit_s: float) -> Connection:
        cursor = self.cursor()
        with suppress(duckdb.CatalogException):  # DuckDB 1.5 has no such setting
            cursor.execute(f"SET max_execution_time = {int(limit_s * 1000)}")
            self._ends_by_itself = True
        return cursor

    def _config(self) -> dict[str, str | bool | int | float | list[str]]:
        return {
            # A misspelt function must not become a download that waits for the network.
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "memory_limit": self._settings.memory_limit,
            "threads": self._settings.threads,
            "temp_directory": f"{self.path}.tmp",
            "checkpoint_threshold": CHECKPOINT_THRESHOLD,
        }


def beside(path: Path, ending: str) -> Path:
    """The file that belongs to the store `path`."""
    return path.with_name(path.name + ending)


def log_of(path: Path) -> Path:
    """DuckDB's write-ahead log of the store `path`; there after a process was killed."""
    return beside(path, ".wal")


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """What is run within is stored at its end, all of it; nothing of it when that is left by an error."""
    connection.begin()
    try:
        yield
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


@contextmanager
def _interrupted_after(cursor: Connection, limit_s: float) -> Iterator[None]:
    """End what `cursor` is asked, all of it together, when it takes longer."""
    timer = Timer(limit_s, cursor.interrupt)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()  # so that whoever has the cursor next is not interrupted


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """DuckDB's errors come out as `StoreUnavailable` that says what to do, where we know."""
    try:
        yield
    except duckdb.Error as exc:
        kind = StoreDamaged if is_damage(exc) else StoreUnavailable
        raise kind(f"the store {path}: {advice(exc)}") from exc
