"""What is set up for a test of parts of the product on the real Kafka."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from runtime.broker.ports import free_port
from tests.support.running_api import RunningApi
from tests.support.streams_installation import Installation


@pytest.fixture
def partitions() -> int:
    """Of each topic of the house; few, for the broker pays for each. Who has more workers says more."""
    return 2


@pytest.fixture
async def house(broker: str, tmp_path: Path, partitions: int) -> AsyncIterator[Installation]:
    """Topics of its own, in which stages can be started."""
    async with Installation(broker, tmp_path, partitions) as installation:
        yield installation


@pytest.fixture
def api(house: Installation, broker: str, tmp_path: Path) -> Iterator[RunningApi]:
    """The API on the topics of the house."""
    running = RunningApi(house.kafka, tmp_path, free_port())
    running.configure(broker)
    running.start()
    yield running
    running.process.kill()
    running.process.wait()
