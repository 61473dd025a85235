"""Copies of the store to fall back on. Each is read through before an older one is given up for it.

Offsets and marks are inside, so a copy is a place to go on from: Kafka gives what came after it, if it still has that.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import structlog

from analytics.store.database import Connection, Database
from analytics.store.inventory import inspect, take_inventory
from contracts.errors import StoreDamaged
from runtime.clock import Clock
from runtime.crash_points import crash_point
from runtime.durable import put_in_place
from runtime.metrics import SNAPSHOT_BYTES, SNAPSHOT_SECONDS, SNAPSHOT_TIME
from runtime.settings import Settings

log = structlog.get_logger()

KEPT = 2
"""Two, so that one remains when the newest is damaged too."""
RETRY = timedelta(minutes=1)
STAMP = "%Y%m%dT%H%M%S%fZ"
UNFINISHED = ".unfinished"


def folder_of_snapshots(settings: Settings) -> Path:
    """Where the copies are."""
    return settings.data_dir / "snapshots"


@dataclass(frozen=True, order=True)
class Snapshot:
    """A copy of the store, as its name tells."""

    made_at: datetime
    batch_id: int
    path: Path

    @property
    def size(self) -> int:
        return self.path.stat().st_size


class Snapshots:
    """Makes a copy now and then, in the writer's turn, and knows those there are."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.directory = folder_of_snapshots(settings)
        self._every = timedelta(seconds=settings.store.snapshot_every_s)
        self._clock = clock
        newest = next(iter(self.newest_first()), None)
        self._batch_id = newest.batch_id if newest else 0
        self._is_wanted = False
        self._due_at = (newest.made_at if newest else clock.now()) + self._every

    def newest_first(self) -> list[Snapshot]:
        """Those there are, by their names; whether they are good, only `inspect` can tell."""
        return sorted(self._found(), reverse=True)

    def request(self) -> Snapshot | None:
        """Let one be made in the writer's next turn, unless nothing was stored since the newest, which is told."""
        self._is_wanted = True
        return next(iter(self.newest_first()), None)

    def take_if_due(self, database: Database, connection: Connection, batch_id: int) -> None:
        """`take` when the newest is old enough or somebody wants one, unless there is one of this very batch."""
        is_wanted, self._is_wanted = self._is_wanted, False
        if batch_id != self._batch_id and (is_wanted or self._is_old()):
            self.take(database, connection, batch_id)

    def _is_old(self) -> bool:
        return bool(self._every) and self._clock.now() >= self._due_at

    def take(self, database: Database, connection: Connection, batch_id: int) -> None:
        """Make one, and keep what there was when it is not good; raises `duckdb.Error` when the store itself fails."""
        self._due_at = self._clock.now() + min(RETRY, self._every)
        try:
            with SNAPSHOT_SECONDS.time():
                made = self._take(database, connection, batch_id)
        except StoreDamaged as exc:
            database.suspect(f"a copy of it cannot be read: {exc}")
        except (OSError, duckdb.TransactionException) as exc:
            log.error("snapshot_failed", reason=str(exc), advice="the older ones stay; it is tried again")  # noqa: TRY400  # the text says what is wrong; a traceback does not
        else:
            self._due_at, self._batch_id = made.made_at + self._every, batch_id
            log.info("snapshot_made", path=str(made.path), size=made.size, batch_id=batch_id)
        self.tidy()

    def tidy(self) -> None:
        """Remove what was left unfinished and what is older than those kept, and show the newest in the metrics."""
        unfinished = self.directory.glob(f"*{UNFINISHED}*")
        found = self.newest_first()
        for path in (*unfinished, *(old.path for old in found[KEPT:])):
            path.unlink()
        if found:
            SNAPSHOT_TIME.set(found[0].made_at.timestamp())
            SNAPSHOT_BYTES.set(found[0].size)

    def _take(self, database: Database, connection: Connection, batch_id: int) -> Snapshot:
        self.directory.mkdir(parents=True, exist_ok=True)
        made_at = self._clock.now()
        path = self.directory / f"{made_at.astimezone(UTC):{STAMP}}-{batch_id}.duckdb"
        unfinished = path.with_name(path.name + UNFINISHED)
        connection.execute("CHECKPOINT").fetchall()
        crash_point("sink.checkpointed")
        wanted = take_inventory(connection)
        database.copy_to(unfinished)
        crash_point("sink.snapshot_copied")
        if inspect(unfinished) != wanted:
            raise StoreDamaged(f"{unfinished} does not hold what the store holds")
        put_in_place(unfinished, path)
        crash_point("sink.snapshot_renamed")
        return Snapshot(made_at, batch_id, path)

    def _found(self) -> Iterator[Snapshot]:
        for path in self.directory.glob("*.duckdb"):
            stamp, _, batch_id = path.stem.partition("-")
            with suppress(ValueError):  # a file of somebody else's
                yield Snapshot(datetime.strptime(stamp, STAMP).replace(tzinfo=UTC), int(batch_id), path)
