"""Wishes as the store keeps them."""

from analytics.intake import Fetched
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
