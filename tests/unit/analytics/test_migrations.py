"""A store of before becomes what it would be if it had always been as it is now."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from shutil import copy
from typing import Any

import duckdb
import pytest

from analytics.lists.messages import MessagesQuestion, messages
from analytics.lists.sends import send_balance
from analytics.lists.timelines import name_hash
from analytics.measures.rollups import TRUST
from analytics.queries import load_query
from analytics.reports.answering import report
from analytics.reports.catalogue import Report
from analytics.reports.question import ReportQuestion
from analytics.store import migrations
from analytics.store.database import Database
from analytics.store.migrations import load_steps, migrate
from analytics.upkeep.folding import foldings
from analytics.upkeep.settling import Settling
from analytics.upkeep.upkeep import Upkeep
from contracts.vocabulary import Channel, Scope
from tests.support.empty_store import new_store
from tests.support.plans import commanded, message, outcome
from tests.support.store_line import at

SHAPE = """
SELECT table_name, column_name, data_type, column_index
FROM duckdb_columns() WHERE schema_name = 'main' AND NOT internal ORDER BY ALL
"""
PRICES = """
SELECT * EXCLUDE (attempt_count, entry_count, attempt_cost, entry_cost, batch_id),
    sum(attempt_count) AS attempts, sum(entry_count) AS entries, sum(attempt_cost), sum(entry_cost)
FROM price_delta GROUP BY ALL HAVING attempts <> 0 OR entries <> 0 OR sum(entry_cost) <> 0 ORDER BY ALL
"""

OF_ROUTES = """
SELECT account, provider, connection, channel, country, fact, value, sum(n)::BIGINT AS n
FROM {} JOIN route_fact USING (fact_no) GROUP BY ALL ORDER BY ALL
"""


@pytest.fixture
def old(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(tmp_path / "old.duckdb") as connection:
        connection.execute("LOAD icu; SET GLOBAL TimeZone = 'UTC'")
        yield connection


def test_each_step_has_a_number_of_its_own():
    names = [path.name for path in Path(migrations.__file__).parent.glob("*.sql")]

    assert sorted(name for name, _ in load_steps().values()) == sorted(names)


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of stores as each step left them, called by its number."""
    folder = tmp_path_factory.mktemp("earlier")
    for step in sorted(load_steps()):
        with duckdb.connect(folder / "growing") as connection:
            migrate(connection, {number: told for number, told in load_steps().items() if number <= step})
        copy(folder / "growing", folder / str(step))
    return folder


@pytest.fixture(scope="module")
def shape_of_today(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, ...]]:
    with duckdb.connect(new_store(tmp_path_factory.mktemp("today") / "test.duckdb")) as connection:
        return connection.execute(SHAPE).fetchall()


@pytest.mark.parametrize("step", sorted(load_steps()))
def test_every_earlier_store_gets_the_shape_of_today(earlier: Path, shape_of_today: list[tuple[Any, ...]], step: int):
    with duckdb.connect(earlier / str(step)) as old:
        migrate(old)

        assert old.execute(SHAPE).fetchall() == shape_of_today
        assert old.execute(load_query("watermarks").sql).fetchall() == []


def test_what_was_folded_is_not_folded_again(old: duckdb.DuckDBPyConnection):
    migrate(old, {number: told for number, told in load_steps().items() if number <= 19})
    old.execute("INSERT INTO trust_folded VALUES (6), (7)")

    migrate(old)

    assert old.execute("FROM folded").fetchall() == [("trust", "", 7)]


def prices(database: Database) -> list[tuple[Any, ...]]:
    return database.cursor().execute(PRICES).fetchall()


def unmade(database: Database, name: str, *statements: str) -> None:
    """The store as it was before the step was made."""
    cursor = database.cursor()
    for statement in (*statements, f"DELETE FROM schema_version WHERE name LIKE '%_{name}.sql'"):
        cursor.execute(statement)


def test_what_attempts_cost_is_counted_for_a_store_that_did_not_count_it(writer, database, line):
    euros = {"currency": "EUR", "connection": "observed"}
    line.report("failed", of="c", leg="c:viber", channel=Channel.VIBER, price=Decimal("0.01"), **euros)
    line.report("delivered", of="c", leg="c:sms", channel=Channel.SMS, price=Decimal("0.04"), **euros)
    line.report("delivered", of="c", scope=Scope.TRANSACTION, price=Decimal("0.05"), at_s=1, **euros)
    line.report("sent", of="d", channel=Channel.SMS, **euros)
    for part in ("1", "2"):
        line.report("delivered", of="long", part=part, parts_count=2, price=Decimal("0.02"), **euros)
    for root_id, place in (("a", 0), ("b", 1)):
        line.say("outcomes", outcome("accepted", place=place, root_id=root_id, provider="infobip"))
        line.register(of=root_id, message_id=message())
        line.report("rejected", of=root_id, reason="no_route")
    writer.write(writer.prepare(writer.resume(), line.fetch()))
    counted = prices(database)

    unmade(database, "prices", "DROP TABLE price_delta")
    migrate(database.cursor())

    assert len(counted) > 4
    assert prices(database) == counted


@pytest.mark.parametrize("settled", [0, 1], ids=["while it is not settled", "once it is"])
async def test_what_was_settled_with_names_in_no_order_is_found_by_them(writer, database, reader, line, settled: int):
    line.say("commands", commanded())
    line.report("sent", of="root-7", connection="observed")
    writer.write(writer.prepare(writer.resume(), line.fetch()))
    Settling(database.cursor()).run(1)
    unmade(database, "sorted_names", "DROP MACRO person_hash", "DELETE FROM attempt_name")

    migrate(database.cursor())
    Settling(database.cursor()).run(settled)
    question = MessagesQuestion(from_=at(-60), to=at(60), provider_message_id="root-7")

    assert len((await messages(reader, question)).rows) == 1
    assert [row["waiting"] for row in (await send_balance(reader)).rows] == [1]


@pytest.mark.parametrize("is_folded", [False, True], ids=["while they are not folded", "once they are"])
async def test_later_steps_of_before_are_known(writer, database, reader, line, is_folded):
    line.say("commands", commanded())
    line.say("outcomes", outcome("accepted", root_id="root-1"))
    line.report("delivered", of="root-1", provider="telesign", at_s=9)
    writer.write(writer.prepare(writer.resume(), line.fetch()))
    unmade(database, "later_steps", "DROP TABLE later_step", "DROP TABLE later_root")

    migrate(database.cursor())
    for fold in foldings(database.cursor()) if is_folded else ():
        fold.run(1)
    question = ReportQuestion(from_=at(0), to=at(60))
    (row,) = (await report(reader, Report.FALLBACKS, question, reply_window_s=60)).rows

    assert (row["commanded"], row["fallbacks"], row["delivered"]) == (1, 1, 1)


async def test_what_messages_of_before_name_is_known(writer, database, line):
    line.inbound("1" * 32, at_s=300, reply_to="early")
    writer.write(writer.prepare(writer.resume(), line.fetch()))
    members = ("reply_to", "reply_id", "tracking", "external_id")
    unmade(database, "reply_names", *(f"ALTER TABLE inbound DROP COLUMN {name}_number" for name in members))

    migrate(database.cursor())
    ((number,),) = database.cursor().execute("SELECT reply_to_number FROM inbound").fetchall()

    assert number == name_hash("early")


def test_what_was_counted_of_routes_by_words_is_counted_by_numbers(writer, database, line, skyline):
    for said, country in (("sent", "GB"), ("delivered", None)):
        line.report(said, of=said, connection="observed", country=country, price=1, currency="EUR")
    writer.write(writer.prepare(writer.resume(), line.fetch()))
    Upkeep(database.cursor(), skyline).tidy(1)
    cursor, tables = database.cursor(), (TRUST.hours, TRUST.days)
    counted = [cursor.execute(OF_ROUTES.format(table)).fetchall() for table in tables]

    for table in tables:
        cursor.execute(f"CREATE TABLE worded AS FROM {table} JOIN route_fact USING (fact_no)")
        cursor.execute(f"DROP TABLE {table}")
        cursor.execute("ALTER TABLE worded DROP COLUMN fact_no")
        cursor.execute(f"ALTER TABLE worded RENAME TO {table}")
    unmade(database, "route_facts", "DROP TABLE route_fact")
    migrate(cursor)

    assert len(counted[0]) > 6
    assert counted[0] == counted[1]
    assert [cursor.execute(OF_ROUTES.format(table)).fetchall() for table in tables] == counted
