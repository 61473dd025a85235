"""A store with a past that is old enough to be forgotten, the archive beside it, and the clock long after."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analytics.archive.shelf import Shelf
from analytics.asking.reader import Reader
from analytics.freshness import Horizon, Skyline
from analytics.sink.columns import hasher
from analytics.sink.writer import Writer
from analytics.store.database import Database
from analytics.upkeep.forgetting import LOOK_EVERY, Forgetting
from analytics.upkeep.upkeep import Upkeep
from contracts.archived import Archived
from runtime.clock import FixedClock
from runtime.settings import Settings, StoreSettings
from tests.support.store_line import PREFIX, Line, at

KEEP_DAYS = 37
DAY_S = 86_400
LATER_S = 45 * DAY_S
"""When whatever came in the first days is old enough."""
DOORS = ("callbacks", "attempts")


def settings_of(directory: Path, *, keep_days: int = KEEP_DAYS) -> Settings:
    return Settings(data_dir=directory, store=StoreSettings(keep_days=keep_days, snapshot_every_s=0))


def lived() -> Line:
    """Two old days and one that is not: parked reports and what frees them, late reports, what people wrote."""
    line = Line()
    for day in (0, 1, 44):
        begun = day * DAY_S
        line.report("sent", of=f"a{day}", connection="observed", country="GB", at_s=begun)
        line.report("delivered", of=f"a{day}", connection="observed", country="GB", at_s=begun + 30 * 3600)
        for _ in range(2):
            line.report("sent", of=f"p{day}", at_s=begun + 60)
        line.register(of=f"p{day}", at_s=begun + 90, campaign="autumn")
        line.report("sent", of=f"u{day}", at_s=begun + 120)
        line.inbound(f"{day:032x}", at_s=begun + 300)
        line.signal(f"{day + 100:032x}", at_s=begun + 400)
        line.dead_letter(b"{", at_s=begun + 500)
    line.unclaim(of="u0", at_s=8 * DAY_S)
    line.unclaim(of="u1", at_s=9 * DAY_S)
    return line


@dataclass
class Past:
    """Over an open store; `tell` stores, settles and archives what the line has."""

    database: Database
    directory: Path
    line: Line = field(default_factory=lived)

    def __post_init__(self) -> None:
        self.clock = FixedClock(at(LATER_S))
        self.skyline = Skyline()
        self.settings = settings_of(self.directory)
        self.connection = self.database.cursor()
        self.upkeep = Upkeep(self.connection, self.skyline, Forgetting(self.settings, self.clock))
        self.writer = Writer(self.connection, hasher(b"k" * 16), self.upkeep, seen_days=3)
        self.reader = Reader(self.database, self.skyline, self.clock, threads=2, limit_s=10)

    def close(self) -> None:
        self.reader.close()
        self.writer.close()

    def tell(self, *, settles: bool = True) -> None:
        self.store()
        if settles:
            self.settle()
        for word in DOORS:
            self.archive(word)

    def store(self) -> None:
        """Without forgetting anything: the turn for that is over before the batch begins."""
        self.writer.write(self.writer.prepare(self.writer.resume(), self.line.fetch()))

    def settle(self) -> None:
        self.know_all()
        self.upkeep.tidy(1)

    def know_all(self) -> None:
        """Up to where there are callbacks, as the sink tells it."""
        ends = {part: len(self.line.logs["callbacks", part]) for part in range(self.line.partitions)}
        self.skyline.latest = Horizon(self.clock.now(), ends)

    def archive(self, word: str, *, without: Mapping[int, int] | None = None) -> None:
        """What the line has of a topic, from its beginning; of some partitions less by so many at the end."""
        shelf = Shelf(self.directory / self.settings.archive.path / word, f"{PREFIX}{word}-v1", self.clock)
        shelf.begin(dict.fromkeys(range(self.line.partitions), 0))
        for part in range(self.line.partitions):
            log = self.line.logs[word, part]
            kept = log[: len(log) - (without or {}).get(part, 0)]
            shelf.take(part, [Archived(part, r.offset, r.timestamp, None, r.value, r.headers) for r in kept])
        shelf.record()

    def turn(self) -> None:
        """A turn of the writer, when it is time to look again."""
        self.clock.advance(LOOK_EVERY.total_seconds())
        self.upkeep.forget(1)

    def forget_all(self) -> None:
        """All that is old enough."""
        for _ in range(8):
            self.turn()

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()

    def facts(self) -> dict[str, int]:
        """Rows of each table of facts."""
        tables = ("callback", "report", "registration", "unclaimed", "inbound", "signal", "dead_letter")
        return {name: self.ask(f"SELECT count(*) FROM {name}")[0][0] for name in tables}
