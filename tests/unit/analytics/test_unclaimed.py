"""An attempt that nobody registered in time is no longer parked, has an id of its own, and may be claimed still."""

import duckdb
import pytest

from analytics import questions
from analytics.asking.reader import Reader
from analytics.freshness import Skyline
from analytics.service import show_parked
from analytics.sink.columns import hasher
from analytics.sink.writer import Writer
from analytics.store.database import Database
from analytics.store.migrations import load_steps, migrate
from analytics.upkeep.upkeep import Upkeep
from contracts.codec import encode
from contracts.vocabulary import Verdict
from runtime.clock import FixedClock
from runtime.metrics import exposition
from runtime.settings import StoreSettings
from tests.support.store_line import GIVEN_UP_S, MESSAGE, T0, Line, at


@pytest.fixture
def reader(database, skyline):
    made = Reader(database, skyline, FixedClock(T0), threads=1, limit_s=20)
    yield made
    made.close()


def write(writer: Writer, line: Line, only: list[str] | None = None) -> None:
    writer.write(writer.prepare(writer.resume(), line.fetch(only=only)))


def waiting() -> Line:
    """One attempt with two reports, one of which changed nothing, and one with one; a third is registered."""
    line = Line()
    line.report("delivered", of="a", at_s=1)
    line.report("sent", of="a", at_s=2)
    line.report("sent", of="b", at_s=3)
    line.report("sent", of="c", at_s=4)
    line.register(of="c", at_s=5)
    return line


async def test_what_waits_is_counted_by_connection_with_its_age(writer, reader):
    line = waiting()
    write(writer, line)
    (row,) = (await questions.parked(reader, accounts=None)).rows

    assert row == {
        "account": "default",
        "provider": "infobip",
        "connection": "main",
        "report_count": 3,
        "attempt_count": 2,
        "oldest_at": at(1),
    }


async def test_those_of_others_are_not_told(writer, reader):
    write(writer, waiting())

    assert (await questions.parked(reader, accounts=["somebody-else"])).rows == []


async def test_nothing_waits_once_the_time_is_up(writer, reader):
    line = waiting()
    write(writer, line)
    line.unclaim(of="a")
    line.unclaim(of="b")
    write(writer, line)

    assert (await questions.parked(reader, accounts=None)).rows == []


async def test_each_item_is_counted_once_whoever_frees_it(writer, reader):
    line = waiting()
    write(writer, line)
    line.unclaim(of="a")
    write(writer, line)

    for row in (await questions.conservation(reader)).rows:
        assert (row["received"], row["applied"], row["outranked"], row["parked"]) == (4, 2, 1, 1)


async def test_it_may_be_read_before_its_reports_which_travel_on_another_partition(writer, reader):
    line = waiting()
    told = line.unclaim(of="a")
    fetched = line.fetch()
    first = [part for part in fetched if part.topic == "updates" and encode(told) in [r.value for r in part.records]]
    writer.write(writer.prepare(writer.resume(), first))
    early = (await questions.conservation(reader)).rows
    writer.write(writer.prepare(writer.resume(), [part for part in fetched if part not in first]))
    later = (await questions.conservation(reader)).rows

    assert [row["provider"] for row in early].count(None) == 1
    assert min(row["parked"] for row in early) == 0
    for row in later:
        assert (row["received"], row["applied"], row["outranked"], row["parked"]) == (4, 2, 1, 1)


async def test_it_is_found_under_its_own_id_and_the_timeline_says_why(writer, reader):
    line = waiting()
    told = line.unclaim(of="a")
    write(writer, line)
    timeline = await questions.message_timeline(reader, told.message_id, accounts=["default"])

    assert [row["event"] for row in timeline.rows] == ["report", "report", "unclaimed"]
    assert timeline.rows[-1]["known_at"] == at(GIVEN_UP_S)
    assert [(row["message_id"], row["status"], row["is_registered"]) for row in timeline.attempts] == [
        (told.message_id, "delivered", False)
    ]


async def test_a_registration_that_comes_later_gives_it_its_name(writer, reader):
    line = waiting()
    told = line.unclaim(of="a")
    line.register(of="a", at_s=GIVEN_UP_S + 60)
    write(writer, line)
    by_either = [
        (await questions.message_timeline(reader, name, accounts=None)).attempts
        for name in (told.message_id, MESSAGE.format(sum(b"a")))
    ]

    assert by_either[0] == by_either[1]
    assert [row["message_id"] for row in by_either[0]] == [MESSAGE.format(sum(b"a"))]
    assert (await questions.conservation(reader)).rows[0]["parked"] == 1, "b alone; nothing is freed twice"


@pytest.mark.parametrize("verdict", [Verdict.APPLIED, Verdict.REGISTERED])
def test_an_update_about_nothing_is_unreadable(writer, database, verdict):
    line = waiting()
    told = line.unclaim(of="a")
    line.append("updates", 0, encode(told).replace(b'"unclaimed"', f'"{verdict}"'.encode()), [])
    write(writer, line)
    found = database.cursor().execute("SELECT reason FROM unreadable").fetchall()

    assert len(found) == 1
    assert "answers one report or one registration" in found[0][0]


def test_a_store_of_before_takes_the_new_verdict(tmp_path, writer, database):
    """What was stored by an older version is all there after the steps to the newest shape."""
    older = {number: step for number, step in load_steps().items() if number < 3}
    line, path = waiting(), tmp_path / "old.duckdb"
    write(writer, line)
    with duckdb.connect(path) as connection:
        migrate(connection, older)
    today = database.cursor()
    today.execute(f"ATTACH '{path}' AS old")
    older_tables = today.execute(
        "SELECT table_name, string_agg(column_name, ', ') "
        "FROM duckdb_columns() SEMI JOIN duckdb_tables() USING (database_name, table_name) "
        "WHERE database_name = 'old' AND table_name <> 'schema_version' GROUP BY table_name"
    ).fetchall()
    for name, columns in older_tables:
        today.execute(f"INSERT INTO old.{name} BY NAME SELECT {columns} FROM {name}")
    today.execute("DETACH old")
    migrated = Database(path, StoreSettings())
    migrated.open()
    connection = migrated.cursor()
    line.unclaim(of="a")
    write(Writer(connection, hasher(b"k" * 16), Upkeep(connection, Skyline()), seen_days=3), line)
    counts = [connection.table(name).count("*").fetchall() for name in ("report", "unclaimed")]
    connection.close()
    migrated.close()

    assert counts == [[(4,)], [(1,)]]


async def test_what_waits_is_shown_while_it_waits(writer, reader):
    write(writer, waiting())
    show_parked((await questions.parked(reader, accounts=None)).rows)
    shown = exposition()[0].decode()
    show_parked([])
    shown_after = exposition()[0].decode()

    assert 'tidings_parked_reports{connection="main",provider="infobip"} 3.0' in shown
    oldest = f'tidings_parked_oldest_timestamp_seconds{{connection="main",provider="infobip"}} {at(1).timestamp()}'
    assert oldest.replace("1795255201.0", "1.795255201e+09") in shown
    assert "tidings_parked_reports{" not in shown_after
