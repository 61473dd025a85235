"""A store with its files and snapshots, to be damaged, closed, killed and opened again."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from shutil import copytree
from typing import Any

import duckdb

from analytics.freshness import Skyline
from analytics.sink.columns import hasher
from analytics.sink.writer import Writer
from analytics.store.database import Database, log_of
from analytics.store.recovery import Recovery
from analytics.store.snapshots import Snapshots
from analytics.upkeep.upkeep import Upkeep
from runtime.clock import FixedClock
from runtime.settings import Settings, StoreSettings
from tests.support.empty_store import new_store
from tests.support.store_line import T0, Line

HOUR_S = 3600.0


@dataclass
class StoreFiles:
    """Below `directory`; between `start` and `stop` it can be written."""

    directory: Path
    clock: FixedClock = field(default_factory=lambda: FixedClock(T0))
    line: Line = field(default_factory=Line)
    every_s: float = HOUR_S
    kind: type[Database] = Database

    def __post_init__(self) -> None:
        self.settings = Settings(data_dir=self.directory, store=StoreSettings(snapshot_every_s=self.every_s))
        self.path = self.directory / self.settings.store.path
        if not self.path.exists():
            new_store(self.path)
        self.database = self.kind(self.path, self.settings.store)
        self.snapshots = Snapshots(self.settings, self.clock)
        self.skyline = Skyline()

    def start(self) -> str:
        """What recovery told."""
        self.database = self.kind(self.path, self.settings.store)
        self.snapshots = Snapshots(self.settings, self.clock)
        recovery = Recovery(self.database, self.snapshots, self.clock)
        recovery.open()
        return recovery.told

    def stop(self) -> None:
        self.database.close()

    @contextmanager
    def running(self) -> Iterator[str]:
        try:
            yield self.start()
        finally:
            self.stop()

    def store(self, count: int = 1) -> None:
        """So many reports more, in one batch; a snapshot is taken before it when one is due."""
        for _ in range(count):
            self.line.report("sent", of=f"m{len(self.line.told)}", connection="observed")
        with self._writing() as writer:
            writer.write(writer.prepare(writer.resume(), self.line.fetch()))

    def rest(self) -> None:
        """A turn of the writer with nothing to write."""
        with self._writing() as writer:
            writer.write(writer.prepare(writer.resume(), []))

    def snapshot(self) -> Path:
        """An hour passes, and the writer has its turn; the newest snapshot after that."""
        self.clock.advance(self.every_s)
        self.rest()
        return self.snapshots.newest_first()[0].path

    def stored(self) -> int:
        """How many reports there are."""
        return int(self.ask("SELECT count(*) FROM report")[0][0])

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        cursor = self.database.cursor()
        try:
            return cursor.execute(sql).fetchall()
        finally:
            cursor.close()

    def killed(self) -> None:
        """End as kill -9 ends: what is on the disk now is all there is."""
        left = {path: path.read_bytes() for path in (self.path, log_of(self.path)) if path.exists()}
        self.stop()
        for path, content in left.items():
            path.write_bytes(content)

    def copied_to(self, directory: Path) -> "StoreFiles":
        """Another store, which is closed or was killed as this one: to be damaged."""
        copytree(self.directory, directory, dirs_exist_ok=True)
        return replace(self, directory=directory, clock=FixedClock(self.clock.now()), line=deepcopy(self.line))

    def aside(self) -> list[str]:
        """The names of the files that were moved aside."""
        return sorted(path.name for path in self.directory.glob("*.damaged-*"))

    @contextmanager
    def _writing(self) -> Iterator[Writer]:
        connection = self.database.cursor()
        writer = Writer(
            connection,
            hasher(b"k" * 16),
            Upkeep(connection, self.skyline),
            seen_days=3,
            take_snapshot=lambda using, batch_id: self.snapshots.take_if_due(self.database, using, batch_id),
        )
        try:
            yield writer
        finally:
            writer.close()


def flip(path: Path, at: int) -> None:
    """One bit of one byte; from the end when `at` is negative."""
    with path.open("r+b") as file:
        file.seek(at, os.SEEK_SET if at >= 0 else os.SEEK_END)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))


def flip_data(path: Path) -> None:
    """One bit in each block that holds reports: the file opens, and they cannot be read."""
    with duckdb.connect(path, read_only=True) as connection:
        found = connection.execute(
            "SELECT DISTINCT block_id FROM pragma_storage_info('report') WHERE block_id >= 0"
        ).fetchall()
    for (block,) in found:
        flip(path, 3 * 4096 + block * 256 * 1024 + 5000)
