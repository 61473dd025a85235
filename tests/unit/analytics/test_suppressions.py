"""Wishes as the store keeps them."""

import pytest

from analytics import questions
from analytics.freshness import Horizon
from analytics.questions import Place, SuppressionsQuestion
from analytics.sink.columns import hasher
from analytics.sink.intake import Fetched
from tests.support.wishes import at, wish


def stored(writer, line):
    writer.write(writer.prepare(writer.resume(), line.fetch()))


def test_every_wish_that_stood_has_its_row(writer, database, line):
    line.suppress(wish("stop", at_s=1, keyword="STOP", language="en"))
    line.suppress(wish("start", at_s=2, reason="by_hand", note="asked by mail", told_by="1a2b3c4d", sender=None))
    stored(writer, line)
    rows = database.cursor().execute(
        "SELECT kind, reason, sender, keyword, note, since FROM suppression ORDER BY since"
    )

    assert rows.fetchall() == [
        ("stop", "keyword", "ExampleShop", "STOP", None, at(1).replace(tzinfo=None)),
        ("start", "by_hand", None, None, "asked by mail", at(2).replace(tzinfo=None)),
    ]


def test_what_kafka_has_compacted_away_is_no_hole(writer, database, line):
    for number in range(4):
        line.suppress(wish("stop", at_s=number))
    (part,) = line.fetch()
    kept = [record for record in part.records if record.offset != 2]
    writer.write(writer.prepare(writer.resume(), [Fetched(part.topic, part.partition, kept[1:])]))

    found = database.cursor().execute("SELECT kafka_offset FROM suppression ORDER BY kafka_offset").fetchall()

    assert found == [(1,), (3,)]


def test_reading_goes_on_behind_what_is_stored(writer, line):
    line.suppress(wish("stop"))
    stored(writer, line)

    assert writer.resume().next_offsets == {(topic, number): len(log) for (topic, number), log in line.logs.items()}


async def told(reader, **asked) -> list[tuple[str, str | None]]:
    rows = (await questions.suppressions(reader, SuppressionsQuestion(**asked))).rows
    return [(row["kind"], row["sender"]) for row in rows]


@pytest.mark.parametrize(
    ("asked", "wishes"),
    [
        pytest.param({}, [("stop", None), ("stop", "OtherShop")], id="who must not be written to, the newest first"),
        pytest.param(
            {"with_lifted": True},
            [("stop", None), ("start", "exampleshop"), ("stop", "OtherShop")],
            id="and who came back",
        ),
        pytest.param({"sender": "othershop"}, [("stop", "OtherShop")], id="of a sender"),
        pytest.param({"sender": ""}, [("stop", None)], id="of all senders"),
        pytest.param({"accounts": ("other",)}, [], id="of another account"),
        pytest.param({"recipient": hasher(b"a key for tests")("+447700900106")}, [("stop", None)], id="of a person"),
        pytest.param({"limit": 1}, [("stop", None)], id="a page of them"),
        pytest.param({"before": Place(at(4), 0, 0)}, [("stop", "OtherShop")], id="and the next one"),
    ],
)
async def test_the_newest_wish_of_each_person_is_told(writer, reader, line, asked, wishes):
    line.suppress(wish("stop", at_s=1))
    line.suppress(wish("stop", at_s=2, sender="OtherShop"))
    line.suppress(wish("start", at_s=3, sender="exampleshop"))
    line.suppress(wish("stop", at_s=4, sender=None, recipient="+447700900106"))
    stored(writer, line)

    assert await told(reader, **asked) == wishes


async def test_the_list_says_as_of_when_all_that_people_said_is_in_it(reader, skyline):
    skyline.latest = Horizon(at(50), {}, {}, at(40))
    fresh = (await questions.suppressions(reader, SuppressionsQuestion())).freshness

    assert (fresh.as_of, fresh.lag_s) == (at(40), 20)
