"""What track reads while it is killed, and what the sink makes of what it writes."""

import random
from datetime import UTC, datetime, timedelta

from contracts.codec import decode, encode
from contracts.envelope import Position, fixed_headers, with_id
from contracts.identity import attempt_key, report_event_id
from contracts.records import AttemptRegistered, Cause, DeliveryReport, StatusChanged
from contracts.status import DeliveryStatus
from contracts.vocabulary import Scope
from tests.support.streams_world import Record, World

T0 = datetime(2026, 11, 21, 10, tzinfo=UTC)
ATTEMPTS = 6
LIVES = [DeliveryStatus.ACCEPTED, DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.SEEN]


def a_report(number: int, step: int, *, offset: int) -> DeliveryReport:
    name, status = f"m{number}", LIVES[step]
    return DeliveryReport(
        event_id=report_event_id(("p", "c"), name, part=None, channel=None, said=(status, "1"), occurred_at=None),
        provider="p",
        connection="c",
        account="a",
        root_id=name,
        provider_message_id=name,
        scope=Scope.CHANNEL,
        status=status,
        provider_code="1",
        occurred_at=T0 + timedelta(seconds=step),
        received_at=T0,
        cause=Cause(partition=0, offset=offset),
    )


def a_registration(number: int) -> AttemptRegistered:
    return AttemptRegistered(
        provider="p",
        connection="c",
        account="a",
        root_id=f"m{number}",
        registered_at=T0,
        message_id=f"our-{number}",
    )


def a_world(chance: random.Random) -> World:
    """Every attempt is registered, at some moment among its reports; some reports are told twice."""
    world = World()
    said = [(number, step) for number in range(ATTEMPTS) for step in range(4)]
    said += chance.sample(said, 6)
    chance.shuffle(said)
    for offset, (number, step) in enumerate(said):
        source = Position("test-callbacks", offset % 2, offset)
        headers = with_id(fixed_headers("report", "normalise"), source.event_id)
        report = encode(a_report(number, step, offset=offset))
        for _ in range(1 + (chance.random() < 0.2)):  # now and then normalise crashed and wrote it again
            world.feed("reports", attempt_key("p", "c", f"m{number}"), report, headers)
    for number in range(ATTEMPTS):
        world.feed("attempts", attempt_key("p", "c", f"m{number}"), encode(a_registration(number)))
        world.arriving.insert(chance.randrange(len(world.arriving)), world.arriving.pop())
    return world


def read_by_the_sink(world: World) -> list[tuple[Record, StatusChanged]]:
    return [(record, decode(StatusChanged, record.value or b"")) for record in world.taken("updates")]
