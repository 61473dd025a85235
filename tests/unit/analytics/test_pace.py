"""Archived callbacks come in portions of bounded size, and no faster than is wished."""

import time

import pytest

from analytics.replays import pace
from analytics.replays.pace import paced
from contracts.archived import Archived


def callbacks(count: int, size: int = 10) -> list[Archived]:
    return [Archived(0, offset, 0, None, b"x" * size, ()) for offset in range(count)]


@pytest.mark.parametrize(
    ("given", "sizes"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param(callbacks(7), [3, 3, 1], id="by their number"),
        pytest.param(callbacks(3, size=pace.LARGEST_PORTION_BYTES), [1, 1, 1], id="by their bytes"),
    ],
)
async def test_a_portion_is_bounded(given, sizes):
    portions = [portion async for portion in paced(given, rate_per_s=1e6, most=3)]

    assert [len(portion) for portion in portions] == sizes
    assert [one for portion in portions for one in portion] == given


async def test_they_do_not_come_faster_than_they_may():
    begun = time.monotonic()
    async for _ in paced(callbacks(20), rate_per_s=100, most=5):
        pass

    assert time.monotonic() - begun >= 0.2
