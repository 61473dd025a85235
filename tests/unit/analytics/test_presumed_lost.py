"""An attempt whose provider can no longer tell: the store knows it once, and the message's life shows it."""

import pytest

from analytics import questions
from contracts.codec import encode
from contracts.envelope import Position, fixed_headers, with_id
from contracts.errors import NotFound
from contracts.records import PresumedLost
from contracts.status import DeliveryStatus
from runtime.partitioner import partition_of
from tests.support.store_line import PREFIX, Line, at

LOST_S = 3600


def given_up(line: Line, *, times: int = 1) -> str:
    """A registered attempt that is sent, then silent, then given up; the message's id."""
    line.register(of="a", at_s=1)
    update = line.report("sent", of="a", at_s=2)
    loss = PresumedLost(
        attempt_id=update.attempt_id,
        message_id=update.message_id,
        provider="infobip",
        connection="main",
        account="default",
        root_id="a",
        status=DeliveryStatus.SENT,
        presumed_at=at(LOST_S),
        questions_count=7,
    )
    source = Position(f"{PREFIX}reconcile-due-v1", 1, 5)
    headers = with_id(fixed_headers("presumed-lost", "reconcile"), source.event_id)
    partition = partition_of(loss.message_id.encode(), line.partitions)
    for _ in range(times):
        line.append("presumed-lost", partition, encode(loss), headers, LOST_S)
    return loss.message_id


async def test_the_life_of_the_message_shows_it_in_its_place(writer, reader):
    line = Line()
    message = given_up(line)
    line.report("delivered", of="a", at_s=LOST_S + 60)
    writer.write(writer.prepare(writer.resume(), line.fetch()))
    told = await questions.message_timeline(reader, message, accounts=None)

    assert [(row["event"], row["attempt_status"]) for row in told.rows] == [
        ("registration", "accepted"),
        ("report", "sent"),
        ("presumed_lost", "sent"),
        ("report", "delivered"),
    ]


async def test_those_of_others_are_not_told(writer, reader):
    line = Line()
    message = given_up(line)
    writer.write(writer.prepare(writer.resume(), line.fetch(only=["presumed-lost"])))

    with pytest.raises(NotFound):
        await questions.message_timeline(reader, message, accounts=["somebody-else"])


async def test_what_a_crash_wrote_twice_is_stored_once_and_the_books_say_why(writer, reader):
    line = Line()
    given_up(line, times=2)
    writer.write(writer.prepare(writer.resume(), line.fetch()))
    books = [row for row in (await reader.ask("books")).rows if row["topic"] == "presumed-lost"]

    told = await questions.message_timeline(reader, given_up(Line()), accounts=None)

    assert [(row["next_offset"], row["missing"], row["doubled"]) for row in books] == [(2, 0, 0)]
    assert told.rows[-1]["event"] == "presumed_lost"
