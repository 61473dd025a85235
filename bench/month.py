"""A store with a month in it, made once and kept: `python -m bench.month [reports]`.

Reports and all that is around them are made by SQL and put where the sink puts them, a day at a time; what the sink
derives from a batch is derived from them by its own statements.
"""

import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path

import pyarrow as pa
from rich.console import Console
from rich.progress import track

from analytics.freshness import Horizon, Skyline
from analytics.queries import with_parts
from analytics.sink.batch import TABLES
from analytics.sink.columns import hasher
from analytics.sink.writer import Writer
from analytics.statements import execute
from analytics.store.database import Connection, Database
from analytics.upkeep.upkeep import Upkeep
from bench.lives import HERE, Lives, statements, text_of
from bench.sink import PARTITIONS, START
from runtime.settings import StoreSettings
from tidings.demo.setup import data_home

REPORTS = 50_000_000
DAYS = 30
END, BEGIN = START, START - timedelta(days=DAYS)
A_DAY = timedelta(days=1)
ROOMY = StoreSettings(memory_limit="6GB")
"""A day at once is more than a store has to bear."""
UPDATES, CALLBACKS = "updates", "callbacks"
TOPIC_OF = {table: topic for topic, table in TABLES.items()} | {
    "report": UPDATES,
    "registration": UPDATES,
    "callback": CALLBACKS,
}
BEGUN = "INSERT INTO begun SELECT $topic, range, 0, $batch_id FROM range($partitions::BIGINT)"
OFFSETS = """
    INSERT INTO offsets
    SELECT $topic, range, ($count + $partitions - 1 - range) // $partitions, $batch_id, now() AT TIME ZONE 'UTC'
    FROM range($partitions::BIGINT)
"""
PROOFS = {
    "callbacks are open": "SELECT count(*) FROM open_callback",
    "callbacks are settled otherwise than once": """
        SELECT sum(received) - (SELECT count(*) FROM callback) FROM settled_count
    """,
    "attempts are counted otherwise than once": """
        SELECT sum(attempt_count) - (
            SELECT count(DISTINCT attempt_id)
            FROM (SELECT attempt_id FROM report UNION ALL SELECT attempt_id FROM registration)
        )
        FROM hour_delta
    """,
    "attempts are counted by the day otherwise than by the hour": """
        SELECT (SELECT sum(attempt_count) FROM day_count) - (SELECT sum(attempt_count) FROM hour_delta)
    """,
    "facts of routes are counted by the day otherwise than by the hour": """
        SELECT (SELECT sum(n) FROM day_trust) - (SELECT sum(n) FROM trust_delta)
    """,
    "sends are counted otherwise than once": """
        SELECT sum(send_count) - (SELECT count(DISTINCT send_id) FROM command) FROM send_count
    """,
    "steps have no first try": """
        SELECT count(*)
        FROM (SELECT count_if(ends_with(send_id, '-0')) AS firsts FROM command GROUP BY message_id, step)
        WHERE firsts = 0
    """,
    "later steps are kept otherwise than once": """
        SELECT count(*) - (SELECT count(DISTINCT (message_id, step)) FROM command WHERE step > 0) FROM later_step
    """,
    "batches are not folded": """
        SELECT (SELECT max(batch_id) FROM offsets) - min(batch_id) FROM folded
    """,
}


TELLING = ("report", "registration")
ANY_OUTCOME = pa.table({"value": ["{}"]})
"""There are outcomes each day."""


class Chronicler(Writer):
    """Writes whole days at once."""

    def write_day(self, placed: Counter[str]) -> None:
        """What is in the temporary tables of `lives.sql` as one batch; `placed` counts the records of each topic."""
        self._arrivals.show("outcome", ANY_OUTCOME)
        self._counting.get_ready()
        self._connection.begin()
        for statement in statements("month"):
            places = {topic: placed[topic] for topic in TOPIC_OF.values()}
            counted = execute(self._connection, statement, {**places, "batch_id": self._batch_id + 1})
            if inserted := re.search(r"^INSERT INTO (\w+)", statement, re.MULTILINE):
                placed[TOPIC_OF[inserted[1]]] += counted[0][0]
        self._counting.count({name: self._told_by(name) for name in TELLING}, self._batch_id + 1)
        for topic, count in placed.items():
            self._note(topic, count)
        self._connection.commit()
        self._batch_id += 1

    def _told_by(self, name: str) -> pa.Table:
        """The attempts of which the day tells."""
        sql = f"SELECT attempt_id::VARCHAR AS attempt_id FROM {name} WHERE batch_id = {self._batch_id + 1}"
        return self._connection.sql(sql).to_arrow_table()

    def tidy(self) -> None:
        self._upkeep.tidy(self._batch_id)

    def _note(self, topic: str, count: int) -> None:
        """How far the topic is read now, and with the first day that it was read from the beginning."""
        told = {"topic": topic, "count": count, "partitions": PARTITIONS, "batch_id": self._batch_id + 1}
        if not self._batch_id:
            execute(self._connection, BEGUN, told)
        execute(self._connection, OFFSETS, told)


def positions(count: int) -> dict[int, int]:
    """Partition to next offset, when a topic has had `count` records."""
    return {partition: (count + PARTITIONS - 1 - partition) // PARTITIONS for partition in range(PARTITIONS)}


def kept_month(reports: int = REPORTS) -> Path:
    """The store with about so many reports, made when there is none or the tables have changed since."""
    path = data_home() / "bench" / f"month-{reports}-{_shape()}.duckdb"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        for old in path.parent.glob(f"month-{reports}-*"):
            old.unlink()
        with tempfile.TemporaryDirectory(dir=path.parent) as place:
            made = Path(place) / path.name
            _make(made, reports)
            made.rename(path)
    return path


@contextmanager
def opened_month(reports: int) -> Iterator[Database]:
    """A copy of it, which may be written to, open with the settings of a store."""
    kept = kept_month(reports)
    with tempfile.TemporaryDirectory(dir=kept.parent) as place:
        database = Database(Path(shutil.copy(kept, place)), StoreSettings())
        database.open()
        try:
            yield database
        finally:
            database.close()


def _make(path: Path, reports: int) -> None:
    database, skyline = Database(path, ROOMY), Skyline()
    database.open()
    with closing(database), closing(database.cursor()) as connection:
        chronicler = Chronicler(connection, hasher(b"bench"), Upkeep(connection, skyline), seen_days=3)
        lives = Lives(connection, BEGIN, reports_per_s=reports / (DAYS * A_DAY.total_seconds()))
        placed: Counter[str] = Counter()
        for _ in track(range(DAYS), f"a month of {reports:,} reports", console=Console(stderr=True)):
            lives.go_on(A_DAY)
            chronicler.write_day(placed)
            skyline.latest = Horizon(as_of=lives.until, callbacks=positions(placed[CALLBACKS]))
            chronicler.tidy()
        _prove(connection)
        connection.execute("CHECKPOINT")


def _prove(connection: Connection) -> None:
    """Raises when the store does not add up: every item of a callback explained once, every attempt counted once."""
    for what, sql in PROOFS.items():
        ((wrong,),) = connection.execute(sql).fetchall()
        if wrong:
            raise RuntimeError(f"the month that was made is not whole: {wrong} {what}")


def _shape() -> str:
    """Of all that decides what is in it."""
    told = [text_of("lives"), text_of("month")]
    told += [(HERE / name).read_text(encoding="utf-8") for name in ("lives.py", "month.py")]
    for package in ("analytics.store.migrations", "analytics.statements"):
        sources = [one.read_text(encoding="utf-8") for one in files(package).iterdir() if one.name.endswith(".sql")]
        told += sorted(map(with_parts, sources))
    return blake2b("\n".join(told).encode(), digest_size=4).hexdigest()


if __name__ == "__main__":
    print(kept_month(*map(int, sys.argv[1:])))
