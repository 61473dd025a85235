"""A store of one's own, and a writer to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics.columns import hasher
from analytics.database import Database
from analytics.writer import Writer
from runtime.settings import StoreSettings


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "test.duckdb", StoreSettings())
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
def writer(database: Database) -> Iterator[Writer]:
    made = Writer(database.cursor(), hasher(b"a key for tests"), seen_days=3)
    yield made
    made.close()
