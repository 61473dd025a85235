"""Buckets as Prometheus wants them: cumulative, each with its upper limit inside."""

import pytest
from prometheus_client import REGISTRY

from runtime.durations import Durations


@pytest.fixture
def durations():
    made = Durations("test_of_seconds", "Only here.", buckets=(0.1, 1.0))
    yield made
    REGISTRY.unregister(made)


@pytest.mark.parametrize(
    ("seconds", "counts"),
    [
        pytest.param([], {"0.1": 0, "1.0": 0, "+Inf": 0}, id="nothing yet"),
        pytest.param([0.1], {"0.1": 1, "1.0": 1, "+Inf": 1}, id="the limit is inside"),
        pytest.param([0.05, 0.5, 2.0], {"0.1": 1, "1.0": 2, "+Inf": 3}, id="each bucket holds the smaller ones"),
    ],
)
def test_it_counts_in_buckets(durations, seconds, counts):
    for one in seconds:
        durations.add(one)

    found = {limit: REGISTRY.get_sample_value("test_of_seconds_bucket", {"le": limit}) for limit in counts}
    assert found == counts
    assert REGISTRY.get_sample_value("test_of_seconds_sum") == pytest.approx(sum(seconds))
    assert REGISTRY.get_sample_value("test_of_seconds_count") == len(seconds)
