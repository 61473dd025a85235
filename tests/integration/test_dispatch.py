"""Commanded sends leave once, on a real Kafka and over real HTTP to a stand-in that keeps books of its own."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from contracts.codec import decode
from contracts.plans import ConnectionHealth, Outcome, SendCommanded, SendWithdrawn
from contracts.records import AttemptRegistered
from contracts.vocabulary import Channel
from runtime.broker.ports import free_port
from runtime.settings import Connection
from tests.support.dispatching import command, connections_told, outcomes, tell, words
from tests.support.patience import LIMIT_S
from tests.support.rehearsing import connections_of
from tests.support.streams_installation import SESSION_S, Installation, Stages
from tidings.simulation.faults import Faults
from tidings.simulation.played import Staging
from tidings.simulation.schedule import cast_of
from tidings.simulation.server import StandIn

pytestmark = pytest.mark.broker

QUICK = {
    "TIDINGS_DISPATCH__TRIES": "2",
    "TIDINGS_DISPATCH__CLAIM_FRESH_S": "2",
    "TIDINGS_DISPATCH__NOT_TAKEN_AFTER_S": "1",
    "TIDINGS_DISPATCH__LOOK_UP_FOR_S": "12",
}


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


@pytest.mark.parametrize(
    ("told", "error"),
    [
        pytest.param({"connection": "nowhere"}, "ConfigurationInvalid", id="a connection that does not exist"),
        pytest.param(
            {"channel": Channel.VIBER_BOT, "is_session": True},
            "SessionRequired",
            id="a message of a session that nobody has opened",
        ),
        pytest.param({"recipient": "nobody"}, "RequestInvalid", id="what breaks a rule of the provider"),
    ],
)
async def test_what_cannot_be_sent_is_answered_with_the_reason_and_never_leaves(
    house: Installation, told: dict[str, Any], error: str
):
    port, one = free_port(), command("m1", **told)
    async with providers_played(port, "infobip") as stand_in:
        await tell(house, "commands", one)
        dispatch = await house.start("dispatch", **told_where(port, "infobip")).ready()
        await answered(house, [one], of=dispatch)
        books = taken(stand_in)
    outcome = (await outcomes(house))[one.send_id][-1]

    assert (outcome.outcome, outcome.error, bool(outcome.note)) == ("refused", error, True)
    assert not books


async def test_a_send_that_is_late_or_not_wanted_any_more_is_withdrawn(house: Installation):
    port = free_port()
    late, unwanted = command("late", lasts_s=-1), command("unwanted")
    withdrawal = SendWithdrawn(message_id="unwanted", step=0, send_id=unwanted.send_id)
    async with providers_played(port, "infobip", faults=Faults(throttle=1.0)) as stand_in:
        await tell(house, "commands", late)
        own = {"TIDINGS_DISPATCH__ILL_AFTER_FAILURES": "1", "TIDINGS_DISPATCH__TRIES": "1"}
        dispatch = await house.start("dispatch", **told_where(port, "infobip") | own).ready()
        await tell(house, "commands", command("ill"))  # the connection rests since
        await answered(house, [command("ill")], of=dispatch)
        await tell(house, "commands", unwanted, withdrawal)
        told = await answered(house, [late, unwanted], of=dispatch)
        books = taken(stand_in)
    health = [decode(ConnectionHealth, record.value) for record in await house.read("health")]

    assert told == [["withdrawn"], ["withdrawn"]]
    assert [(one.is_ill, one.reason) for one in health[:1]] == [(True, "ProviderThrottled")]
    assert not books


@pytest.mark.long
@pytest.mark.parametrize(
    ("slug", "faults", "ends"),
    [
        pytest.param("infobip", Faults(throttle=0.4), {"accepted", "throttled"}, id="a throttled call is made again"),
        pytest.param(
            "infobip", Faults(fail=0.4), {"accepted", "refused", "in_doubt"}, id="so is one that failed for certain"
        ),
        pytest.param(
            "infobip", Faults(cut=0.4), {"accepted", "in_doubt"}, id="an id that is taken once settles a doubt"
        ),
        pytest.param("routee", Faults(cut=0.4), {"accepted", "in_doubt"}, id="a doubt that nobody can settle stays"),
        pytest.param("telesign", Faults(slow=0.3), {"accepted", "in_doubt"}, id="an answer that is late is a doubt"),
    ],
)
async def test_whatever_the_provider_does_a_send_is_taken_once_at_most_and_nothing_is_accepted_that_was_not(
    house: Installation, slug: str, faults: Faults, ends: set[str]
):
    port, own = free_port(), {"TIDINGS_DISPATCH__ILL_AFTER_FAILURES": "50"}
    commands = [command(f"m{number}", provider=slug) for number in range(40)]
    async with providers_played(port, slug, faults=faults) as stand_in:
        await tell(house, "commands", *commands)
        dispatch = await house.start("dispatch", **told_where(port, slug) | own).ready()
        await answered(house, commands, of=dispatch)
        await settled(house, commands, of=dispatch)
        books = taken(stand_in)
    told = await outcomes(house)
    accepted = {one for one, outcomes_told in told.items() if outcomes_told[-1].outcome is Outcome.ACCEPTED}
    doubtful = {one for one, outcomes_told in told.items() if outcomes_told[-1].outcome is Outcome.IN_DOUBT}

    ended = {str(outcomes_told[-1].outcome) for outcomes_told in told.values()}

    assert {"accepted"} <= ended <= ends
    assert set(books.values()) == {1}
    assert len(accepted) <= sum(books.values()) <= len(accepted | doubtful)


async def settled(house: Installation, commands: Sequence[SendCommanded], *, of: Stages) -> None:
    """Returns when all are committed: what was looked into is ended or given up."""
    for _ in range(int(LIMIT_S / 0.3)):
        if sum((await house.committed("dispatch", "commands")).values()) >= len(commands):
            return
        await asyncio.sleep(0.3)
    raise AssertionError(of.log.read_text()[-3000:])


@pytest.mark.long
@pytest.mark.parametrize(
    ("place", "last"),
    [
        pytest.param("claimed", "refused", id="claimed and not called: the provider does not know it"),
        pytest.param("called", "accepted", id="called: the provider knows it"),
        pytest.param("registered", "accepted", id="registered"),
        pytest.param("outcome_written", "accepted", id="answered"),
    ],
)
async def test_a_dispatcher_that_is_killed_leaves_doubts_that_its_successor_settles(
    house: Installation, place: str, last: str
):
    port = free_port()
    commands = [command(f"m{number}") for number in range(12)]
    async with providers_played(port, "infobip") as stand_in:
        told = told_where(port, "infobip", calls_per_s=1)
        first = house.start("dispatch", replica="one", **told, TIDINGS_CRASH_AT=f"dispatch.{place}:3")
        await tell(house, "commands", *commands)
        await first.ended()
        half_way = words(await outcomes(house), commands)
        told = told_where(port, "infobip")
        second = await house.start("dispatch", replica="one", **told).ready()
        await answered(house, commands, of=second)
        await settled(house, commands, of=second)
        books = taken(stand_in)
    told_of_all = words(await outcomes(house), commands)

    assert sum("accepted" in one for one in half_way) >= 2
    assert {one[-1] for one in told_of_all} == {"accepted", last}
    assert sum(one[-1] == "accepted" for one in told_of_all) == sum(books.values())
    assert set(books.values()) == {1}


@pytest.mark.long
async def test_a_dispatcher_that_slept_past_its_session_makes_no_send_that_another_has_made(house: Installation):
    port = free_port()
    commands = [command(f"m{number}", lasts_s=300) for number in range(60)]
    async with providers_played(port, "infobip") as stand_in:
        told = told_where(port, "infobip", calls_per_s=6)
        sleeper = await house.start("dispatch", **told).ready()
        await tell(house, "commands", *commands)
        await answered(house, commands[:1], of=sleeper)
        sleeper.send(signal.SIGSTOP)
        waker = house.start("dispatch", **told)
        await asyncio.sleep(SESSION_S + 2)
        sleeper.send(signal.SIGCONT)
        await waker.ready()
        await answered(house, commands, of=waker)
        await settled(house, commands, of=waker)
        books = taken(stand_in)
    told_of_all = words(await outcomes(house), commands)

    assert {one[-1] for one in told_of_all} <= {"accepted", "refused", "withdrawn"}
    assert sum(one[-1] == "accepted" for one in told_of_all) == sum(books.values())
    assert set(books.values()) == {1}
