"""Callbacks of which it is proven that nothing is lost become a number: each proof looks at all that are not."""

from collections.abc import Mapping

import structlog

from analytics.freshness import Skyline
from analytics.queries import load_query
from analytics.statements import run
from analytics.store.database import Connection, transaction
from analytics.upkeep.job import Enough, Stored

log = structlog.get_logger()

ENOUGH = Enough(idle=2_000, small=10_000, busy=50_000)
"""Callbacks that are not added up."""


class AddingUp:
    """Writes with the writer's connection, in transactions of its own."""

    def __init__(self, connection: Connection, skyline: Skyline) -> None:
        self._connection = connection
        self._skyline = skyline
        self._behind = 0
        self._looked_below: Mapping[int, int] = {}

    def note(self, stored: Stored) -> None:
        self._behind += stored.callbacks

    def is_due(self, *, waiting: int) -> bool:
        """When enough are there, and more are below the horizon than when they were added up last."""
        return self._behind >= ENOUGH.at(waiting) and self._skyline.latest.callbacks != self._looked_below

    def run(self, batch_id: int) -> bool:
        """Add up the callbacks below the horizon, unless one of them is not explained exactly once."""
        self._behind = 0
        self._looked_below = below = self._skyline.latest.callbacks
        with transaction(self._connection):
            ((settled,),) = self._connection.execute(load_query("settled").sql).fetchall()
            place = {"partitions": list(below), "below": list(below.values()), "settled": settled}
            run(self._connection, "collect_due", place)
            ((wrong,),) = run(self._connection, "find_wrong", {})
            if wrong:
                log.error("conservation_not_settled", callbacks=wrong)
                return True
            for name in ("insert_settled_count", "insert_settled_place"):
                run(self._connection, name, {"batch_id": batch_id})
        return True
