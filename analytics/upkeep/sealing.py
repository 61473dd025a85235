"""Counts of hours that changed are added to those of their days, and merged."""

from itertools import product

from analytics.measures.rollups import ROLLUPS, SEAL
from analytics.statements import run
from analytics.store.database import Connection, transaction
from analytics.upkeep.job import Enough, Stored

ENOUGH = Enough(idle=2_000, small=100_000, busy=100_000)
"""Rows that could be fewer."""
PRUNE = (
    *("prune_offsets", "prune_marks", "prune_revisions", "prune_begun"),
    *("prune_sealed_batches", "prune_settled_batches", "prune_attempt_names"),
)


class Sealing:
    """Writes with the writer's connection, in transactions of its own."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._behind = 0
        ((self._sealed_batch,),) = run(connection, "find_sealed_batch", {})

    def note(self, stored: Stored) -> None:
        self._behind += stored.deltas

    def is_due(self, *, waiting: int) -> bool:
        return self._behind >= ENOUGH.at(waiting)

    def run(self, batch_id: int) -> bool:
        self._behind = 0
        with transaction(self._connection):
            for rollup, name in product(ROLLUPS, SEAL):
                rollup.run(self._connection, name, {"sealed": self._sealed_batch, "batch_id": batch_id})
            for name in ("insert_sealed_batch", *PRUNE):
                run(self._connection, name, {"batch_id": batch_id})
        self._sealed_batch = batch_id
        return True
