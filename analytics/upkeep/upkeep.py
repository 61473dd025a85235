"""All that is done between batches, and when each gets its turn."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import structlog

from analytics.freshness import Skyline
from analytics.store.database import Connection
from analytics.upkeep.adding_up import AddingUp
from analytics.upkeep.checkpoints import Checkpoints
from analytics.upkeep.folding import REPLY_WINDOW_S, foldings
from analytics.upkeep.forgetting import Forgetting
from analytics.upkeep.job import AT_ONCE, Job, Stored
from analytics.upkeep.sealing import Sealing
from analytics.upkeep.settling import Settling

log = structlog.get_logger()


class Upkeep:
    """Keeps questions fast, and leaves every answer as it was, but for those about facts that were to be forgotten.

    Where questions leave no memory for a job it is done another time.
    """

    def __init__(
        self,
        connection: Connection,
        skyline: Skyline,
        forgetting: Forgetting | None = None,
        *,
        reply_window_s: float = REPLY_WINDOW_S,
        at_once: int = AT_ONCE,
    ) -> None:
        self._connection = connection
        self._forgetting = forgetting
        self._checkpoints = Checkpoints(connection)
        self._jobs = deque[Job](
            (
                *foldings(connection, at_once=at_once, reply_window_s=reply_window_s),
                Settling(connection, at_once=at_once),
                AddingUp(connection, skyline),
                Sealing(connection),
            )
        )

    def note(self, stored: Stored) -> None:
        """A batch was stored."""
        for job in (self._checkpoints, *self._jobs):
            job.note(stored)

    def take_turn(self, batch_id: int, *, waiting: int) -> None:
        """Of what is due one thing, with so many rows at the door; all of it when there are none."""
        for job in self._turns():
            with _another_time():
                if job.is_due(waiting=waiting) and job.run(batch_id) and waiting:
                    return

    def tidy(self, batch_id: int) -> None:
        """Do a portion of each, whether or not it is worth its time; what is folded is sealed too."""
        for job in self._jobs:
            with _another_time():
                job.run(batch_id)

    def _turns(self) -> Iterator[Job]:
        """Checkpoints have their moment; of the others first that which has waited longest."""
        yield self._checkpoints
        for _ in range(len(self._jobs)):
            self._jobs.rotate(-1)
            yield self._jobs[-1]

    def forget(self, batch_id: int) -> None:
        """Let go of an hour of facts that is old enough, if there is one; in a transaction of its own."""
        if self._forgetting is not None:
            self._forgetting.take_turn(self._connection, batch_id)


@contextmanager
def _another_time() -> Iterator[None]:
    """What there is no memory for is undone by then, and not needed yet."""
    try:
        yield
    except duckdb.OutOfMemoryException as exc:
        log.warning("upkeep_waits", reason=str(exc).partition("\n")[0])
