"""How much passes, by a clock that the test moves."""

from datetime import UTC, datetime

import pytest

from contracts.errors import RateExceeded
from ingest.limits import LINES_PER_WINDOW, LOG_WINDOW_S, LogBudget, Room, TokenBucket
from runtime.clock import FixedClock


def passed(bucket: TokenBucket, tries: int, now: float) -> int:
    count = 0
    for _ in range(tries):
        try:
            bucket.take(now)
        except RateExceeded:
            continue
        count += 1
    return count


@pytest.mark.parametrize(
    ("rate_per_s", "tries", "expected"),
    [
        pytest.param(10, [(0, 20)], [10], id="one second's worth at once"),
        pytest.param(10, [(0, 20), (0.5, 20)], [10, 5], id="then at the rate"),
        pytest.param(10, [(0, 20), (60, 20)], [10, 10], id="a long silence saves up no more than a second's worth"),
        pytest.param(10, [(0, 4), (0.1, 20)], [4, 7], id="what was not used is kept"),
        pytest.param(0.5, [(0, 3), (1, 3), (2, 3)], [1, 0, 1], id="less than one a second is one every few seconds"),
        pytest.param(3, [(0, 3), (0.3, 9), (0.4, 9)], [3, 0, 1], id="refused tries do not put off the next"),
    ],
)
def test_a_bucket_keeps_the_rate(rate_per_s, tries, expected):
    bucket = TokenBucket(rate_per_s, now=0.0)

    assert [passed(bucket, count, now) for now, count in tries] == expected


@pytest.fixture
def clock():
    return FixedClock(datetime(2026, 11, 21, tzinfo=UTC))


def test_a_kind_of_event_has_a_few_lines_a_minute(clock):
    budget = LogBudget(clock)

    written = [budget.spend("401") for _ in range(LINES_PER_WINDOW + 7)]

    assert written == [0] * LINES_PER_WINDOW + [None] * 7


def test_the_next_minute_tells_how_many_were_left_out(clock):
    budget = LogBudget(clock)
    for _ in range(LINES_PER_WINDOW + 7):
        budget.spend("401")
    clock.advance(LOG_WINDOW_S)

    assert [budget.spend("401"), budget.spend("401")] == [7, 0]


def test_kinds_do_not_share_a_budget(clock):
    budget = LogBudget(clock)
    for _ in range(LINES_PER_WINDOW):
        budget.spend("401")

    assert budget.spend("401") is None
    assert budget.spend("404") == 0


def filled(limit: int, *names: str) -> dict[str, int]:
    """What each holds when all take one after the other until nobody may."""
    room, held = Room(limit), dict.fromkeys(names, 0)
    while takers := [name for name in names if room.has_room_for(name, 1)]:
        for name in takers:
            if room.has_room_for(name, 1):
                room.take(name, 1)
                held[name] += 1
    return held


def test_one_who_takes_all_he_may_gets_a_half():
    assert filled(600, "a") == {"a": 300}


def test_two_get_a_third_each():
    assert filled(600, "a", "b") == {"a": 200, "b": 200}


def test_what_is_given_back_may_be_taken_again():
    room = Room(2)
    room.take("a", 1)
    was_full = not room.has_room_for("a", 1)
    room.give_back("a", 1)

    assert was_full
    assert room.has_room_for("a", 1)


def test_what_is_held_elsewhere_counts():
    room = Room(10)
    room.elsewhere = 9

    assert not room.has_room_for("a", 2)
