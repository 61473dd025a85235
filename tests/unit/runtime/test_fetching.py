"""A client asks for what gathers while records come, and for each record at once when they have ceased to."""

import inspect
from types import SimpleNamespace

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.fetcher import Fetcher

from runtime.fetching import GATHERED_BYTES, READ_FOR_EACH_FETCH, Pace

AT_EASE, AT_WORK = (1, 500), (GATHERED_BYTES, 25)


@pytest.mark.parametrize(
    ("has_come", "asked_for"),
    [
        pytest.param([], AT_EASE, id="as the client was made before anything came"),
        pytest.param([False, False], AT_EASE, id="as the client was made while nothing comes"),
        pytest.param([True], AT_WORK, id="what gathers once something came"),
        pytest.param([False, True, True, True], AT_WORK, id="what gathers for as long as it comes"),
        pytest.param([True, True, False], AT_EASE, id="as the client was made when it has ceased"),
        pytest.param([True, False, False, True], AT_WORK, id="what gathers when it comes again"),
    ],
)
def test_it_asks_for(has_come, asked_for):
    fetcher = SimpleNamespace(_fetch_min_bytes=1, _fetch_max_wait_ms=500)
    pace = Pace(SimpleNamespace(_fetcher=fetcher), gather_ms=25)
    for one in has_come:
        pace.follow(has_come=one)

    assert (fetcher._fetch_min_bytes, fetcher._fetch_max_wait_ms) == asked_for


def test_what_a_fetch_may_take_can_change_while_records_come():
    fetcher = SimpleNamespace(_fetch_min_bytes=1, _fetch_max_wait_ms=500)
    pace = Pace(SimpleNamespace(_fetcher=fetcher), gather_ms=25)
    asked_for = []
    for has_come, pace.gather_ms in [(True, 25), (True, 400), (False, 400)]:
        pace.follow(has_come=has_come)
        asked_for.append((fetcher._fetch_min_bytes, fetcher._fetch_max_wait_ms))

    assert asked_for == [AT_WORK, (GATHERED_BYTES, 400), AT_EASE]


def test_the_client_reads_them_for_each_fetch():
    source = inspect.getsource(Fetcher._get_actions_per_node)

    assert all(f"self.{name}," in source for name in READ_FOR_EACH_FETCH)
    assert "self._fetcher = Fetcher(" in inspect.getsource(AIOKafkaConsumer.start)
