"""When quiet hours let a message go, in all zones where its recipient may be."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.fallback.guards import next_allowed_ms, zones_of

NIGHT, SIESTA, NEVER, MOSTLY = (21 * 60, 8 * 60), (13 * 60, 15 * 60), (0, 0), (20 * 60, 16 * 60)
ZONES = ("Europe/London", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "America/Los_Angeles")


def ms(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("quiet", "zones", "now", "allowed"),
    [
        pytest.param(NIGHT, ["Europe/London"], "2026-11-21T12:00", "2026-11-21T12:00", id="by day: at once"),
        pytest.param(NIGHT, ["Europe/London"], "2026-11-21T21:00", "2026-11-22T08:00", id="in the evening: tomorrow"),
        pytest.param(NIGHT, ["Europe/London"], "2026-11-22T07:59", "2026-11-22T08:00", id="in the morning: soon"),
        pytest.param(NIGHT, ["Europe/London"], "2026-11-22T08:00", "2026-11-22T08:00", id="the end is not quiet"),
        pytest.param(SIESTA, ["Europe/Madrid"], "2026-11-21T12:30", "2026-11-21T14:00", id="not over midnight"),
        pytest.param(NEVER, ["Europe/London"], "2026-11-21T00:00", "2026-11-21T00:00", id="no quiet hours"),
        pytest.param(
            NIGHT,
            ["America/New_York", "America/Los_Angeles"],
            "2026-11-21T13:30",
            "2026-11-21T16:00",
            id="awake in one zone, asleep in the other: when both are awake",
        ),
        pytest.param(
            MOSTLY,
            ["America/Los_Angeles", "Asia/Kolkata"],
            "2026-11-21T12:00",
            None,
            id="never both awake: never",
        ),
        pytest.param(
            NIGHT, ["Europe/London"], "2026-03-28T22:00", "2026-03-29T07:00", id="the night in which clocks go forward"
        ),
        pytest.param(
            NIGHT, ["Europe/London"], "2026-10-24T22:00", "2026-10-25T08:00", id="the night in which they go back"
        ),
    ],
)
def test_next_allowed(quiet, zones, now, allowed):
    found = next_allowed_ms(quiet, tuple(map(ZoneInfo, zones)), ms(now))

    assert found == (None if allowed is None else ms(allowed))


@pytest.mark.parametrize(
    ("recipient", "zone"),
    [
        pytest.param("+447700900123", "Europe/London", id="a mobile number"),
        pytest.param("+12025550100", "America/New_York", id="a number of a place"),
        pytest.param("opaque-id-of-a-bot-user", "UTC", id="no number: UTC"),
        pytest.param("+870773111632", "UTC", id="a number of no country: UTC"),
    ],
)
def test_where_a_recipient_may_be(recipient, zone):
    assert zone in {found.key for found in zones_of(recipient)}


@given(
    st.integers(0, 1439),
    st.integers(0, 1439),
    st.lists(st.sampled_from(ZONES), min_size=1, max_size=3),
    st.integers(ms("2026-01-01T00:00") // 60_000, ms("2027-01-01T00:00") // 60_000),
)
def test_it_is_the_first_minute_that_is_quiet_nowhere(start, end, names, minute):
    zones = tuple(map(ZoneInfo, names))
    found = next_allowed_ms((start, end), zones, minute * 60_000)

    def is_quiet(at):
        clocks = [datetime.fromtimestamp(at * 60, zone) for zone in zones]
        minutes = [clock.hour * 60 + clock.minute for clock in clocks]
        return any(start <= one < end if start <= end else one >= start or one < end for one in minutes)

    until = minute + 3 * 1440 if found is None else found // 60_000
    assert all(is_quiet(at) for at in range(minute, until, 7))
    assert found is None or not is_quiet(until)
