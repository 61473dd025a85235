"""A store of one's own, and a writer to it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from analytics.asking.reader import Reader
from analytics.freshness import Skyline
from analytics.sink.columns import hasher
from analytics.sink.writer import Writer
from analytics.store.database import Database
from analytics.upkeep.upkeep import Upkeep
from runtime.clock import FixedClock
from runtime.settings import StoreSettings
from tests.support.empty_store import new_store
from tests.support.illness import held_elsewhere
from tests.support.plans import commanded
from tests.support.simulated import LIVES, tell
from tests.support.store_line import Line, at

KEY = b"a key for tests"
StoreOf = Callable[..., Database]
ReaderOf = Callable[..., Reader]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(new_store(tmp_path / "test.duckdb"), StoreSettings())
    opened.open()
    opened.cursor().execute("PRAGMA disable_checkpoint_on_shutdown")  # hardly anybody opens it again
    yield opened
    opened.close()


@pytest.fixture
def elsewhere() -> Callable[[Path], AbstractContextManager[None]]:
    """Another process has the store open meanwhile."""
    return held_elsewhere


@pytest.fixture
def skyline() -> Skyline:
    return Skyline()


@pytest.fixture
def writer(database: Database, skyline: Skyline) -> Iterator[Writer]:
    connection = database.cursor()
    made = Writer(connection, hasher(KEY), Upkeep(connection, skyline), seen_days=3)
    yield made
    made.close()


@pytest.fixture
def reader(database: Database, skyline: Skyline):
    made = Reader(database, skyline, FixedClock(at(60)), threads=2, limit_s=10)
    yield made
    made.close()


@pytest.fixture(scope="session")
def store_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreOf]:
    """Makes stores that many tests read: each was told a whole line as one batch, and `then` did more to it."""
    with ExitStack() as opened:

        def made(told: Line, *, is_tidied: bool = False, then: Callable[[Database], None] | None = None) -> Database:
            database = Database(new_store(tmp_path_factory.mktemp("told") / "test.duckdb"), StoreSettings())
            database.open()
            opened.callback(database.close)
            connection = database.cursor()
            upkeep = Upkeep(connection, Skyline())
            with closing(Writer(connection, hasher(KEY), upkeep, seen_days=3)) as writing:
                writing.write(writing.prepare(writing.resume(), told.fetch()))
                if is_tidied:
                    upkeep.tidy(1)
            if then is not None:
                then(database)
            return database

        yield made


@pytest.fixture(scope="session")
def reader_of(store_of: StoreOf) -> Iterator[ReaderOf]:
    """Makes readers of such stores."""
    with ExitStack() as opened:

        def made(told: Line, skyline: Skyline | None = None, **how: Any) -> Reader:
            reader = Reader(store_of(told, **how), skyline or Skyline(), FixedClock(at(60)), threads=2, limit_s=10)
            opened.callback(reader.close)
            return reader

        yield made


@pytest.fixture(scope="session")
def told_reader(reader_of: ReaderOf) -> Reader:
    """Of a store to which all of `LIVES` was told."""
    told = Line()
    tell(told, LIVES)
    return reader_of(told)


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def three_batches(writer: Writer, line: Line) -> None:
    """Each of a send, and of two attempts that were told of by one callback."""
    for number in range(3):
        line.say("commands", commanded(number))
        for of in ("a", "b"):
            line.report("sent", of=f"{of}{number}", connection="observed", at_s=number)
        writer.write(writer.prepare(writer.resume(), line.fetch()))
