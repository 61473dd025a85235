"""New rows as DuckDB sees them, and the statements of a batch; those that read nothing else are planned once."""

import warnings
from functools import cache

import duckdb
import pyarrow as pa

from analytics.statements import known_to, statement
from analytics.store.database import Connection

COMPARED = frozenset(
    {
        *("find_answered", "find_touched", "find_reported", "find_registered", "find_taken"),
        *("insert_inbound", "insert_replay", "insert_signal"),
    }
)
"""Statements that look at what is stored. A plan that looked at a table is good as long as the table is as it was:
DuckDB 2.0 makes it anew each time, 1.5 trusts it and answers wrong."""

# What it says takes less time than DuckDB's other way to ask, which finds out twice what a statement means.
warnings.filterwarnings("ignore", "Arrow output on a DB-API result makes an extra copy")


class Arrivals:
    """The rows of one batch after another, as `new_<name>` of the connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._arriving: dict[str, _Arriving] = {}
        self._planned: set[str] = set()
        self._parsed = cache(self._parse)

    def show(self, name: str, rows: pa.Table) -> None:
        """From now on `new_<name>` has these rows. For the first time outside of a transaction, which would take the
        name back with it.
        """
        if name not in self._arriving:
            self._arriving[name] = _Arriving(rows)
            self._connection.register(f"new_{name}", self._arriving[name])
        self._arriving[name].rows = rows

    def tells(self, name: str, column: str) -> bool:
        """Whether the column of `new_<name>` says something in any row."""
        rows = self._arriving[name].rows if name in self._arriving else None
        return rows is not None and rows[column].null_count < rows.num_rows

    def clear(self) -> None:
        """Let go of all rows."""
        for table in self._arriving.values():
            table.rows = table.rows.schema.empty_table()

    def ask(self, name: str, **parameters: int) -> pa.Table:
        """What the statement says, with those of `parameters` that it knows."""
        return self._execute(name, parameters).to_arrow_table()

    def run(self, name: str, **parameters: int) -> int:
        """Run the statement with those of `parameters` that it knows; how many rows it made."""
        ((count,),) = self._execute(name, parameters).fetchall()
        return int(count)

    def _execute(self, name: str, parameters: dict[str, int]) -> Connection:
        sql = statement(name)
        known = known_to(sql, parameters)
        if name in COMPARED:
            return self._connection.execute(self._parsed(sql), known or None)
        return self._connection.execute(self._planned_as(name, sql, known))

    def _parse(self, sql: str) -> duckdb.Statement:
        """Once: of a small batch it would be a tenth."""
        (parsed,) = self._connection.extract_statements(sql)
        return parsed

    def _planned_as(self, name: str, sql: str, parameters: dict[str, int]) -> str:
        """How to run the statement by its plan: to make one takes longer than to store a small batch."""
        if name not in self._planned:
            self._connection.execute(f"PREPARE {name} AS {sql}").fetchall()
            self._planned.add(name)
        # A parameter of another type than it was planned with has it planned anew.
        given = ", ".join(f"{key} := {value}::BIGINT" for key, value in parameters.items())
        return f"EXECUTE {name}({given})" if given else f"EXECUTE {name}"


class _Arriving:
    """What Arrow calls a stream: read again and again, and of other rows with each batch."""

    def __init__(self, rows: pa.Table) -> None:
        self.rows = rows

    def __arrow_c_schema__(self) -> object:
        return self.rows.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.rows.__arrow_c_stream__(requested_schema)
