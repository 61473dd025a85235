"""A store that a law tries all its examples on."""

from collections.abc import Iterator

import pytest

from analytics.store.database import Database
from runtime.settings import StoreSettings
from tests.support.empty_store import new_store


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = Database(new_store(tmp_path_factory.mktemp("store") / "laws.duckdb"), StoreSettings())
    opened.open()
    yield opened
    opened.close()
