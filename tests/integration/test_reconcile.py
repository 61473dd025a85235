"""What nobody tells us is asked for, on a real Kafka and over real HTTP; and what nobody can tell is given up once."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from contracts.codec import decode
from contracts.raw import read_callback
from contracts.records import PresumedLost
from contracts.vocabulary import Source
from tests.support.asked_provider import PATIENCE, AskedServer, asked_server
from tests.support.ledger_provider import body_of, status
from tests.support.marked import without_repeats
from tests.support.streams_installation import REGISTERED, Installation, told, until

pytestmark = pytest.mark.broker

ENDED = body_of(status("m1", "delivered", occurred_at="2026-11-21T10:00:05Z"))


@pytest.fixture
async def provider() -> AsyncIterator[AskedServer]:
    async with asked_server() as server:
        yield server


def told_where(provider: AskedServer) -> dict[str, str]:
    connection = {
        "provider": "ledger",
        "name": REGISTERED,
        "base_url": provider.url,
        "may_call_private_addresses": True,
        "call_timeout_s": 2,
    }
    return {"TIDINGS_CONNECTIONS": json.dumps([connection])}


async def losses(house: Installation, *, at_least: int) -> list[PresumedLost]:
    found = []

    async def look() -> bool:
        found[:] = without_repeats(await house.read("presumed-lost"))
        return len(found) >= at_least

    for _ in range(200):
        if await look():
            break
    return [decode(PresumedLost, record.value) for record in found]


async def test_what_was_never_pushed_is_polled_and_a_push_of_the_same_fact_is_a_repeat(
    house: Installation, provider: AskedServer
):
    provider.known["m1"] = ENDED
    stages = await house.start(**told_where(provider)).ready()
    await house.register({"m1": "our-1"})
    polled = told(await house.updates(at_least=2))
    await house.call_back(ENDED, connection=REGISTERED)
    updates = told(await house.updates(at_least=3))
    callbacks = [read_callback(one.value, one.timestamp, one.headers) for one in await house.read("callbacks")]

    assert [update.status for update in polled] == ["accepted", "delivered"]
    assert polled[1].report.source is Source.POLL
    assert [update.verdict for update in updates] == ["registered", "applied", "repeated"]
    assert len({update.report.event_id for update in updates[1:]}) == 1
    assert {(one.source, one.hint) for one in callbacks} == {(Source.POLL, "polled"), (Source.PUSH, "")}
    await until(lambda: stages.get("/readyz")[1]["stages"]["reconcile"]["keys"] == 0, of=stages)


@pytest.mark.long
async def test_what_the_provider_does_not_know_is_given_up_once_although_the_stages_are_killed(
    house: Installation, provider: AskedServer
):
    where = told_where(provider)
    stages = await house.start(replica="one", **where).ready()
    sent_at = datetime.now(UTC) - timedelta(seconds=PATIENCE.remembers_s - 12)
    await house.register({f"gone-{number}": f"our-{number}" for number in range(6)}, sent_at=sent_at)
    await until(lambda: len(provider.asked) == 6, of=stages)
    stages.kill()
    stages = await house.start(replica="one", **where).ready()
    await losses(house, at_least=1)
    stages.kill()
    stages = await house.start(replica="one", **where).ready()
    given_up = await losses(house, at_least=6)
    await until(lambda: stages.get("/readyz")[1]["stages"]["reconcile"]["keys"] == 6, of=stages)

    assert sorted(loss.root_id for loss in given_up) == [f"gone-{number}" for number in range(6)]
    assert {loss.status for loss in given_up} == {"accepted"}
    assert min(loss.questions_count for loss in given_up) >= 1


@pytest.mark.long
async def test_a_provider_that_is_ill_for_a_while_is_asked_when_it_is_well(house: Installation, provider: AskedServer):
    provider.known["m1"] = ENDED
    provider.is_ill = True
    stages = await house.start(**told_where(provider)).ready()
    await house.register({"m1": "our-1"})
    await until(lambda: provider.asked["m1"] >= 1, of=stages)
    provider.is_ill = False
    updates = told(await house.updates(at_least=2))

    assert [update.status for update in updates] == ["accepted", "delivered"]


@pytest.mark.long
@pytest.mark.parametrize(("place", "least_asked"), [("asker.answered", 2), ("asker.answers_written", 1)])
async def test_whoever_dies_between_asking_and_committing_loses_nothing_and_the_fact_counts_once(
    house: Installation, provider: AskedServer, place: str, least_asked: int
):
    provider.known["m1"] = ENDED
    where = told_where(provider)
    stages = await house.start(replica="one", **where, TIDINGS_CRASH_AT=place).ready()
    await house.register({"m1": "our-1"})
    await stages.ended()
    await house.start(replica="one", **where).ready()
    updates = told(await house.updates(at_least=2))
    applied = [update.status for update in updates if update.verdict in {"registered", "applied"}]

    assert applied == ["accepted", "delivered"]
    assert provider.asked["m1"] >= least_asked
