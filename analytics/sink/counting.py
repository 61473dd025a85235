"""What a batch changes of what is counted: found step by step from what is known of its attempts.

Only what has to read tables is planned with each batch. The rest goes by what the step before found, and is left out
where that says nothing. Between two steps ids are text, because DuckDB 1.5 joins no others that Arrow brings.
"""

from collections.abc import Mapping
from itertools import chain
from typing import NamedTuple

import pyarrow as pa

from analytics.sink.arrivals import Arrivals
from analytics.sink.columns import in_pieces
from analytics.sink.parsing import PARSED

TELLING = PARSED | {"outcome"}
"""By whose rows attempts move from one count to another."""
TOLD = pa.schema([("attempt_id", pa.string())])


class Step(NamedTuple):
    """A statement that would find nothing while none of some columns says anything."""

    statement: str
    of: tuple[tuple[str, str], ...]
    """New rows and their column."""

    @property
    def rows(self) -> str:
        """What it gives to those behind it, or the table to which it adds."""
        return self.statement.partition("_")[2]


FINDING = (
    Step("find_answered", of=(("outcome", "value"),)),
    Step("find_touched", of=(("told", "attempt_id"), ("answered", "attempt_id"))),
    Step("find_reported", of=(("touched", "attempt_id"),)),
    Step("find_registered", of=(("touched", "attempt_id"),)),
    Step("find_evidence", of=(("touched", "attempt_id"),)),
    Step("find_cells", of=(("evidence", "attempt_id"),)),
    Step("find_taken", of=(("evidence", "registered_for"),)),
)
"""Each finds rows, which those behind it go by."""
DELTAS = (
    Step("insert_hour_delta", of=(("cells", "attempt_id"),)),
    Step("insert_latency_delta", of=(("cells", "latency_ms"),)),
    Step("insert_price_delta", of=(("evidence", "price_order"), ("taken", "attempt_id"))),
    Step("insert_hour_revision", of=(("cells", "attempt_id"),)),
)


class Counting:
    """Works with the writer's connection."""

    def __init__(self, arrivals: Arrivals) -> None:
        self._arrivals = arrivals
        self._is_ready = False

    def get_ready(self) -> None:
        """Give all that is found its name; before the first transaction in which something is."""
        if self._is_ready:
            return
        self._arrivals.show("told", TOLD.empty_table())
        for step in FINDING:
            self._arrivals.show(step.rows, self._arrivals.ask(step.statement, batch_id=0))
        self._is_ready = True

    def count(self, tables: Mapping[str, pa.Table], batch_id: int) -> int:
        """Add to what is counted what the batch, of which the facts are stored, changes; how many rows that makes."""
        told = chain.from_iterable(tables[name]["attempt_id"].chunks for name in PARSED & tables.keys())
        self._arrivals.show("told", pa.table([pa.chunked_array(told, pa.string())], schema=TOLD))
        for step in filter(self._finds_something, FINDING):
            self._arrivals.show(step.rows, in_pieces(self._arrivals.ask(step.statement, batch_id=batch_id)))
        deltas = filter(self._finds_something, DELTAS)
        return sum(self._arrivals.run(step.statement, batch_id=batch_id) for step in deltas)

    def _finds_something(self, step: Step) -> bool:
        return any(self._arrivals.tells(*said) for said in step.of)
