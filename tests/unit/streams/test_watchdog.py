"""A stage that does not get on is found; one that is idle, busy or waits for its brokers is left alone."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from faust.types import TP

from contracts.errors import WorldMoved
from runtime.clock import FixedClock
from streams.engine.line import Progress
from streams.engine.watchdog import Watchdog

HERE = TP("callbacks", 0)


@dataclass
class FakeLine:
    name: str = "normalise"
    is_joined: bool = True
    is_idle: bool = True
    refused_commits: int = 0
    ended_by: BaseException | None = None
    answers: bool = True
    at: dict[TP, Progress] = field(default_factory=dict)

    def failure(self):
        return self.ended_by

    async def progress(self):
        return self.at

    async def is_reachable(self):
        return self.answers


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 11, 21, tzinfo=UTC))


async def looks(line: FakeLine, clock: FixedClock, *, seconds: int) -> None:
    watchdog = Watchdog([line], stall_timeout_s=30, clock=clock)
    for _ in range(seconds):
        await watchdog.look(line)
        clock.advance(1)


async def test_a_line_with_records_before_it_that_does_not_move_is_ended(clock):
    with pytest.raises(WorldMoved, match="callbacks/0/5"):
        await looks(FakeLine(at={HERE: Progress(5, 9)}), clock, seconds=40)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(FakeLine(at={HERE: Progress(9, 9)}), id="at the end of its topic"),
        pytest.param(FakeLine(at={HERE: Progress(5, 9)}, is_idle=False), id="with a batch in hand"),
        pytest.param(FakeLine(at={HERE: Progress(5, 9)}, is_joined=False), id="while the group changes"),
        pytest.param(FakeLine(at={HERE: Progress(5, 9)}, answers=False), id="while no broker answers"),
        pytest.param(FakeLine(refused_commits=4), id="after four refused commits"),
    ],
)
async def test_a_line_is_left_alone(line, clock):
    await looks(line, clock, seconds=90)

    assert Watchdog([line], stall_timeout_s=30, clock=clock).ill() == []


async def test_a_line_that_stays_outside_its_group_is_ended(clock):
    with pytest.raises(WorldMoved, match="outside its group"):
        await looks(FakeLine(is_joined=False), clock, seconds=200)


async def test_a_line_stays_outside_its_group_while_no_broker_answers(clock):
    line = FakeLine(is_joined=False, answers=False)
    watchdog = Watchdog([line], stall_timeout_s=30, clock=clock)
    for _ in range(600):
        await watchdog.look(line)
        clock.advance(1)
    line.answers = True
    clock.advance(100)

    await watchdog.look(line)


async def test_a_line_that_moves_now_and_then_is_left_alone(clock):
    line = FakeLine()
    watchdog = Watchdog([line], stall_timeout_s=30, clock=clock)
    for position in range(5):
        line.at = {HERE: Progress(position, 9)}
        clock.advance(29)
        await watchdog.look(line)

    assert watchdog.ill() == ["the loop is blocked"]  # nobody called `watch` in all that time


async def test_one_partition_that_stands_is_found_beside_others_that_move(clock):
    line = FakeLine()
    watchdog = Watchdog([line], stall_timeout_s=30, clock=clock)
    for position in range(31):
        line.at = {HERE: Progress(position, 90), TP("callbacks", 1): Progress(5, 9)}
        await watchdog.look(line)
        clock.advance(1)

    with pytest.raises(WorldMoved, match="callbacks/1/5"):
        await watchdog.look(line)


async def test_five_refused_commits_in_a_row_mean_a_second_owner(clock):
    with pytest.raises(WorldMoved, match="instance_id"):
        await looks(FakeLine(refused_commits=5), clock, seconds=1)


async def test_what_ended_a_line_is_raised_as_it_is(clock):
    with pytest.raises(RuntimeError, match="the group"):
        await looks(FakeLine(ended_by=RuntimeError("the group said no")), clock, seconds=1)


async def test_a_line_outside_its_group_for_a_minute_is_ill_but_not_ended(clock):
    line = FakeLine(is_joined=False)
    watchdog = Watchdog([line], stall_timeout_s=30, clock=clock)
    clock.advance(61)
    watchdog.last_look_at = clock.monotonic()
    await watchdog.look(line)

    assert watchdog.ill() == ["normalise has been outside its group for more than 60 s"]
