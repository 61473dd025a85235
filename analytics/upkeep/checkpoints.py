"""When DuckDB writes its log into the file: whenever the reports have filled a row group, which is when it costs least.

A checkpoint compresses all that is new, and with it the last row group of each table as far as it is filled; what it
compressed in part, the next one compresses anew. Nearly all there is to compress are reports. So each of them is
compressed once, and never more at a time than fit into a row group. DuckDB's own checkpoints, by the size of the log,
have two and a half times as many, and are part of a commit.
"""

from contextlib import suppress

import duckdb

from analytics.store.database import Connection
from analytics.upkeep.job import Enough, Stored

ROW_GROUP = 122_880
"""DuckDB's own."""
ENOUGH = Enough(idle=ROW_GROUP, small=ROW_GROUP, busy=ROW_GROUP)


class Checkpoints:
    """Counts what comes. Where rows were deleted before a start groups end elsewhere, which only costs more."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        ((count,),) = connection.execute("SELECT count(*) FROM report").fetchall()
        self._rows: int = count % ROW_GROUP

    def note(self, stored: Stored) -> None:
        self._rows += stored.reports

    def is_due(self, *, waiting: int) -> bool:
        return self._rows >= ENOUGH.at(waiting)

    def run(self, batch_id: int) -> bool:  # noqa: ARG002 - of all batches there are
        self._rows %= ROW_GROUP
        with suppress(duckdb.TransactionException):  # somebody else writes at this moment: the next will do
            self._connection.execute("CHECKPOINT").fetchall()
        return True
