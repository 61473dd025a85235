"""Takes apart the records of which there are most: their JSON becomes columns while the batch before is stored."""

from threading import Lock

import pyarrow as pa

from analytics.sink.arrivals import Arrivals
from analytics.sink.columns import RECORD, in_pieces
from analytics.store.database import Connection

PARSED = frozenset({"report", "replay", "registration"})
"""Tables whose rows come as columns: updates, by which it is found what else is known. All others are few."""


class Parser:
    """With a connection of its own, for any thread."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._arrivals = Arrivals(connection)
        self._one_at_a_time = Lock()

    def close(self) -> None:
        self._connection.close()

    def parsed(self, tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
        """The same tables, those of `PARSED` with their columns; what is parsed already stays as it is.

        Raises `duckdb.Error` when one holds what is no JSON.
        """
        with self._one_at_a_time:
            return {name: self._columns_of(name, rows) for name, rows in tables.items()}

    def _columns_of(self, name: str, rows: pa.Table) -> pa.Table:
        if name not in PARSED or rows.schema != RECORD:
            return rows
        self._arrivals.show(name, rows)
        try:
            return in_pieces(self._arrivals.ask(f"parse_{name}"))
        finally:
            self._arrivals.clear()
