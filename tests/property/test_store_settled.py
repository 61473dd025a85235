"""Whatever was settled behind the batches, and when: answers are those that all facts give."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics import questions
from analytics.asking.buckets import first_id
from analytics.asking.reader import Answer, Reader, kept
from analytics.freshness import Horizon, Skyline
from analytics.lists import sends
from analytics.lists.connections import connections
from analytics.lists.sends import SendsQuestion
from analytics.sink.columns import hasher
from analytics.sink.writer import Writer
from analytics.store.database import Database
from analytics.upkeep.settling import Settling
from analytics.upkeep.upkeep import Upkeep
from contracts.identity import attempt_key
from contracts.plans import SendWithdrawn, send_id_of
from contracts.records import Cause
from runtime.clock import FixedClock
from tests.support.examples import share
from tests.support.plans import commanded, message, outcome
from tests.support.store_deeds import TABLES, crash_of_track, portion, tell_of_attempt
from tests.support.store_facts import CONNECTIONS, IN_DOUBT, NAMED, PARKED, SEND_BALANCE, SENDS
from tests.support.store_line import GIVEN_UP_S, Line, at

DAY_S = 86_400
OVERDUE_S = 300
ROOTS = ("a", "b", "c")
NOBODY = {"provider_message_id": None, "recipient": None, "external_id": None}
NAMES = (
    {"provider_message_id": "a"},
    {"provider_message_id": "x"},
    {"external_id": send_id_of(message(), 0, 0)},
    {"external_id": send_id_of(message(), 0, 0), "provider_message_id": "b"},
)
LONG_AGO = at(-DAY_S)

places = {
    "number": st.sampled_from([1, 1, 1, 2]),
    "place": st.sampled_from([0, 0, 0, 1]),
    "attempt": st.sampled_from([0, 0, 1]),
}
moments = st.one_of(st.integers(0, 9_000), st.sampled_from([0, 3_600, 3 * DAY_S, 8 * DAY_S, 8 * DAY_S + 1]))
commands = st.fixed_dictionaries(
    places | {"account": st.sampled_from(["default", "other"]), "at_s": st.integers(0, 9_000)}
)
withdrawals = st.fixed_dictionaries(places | {"taken_back": st.just("withdrawn")})
outcomes = st.fixed_dictionaries(
    places
    | {
        "told": st.sampled_from(["accepted", "accepted", "refused", "throttled", "withdrawn", "in_doubt", "in_doubt"]),
        "root_id": st.sampled_from([*ROOTS, None]),
        "at_s": st.integers(0, 9_000),
    }
)
reports = st.fixed_dictionaries(
    {
        "said": st.sampled_from(["sent", "delivered", "failed"]),
        "of": st.sampled_from(ROOTS),
        "connection": st.sampled_from(["main", "main", "observed"]),
        "at_s": moments,
    },
    optional={"names": st.fixed_dictionaries(places), "leg": st.sampled_from(["x", "y"])},
)
registrations = st.fixed_dictionaries(
    {"of": st.sampled_from(ROOTS), "registered_s": st.integers(0, 9_000)},
    optional={"names": st.fixed_dictionaries(places)},
)
deeds = st.lists(
    st.one_of(
        *(commands, commands, outcomes, outcomes, reports, reports, registrations, withdrawals),
        *(st.just("replay"), st.just("again"), st.just("given up")),
    ),
    min_size=1,
    max_size=16,
)


def lived(what: list[Any]) -> Line:
    """The line after these deeds; `again` is the last command, written twice."""
    line, last = Line(), None
    for deed in what:
        match deed:
            case "again" if last is not None:
                line.say("commands", last)
            case "replay":
                line.receive(replays=Cause(partition=0, offset=0, items=1))
            case "given up":
                give_up(line)
            case {"told": told, "number": number, "place": place, "attempt": attempt, **members}:
                line.say("outcomes", outcome(told, number, place, attempt, **members))
            case {"account": account, "at_s": at_s, **send}:
                last = commanded(**send, account=account)
                line.say("commands", last, at_s=at_s)
            case {"taken_back": _, "number": number, "place": place, "attempt": attempt}:
                send_id = send_id_of(message(number), place, attempt)
                line.say("commands", SendWithdrawn(message_id=message(number), step=place, send_id=send_id))
            case {"of": _}:
                tell_of_attempt(line, deed)
    return line


def give_up(line: Line) -> None:
    """On the first attempt for whose registration reports still wait."""
    for of in ROOTS:
        state = line.states.get(attempt_key("infobip", "main", of))
        if state is not None and state.parked_ms:
            line.unclaim(of=of, at_s=GIVEN_UP_S + 9 * DAY_S)
            return


@settings(
    max_examples=share(0.4),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(what=deeds, seed=st.integers(0, 2**32))
def test_answers_are_those_of_all_facts(database: Database, what: list[Any], seed: int) -> None:
    chance = random.Random(seed)
    connection, skyline, line = database.cursor(), Skyline(), lived(what)
    for table in TABLES:
        connection.execute(f"DELETE FROM {table}")
    upkeep = Upkeep(connection, skyline)
    settling = Settling(connection, at_once=chance.choice([1, 2, 1000]), names_at_once=chance.choice([1, 10, 1000]))
    writer = Writer(connection, hasher(b"k" * 16), upkeep, seen_days=3)
    intake, batches, crash = writer.resume(), 0, chance.randrange(8)
    while portions := portion(line, chance):
        writer.write(writer.prepare(intake, portions))
        batches += 1
        if batches == crash:
            crash_of_track(line, chance)
        if chance.random() < 0.5:
            settling.run(batches)
        if chance.random() < 0.3:
            compare(database, skyline, chance)
    settling.run(batches)
    compare(database, skyline, chance)
    connection.close()


def compare(database: Database, skyline: Skyline, chance: random.Random) -> None:
    now = at(chance.choice([9_000, 3 * DAY_S + 1_800, 8 * DAY_S, 8 * DAY_S + 3_600.0005]))
    skyline.latest = Horizon(now, {})
    begin, end = (chance.choice([None, at(0), at(1_800), at(3_600), at(5_000), at(7_200)]) for _ in range(2))
    accounts = chance.choice([None, ("default",)])
    reader = Reader(database, skyline, FixedClock(now), threads=1, limit_s=60)
    try:
        for ask, facts, parameters in asked(accounts, begin, end, now):
            assert asyncio.run(ask(reader)) == told(database, facts, parameters), facts
    finally:
        reader.close()


def asked(
    accounts: tuple[str, ...] | None, begin: datetime | None, end: datetime | None, now: datetime
) -> Iterator[tuple[Callable[[Reader], Awaitable[list[dict[str, Any]]]], str, dict[str, Any]]]:
    """What is asked, the same of all facts, and that with which it is asked of them."""
    of = {"accounts": accounts}
    yield rows_of(sends.send_balance), SEND_BALANCE, {}
    span = SendsQuestion(accounts=accounts, from_=begin, to=end)
    yield rows_of(lambda reader: sends.sends(reader, span)), SENDS, of | {"from": begin, "to": end}
    limits = {"limit": 10, "overdue_s": OVERDUE_S}
    yield rows_of(lambda reader: sends.in_doubt(reader, **of, **limits)), IN_DOUBT, of | limits | {"now": now}
    yield rows_of(lambda reader: questions.parked(reader, **of)), PARKED, of
    for name in NAMES:
        named = NOBODY | of | {"first": first_id(begin or LONG_AGO), "beyond": first_id(end or now), "limit": 9} | name
        yield partial(named_of, named), NAMED, named
    everywhere = {"origins": None}
    yield rows_of(lambda reader: connections(reader, **everywhere, **of)), CONNECTIONS, everywhere | {"at": now}


def rows_of(ask: Callable[[Reader], Awaitable[Answer]]) -> Callable[[Reader], Awaitable[list[dict[str, Any]]]]:
    async def rows(reader: Reader) -> list[dict[str, Any]]:
        return (await ask(reader)).rows

    return rows


async def named_of(named: dict[str, Any], reader: Reader) -> list[dict[str, Any]]:
    found, _ = await reader.look(lambda ask: ask("messages_named", named | ask("settled_batch", {})[0]))
    return found


def told(database: Database, facts: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    """As a reader tells it."""
    bound = {name: kept(value) for name, value in parameters.items()}
    cursor = database.cursor().execute(facts, bound or None)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, map(plain, row), strict=True)) for row in cursor.fetchall()]


def plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC)
    return str(value) if isinstance(value, UUID) else value
