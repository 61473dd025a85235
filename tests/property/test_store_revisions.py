"""Whoever follows revisions, bucket by bucket, ends with the table that a question for everything has."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics import questions
from analytics.asking.buckets import Bucket
from analytics.asking.reader import Reader
from analytics.freshness import Skyline
from analytics.measures.metrics import Dimension, Measure, MetricsQuestion
from analytics.sink.columns import hasher
from analytics.sink.writer import Writer
from analytics.store.database import Connection, Database
from analytics.upkeep.upkeep import Upkeep
from runtime.clock import FixedClock
from tests.support.examples import share
from tests.support.store_deeds import TABLES, crash_of_track, deeds, lived, portion
from tests.support.store_line import T0, Line, at, ms
from tests.support.store_recount import recount

END = at(4 * 3600)
COUNTED = (Measure.SENT, Measure.DELIVERED, Measure.CONFLICTS, Measure.REPEATED, Measure.UNKNOWN_CODES, Measure.COST)
GROUPS = ((), (Dimension.COUNTRY,), (Dimension.CHANNEL,), (Dimension.CAMPAIGN, Dimension.ACCOUNT))


class Poller:
    """Has a table of numbers by bucket and asks only for what changed, as the page about metrics says."""

    def __init__(self, reader: Reader, **asked: Any) -> None:
        self._reader = reader
        self._asked = {"measures": COUNTED, "from_": T0, "to": END} | asked
        self._since: int | None = None
        self.table: dict[datetime | None, list[dict[str, Any]]] = {}

    def ask(self, since: int | None) -> questions.Measured:
        question = MetricsQuestion(**self._asked, changed_since=since)
        return asyncio.run(questions.metrics(self._reader, question))

    def poll(self) -> None:
        told = self.ask(self._since)
        for bucket in told.changed or ():
            self.table.pop(bucket["bucket_at"], None)
        self.table |= by_bucket(told.rows)
        self._since = told.freshness.revision

    def everything(self) -> dict[datetime | None, list[dict[str, Any]]]:
        return by_bucket(self.ask(None).rows)


def by_bucket(rows: list[dict[str, Any]]) -> dict[datetime | None, list[dict[str, Any]]]:
    found: dict[datetime | None, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.get("bucket_at"), []).append(row)
    return found


@contextmanager
def emptied(database: Database) -> Iterator[Reader]:
    """Whoever asks the store, which is empty again; no reader lives to see batches numbered from the beginning."""
    with closing(database.cursor()) as connection:
        for table in TABLES:
            connection.execute(f"DELETE FROM {table}")
    with closing(Reader(database, Skyline(), FixedClock(at(60)), threads=2, limit_s=10)) as reader:
        yield reader


def live(database: Database, line: Line, pollers: list[Poller], chance: random.Random) -> None:
    """Write the line in portions up to chance, with upkeep, crashes and restarts in between; now and then one polls."""
    connection = database.cursor()
    upkeep, started, crash = Upkeep(connection, Skyline()), 0, chance.randrange(8)
    writer = Writer(connection, hasher(b"k" * 16), upkeep, seen_days=3)
    intake, batches = writer.resume(), 0
    while portions := portion(line, chance):
        writer.write(writer.prepare(intake, portions))
        batches += 1
        if batches == crash:
            crash_of_track(line, chance)
        if chance.random() < 0.3:
            started += chance.choice([0, 1000])
            writer = Writer(connection, hasher(b"k" * 16), upkeep, seen_days=3, least_batch=started)
            intake = writer.resume()
        if chance.random() < 0.3:
            upkeep.tidy(newest(connection))
        for poller in pollers:
            if chance.random() < 0.4:
                poller.poll()
    upkeep.tidy(newest(connection))
    connection.close()


def newest(connection: Connection) -> int:
    """The newest batch of the store."""
    ((batch_id,),) = connection.execute("SELECT coalesce(max(batch_id), 0) FROM offsets").fetchall()
    return int(batch_id)


@settings(max_examples=share(0.1), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(what=deeds, seed=st.integers(0, 2**32), group_by=st.sampled_from(GROUPS))
def test_a_follower_ends_with_the_whole_table(
    database: Database, what: list[Any], seed: int, group_by: tuple[Dimension, ...]
) -> None:
    sizes = (Bucket.QUARTER_HOUR, Bucket.HOUR, Bucket.DAY, Bucket.NONE)
    with emptied(database) as reader:
        pollers = [Poller(reader, bucket=size, group_by=group_by) for size in sizes]
        live(database, lived(what), pollers, random.Random(seed))

        for poller in pollers:
            poller.poll()
            assert poller.table == poller.everything()


@settings(max_examples=share(0.2), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(what=deeds, seed=st.integers(0, 2**32))
def test_a_follower_ends_with_a_recount(database: Database, what: list[Any], seed: int) -> None:
    line = lived(what)
    with emptied(database) as reader:
        poller = Poller(reader, measures=(Measure.SENT,), group_by=(Dimension.COUNTRY, Dimension.STATUS))
        live(database, line, [poller], random.Random(seed))
        poller.poll()
    counted: Counter[tuple[int, str | None, str]] = Counter()
    for cell, count in recount(line.told).attempts.items():
        counted[cell.hour_ms, cell.country, cell.status] += count
    rows = [row for several in poller.table.values() for row in several]
    followed = Counter({(ms(row["bucket_at"]), row["country"], row["status"]): row["sent"] for row in rows})

    assert +followed == +counted
