"""A partition's time is that of what was read last while older things lie unread; timers that fail fail the line."""

import asyncio

import pytest
from faust.types import TP

from contracts.errors import BrokerUnavailable
from runtime.settings import Settings
from streams.engine.guard import SleepGuard
from streams.engine.line import Line, Progress
from streams.engine.state import PartitionState
from streams.track.stage import TRACK
from tests.support.streams_world import Record

NOW_MS = 1_700_000_000_000
READ, BEHIND = Progress(9, 9), Progress(5, 9)


class ReadingLine(Line):
    """As far as it is told."""

    given: dict[TP, Progress]

    async def progress(self):
        return self.given


class Idle:
    """A carrier that carries nothing."""

    async def carry(self, fetched):
        """Returns at once."""


@pytest.fixture
async def line() -> ReadingLine:
    made = ReadingLine(TRACK, Settings(), SleepGuard(30))
    made._store.partitions = {3: PartitionState(TRACK.reads)}
    made._carrier = Idle()
    return made


def places(**progress: Progress) -> dict[TP, Progress]:
    return {TP(f"tidings-{word.replace('_', '-')}-v1", 3): one for word, one in progress.items()}


@pytest.mark.parametrize(
    ("progress", "heard_until"),
    [
        pytest.param({"reports": READ, "attempts": READ}, {3: NOW_MS}, id="all read: now"),
        pytest.param(
            {"reports": READ, "attempts": BEHIND}, {3: NOW_MS - 70_000}, id="a registration unread: its predecessor's"
        ),
        pytest.param({"reports": BEHIND, "attempts": BEHIND}, {3: 0}, id="nothing read of one that is behind: none"),
        pytest.param({"reports": READ}, {}, id="not known how far one is read: left out"),
        pytest.param(
            {"reports": READ, "attempts": READ, "track_due": BEHIND}, {3: NOW_MS}, id="times themselves do not count"
        ),
    ],
)
async def test_the_time_of_a_partition(line, progress, heard_until):
    line.given = places(**progress)
    attempts = TP("tidings-attempts-v1", 3)
    await line.carry({attempts: [Record(attempts.topic, 3, 4, timestamp=NOW_MS - 70_000)]})

    assert await line.heard_until(NOW_MS) == heard_until


async def test_timers_that_failed_are_a_failure_of_the_line(line):
    """The watchdog asks for it every second, and ends the process."""
    before = line.failure()
    line._beside.append(asyncio.create_task(refused()))
    await asyncio.wait(line._beside)

    assert before is None
    assert isinstance(line.failure(), BrokerUnavailable)


async def refused() -> None:
    raise BrokerUnavailable("away")
