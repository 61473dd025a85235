"""For every partition that is read: each offset has one row, or one reason why it has none."""

from dataclasses import replace

import duckdb
import pytest

from analytics import questions
from analytics.asking.reader import Reader
from analytics.freshness import Skyline
from analytics.sink.columns import hasher
from analytics.sink.writer import Writer
from analytics.store.database import Database
from analytics.store.migrations import load_steps, migrate
from analytics.upkeep.upkeep import Upkeep
from runtime.clock import FixedClock
from runtime.settings import StoreSettings
from tests.support.plans import commanded, decided, outcome, planned
from tests.support.store_line import T0, Line


def lived() -> Line:
    """A record of every kind."""
    line = Line()
    for of in ("a", "b", "c"):
        line.report("sent", of=of)
    line.register(of="a")
    line.unclaim(of="b")
    line.inbound("0" * 31 + "1")
    line.signal("0" * 31 + "2")
    line.dead_letter(b"{")
    line.append("updates", 1, b"no update", [])
    for topic, told in (("messages", planned()), ("commands", commanded()), ("outcomes", outcome("accepted"))):
        line.say(topic, told)
    line.say("decisions", decided("send", "first_step"))
    return line


def write(writer: Writer, line: Line) -> None:
    writer.write(writer.prepare(writer.resume(), line.fetch()))


async def wrong(reader: Reader) -> list[tuple[str, int, int]]:
    """Topic, offsets missing, offsets doubled."""
    rows = (await questions.books(reader)).rows
    return [(row["topic"], row["missing"], row["doubled"]) for row in rows if row["missing"] or row["doubled"]]


async def test_every_kind_of_record_has_its_row(writer, reader):
    line = lived()
    write(writer, line)
    rows = (await questions.books(reader)).rows

    assert await wrong(reader) == []
    assert {(row["topic"], row["kafka_partition"]): row["next_offset"] for row in rows} == {
        source: len(log) for source, log in line.logs.items() if source[0] not in {"reports", "attempts", "track-due"}
    }


async def test_what_a_killed_stage_wrote_twice_is_skipped_for_a_reason(writer, reader, database):
    line = lived()
    for (topic, _), log in line.logs.items():
        if topic == "updates":
            log += [replace(record, offset=len(log) + number) for number, record in enumerate(log[-2:])]
    write(writer, line)

    assert await wrong(reader) == []
    assert database.cursor().table("skipped").count("*").fetchall()[0][0] > 0


async def test_a_partition_that_lost_its_beginning_is_counted_from_where_it_was_begun(writer, reader):
    line = lived()
    line.read["updates", 0] = 1
    write(writer, line)

    assert await wrong(reader) == []


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        pytest.param("DELETE FROM report WHERE kafka_offset = 0", ("updates", 1, 0), id="a row is missing"),
        pytest.param("INSERT INTO signal SELECT * FROM signal", ("signals", 0, 1), id="a row is there twice"),
    ],
)
async def test_what_is_wrong_is_told_with_its_partition(writer, reader, database, spoil, told):
    write(writer, lived())
    database.cursor().execute(spoil)

    assert told in await wrong(reader)


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        pytest.param("SELECT 1", [], id="nothing is wrong"),
        pytest.param("DELETE FROM callback WHERE kafka_offset IN (1, 2)", [("missing", 1, 2)], id="two in the midst"),
        pytest.param("DELETE FROM callback WHERE kafka_partition = 1", [("missing", 0, 7)], id="a whole partition"),
        pytest.param(
            "INSERT INTO callback SELECT * FROM callback WHERE kafka_offset = 2", [("doubled", 2, 2)], id="one is twice"
        ),
    ],
)
async def test_where_the_books_are_wrong(writer, reader, database, spoil, fault):
    line = Line()
    for of in range(9):
        line.report("sent", of=f"m{of}")
    write(writer, line)
    database.cursor().execute(spoil)
    rows = (await questions.book_faults(reader)).rows

    assert [(row["fault"], row["first_offset"], row["last_offset"]) for row in rows] == fault
    assert {(row["topic"], row["kafka_partition"]) for row in rows} <= {("callbacks", 1)}


async def test_a_store_of_before_keeps_books_from_now_on(tmp_path):
    older = {number: step for number, step in load_steps().items() if number < 3}
    line, path = Line(), tmp_path / "old.duckdb"
    line.report("sent", of="a")
    with duckdb.connect(path) as connection:
        migrate(connection, older)
        connection.execute("INSERT INTO offsets VALUES ('updates', 0, 7, 1, now()::TIMESTAMP)")
    database = Database(path, StoreSettings())
    database.open()
    connection = database.cursor()
    writer = Writer(connection, hasher(b"k" * 16), Upkeep(connection, Skyline()), seen_days=3)
    begun = connection.table("begun").fetchall()
    writer.close()
    reader = Reader(database, Skyline(), FixedClock(T0), threads=1, limit_s=20)
    found = await wrong(reader)
    reader.close()
    database.close()

    assert begun == [("updates", 0, 7, 1)]
    assert found == []
