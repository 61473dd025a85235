"""Statements that are planned once go by nothing that changes behind their plan."""

import re

import pyarrow as pa
import pytest

from analytics.sink.arrivals import COMPARED, Arrivals
from analytics.sink.batch import FEW, TABLES, UNCLAIMED_ATTEMPTS
from analytics.sink.columns import OFFSETS, table
from analytics.sink.counting import DELTAS, FINDING
from analytics.sink.parsing import PARSED
from analytics.statements import statement
from analytics.store.database import Database

STORED = {*TABLES.values(), *FEW, UNCLAIMED_ATTEMPTS, "report", "replay", "registration"}
PLACES = {"offsets", "marks", "begun", "skipped"}
STATEMENTS = {f"insert_{name}" for name in STORED | PLACES} | {step.statement for step in (*FINDING, *DELTAS)}
OF_A_TABLE = re.compile(r"\b(?:FROM|JOIN)\s+(\w+)")
BY_NAME = re.compile(r"\b(\w+) AS \(")


def read_by(name: str) -> set[str]:
    """The tables that the statement looks at, besides new rows."""
    sql = re.sub(r"--.*", "", statement(name))
    read = set(OF_A_TABLE.findall(sql)) - set(BY_NAME.findall(sql))
    return {table for table in read if not table.startswith("new_")}


@pytest.mark.parametrize("name", sorted(STATEMENTS - COMPARED))
def test_what_is_planned_once_reads_new_rows_alone(name):
    assert not read_by(name)


@pytest.mark.parametrize("name", sorted(PARSED))
def test_what_is_parsed_beside_a_transaction_knows_nothing_of_what_is_stored(name):
    assert f"parse_{name}" not in COMPARED
    assert not read_by(f"parse_{name}")


def test_a_batch_comes_to_its_transaction_in_columns(writer, line):
    line.report("sent", of="a")
    line.register(of="a")
    batch = writer.prepare(writer.resume(), line.fetch())

    for name in ("report", "registration"):
        assert {"attempt_id", "root_id", "attempt_status"} <= set(batch.tables[name].schema.names)


@pytest.mark.parametrize("name", sorted(COMPARED))
def test_what_is_compared_with_the_store_is_planned_each_time(name):
    assert read_by(name)


def test_a_plan_serves_batch_after_batch(database: Database):
    connection = database.cursor()
    arrivals = Arrivals(connection)
    for batch_id in (1, 2, 3):
        arrivals.show("offsets", table(OFFSETS, [("updates", part, 10 * batch_id) for part in range(batch_id)]))
        counts = arrivals.run("insert_offsets", batch_id=batch_id, unknown_to_it=1)
        arrivals.clear()

        assert counts == batch_id
    found = connection.execute("SELECT batch_id, count(*), max(next_offset) FROM offsets GROUP BY ALL ORDER BY ALL")

    assert found.fetchall() == [(1, 1, 10), (2, 2, 20), (3, 3, 30)]


def test_rows_are_let_go(database: Database):
    arrivals = Arrivals(connection := database.cursor())
    arrivals.show("offsets", pa.table({"next_offset": [7]}))
    arrivals.clear()

    assert connection.execute("SELECT count(*) FROM new_offsets").fetchall() == [(0,)]
