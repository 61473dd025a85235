from collections.abc import Callable
from pathlib import Path

import pytest

from analytics.archive.shelf import Shelf
from runtime.clock import FixedClock
from tests.support.archived import NOON, TOPIC


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "archive" / "callbacks"


@pytest.fixture
def opened(directory: Path, clock: FixedClock) -> Callable[..., Shelf]:
    """Opens the shelf as a new process does; Kafka has all from the beginning unless told otherwise."""

    def _open(**starts: int) -> Shelf:
        shelf = Shelf(directory, TOPIC, clock)
        shelf.begin({0: starts.get("p0", 0), 1: starts.get("p1", 0)})
        return shelf

    return _open
