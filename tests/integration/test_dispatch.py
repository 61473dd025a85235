"""Commanded sends leave once, on a real Kafka and over real HTTP to a stand-in that keeps books of its own."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from contracts.codec import decode
from contracts.plans import SendCommanded
from contracts.records import AttemptRegistered
from runtime.broker.ports import free_port
from runtime.settings import Connection
from tests.support.dispatching import command, connections_told, outcomes, tell, words
from tests.support.rehearsing import connections_of
from tests.support.streams_installation import SESSION_S, Installation, Stages
from tidings.simulation.faults import Faults
from tidings.simulation.played import Staging
from tidings.simulation.schedule import cast_of
from tidings.simulation.server import StandIn

pytestmark = [pytest.mark.broker, pytest.mark.timeout(240)]

QUICK = {
    "TIDINGS_DISPATCH__TRIES": "2",
    "TIDINGS_DISPATCH__CLAIM_FRESH_S": "2",
    "TIDINGS_DISPATCH__NOT_TAKEN_AFTER_S": "1",
    "TIDINGS_DISPATCH__LOOK_UP_FOR_S": "12",
}
LIMIT_S = 60.0


@pytest.fixture
async def house(broker: str, tmp_path: Path) -> AsyncIterator[Installation]:
    async with Installation(broker, tmp_path) as installation:
        yield installation


@asynccontextmanager
async def providers_played(port: int, *slugs: str, faults: Faults | None = None) -> AsyncIterator[StandIn]:
    staging = Staging(seed=7, speed=10_000.0, faults=faults or Faults())
    connections: Sequence[Connection] = connections_of(slugs, port)
    async with StandIn(cast_of(connections), staging, callbacks_url="http://127.0.0.1:9", port=port) as stand_in:
        yield stand_in


def told_where(port: int, *slugs: str, **own: object) -> dict[str, str]:
    return QUICK | {"TIDINGS_CONNECTIONS": connections_told(port, *slugs, call_timeout_s=2, **own)}


async def answered(
    house: Installation, commands: Sequence[SendCommanded], *, of: Stages, least: int = 1, last: str = ""
) -> list[list[str]]:
    """What was told of the commands, once each has so many outcomes, and `last` is the last of them."""
    told: list[list[str]] = []
    for _ in range(int(LIMIT_S / 0.3)):
        told = words(await outcomes(house), commands)
        if all(len(one) >= least and (not last or one[-1] == last) for one in told):
            return told
        assert of.process.poll() is None, of.log.read_text()[-3000:]
        await asyncio.sleep(0.3)
    raise AssertionError(f"waited in vain: {told}\n{of.log.read_text()[-3000:]}")


def taken(stand_in: StandIn) -> Counter[str | None]:
    """How often each send was taken, by the books of the stand-in."""
    return Counter(message.order.external_id or message.order.root_id for message in stand_in.messages)


async def test_what_is_commanded_leaves_once_and_is_registered_before_its_outcome_is_told(house: Installation):
    port, slugs = free_port(), ("infobip", "telesign", "routee")
    commands = [command(f"m{number}", provider=slugs[number % 3]) for number in range(30)]
    async with providers_played(port, *slugs) as stand_in:
        await tell(house, "commands", *commands)
        dispatch = await house.start("dispatch", **told_where(port, *slugs)).ready()
        told = await answered(house, commands, of=dispatch)
        books = taken(stand_in)
    attempts = [decode(AttemptRegistered, record.value) for record in await house.read("attempts")]

    assert told == [["accepted"]] * 30
    assert sum(books.values()) == 30
    assert {attempt.external_id for attempt in attempts} == {one.send_id for one in commands}
    assert {(attempt.message_id, attempt.country) for attempt in attempts} == {(f"m{n}", "GB") for n in range(30)}
