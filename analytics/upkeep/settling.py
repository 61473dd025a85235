"""What is settled behind the batches: when connections called back, what is parked, what became of sends, and by which
names attempts go.

Questions look at facts only where they are newer than that, so they take as long in a year as on the first day.
"""

from analytics.statements import run
from analytics.store.database import Connection, transaction
from analytics.upkeep.job import AT_ONCE, Enough, Stored

ENOUGH = Enough(idle=2_000, small=50_000, busy=500_000)
"""Rows that are not settled."""
NAMES_AT_ONCE = 1_000_000
"""So many names are put in order together: a look reads a share of each such run, and the writer rests meanwhile."""
STEPS = (
    *("collect_callback_spans", "clear_callback_spans", "insert_callback_spans"),
    *("collect_parked", "clear_parked", "insert_parked"),
    *("collect_heard_sends", "collect_sends", "collect_send_counts"),
    *("clear_send_counts", "insert_send_counts"),
    *("clear_open_sends", "insert_open_sends"),
    *("clear_heard_sends", "insert_heard_sends"),
    *("insert_attempt_names", "insert_settled_batch"),
)


class Settling:
    """Writes with the writer's connection, in transactions of its own."""

    def __init__(self, connection: Connection, *, at_once: int = AT_ONCE, names_at_once: int = NAMES_AT_ONCE) -> None:
        self._connection = connection
        self._at_once = at_once
        self._names_at_once = names_at_once
        self._behind = ENOUGH.small  # nobody knows how far it is

    def note(self, stored: Stored) -> None:
        self._behind += stored.facts

    def is_due(self, *, waiting: int) -> bool:
        return self._behind >= ENOUGH.at(waiting)

    def run(self, batch_id: int) -> bool:
        with transaction(self._connection):
            ((settled, found, newest),) = run(self._connection, "find_unsettled", {"rows": self._at_once})
            until = newest if found == self._at_once else max(batch_id, settled)
            if until > settled:
                for name in STEPS:
                    run(self._connection, name, {"until": until})
                self._sort_names()
        self._behind = ENOUGH.small if found == self._at_once else 0
        return bool(found)

    def _sort_names(self) -> None:
        """Put the names in order that are in none, once they are many."""
        ((unsorted,),) = run(self._connection, "find_unsorted_names", {})
        if unsorted >= self._names_at_once:
            run(self._connection, "insert_sorted_names", {})
            run(self._connection, "clear_unsorted_names", {})
