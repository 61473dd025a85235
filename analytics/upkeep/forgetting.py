"""Drops facts that are old enough, an hour of them at a time; what was counted of them stays.

An hour goes in one transaction with the note that it went, so that a kill at any moment leaves it whole or not at all.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import duckdb
import structlog

from analytics.archive.coverage import Came, Registrations, why_not_archived
from analytics.archive.manifest import Run, load
from analytics.asking.buckets import HOUR, first_id, floored
from analytics.queries import load_query
from analytics.statements import run
from analytics.store.database import Connection
from contracts.errors import ArchiveDamaged
from runtime.clock import Clock
from runtime.crash_points import crash_point
from runtime.metrics import FORGOTTEN_TIME
from runtime.settings import Settings

log = structlog.get_logger()

PAUSE = timedelta(seconds=1)
"""Between two hours, for the batches that wait."""
LOOK_EVERY = timedelta(minutes=10)
FACTS = ("report", "registration", "unclaimed", "presumed_lost", "inbound", "signal", "dead_letter", "callback")
FOLDED = ("followed", "answered", "later_step", "later_root")
"""Of single attempts and sends, as the facts are."""
BOOKED = ("insert_going_released", "insert_going_places", "insert_forgotten")


class Edge(NamedTuple):
    """Up to where an hour of facts goes: a moment, and the first id that stays."""

    before: datetime
    first: str

    @classmethod
    def at(cls, before: datetime) -> "Edge":
        return cls(before, first_id(before))

    @property
    def parameters(self) -> dict[str, Any]:
        return {"before": self.before.replace(tzinfo=None), "first": self.first}


class Forgetting:
    """Forgets what is older than `store.keep_days`, once it is settled and the archive has it whole."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._keep = timedelta(days=settings.store.keep_days)
        self._archive = settings.data_dir / settings.archive.path
        self._clock = clock
        self._due_at = clock.now()
        self._registrations = Registrations()
        self._waits = ""

    def take_turn(self, connection: Connection, batch_id: int) -> None:
        """Forget an hour, if one is old enough and it is time to look; raises `duckdb.Error` when the store fails."""
        now = self._clock.now()
        if not self._keep or now < self._due_at:
            return
        edge = self._next_edge(connection, now)
        has_gone = edge is not None and self._forget(connection, edge, batch_id)
        self._due_at = now + (PAUSE if has_gone else LOOK_EVERY)

    def _next_edge(self, connection: Connection, now: datetime) -> Edge | None:
        """The end of the next hour with facts that are old enough; days of UTC go whole, once they are."""
        until = (now.astimezone(UTC) - self._keep).replace(hour=0, minute=0, second=0, microsecond=0)
        forgotten, oldest = _moment(connection, "forgotten"), oldest_fact(connection, before=until)
        if oldest is not None:
            reached = max(oldest, forgotten or oldest)
            return Edge.at(min(floored(reached, HOUR) + HOUR, until))
        return Edge.at(until) if forgotten is not None and forgotten < until else None

    def _forget(self, connection: Connection, edge: Edge, batch_id: int) -> bool:
        """Whether the facts before `edge` are gone; they stay when there is a reason to wait, which is told."""
        connection.begin()
        try:
            run(connection, "collect_going", edge.parameters)
            if waits := self._reason_to_wait(connection):
                connection.rollback()
                self._tell(waits)
                return False
            for name in (*BOOKED, *(f"forget_{table}" for table in (*FACTS, *FOLDED))):
                run(connection, name, edge.parameters | {"batch_id": batch_id})
            crash_point("sink.forgetting")
            connection.commit()
        except duckdb.Error:
            connection.rollback()
            raise
        crash_point("sink.forgot")
        FORGOTTEN_TIME.set(edge.before.timestamp())
        self._tell("")
        return True

    def _reason_to_wait(self, connection: Connection) -> str:
        """Why what is collected must not go yet; empty when it may."""
        causes = [Run(*row) for row in run(connection, "find_going_causes", {})]
        ((unsettled, oldest, newest),) = run(connection, "find_going_state", {})
        if unsettled:
            return f"{unsettled} facts stem from callbacks that are not settled; see GET /v1/conservation"
        try:
            callbacks, attempts = (load(self._archive / word, "") for word in ("callbacks", "attempts"))
            if waits := why_not_archived(self._archive / "callbacks", callbacks, causes):
                return waits
        except (ArchiveDamaged, OSError) as exc:
            return str(exc)
        if oldest is None:
            return ""
        came = Came(_utc(oldest), _utc(newest))
        return self._registrations.why_missing(attempts, _marks(connection, attempts.topic), came, self._clock.now())

    def _tell(self, waits: str) -> None:
        if waits and waits != self._waits:
            log.warning("forgetting_waits", reason=waits, advice="what is old is kept until then")
        self._waits = waits


def oldest_fact(connection: Connection, *, before: datetime) -> datetime | None:
    """When the oldest fact of before a moment came; null when there is none."""
    return _moment(connection, "oldest_fact", {"until": before.replace(tzinfo=None), "beyond": first_id(before)})


def _moment(connection: Connection, question: str, parameters: Mapping[str, Any] | None = None) -> datetime | None:
    found = connection.execute(load_query(question).sql, parameters).fetchall()
    return _utc(found[0][0]) if found and found[0][0] is not None else None


def _marks(connection: Connection, topic: str) -> Mapping[int, int]:
    """The newest registration of each partition that is in the store, as its place on Kafka."""
    rows = connection.execute(load_query("source_marks").sql).fetchall()
    return {part: offset for _, _, source, part, offset, _ in rows if source == topic}


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)
