"""What routes are known by, added up by the hour behind the batches: in portions, when there is time for it.

Not with each batch, because it takes time and nothing waits for it: what is not folded yet, the report about trust
counts from the facts.
"""

from analytics.database import Connection
from analytics.statements import statement
from analytics.trust.signals import FUTURE_MS
from analytics.trust.span import STEP

AT_ONCE = 100_000
"""Reports of one portion, or one batch that has more."""
WORTH_IT = 20_000
"""So many are folded while batches are small,"""
TOO_MANY = 500_000
"""and so many whatever waits."""
SMALL = 5_000
"""Records of a batch behind which no other waits."""


class Folding:
    """Writes with the writer's connection, in transactions of its own."""

    def __init__(self, connection: Connection, *, at_once: int = AT_ONCE) -> None:
        self._connection = connection
        self._at_once = at_once
        self._behind = WORTH_IT

    def note(self, rows: int) -> None:
        """So many reports and registrations were stored."""
        self._behind += rows

    def take_turn(self, batch_id: int, *, waiting: int) -> None:
        """Fold a portion, when it is time for that with so many records at the door."""
        if self._behind >= (WORTH_IT if waiting <= SMALL else TOO_MANY):
            self.fold(batch_id)

    def fold(self, batch_id: int) -> None:
        """Fold the next portion of the batches up to `batch_id`, all of it or nothing."""
        self._connection.begin()
        try:
            ((folded, found, newest),) = self._run("find_unfolded", rows=self._at_once)
            until = newest if found == self._at_once else max(batch_id, folded)
            if until > folded:
                portion = {"folded": folded, "until": until, "batch_id": batch_id}
                step_us = STEP.total_seconds() * 1_000_000
                self._run("insert_trust_delta", **portion, step_us=int(step_us), future_ms=FUTURE_MS)
                self._run("insert_trust_folded", until=until)
            self._connection.commit()
        except BaseException:
            self._connection.rollback()
            raise
        self._behind = WORTH_IT if found == self._at_once else 0

    def _run(self, name: str, **parameters: int) -> list[tuple[int, ...]]:
        return self._connection.execute(statement(name), parameters).fetchall()
