"""The consent stage is killed at every step it takes, and the same wishes stand whatever the order and the repeats."""

import random

import pytest

from contracts.codec import decode, encode
from contracts.envelope import Position, fixed_headers, with_id
from contracts.records import Signal, Wish
from contracts.suppressions import SuppressionList, standing
from streams.consent.keywords import load_keywords
from streams.consent.stage import CONSENT, ConsentBatch
from streams.consent.wishes import wish_in_message, wish_in_signal
from tests.support.streams_world import Worker, World
from tests.support.wishes import message, signal, wish

KEYWORDS = load_keywords()
DECIDE = ConsentBatch(KEYWORDS)
PEOPLE = [f"+44770090010{number}" for number in range(4)]
TEXTS = ["STOP", "START", "STOPALL", "Is it in stock?", "стоп"]
SEEDS = range(60)


def what_people_said(chance: random.Random) -> list:
    """Messages, signals and wishes by hand, at times that may be the same."""
    said = [
        message(
            chance.choice(TEXTS), at_s=chance.randint(0, 9), author=chance.choice(PEOPLE), event_id=f"{number:032x}"
        )
        for number, text in enumerate(chance.choices(TEXTS, k=20))
    ]
    said += [
        signal(chance.choice(["subscribed", "unsubscribed"]), at_s=chance.randint(0, 9), event_id=f"{number:032x}")
        for number in range(20, 26)
    ]
    return [*said, wish("start", at_s=chance.randint(0, 9), recipient=PEOPLE[0], event_id="f" * 32)]


def a_world(said: list, chance: random.Random) -> World:
    """All that was said, in any order, some of it twice."""
    world = World(is_compacted=chance.random() < 0.5)
    told = said + chance.sample(said, 5)
    chance.shuffle(told)
    for offset, one in enumerate(told):
        if isinstance(one, Wish):
            world.feed("wishes", b"default:exampleshop:" + one.recipient.encode(), encode(one))
            continue
        word = "signals" if isinstance(one, Signal) else "inbound"
        headers = with_id(fixed_headers(word, "normalise"), Position("test-callbacks", 0, offset).event_id)
        for _ in range(1 + (chance.random() < 0.2)):  # now and then normalise crashed and wrote it again
            world.feed(word, f"k{chance.randint(0, 9)}".encode(), encode(one), headers)
    return world


async def lived(world: World, chance: random.Random) -> int:
    """How often it was killed before it came to the end."""
    return await Worker(world, CONSENT, DECIDE, chance, {}).outlive(lives=12, steps=25)


def standing_in(world: World) -> dict[bytes, Wish]:
    """As a reader of the compacted topic finds them: the last record of each key."""
    return {record.key: decode(Wish, record.value) for record in world.all_of("suppressions")}


def ought_to_stand(said: list) -> dict[tuple, Wish]:
    """The newest wish about each person and sender, with none of the stage's own means."""
    found = {}
    for one in said:
        match one:
            case Wish():
                made = one
            case Signal():
                made = wish_in_signal(one)
            case _:
                made = wish_in_message(one, KEYWORDS)
        if made:
            place = made.recipient, made.sender
            found[place] = max(found.get(place, made), made, key=standing)
    return found


@pytest.mark.parametrize("seed", SEEDS)
async def test_the_newest_wish_of_each_person_stands(seed):
    chance = random.Random(seed)
    said = what_people_said(chance)
    world = a_world(said, chance)
    await lived(world, chance)
    found = {(one.recipient, one.sender): one for one in standing_in(world).values()}

    assert found == ought_to_stand(said)


async def test_a_person_who_left_stays_away_through_every_kill():
    kills = 0
    for seed in SEEDS:
        chance = random.Random(seed)
        world = a_world([message("STOP", author=PEOPLE[1], event_id=f"{n:032x}", at_s=n) for n in range(8)], chance)
        kills += await lived(world, chance)
        kept = SuppressionList()
        for record in world.all_of("suppressions"):
            kept.take(record.key, record.value)

        assert kept.find("default", "ExampleShop", recipient=PEOPLE[1]) is not None
    assert kills > len(SEEDS) / 2
