"""The sink takes its time while little comes and nobody waits for it."""

import pytest

from analytics.sink.haste import AT_LEISURE, LITTLE, WAITED_FOR_S, Haste
from runtime.clock import FixedClock
from tests.support.feeding import NOON


@pytest.mark.parametrize(
    ("records", "waited_s_ago", "leisure"),
    [
        pytest.param(0, None, AT_LEISURE, id="nothing comes and nobody waits"),
        pytest.param(LITTLE, None, AT_LEISURE, id="little comes and nobody waits"),
        pytest.param(LITTLE + 1, None, 1, id="more than a little comes"),
        pytest.param(0, 0.0, 1, id="somebody waits"),
        pytest.param(0, WAITED_FOR_S - 0.1, 1, id="somebody waited, and may wait again"),
        pytest.param(0, WAITED_FOR_S, AT_LEISURE, id="somebody waited long ago"),
    ],
)
def test_leisure(records, waited_s_ago, leisure):
    clock = FixedClock(NOON)
    haste = Haste(clock.monotonic)
    haste.note_batch(records)
    if waited_s_ago is not None:
        haste.note_wait()
        clock.elapsed_s += waited_s_ago

    assert haste.leisure == leisure
