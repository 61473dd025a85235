"""New rows as DuckDB sees them, and the statements of a batch; those that read nothing else are planned once."""

from functools import cache

import duckdb
import pyarrow as pa

from analytics.statements import known_to, statement
from analytics.store.database import Connection

COMPARED = frozenset({"inbound", "signal", "replay"})
"""Whose new rows are compared with those stored. A plan that looked at a table is good as long as the table is as it
was: DuckDB 2.0 makes it anew each time, 1.5 trusts it and answers wrong."""


class Arrivals:
    """The rows of one batch after another, as `new_<table>` of the connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tables: dict[str, _Arriving] = {}
        self._planned: set[str] = set()
        self._parsed = cache(self._parse)

    def show(self, name: str, rows: pa.Table) -> None:
        """From now on `new_<name>` has these rows. Outside of a transaction, which would take the name back with it."""
        if name not in self._tables:
            self._tables[name] = _Arriving(rows)
            self._connection.register(f"new_{name}", self._tables[name])
        self._tables[name].rows = rows

    def clear(self) -> None:
        """Let go of all rows."""
        for table in self._tables.values():
            table.rows = table.rows.schema.empty_table()

    def ask(self, name: str) -> pa.Table:
        """What the statement, which knows no parameters and reads the new rows alone, says of them."""
        return self._connection.sql(self._planned_as(name, statement(name), {})).to_arrow_table()

    def run(self, name: str, **parameters: int) -> int:
        """Run the statement with those of `parameters` that it knows; how many rows it made."""
        sql = statement(name)
        known = known_to(sql, parameters)
        table = name.removeprefix("insert_")
        if table in self._tables and table not in COMPARED:
            ((count,),) = self._connection.execute(self._planned_as(name, sql, known)).fetchall()
        else:
            ((count,),) = self._connection.execute(self._parsed(sql), known or None).fetchall()
        return int(count)

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
