"""A page is made once for all who watch it, and watching costs a share of the time and no more."""

import asyncio
from functools import partial

import pytest

from api.page.desk import FRESH, MOST_KEPT, SHARE, WATCHED_FOR_S, Desk
from contracts.errors import StoreUnavailable
from runtime.clock import FixedClock
from tests.unit.api.rows import NOON


@pytest.mark.parametrize(
    ("takes_s", "after_s", "count"),
    [
        pytest.param(0.0, FRESH / 2, 2, id="within a second all share one"),
        pytest.param(0.0, FRESH, 3, id="then there is another"),
        pytest.param(1.0, 3.0, 2, id="what takes long is made less often"),
        pytest.param(1.0, SHARE, 3, id="but it is made"),
    ],
)
async def test_a_page_is_made_once_for_all_who_watch(takes_s, after_s, count):
    clock, made = FixedClock(NOON), []

    async def make():
        clock.advance(takes_s)
        made.append(takes_s)
        return len(made)

    desk = Desk(clock)
    await desk.get("page", make, every_s=1.0)
    clock.advance(FRESH)
    await desk.get("page", make, every_s=1.0)
    await desk.get("page", make, every_s=1.0)
    clock.advance(after_s)

    assert await desk.get("page", make, every_s=1.0) == count


async def watched(takes_s: dict[str, float], *, for_s: float = 60.0, every_s: float = 1.0) -> dict[str, int]:
    """How often each page was made while each is asked for again and again, one after the other."""
    clock, made = FixedClock(NOON), dict.fromkeys(takes_s, 0)
    desk: Desk[None] = Desk(clock)

    async def make(name: str) -> None:
        clock.advance(takes_s[name])
        made[name] += 1

    while clock.elapsed_s < for_s:
        for name in takes_s:
            await desk.get(name, partial(make, name), every_s=every_s)
        clock.advance(0.05)
    return made


async def test_all_that_is_watched_takes_its_share_of_the_time_together():
    takes_s = {f"page {number}": 0.1 for number in range(10)}

    begun, made = await watched(takes_s, for_s=40.0), await watched(takes_s, for_s=200.0)

    assert 0.1 * (sum(made.values()) - sum(begun.values())) == pytest.approx(160.0 / SHARE, rel=0.05)
    assert max(made.values()) - min(made.values()) <= 1


async def test_what_takes_long_leaves_the_others_their_part():
    alone = await watched({"quick": 0.02}, for_s=600.0)
    beside = await watched({"quick": 0.02, "slow": 4.0}, for_s=600.0)

    assert beside["slow"] > 10
    assert beside["quick"] > 0.8 * alone["quick"]  # while the slow one is made nobody asks here


async def test_a_desk_forgets_what_was_not_asked_for_for_long():
    desk = Desk(FixedClock(NOON))

    async def make():
        return "made"

    for name in range(MOST_KEPT + 10):
        await desk.get(name, make, every_s=1.0)

    assert len(desk._slots) == MOST_KEPT
    assert 0 not in desk._slots


async def test_what_takes_long_is_made_anew_behind_the_answer():
    clock, goes_on, made = FixedClock(NOON), asyncio.Event(), []

    async def make():
        await goes_on.wait()
        made.append(clock.elapsed_s)
        return len(made)

    desk = Desk(clock)
    goes_on.set()
    first = await desk.last("ledger", make, every_s=2.0)
    goes_on.clear()
    clock.advance(2.0)
    meanwhile = [await desk.last("ledger", make, every_s=2.0) for _ in range(3)]
    goes_on.set()
    await asyncio.sleep(0.01)

    assert (first, meanwhile) == (1, [1, 1, 1])
    assert await desk.last("ledger", make, every_s=2.0) == 2
    assert made == [0.0, 2.0]


async def test_of_what_nobody_has_watched_for_a_while_nothing_old_is_told():
    clock, made = FixedClock(NOON), []

    async def make():
        made.append(clock.elapsed_s)
        return len(made)

    desk = Desk(clock)
    await desk.last("ledger", make, every_s=2.0)
    clock.advance(WATCHED_FOR_S)

    assert await desk.last("ledger", make, every_s=2.0) == 2


async def test_what_cannot_be_made_anew_stays_as_it_was():
    clock, outcomes = FixedClock(NOON), iter([1, StoreUnavailable("away"), 3])

    async def make():
        if isinstance(outcome := next(outcomes), Exception):
            raise outcome
        return outcome

    desk, found = Desk(clock), []
    for _ in range(4):
        found.append(await desk.last("ledger", make, every_s=2.0))
        await asyncio.sleep(0.01)
        clock.advance(2.0)

    assert found[:2] == [1, 1]
    assert found[-1] == 3


async def test_what_has_a_mark_is_made_again_when_that_has_moved_or_a_second_has_passed():
    clock, made = FixedClock(NOON), []

    async def make():
        made.append(clock.elapsed_s)

    desk = Desk(clock)
    for after_s, mark in [(0.0, 1), (0.5, 1), (0.0, 2), (0.05, 3), (0.05, 3), (0.5, 3), (0.6, 3)]:
        clock.advance(after_s)
        await desk.get("page", make, every_s=0.1, mark=mark)

    assert made == pytest.approx([0.0, 0.5, 0.6, 1.7])
