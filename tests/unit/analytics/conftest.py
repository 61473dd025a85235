"""A store of one's own, and a writer to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics.columns import hasher
from analytics.database import Database
from analytics.freshness import Skyline
from analytics.upkeep import Upkeep
from analytics.writer import Writer
from runtime.settings import StoreSettings


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "test.duckdb", StoreSettings())
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
def skyline() -> Skyline:
    return Skyline()


@pytest.fixture
def writer(database: Database, skyline: Skyline) -> Iterator[Writer]:
    connection = database.cursor()
    made = Writer(connection, hasher(b"a key for tests"), Upkeep(connection, skyline), seen_days=3)
    yield made
    made.close()
