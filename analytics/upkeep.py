"""What the writer does when there is nothing to write: many small rows become few, and what is proven is settled."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import product
from typing import Any

import duckdb
import structlog

from analytics.database import Connection, transaction
from analytics.folding import REPLY_WINDOW_S, SMALL, Folding
from analytics.forgetting import Forgetting
from analytics.freshness import Skyline
from analytics.rollups import ROLLUPS, SEAL
from analytics.settling import Settling
from analytics.statements import run

log = structlog.get_logger()

QUIET_ROWS = 2_000
"""So many rows of deltas, offsets and marks are worth a clean-up when nothing else is to be done,"""
BUSY_ROWS = 100_000
"""and so many even while batches wait."""
OPEN_CALLBACKS = 10_000
"""So many callbacks are added up while batches are small: each proof that nothing is lost looks at all that are not."""

PRUNE = (
    *("prune_offsets", "prune_marks", "prune_revisions", "prune_begun"),
    *("prune_sealed_batches", "prune_settled_batches", "prune_attempt_names"),
)


class Upkeep:
    """Keeps questions fast, and leaves every answer as it was, but for those about facts that were to be forgotten."""

    def __init__(
        self,
        connection: Connection,
        skyline: Skyline,
        forgetting: Forgetting | None = None,
        *,
        reply_window_s: float = REPLY_WINDOW_S,
    ) -> None:
        self._connection = connection
        self._skyline = skyline
        self._forgetting = forgetting
        self.folding = Folding(connection, reply_window_s=reply_window_s)
        self.settling = Settling(connection)
        self._rows = 0
        self._open_callbacks = 0
        self._looked_below: Mapping[int, int] = {}
        ((self._sealed_batch,),) = self._run("find_sealed_batch")

    def note(self, rows: int, *, callbacks: int) -> None:
        """So many rows were added that could be fewer, and so many callbacks that may be proven soon."""
        self._rows += rows
        self._open_callbacks += callbacks

    def is_due(self, *, is_quiet: bool) -> bool:
        return self._rows >= (QUIET_ROWS if is_quiet else BUSY_ROWS)

    def tidy(self, batch_id: int) -> None:
        """Merge and settle what the batches up to `batch_id` left, in one transaction; before that a portion of what is
        kept behind them. Where questions leave no memory for that it is done another time.
        """
        self._rows = 0
        with _another_time():
            self.folding.fold(batch_id)
            self.settling.settle(batch_id)
            self._seal(batch_id)

    def _seal(self, batch_id: int) -> None:
        with transaction(self._connection):
            for rollup, name in product(ROLLUPS, SEAL):
                rollup.run(self._connection, name, {"sealed": self._sealed_batch, "batch_id": batch_id})
            self._run("insert_sealed_batch", batch_id=batch_id)
            for name in PRUNE:
                self._run(name)
            self._settle(batch_id)
        self._sealed_batch = batch_id

    def take_turn(self, batch_id: int, *, waiting: int) -> None:
        """Keep a portion of what is kept behind the batches, with so many rows at the door."""
        with _another_time():
            self.folding.take_turn(batch_id, waiting=waiting)
            self.settling.take_turn(batch_id, waiting=waiting)
            if waiting <= SMALL and self._open_callbacks >= OPEN_CALLBACKS and self._has_risen:
                with transaction(self._connection):
                    self._settle(batch_id)

    def forget(self, batch_id: int) -> None:
        """Let go of an hour of facts that is old enough, if there is one; in a transaction of its own."""
        if self._forgetting is not None:
            self._forgetting.take_turn(self._connection, batch_id)

    @property
    def _has_risen(self) -> bool:
        """Whether more callbacks are below the horizon than when they were added up last."""
        return self._skyline.latest.callbacks != self._looked_below

    def _settle(self, batch_id: int) -> None:
        """Add up the callbacks below the horizon, unless one of them is not explained exactly once."""
        self._open_callbacks = 0
        self._looked_below = below = self._skyline.latest.callbacks
        self._run("collect_due", partitions=list(below), below=list(below.values()))
        ((wrong,),) = self._connection.execute("SELECT count_if(missing > 0 OR surplus > 0) FROM due").fetchall()
        if wrong:
            log.error("conservation_not_settled", callbacks=wrong)
            return
        self._run("insert_settled_count", batch_id=batch_id)
        self._run("insert_settled_place", batch_id=batch_id)

    def _run(self, name: str, **parameters: object) -> list[tuple[Any, ...]]:
        return run(self._connection, name, parameters)


@contextmanager
def _another_time() -> Iterator[None]:
    """What there is no memory for is undone by then, and not needed yet."""
    try:
        yield
    except duckdb.OutOfMemoryException as exc:
        log.warning("upkeep_waits", reason=str(exc).partition("\n")[0])
