"""The session stage is killed at every step it takes: the accounts and the standings are those of a life in order."""

import random
from collections import defaultdict

import pytest
from msgspec import structs

from contracts.codec import encode
from contracts.conversations import BusinessSent, Parties, SessionStanding, UserWrote, read_told
from contracts.envelope import Position, fixed_headers, with_id
from streams.engine.moments import ms_of
from streams.session.hearing import heard_in
from streams.session.machine import TimePassed, standing_of
from streams.session.rules import RuleBook, rules_named
from streams.session.stage import SESSION, SessionBatch
from tests.support.streams_world import Worker, World
from tests.support.talking import at, book_of, lived
from tests.support.wishes import SHOP, message

RULES = rules_named()
DECIDE = SessionBatch(RuleBook(()))
PEOPLE = [f"+44770090010{number}" for number in range(3)]
US = {
    who: Parties(account="default", provider="infobip", connection="main", sender=SHOP, recipient=who) for who in PEOPLE
}
HOURS = 40
"""Of talk; so all that is heard late can still be judged as if it had come in time."""
LAST_H = 120
SEEDS = range(30)


def what_was_said(chance: random.Random) -> list:
    """Messages of the person, and of ours those that went as part of a session."""
    said = []
    for number in range(60):
        hours, who = chance.randint(0, HOURS * 4) / 4, chance.choice(PEOPLE)
        if chance.random() < 0.4:
            received = {"received_at": at(hours), "occurred_at": at(hours)}
            said.append(message("Hello", author=who, event_id=f"{number:032x}", **received))
        else:
            said.append(BusinessSent(parties=US[who], event_id=f"{number:032x}", at=at(hours), kind="text"))
    return said


def a_world(said: list, chance: random.Random) -> World:
    """All that was said in any order, some of it twice, with times in between."""
    world = World(is_compacted=chance.random() < 0.5)
    told = said + chance.sample(said, 5)
    chance.shuffle(told)
    rows = [row(one, offset, chance) for offset, one in enumerate(told)]
    for hours in (10, 26, 39):
        rows.insert(chance.randint(0, len(rows)), due(chance.choice(PEOPLE), hours))
    world.arriving = rows
    return world


def row(one, offset: int, chance: random.Random) -> tuple:
    if isinstance(one, BusinessSent):
        return "talk", (one.parties.key, encode(one), [("ce_id", one.event_id.encode())], ms_of(one.at))
    headers = with_id(fixed_headers("inbound", "normalise"), Position("test-callbacks", 0, offset).event_id)
    return "inbound", (f"k{chance.randint(0, 9)}".encode(), encode(one), headers, ms_of(one.received_at))


def due(who: str, hours: float) -> tuple:
    return "session-due", (US[who].key, b"{}", [], ms_of(at(hours)))


async def lived_through(world: World, chance: random.Random) -> int:
    """How often it was killed before it came to the end; then the times come that let all sessions end."""
    worker = Worker(world, SESSION, DECIDE, chance, {})
    kills = await worker.outlive(lives=12, steps=30)
    for life, hours in enumerate((HOURS + 1, LAST_H), start=13):
        world.arriving = [due(who, hours) for who in PEOPLE]
        await worker.live(life)
    return kills


def told_in(world: World) -> dict[bytes, list]:
    """By conversation, as a reader with marks takes it."""
    found = defaultdict(list)
    for record in world.taken("sessions"):
        found[record.key].append(read_told(record.value))
    return found


def heard_of(said: list, who: str) -> list:
    events = [one if isinstance(one, BusinessSent) else heard_in(one) for one in said]
    return sorted(
        (one for one in events if one.parties.recipient == who),
        key=lambda one: (one.at, not isinstance(one, UserWrote)),
    )


@pytest.mark.parametrize("seed", SEEDS)
async def test_the_accounts_and_standings_are_those_of_a_life_in_order(seed):
    chance = random.Random(seed)
    said = what_was_said(chance)
    world = a_world(said, chance)
    await lived_through(world, chance)
    told = told_in(world)
    for who in PEOPLE:
        events = [*heard_of(said, who), TimePassed(at=at(HOURS + 1))]
        state, _ = lived(events, RULES)
        _, ought = lived([*events, TimePassed(at=at(LAST_H))], RULES)
        standings = [one for one in told[US[who].key] if isinstance(one, SessionStanding)]
        then = [one for one in standings if one.as_of <= events[-1].at][-1]

        assert book_of(told[US[who].key]) == book_of(ought)
        assert structs.replace(then, as_of=at(0)) == structs.replace(standing_of(state, RULES), as_of=at(0))


@pytest.mark.parametrize("seed", SEEDS)
async def test_what_is_written_again_is_the_same_again(seed):
    chance = random.Random(seed)
    world = a_world(what_was_said(chance), chance)
    await lived_through(world, chance)

    assert world.changed("talk", "sessions") == []


async def test_the_walk_kills():
    """A walk in which nobody dies shows nothing."""
    kills = 0
    for seed in SEEDS:
        chance = random.Random(seed)
        kills += await lived_through(a_world(what_was_said(chance), chance), chance)

    assert kills > len(SEEDS)
