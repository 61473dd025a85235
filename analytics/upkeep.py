"""What the writer does when there is nothing to write: many small rows become few, and what is proven is settled."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import product
from typing import Any

import duckdb
import structlog

from analytics.checkpoints import Checkpoints
from analytics.database import Connection, transaction
from analytics.folding import REPLY_WINDOW_S, SMALL, Folding
from analytics.forgetting import Forgetting
from analytics.freshness import Skyline
from analytics.queries import load_query
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
MANY_CALLBACKS = 50_000
"""So many are added up whatever waits."""

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
        self.checkpoints = Checkpoints(connection)
        self.folding = Folding(connection, reply_window_s=reply_window_s)
        self.settling = Settling(connection)
        self._turn = 0
        self._rows = 0
        self._open_callbacks = 0
        self._looked_below: Mapping[int, int] = {}
        ((self._sealed_batch,),) = self._run("find_sealed_batch")

    def note(self, rows: int, *, callbacks: int) -> None:
        """So many rows were added that could be fewer, and so many callbacks that may be proven soon."""
        self._rows += rows
        self._open_callbacks += callbacks

    def take_turn(self, batch_id: int, *, waiting: int) -> None:
        """Of what is due one thing, with so many rows at the door; all of it when there are none."""
        with _another_time():
            if self.checkpoints.take_turn() and waiting:
                return
        if not waiting and self._rows >= QUIET_ROWS:
            self.tidy(batch_id)
            return
        jobs = self._jobs()
        for _ in jobs:
            self._turn = (self._turn + 1) % len(jobs)
            with _another_time():
                if jobs[self._turn](batch_id, waiting=waiting) and waiting:
                    return

    def tidy(self, batch_id: int) -> None:
        """Merge and settle what the batches up to `batch_id` left; before that a portion of what is kept behind them.
        Where questions leave no memory for that it is done another time.
        """
        with _another_time():
            self.folding.fold(batch_id)
            self.settling.settle(batch_id)
            self._add_up(batch_id)
            self._seal(batch_id)

    def _jobs(self) -> tuple[Callable[..., bool], ...]:
        """Each does its own in a transaction of its own, when it is time for that, and says whether it was."""
        return self._seal_in_turn, self.folding.take_turn, self.settling.take_turn, self._add_up_in_turn

    def _seal_in_turn(self, batch_id: int, *, waiting: int) -> bool:
        is_time = self._rows >= (BUSY_ROWS if waiting else QUIET_ROWS)
        if is_time:
            self._seal(batch_id)
        return is_time

    def _add_up_in_turn(self, batch_id: int, *, waiting: int) -> bool:
        are_enough = self._open_callbacks >= (OPEN_CALLBACKS if waiting <= SMALL else MANY_CALLBACKS)
        is_time = are_enough and self._has_risen
        if is_time:
            self._add_up(batch_id)
        return is_time

    def _seal(self, batch_id: int) -> None:
        self._rows = 0
        with transaction(self._connection):
            for rollup, name in product(ROLLUPS, SEAL):
                rollup.run(self._connection, name, {"sealed": self._sealed_batch, "batch_id": batch_id})
            self._run("insert_sealed_batch", batch_id=batch_id)
            for name in PRUNE:
                self._run(name)
        self._sealed_batch = batch_id

    def forget(self, batch_id: int) -> None:
        """Let go of an hour of facts that is old enough, if there is one; in a transaction of its own."""
        if self._forgetting is not None:
            self._forgetting.take_turn(self._connection, batch_id)

    @property
    def _has_risen(self) -> bool:
        """Whether more callbacks are below the horizon than when they were added up last."""
        return self._skyline.latest.callbacks != self._looked_below

    def _add_up(self, batch_id: int) -> None:
        """Add up the callbacks below the horizon, unless one of them is not explained exactly once."""
        self._open_callbacks = 0
        self._looked_below = below = self._skyline.latest.callbacks
        with transaction(self._connection):
            ((settled,),) = self._connection.execute(load_query("settled").sql).fetchall()
            self._run("collect_due", partitions=list(below), below=list(below.values()), settled=settled)
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
