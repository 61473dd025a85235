"""Whatever was reported, in whatever portions it came and however often: the rollups are what a recount gives."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.asking.buckets import Bucket
from analytics.asking.reader import Asked, Reader, Row, kept
from analytics.back_test.questions import BackTestQuestion, ReplayedStep
from analytics.freshness import Horizon, Skyline
from analytics.measures.folds import Fold, reached, rule_of
from analytics.measures.metrics import Dimension, Measure, MetricsQuestion
from analytics.measures.rollups import ROLLUPS, TRUST, Rollup
from analytics.measures.sources import COSTS, COSTS_OF_FACTS, COUNTS, COUNTS_OF_FACTS, PLACES, Source
from analytics.queries import load_query
from analytics.reports.funnel import replied
from analytics.reports.providers import compared
from analytics.reports.question import GROUPS, ReportQuestion
from analytics.sink.columns import hasher
from analytics.sink.writer import Writer
from analytics.store.database import Database
from analytics.trust.report import TrustQuestion
from analytics.upkeep import sealing
from analytics.upkeep.folding import REPLY_WINDOW_S
from analytics.upkeep.job import Stored
from analytics.upkeep.upkeep import Upkeep
from contracts.plans import SendOutcome
from runtime.clock import FixedClock
from tests.support.examples import share
from tests.support.store_deeds import (
    TABLES,
    crash_of_track,
    deeds,
    lived,
    over_days,
    portion,
    sent,
    talks,
)
from tests.support.store_line import Line, at
from tests.support.store_prices import Costs, Priced, prices_of
from tests.support.store_recount import Cell, recount

CELLS = """
SELECT epoch_ms(hour_at), account, channel, country, campaign, status, reason, is_conflict,
    sum(attempt_count)::BIGINT, sum(entry_count)::BIGINT, sum(repeated_count)::BIGINT
FROM hour_delta GROUP BY ALL
"""
LATENCIES = """
SELECT epoch_ms(hour_at), country, campaign, channel, bucket, sum(attempt_count)::BIGINT
FROM latency_delta GROUP BY ALL HAVING sum(attempt_count) <> 0
"""

PRICES = """
SELECT status, currency, is_fallback, sum({which}_count)::BIGINT AS n, sum({which}_cost) AS cost
FROM (
    SELECT *, NULL AS currency, false AS is_fallback, 0 AS attempt_cost, 0 AS entry_cost FROM hour_delta
    UNION ALL BY NAME
    FROM price_delta
)
GROUP BY ALL HAVING n <> 0 OR cost <> 0
"""

MIDNIGHT_S, DAY_S = -10 * 3600, 86_400
"""The midnight before everything begins."""
OF_DAYS = """
SELECT {day_at}, {dimensions}, {sums} FROM {table} WHERE {condition} GROUP BY ALL HAVING {counts} ORDER BY ALL
"""


def store(database: Database, line: Line, chance: random.Random, *, is_tidied: bool = True) -> None:
    """Write the line in portions up to chance, with crashes of track, restarts of the sink and upkeep in between.

    Now and then all that is there becomes what an older version would have written. Upkeep has the last word, unless
    some is to be left as it is.
    """
    connection = database.cursor()
    for table in TABLES:
        connection.execute(f"DELETE FROM {table}")
    skyline = Skyline()
    writer = Writer(connection, hasher(b"k" * 16), upkeep := Upkeep(connection, skyline), seen_days=3)
    intake, batches = writer.resume(), 0
    crashes = chance.sample(range(8), 2)
    while portions := portion(line, chance):
        writer.write(writer.prepare(intake, portions))
        batches += 1
        if chance.random() < 0.3:
            intake = writer.resume()
        if batches in crashes:
            crash_of_track(line, chance)
        if chance.random() < 0.3:
            upkeep.tidy(batches)
        if chance.random() < 0.3:
            upkeep.note(Stored(deltas=sealing.ENOUGH.busy))
            upkeep.take_turn(batches, waiting=1)
    skyline.latest = Horizon(None, {part: len(line.logs["callbacks", part]) for part in range(line.partitions)})
    if is_tidied:
        upkeep.tidy(batches)
    connection.close()


worlds = settings(max_examples=share(0.3), deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Each is told once, and all laws of its kind are tried on it: the function that raises is the law that is broken."""


@worlds
@given(
    what=deeds,
    seed=st.integers(0, 2**32),
    by_channel=st.booleans(),
    begin_s=st.sampled_from([0, 0, 0, 1800, 3600]),
    end_s=st.sampled_from([14_400, 14_400, 8000]),
    as_of_s=st.sampled_from([40_000, 40_000, 3000, 9000]),
)
def test_what_is_told_within_hours(
    database: Database, what: list[Any], seed: int, begin_s: int, end_s: int, as_of_s: int, *, by_channel: bool
) -> None:
    line = lived(what)
    store(database, line, random.Random(seed))

    deltas_add_up_to_a_recount(database, line)
    costs_are_what_prices_add_up_to(database, line, [sent(deed) for deed in what if "told" in deed])
    every_callback_is_explained_exactly_once(database, line)
    facts_are_counted_as_they_are_kept_by_the_hour(database, by_channel=by_channel)
    routes_are_known_alike(database, at(begin_s), at(end_s), as_of=at(as_of_s))


@settings(worlds, max_examples=share(0.2))
@given(
    what=deeds,
    seed=st.integers(0, 2**32),
    is_tidied=st.booleans(),
    begin_s=st.sampled_from([0, MIDNIGHT_S, MIDNIGHT_S + DAY_S]),
    end_s=st.sampled_from([MIDNIGHT_S + 3 * DAY_S, 50 * 3600, MIDNIGHT_S + 2 * DAY_S]),
    as_of_s=st.sampled_from([80 * 3600, 30 * 3600, 40 * 3600, MIDNIGHT_S + 2 * DAY_S + 600]),
)
def test_what_is_told_over_days(
    database: Database, what: list[Any], seed: int, begin_s: int, end_s: int, as_of_s: int, *, is_tidied: bool
) -> None:
    store(database, lived(over_days(what)), random.Random(seed), is_tidied=is_tidied)

    days_have_what_the_hours_have_that_are_sealed(database)
    whole_days_are_answered_as_their_hours_would_be(database, at(begin_s), at(end_s))
    routes_are_known_alike(database, at(begin_s), at(end_s), as_of=at(as_of_s))


@worlds
@given(
    what=talks,
    seed=st.integers(0, 2**32),
    is_tidied=st.booleans(),
    hours=st.sampled_from([(0, 3), (0, 3), (0, 1), (1, 3)]),
    accounts=st.sampled_from([None, ("default",)]),
    begin_s=st.sampled_from([0, 0, 0, 1800]),
    end_s=st.sampled_from([14_400, 14_400, 8000]),
)
def test_what_is_told_of_people_who_answer(
    database: Database,
    what: list[Any],
    seed: int,
    hours: tuple[int, int],
    accounts: tuple[str] | None,
    *,
    begin_s: int,
    end_s: int,
    is_tidied: bool,
) -> None:
    store(database, lived(what), random.Random(seed), is_tidied=is_tidied)

    what_was_late_is_known_alike(database, at(begin_s), at(end_s))
    what_was_answered_is_known_alike(database, at(3600 * hours[0]), at(3600 * hours[1]), accounts)


def deltas_add_up_to_a_recount(database: Database, line: Line) -> None:
    cursor = database.cursor()
    found = cursor.execute(CELLS).fetchall()
    latencies = {tuple(row[:-1]): row[-1] for row in cursor.execute(LATENCIES).fetchall()}
    expected = recount(line.told)

    assert counted(found, 0) == +expected.attempts
    assert counted(found, 1) == +expected.entries
    assert counted(found, 2) == +expected.repeated
    assert latencies == dict(expected.latencies)


def counted(rows: list[tuple[Any, ...]], which: int) -> Counter[Cell]:
    """One of the three counts by cell, without those that are nought."""
    return Counter({Cell(*row[:8]): count for row in rows if (count := row[8 + which])})


def costs_are_what_prices_add_up_to(database: Database, line: Line, outcomes: list[SendOutcome]) -> None:
    for which, by_channel in (("attempt", False), ("entry", True)):
        rows = database.cursor().execute(PRICES.format(which=which)).fetchall()
        expected = prices_of(line.told, outcomes, by_channel=by_channel)
        assert spent_in(rows) == expected


def spent_in(rows: list[tuple[Any, ...]]) -> Costs:
    cells = {Priced(*row[:3]): row[3:] for row in rows}
    count = Counter({cell: n for cell, (n, _) in cells.items() if n})
    return Costs(count, {cell: cost for cell, (_, cost) in cells.items() if cell.currency is not None})


def every_callback_is_explained_exactly_once(database: Database, line: Line) -> None:
    """Repeats of crashes are dropped by their marks, whatever portions they come in; upkeep settles it all."""
    cursor = database.cursor()
    received = sum(len(line.logs["callbacks", part]) for part in range(line.partitions))

    assert cursor.execute("SELECT count(*) FROM report").fetchall() == [(sum(u.report is not None for u in line.told),)]
    assert cursor.execute("SELECT count(*) FROM open_callback").fetchall() == [(0,)]
    assert cursor.execute("SELECT coalesce(sum(received), 0)::BIGINT FROM settled_count").fetchall() == [(received,)]


def facts_are_counted_as_they_are_kept_by_the_hour(database: Database, *, by_channel: bool) -> None:
    """Minutes are counted by rules that are written down a second time; here they are held together."""
    places = [one for one in PLACES if by_channel or one is not Dimension.CHANNEL]
    ends = [*places, Dimension.STATUS, Dimension.REASON]

    for measure, group_by, facts, kept_by_hour in (
        (Measure.LATENCY_P50, places, COUNTS_OF_FACTS, COUNTS),
        (Measure.SENT, ends, COUNTS_OF_FACTS, COUNTS),
        (Measure.COST, ends, COSTS_OF_FACTS, COSTS),
        (Measure.COST, places[:1], COSTS_OF_FACTS, COSTS),
    ):
        question = MetricsQuestion((measure,), from_=at(0), to=at(4 * 3600), group_by=tuple(group_by))
        assert answer(database, question, facts) == answer(database, question, kept_by_hour)


def days_have_what_the_hours_have_that_are_sealed(database: Database) -> None:
    cursor = database.cursor()

    for rollup in ROLLUPS:
        days = cursor.execute(by_day(rollup, rollup.days, "day_at", "true")).fetchall()
        hours = by_day(rollup, rollup.hours, "date_trunc('day', hour_at) AS day_at", "batch_id <= sealed_until()")
        assert days == cursor.execute(hours).fetchall()


def by_day(rollup: Rollup, table: str, day_at: str, condition: str) -> str:
    return OF_DAYS.format(
        table=table,
        day_at=day_at,
        condition=condition,
        dimensions=", ".join(one for one in rollup.dimensions if one not in rollup.only_by_hour),
        sums=", ".join(f"sum({one})" for one in rollup.sums),
        counts=" OR ".join(f"sum({one}) <> 0" for one in rollup.sums),
    )


def whole_days_are_answered_as_their_hours_would_be(database: Database, from_: datetime, to: datetime) -> None:
    for question, parameters in long_questions(from_, to):
        by_hour = {name: value for name, value in parameters.items() if not name.startswith("days_")}
        assert by_hour != parameters
        assert asked(database, question, parameters) == asked(database, question, by_hour)


def long_questions(from_: datetime, to: datetime) -> Iterator[Asked]:
    """Questions that days can answer."""
    ends = (*PLACES, Dimension.STATUS, Dimension.REASON)
    for measure, group_by, source in (
        (Measure.LATENCY_P50, (Dimension.COUNTRY, Dimension.CHANNEL), COUNTS),
        (Measure.SENT, ends, COUNTS),
        (Measure.COST, ends, COSTS),
    ):
        for bucket in (Bucket.NONE, Bucket.DAY):
            question = MetricsQuestion((measure,), from_=from_, to=to, group_by=group_by, bucket=bucket)
            yield source.question, question.parameters(source)
    ways = BackTestQuestion(from_=from_, to=to, steps=(ReplayedStep(channel="sms"), ReplayedStep(channel="viber")))
    yield "channel_outcomes", ways.outcomes(["sms", "viber"])
    for least_samples in (0, 1, 3):
        yield "providers_compared", compared(ReportQuestion(from_=from_, to=to, least_samples=least_samples))


def routes_are_known_alike(database: Database, from_: datetime, to: datetime, *, as_of: datetime) -> None:
    """Folded, or counted from the facts; the last of the laws, because what was folded is gone after it."""
    question = TrustQuestion(from_=from_, to=to, silent_after_s=600, at_least=1)
    folded = known_of_routes(database, question, as_of=as_of)
    for table in (TRUST.hours, TRUST.days, "folded"):
        database.cursor().execute(f"DELETE FROM {table}")
    assert folded == known_of_routes(database, question, as_of=as_of)


def known_of_routes(database: Database, question: TrustQuestion, *, as_of: datetime) -> list[tuple[Any, ...]]:
    ask = partial(asked, database)
    known = reached(ask, Fold.TRUST)
    return ask(*question.counts(as_of, folded=known.folded, newest=known.newest))


def what_was_late_is_known_alike(database: Database, from_: datetime, to: datetime) -> None:
    """Folded, or counted from the facts."""
    ask = partial(asked, database)
    question = TrustQuestion(from_=from_, to=to, silent_after_s=600, at_least=1)
    known = reached(ask, Fold.FOLLOWED)

    assert ask(*question.late(known)) == ask(*question.late(replace(known, is_far_behind=True)))


def what_was_answered_is_known_alike(
    database: Database, from_: datetime, to: datetime, accounts: tuple[str] | None
) -> None:
    """Folded, or found in the facts."""
    ask = partial(asked, database)
    known = reached(ask, Fold.ANSWERED, rule_of(REPLY_WINDOW_S))

    for group_by in ((), GROUPS):
        question = ReportQuestion(from_=from_, to=to, group_by=group_by, accounts=accounts)
        assert replied(ask, question, REPLY_WINDOW_S, known) == replied(
            ask, question, REPLY_WINDOW_S, replace(known, is_far_behind=True)
        )


def asked(database: Database, name: str, parameters: Mapping[str, Any]) -> list[Row]:
    """The rows of a question, as a reader brings them."""
    with closing(Reader(database, Skyline(), FixedClock(at(60)), threads=1, limit_s=10)) as reader:
        rows: list[Row] = asyncio.run(reader.ask(name, parameters)).rows
    return rows


def answer(database: Database, question: MetricsQuestion, source: Source) -> list[tuple[Any, ...]]:
    query, parameters = load_query(source.question), question.parameters(source)
    bound = {name: kept(parameters.get(name)) for name in query.parameters}
    return database.cursor().execute(query.sql, bound).fetchall()
