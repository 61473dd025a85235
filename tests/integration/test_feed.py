"""The feed of the real api process on the real broker."""

from collections.abc import AsyncIterator, Iterator

import pytest

from api.keys import Scope
from runtime.clock import SystemClock
from tests.support.feeding import Client, Pen, numbers, pen, some
from tests.support.running_api import RunningApi, running_api

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def api(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApi]:
    with running_api(broker, tmp_path_factory.mktemp("api")) as running:
        yield running


@pytest.fixture
async def written(api: RunningApi) -> AsyncIterator[Pen]:
    async with pen(api.kafka) as writer:
        yield writer


@pytest.fixture
def connect(api: RunningApi):
    def made(accounts: tuple[str, ...] | None = None, **parameters) -> Client:
        _, text = api.ring.create(SystemClock(), name="test", scopes=[Scope.FEED], accounts=accounts)
        return Client(api.url, text, parameters)

    return made


async def test_what_is_written_while_a_client_listens_is_told_in_the_order_of_each_message(connect, written):
    client, said = connect(), some(30)

    async with client.connected() as heard:
        await anext(heard)
        await written.write(*said)
        found = [await anext(heard) for _ in said]

    assert sorted(numbers(found)) == list(range(30))
    for number in range(7):
        own = [one for one in numbers(found) if one % 7 == number]
        assert own == sorted(own)


async def test_a_client_that_comes_back_is_told_what_it_has_missed_and_nothing_twice(connect, written):
    client = connect()
    async with client.connected() as heard:
        await anext(heard)
    await written.write(*some(20))

    found = await client.listen(8)
    await written.write(*some(10, first=20))
    found += await client.listen(22)

    assert sorted(numbers(found)) == list(range(30))
