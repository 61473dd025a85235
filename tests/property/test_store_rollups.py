"""Whatever was reported, in whatever portions it came and however often: the rollups are what a recount gives."""

import random
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.columns import hasher
from analytics.database import Database
from analytics.freshness import Horizon, Skyline
from analytics.intake import Fetched
from analytics.metrics import Dimension, Measure, MetricsQuestion
from analytics.queries import load_query
from analytics.reader import kept
from analytics.sources import COSTS, COSTS_OF_FACTS, COUNTS, COUNTS_OF_FACTS, PLACES, Source
from analytics.upkeep import Upkeep
from analytics.writer import Writer
from contracts.plans import SendOutcome
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel, Reason, Scope
from runtime.settings import StoreSettings
from tests.support.plans import outcome
from tests.support.store_line import Line, at
from tests.support.store_prices import Costs, Priced, prices_of
from tests.support.store_recount import Cell, recount

TABLES = (
    *("callback", "report", "registration", "inbound", "signal", "dead_letter", "unreadable", "unclaimed"),
    *("begun", "skipped", "outcome"),
    *("hour_delta", "latency_delta", "price_delta", "offsets", "marks", "settled_place", "settled_count"),
)
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

statuses = st.sampled_from([str(status) for status in DeliveryStatus])
prices = st.sampled_from(
    [
        {"price": Decimal(price), "currency": currency}
        for price, currency in (("0", "EUR"), ("0.01", "EUR"), ("0.02", "USD"), ("0.03", "EUR"), ("0.04", None))
    ]
)
reports = st.fixed_dictionaries(
    {
        "said": statuses,
        "of": st.sampled_from(["a", "b"]),
        "leg": st.sampled_from([None, None, "x", "y"]),
        "connection": st.sampled_from(["main", "observed"]),
        "scope": st.sampled_from([Scope.CHANNEL, Scope.CHANNEL, Scope.TRANSACTION]),
        "channel": st.sampled_from([None, Channel.SMS, Channel.VIBER]),
        "country": st.sampled_from([None, "GB", "US"]),
        "campaign": st.sampled_from([None, "autumn", "spring"]),
        "reason": st.sampled_from([None, Reason.NO_ROUTE, Reason.OPTED_OUT]),
        "at_s": st.integers(0, 9_000),
    },
    optional={"part": st.sampled_from(["1", "2"]), "parts_count": st.sampled_from([1, 2]), "priced": prices},
)
registrations = st.fixed_dictionaries(
    {"of": st.sampled_from(["a", "b"]), "at_s": st.integers(0, 9_000)},
    optional={"campaign": st.just("winter"), "country": st.just("DE"), "channel": st.just(Channel.RCS)},
)
sends = st.fixed_dictionaries(
    {
        "told": st.sampled_from(["accepted", "accepted", "refused"]),
        "number": st.sampled_from([sum(b"a"), sum(b"b")]),
        "root_id": st.sampled_from(["a", "b", None]),
        "place": st.sampled_from([0, 1]),
        "at_s": st.integers(0, 9_000),
    },
    optional={"priced": prices},
)
deeds = st.lists(st.one_of(reports, reports, reports, registrations, sends, st.just("again")), min_size=1, max_size=14)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = Database(tmp_path_factory.mktemp("store") / "laws.duckdb", StoreSettings())
    opened.open()
    yield opened
    opened.close()


def lived(what: list[Any]) -> Line:
    """The line after these deeds; `again` is the last report, delivered twice."""
    line, last = Line(), None
    for deed in what:
        if deed == "again":
            if last is not None:
                line.report(**last)
        elif "said" in deed:
            last = with_price(deed)
            line.report(**last)
        elif "told" in deed:
            line.say("outcomes", sent(deed))
        else:
            line.register(**deed)
    return line


def with_price(deed: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in deed.items() if name != "priced"} | deed.get("priced", {})


def sent(deed: dict[str, Any]) -> SendOutcome:
    return outcome(**with_price(deed), provider="infobip")


def store(database: Database, line: Line, chance: random.Random) -> None:
    """Write the line in portions up to chance, with crashes of track, restarts of the sink and upkeep in between."""
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
    skyline.latest = Horizon(None, {part: len(line.logs["callbacks", part]) for part in range(line.partitions)})
    upkeep.tidy(batches)
    connection.close()


def portion(line: Line, chance: random.Random) -> list[Fetched]:
    """Some of what is unread, partitions in any order; everything in the end."""
    places = [place for place in line.logs if place[0] in {"callbacks", "updates", "outcomes"}]
    left = [place for place in places if line.read[place] < len(line.logs[place])]
    chosen = chance.sample(left, chance.randint(1, len(left))) if left else []
    fetched = []
    for topic, part in chosen:
        begin = line.read[topic, part]
        end = min(len(line.logs[topic, part]), begin + chance.randint(1, 6))
        line.read[topic, part] = end
        fetched.append(Fetched(topic, part, line.logs[topic, part][begin:end]))
    return fetched


def crash_of_track(line: Line, chance: random.Random) -> None:
    """Track begins again from an earlier commit: what it wrote since then comes a second time, in the same order."""
    for part in range(line.partitions):
        log = line.logs["updates", part]
        if log and chance.random() < 0.5:
            for record in log[chance.randint(0, len(log) - 1) :]:
                line.append("updates", part, record.value, list(record.headers))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(what=deeds, seed=st.integers(0, 2**32))
def test_deltas_add_up_to_a_recount(database: Database, what: list[Any], seed: int) -> None:
    line = lived(what)
    store(database, line, random.Random(seed))
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


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(what=deeds, seed=st.integers(0, 2**32))
def test_what_attempts_cost_is_what_their_prices_add_up_to(database: Database, what: list[Any], seed: int) -> None:
    line = lived(what)
    store(database, line, random.Random(seed))
    outcomes = [sent(deed) for deed in what if "told" in deed]

    for which, by_channel in (("attempt", False), ("entry", True)):
        rows = database.cursor().execute(PRICES.format(which=which)).fetchall()
        expected = prices_of(line.told, outcomes, by_channel=by_channel)
        assert spent_in(rows) == expected


def spent_in(rows: list[tuple[Any, ...]]) -> Costs:
    cells = {Priced(*row[:3]): row[3:] for row in rows}
    count = Counter({cell: n for cell, (n, _) in cells.items() if n})
    return Costs(count, {cell: cost for cell, (_, cost) in cells.items() if cell.currency is not None})


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(what=deeds, seed=st.integers(0, 2**32))
def test_every_callback_is_explained_exactly_once(database: Database, what: list[Any], seed: int) -> None:
    """Repeats of crashes are dropped by their marks, whatever portions they come in; upkeep settles it all."""
    line = lived(what)
    store(database, line, random.Random(seed))
    cursor = database.cursor()
    received = sum(len(line.logs["callbacks", part]) for part in range(line.partitions))

    assert cursor.execute("SELECT count(*) FROM report").fetchall() == [(sum(u.report is not None for u in line.told),)]
    assert cursor.execute("SELECT count(*) FROM open_callback").fetchall() == [(0,)]
    assert cursor.execute("SELECT coalesce(sum(received), 0)::BIGINT FROM settled_count").fetchall() == [(received,)]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(what=deeds, seed=st.integers(0, 2**32), by_channel=st.booleans())
def test_what_is_counted_from_the_facts_is_what_is_kept_by_the_hour(
    database: Database, what: list[Any], seed: int, *, by_channel: bool
) -> None:
    """Minutes are counted by rules that are written down a second time; here they are held together."""
    store(database, lived(what), random.Random(seed))
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


def answer(database: Database, question: MetricsQuestion, source: Source) -> list[tuple[Any, ...]]:
    query, parameters = load_query(source.question), question.parameters(source)
    bound = {name: kept(parameters.get(name)) for name in query.parameters}
    return database.cursor().execute(query.sql, bound).fetchall()
