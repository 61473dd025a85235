"""Opens the store whatever became of its file: as it is, else without its log, else a snapshot of it, else anew.

Whatever is opened says itself up to where it has read, so the sink goes on from there and nothing is missing, as long
as Kafka still has what came after. What is not used any more is moved aside, never removed.
"""

from datetime import UTC
from pathlib import Path

import structlog

from analytics.store.database import Database, beside, log_of
from analytics.store.diagnosis import is_of_log
from analytics.store.files import copy_from, reading
from analytics.store.inventory import inspect
from analytics.store.snapshots import STAMP, Snapshots
from contracts.errors import StoreDamaged
from runtime.clock import Clock
from runtime.crash_points import crash_point
from runtime.durable import put_in_place
from runtime.metrics import STORE_RECOVERIES

log = structlog.get_logger()

DAMAGED = ".damaged"


class Recovery:
    """One start of the store."""

    def __init__(self, database: Database, snapshots: Snapshots, clock: Clock) -> None:
        self._database = database
        self._snapshots = snapshots
        self._path = database.path
        self._stamp = f"{clock.now().astimezone(UTC):{STAMP}}"
        self._candidates = snapshots.newest_first()
        self._is_new = False
        self.told = ""
        """What was done, for people; empty when nothing had to be."""

    def open(self) -> None:
        """Open the store; raises `StoreUnavailable` for what a snapshot cannot cure, such as a lock or a full disk."""
        self._snapshots.tidy()
        if self._candidates and not self._path.exists():
            self._replace("its file is gone")
        while True:
            try:
                self._check_suspect()
                self._database.open()
            except StoreDamaged as exc:
                if self._is_new:
                    raise
                self._give_up(exc)
            else:
                return

    def _check_suspect(self) -> None:
        """Read all of a file in which damage was met; raises `StoreDamaged` when it still is."""
        mark = self._database.mark
        if mark.exists() and self._path.exists():
            log.warning("suspected_store_read", path=str(self._path), reason=mark.read_text(encoding="utf-8"))
            inspect(self._path)
        mark.unlink(missing_ok=True)

    def _give_up(self, damage: StoreDamaged) -> None:
        """Move aside what is damaged and put the next best in its place."""
        log.error("store_damaged", reason=str(damage))
        has_log = log_of(self._path).exists()
        self._move_aside(log_of(self._path))
        if has_log and is_of_log(str(damage)):
            # As of its last checkpoint the file is a store like any other, and newer than a snapshot.
            self._tell("file", "its log was damaged, so it goes on from its last checkpoint")
            return
        self._move_aside(self._path)
        crash_point("store.moved_aside")
        self._replace("its file was damaged")

    def _replace(self, reason: str) -> None:
        """Put the newest good snapshot in place of the file, if there is one."""
        self._move_aside(log_of(self._path))
        while self._candidates:
            snapshot = self._candidates.pop(0)
            try:
                inspect(snapshot.path)
            except StoreDamaged as exc:
                log.error("snapshot_damaged", reason=str(exc))  # noqa: TRY400  # the text is all there is to know
                snapshot.path.replace(beside(snapshot.path, DAMAGED))
                continue
            _copy(snapshot.path, self._path)
            self._tell(
                "snapshot", f"{reason}, so it goes on from the snapshot of {snapshot.made_at:%Y-%m-%d %H:%M:%S}Z"
            )
            return
        self._is_new = True
        self._tell("nothing", f"{reason} and no snapshot is good, so it is filled anew with what Kafka has")

    def _move_aside(self, path: Path) -> None:
        if path.exists():
            aside = path.with_name(path.name.replace(self._path.name, f"{self._path.name}{DAMAGED}-{self._stamp}", 1))
            path.replace(aside)
            log.warning("file_moved_aside", path=str(path), to=str(aside))

    def _tell(self, origin: str, told: str) -> None:
        STORE_RECOVERIES.labels(origin).inc()
        self.told = told
        log.warning("store_recovered", path=str(self._path), origin=origin, told=told)


def _copy(source: Path, target: Path) -> None:
    unfinished = beside(target, ".unfinished")
    with reading(source) as descriptor:
        copy_from(descriptor, unfinished)
    put_in_place(unfinished, target)
