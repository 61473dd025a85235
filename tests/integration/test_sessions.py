"""A conversation from the callbacks and the sends to the answer of the API and to the desk of whoever sends."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from contracts.codec import encode
from contracts.conversations import (
    BusinessSent,
    Parties,
    SessionOpened,
    SessionRuleBroken,
    SessionStanding,
    Told,
    read_told,
)
from contracts.envelope import fixed_headers, with_id
from contracts.sends import SendRequest, TextContent
from contracts.vocabulary import Channel
from runtime.clock import SystemClock
from runtime.crash_points import VARIABLE
from runtime.partitioner import partition_of
from runtime.settings import Settings
from streams.session.desk import SessionDesk
from tests.support.ledger_provider import body_of
from tests.support.marked import without_repeats
from tests.support.patience import LIMIT_S, once
from tests.support.running_api import asked
from tests.support.streams_installation import OBSERVED, Installation
from tests.support.talking import book_of

pytestmark = pytest.mark.broker

PERSON, SHOP = "+447700900105", "ExampleShop"
US = Parties(account="default", provider="ledger", connection=OBSERVED, sender=SHOP, recipient=PERSON)
BEGAN = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=2)


@pytest.fixture
async def desk(house: Installation) -> AsyncIterator[SessionDesk]:
    made = SessionDesk(Settings(kafka=house.kafka), SystemClock())
    running = asyncio.create_task(made.run())
    await asyncio.wait_for(made.ready(), LIMIT_S)
    yield made
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


def at(second: float, began: datetime = BEGAN) -> datetime:
    return began + timedelta(seconds=second)


async def wrote(house: Installation, second: int, *, began: datetime = BEGAN) -> None:
    said = {
        "is": "inbound",
        "kind": "text",
        "message_id": f"mo-{second}",
        "channel": "viber",
        "author": PERSON,
        "addressee": SHOP,
        "text": "Is it in stock?",
        "occurred_at": at(second, began).isoformat(),
    }
    await house.call_back(body_of(said))


async def sent(house: Installation, *seconds: float, began: datetime = BEGAN) -> None:
    """As whoever sends tells of messages that a provider has accepted."""
    headers = fixed_headers("talk", "dispatch")
    said = [BusinessSent(parties=US, event_id=f"m{second}", at=at(second, began), kind="text") for second in seconds]
    marked = [(US.key, encode(one), None, with_id(headers, one.event_id.encode())) for one in said]
    await house.write("talk", partition_of(US.key, house.partitions), marked)


async def told(house: Installation, is_so) -> list[Told]:
    """What is told of sessions, without repeats, once it is so."""

    async def look() -> list[Told]:
        return [read_told(record.value) for record in without_repeats(await house.read("sessions"))]

    return await once(look, is_so, every_s=0.2)


def standing_of(found: list[Told]) -> SessionStanding | None:
    return next((one for one in reversed(found) if isinstance(one, SessionStanding)), None)


def stands(**members):
    """Whether the newest standing has these members."""

    def is_so(found: list[Told]) -> bool:
        last = standing_of(found)
        return last is not None and all(getattr(last, name) == value for name, value in members.items())

    return is_so


def has_account(**members):
    """Whether there is one session, and its account has these members."""
    return lambda found: (
        [{name: getattr(one, name) for name in members} for one in book_of(found).values()] == [members]
    )


def opened(found: list[Told]) -> list[Told]:
    return [one for one in found if isinstance(one, SessionOpened)]


def has_listed(count: int):
    return lambda answer: [one["business_count"] for one in answer["sessions"]] == [count]


def a_send() -> SendRequest:
    return SendRequest(
        send_id="m1-0-0",
        channel=Channel.VIBER,
        recipient=PERSON,
        sender=SHOP.lower(),
        content=TextContent(text="Yes, it is."),
        is_session=True,
    )


async def objected(desk: SessionDesk, word: str | None) -> str | None:
    """What the desk says, once it is this."""

    async def look() -> str | None:
        return desk.objection("default", a_send(), datetime.now(UTC))

    return await once(look, lambda said: said is None if word is None else said is not None and word in said)


async def test_a_conversation_is_counted_once_although_the_stage_is_killed_and_all_ask_the_same(house, api, desk):
    assert "write first" in (await objected(desk, "write first") or "")
    stages = await house.start("normalise", "session", replica="one", **{VARIABLE: "session.outputs_written:3"}).ready()
    await wrote(house, 1)
    await told(house, opened)
    await objected(desk, None)
    for second in (2, 3, 4):
        await sent(house, second)
        await asyncio.sleep(0.3)
    await stages.ended()
    await house.start("normalise", "session", replica="one").ready()
    await wrote(house, 5)
    await told(house, stands(business_count=3, in_a_row_left=5))
    await sent(house, 6, 7, 8, 9, 10)
    found = await told(house, stands(business_count=8))
    await objected(desk, "reply")

    with api.client() as client:
        counted = await asked(client, "/v1/sessions", has_listed(8))
        asked_about = client.get(f"/v1/sessions/{SHOP}/{PERSON}").json()
    (listed,), (conversation,) = counted["sessions"], asked_about["conversations"]

    assert len(opened(found)) == 1
    assert not [one for one in found if isinstance(one, SessionRuleBroken) and not one.is_withdrawn]
    assert (listed["is_open"], listed["messages_left"], listed["near"]) == (True, 52, ["in_a_row"])
    assert {one["reason"] for one in conversation["next_send"] if one["kind"] == "text"} == {"in_a_row"}
    assert PERSON not in json.dumps(asked_about)


@pytest.mark.long
async def test_its_time_ends_a_session_although_nobody_is_there_when_it_comes(house, desk):
    """Whatever is heard before the kill and what after it: in the end the account is the same."""
    window = {"session_values": {"window_s": 15, "warn_minutes_left": 0}}
    connections = json.dumps([{"provider": "ledger", "name": OBSERVED, "observe_only": True, **window}])
    settings = {"TIDINGS_CONNECTIONS": connections}
    stages = await house.start("normalise", "session", **settings).ready()
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=5)
    await wrote(house, 1, began=began)
    await sent(house, 2, began=began)
    await wrote(house, 3, began=began)
    await told(house, opened)
    stages.kill()
    await asyncio.sleep(max(0.0, (at(19, began) - datetime.now(UTC)).total_seconds()))
    await house.start("normalise", "session", **settings).ready()
    book = book_of(await told(house, has_account(business_count=1, user_count=2)))
    await objected(desk, "write first")

    assert [one.closed_at for one in book.values()] == [at(18, began)]
