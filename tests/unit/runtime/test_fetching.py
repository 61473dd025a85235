"""A client asks for what gathers while records come, and for each record at once when they have ceased to."""

import asyncio
import inspect
from types import SimpleNamespace

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.protocol.fetch import FetchRequest

from runtime.fetching import BESIDE_OTHERS_MS, CALLED_FOR_EACH_FETCH, Pace

AT_ONCE, GATHERED = 0.0, 0.025
NOTHING, SOME, MUCH = (False, False), (True, False), (True, True)


HOLDS_MS = 1500
REQUEST = FetchRequest(HOLDS_MS, 1, 1, 0, [])


class FakeFetcher:
    """Answers each fetch with what was asked for."""

    def __init__(self, *kept: str) -> None:
        self.asked_for = []
        self._records = dict.fromkeys(kept)

    async def _proc_fetch_request(self, *request: object) -> bool:
        self.asked_for.append(request)
        return True


def followed(fetcher, told):
    pace = Pace(SimpleNamespace(_fetcher=fetcher), gather_ms=25)
    for has_come, is_much in told:
        pace.follow(has_come=has_come, is_much=is_much)


@pytest.mark.parametrize(
    ("told", "after_s"),
    [
        pytest.param([], AT_ONCE, id="at once before anything came"),
        pytest.param([NOTHING, NOTHING], AT_ONCE, id="at once while nothing comes"),
        pytest.param([SOME], GATHERED, id="in a moment once something came"),
        pytest.param([NOTHING, SOME, SOME, SOME], GATHERED, id="in a moment for as long as it comes"),
        pytest.param([SOME, SOME, NOTHING], AT_ONCE, id="at once when it has ceased"),
        pytest.param([SOME, NOTHING, NOTHING, SOME], GATHERED, id="in a moment when it comes again"),
        pytest.param([SOME, MUCH], AT_ONCE, id="at once while there is much to catch up with"),
    ],
)
async def test_a_fetch_is_sent(monkeypatch, told, after_s):
    slept, fetcher = [], FakeFetcher()

    async def sleep(delay_s: float) -> None:
        slept.append(delay_s)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    followed(fetcher, told)
    has_brought = await fetcher._proc_fetch_request("assignment", 1, REQUEST)

    assert has_brought
    assert fetcher.asked_for == [("assignment", 1, REQUEST)]
    assert sum(slept) == after_s


async def test_how_long_it_waits_can_change_while_records_come(monkeypatch):
    slept, fetcher = [], FakeFetcher()

    async def sleep(delay_s: float) -> None:
        slept.append(delay_s)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    pace = Pace(SimpleNamespace(_fetcher=fetcher), gather_ms=25)
    for pace.gather_ms in (25, 400):
        pace.follow(has_come=True)
        await fetcher._proc_fetch_request("assignment", 1, REQUEST)

    assert slept == [0.025, 0.4]


async def test_a_fetch_that_is_cancelled_while_it_waits_ends_as_the_clients_own_does():
    """The client awaits what it has cancelled, and would take an error for its own end."""
    fetcher = FakeFetcher()
    followed(fetcher, [SOME])
    fetch = asyncio.create_task(fetcher._proc_fetch_request("assignment", 1, REQUEST))
    await asyncio.sleep(0)
    fetch.cancel()

    assert await fetch is False
    assert not fetcher.asked_for


@pytest.mark.parametrize(
    ("kept", "holds_ms"),
    [
        pytest.param([], HOLDS_MS, id="as long as it likes when all was taken"),
        pytest.param(["busy/0"], BESIDE_OTHERS_MS, id="for a moment when the fetch leaves a partition out"),
    ],
)
async def test_a_broker_may_hold_a_fetch(kept, holds_ms):
    request = FetchRequest(HOLDS_MS, 1, 1, 0, [])
    fetcher = FakeFetcher(*kept)
    followed(fetcher, [SOME])
    fetch = fetcher._proc_fetch_request("assignment", 1, request)
    fetcher._records.clear()  # taken before the fetch is sent; what is asked for was settled with them
    await fetch

    assert request._max_wait_ms == holds_ms


def test_the_client_calls_it_for_each_fetch():
    assert f"self.{CALLED_FOR_EACH_FETCH}(assignment, node_id, request)" in inspect.getsource(
        Fetcher._fetch_requests_routine
    )
    assert "await x" in inspect.getsource(Fetcher.close)
    assert "if tp in self._records:" in inspect.getsource(Fetcher._get_actions_per_node)
    assert "self._max_wait_ms," in inspect.getsource(FetchRequest.build)
    assert "self._fetcher = Fetcher(" in inspect.getsource(AIOKafkaConsumer.start)
