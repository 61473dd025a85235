"""What people and the live page ask, as the endpoints ask it, of a store with a month in it, while it is written to.

`python -m bench.questions [reports]`; the month is kept and used again.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import cycle
from typing import Any, cast

from analytics.asking.buckets import Bucket
from analytics.asking.reader import Reader
from analytics.freshness import Skyline
from analytics.lists.dead_letters import DeadLettersQuestion
from analytics.lists.messages import MessagesQuestion
from analytics.lists.sends import SendsQuestion
from analytics.lists.sessions import SessionsQuestion
from analytics.measures.metrics import Dimension, Measure, MetricsQuestion
from analytics.reports.catalogue import Report
from analytics.reports.question import ReportQuestion
from analytics.service import Analytics
from analytics.store.database import Database
from analytics.trust.report import TrustQuestion
from api.page.fallbacks import DOUBTS_SHOWN
from api.page.now import ALARMS, CHANGES_SHOWN, SHOWN
from api.store import AnalyticsStore
from bench.figures import Figure, figure, percentiles, tell
from bench.month import A_DAY, BEGIN, DAYS, END, opened_month
from bench.traffic import SteadyWriter
from contracts.errors import NotFound
from contracts.filters import parse_filter
from runtime.settings import FallbackSettings, StoreSettings, TrustSettings

REPORTS = 5_000_000
ROWS_PER_S = 5_000
SAMPLES = 25
WARM_UP_S = 3.0
GOALS = {95: "<= 50"}
TIMELINE, TIMELINE_GOALS = "timeline by id", {95: "<= 10"}
LIMIT_S = 120.0

Ask = Callable[[AnalyticsStore], Awaitable[object]]


class LiveClock:
    """Goes on from the end of the month."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def now(self) -> datetime:
        return END + timedelta(seconds=self.monotonic())

    def now_ms(self) -> int:
        return int(self.now().timestamp() * 1000)

    def monotonic(self) -> float:
        return time.monotonic() - self._began


@dataclass(frozen=True)
class OpenStore:
    """As much of the service as an `AnalyticsStore` needs to answer."""

    reader: Reader
    reply_window_s: float = StoreSettings().reply_window_s


@dataclass(frozen=True)
class Known:
    """A report that somebody may ask about, by all its names."""

    message_id: str
    provider_message_id: str
    external_id: str
    recipient: int


@dataclass(frozen=True)
class Way:
    """How it is asked and timed; of what has taken longer than `patience_s` in all there are fewer askings."""

    clock: Callable[[], float]
    askings: int
    least: int
    patience_s: float


WRITTEN_TO = Way(time.perf_counter, askings=24, least=5, patience_s=30.0)
ALONE = Way(time.process_time, askings=7, least=3, patience_s=5.0)


def measure(reports: int = REPORTS) -> list[Figure]:
    """Milliseconds on the clock, as whoever asks feels them; and those of a processor, when nobody writes."""
    with opened_month(reports) as database:
        return asyncio.run(_measured(database, f"questions, {reports / 1e6:g} M"))


async def _measured(database: Database, group: str) -> list[Figure]:
    asked, skyline, settings = _asked(database), Skyline(), StoreSettings()
    reader = Reader(database, skyline, LiveClock(), threads=settings.threads, limit_s=LIMIT_S)
    store = AnalyticsStore(cast("Analytics", OpenStore(reader)))
    try:
        figures = [figure(group, "reports in the store", [_count(database)])]
        with SteadyWriter(database, skyline, begin=END, rows_per_s=ROWS_PER_S) as writer:
            await asyncio.sleep(WARM_UP_S)
            for name, ask in asked.items():
                took_ms = await _took_ms(store, name, ask, WRITTEN_TO)
                goals = TIMELINE_GOALS if name == TIMELINE else GOALS
                figures += percentiles(group, name, took_ms, unit="ms", goals=goals)
        figures += _beside(group, writer)
        for name, ask in asked.items():
            took_ms = await _took_ms(store, name, ask, ALONE)
            figures.append(figure(group, f"{name}, nobody writes", took_ms, unit="ms of a processor"))
        return figures
    finally:
        reader.close()


def _beside(group: str, writer: SteadyWriter) -> list[Figure]:
    """What was written meanwhile."""
    goal = f">= {0.95 * ROWS_PER_S:g}"
    return [
        *percentiles(group, "batch written beside", writer.turns_ms, unit="ms", goals={99: ""}),
        figure(group, "batch written beside, longest", [max(writer.turns_ms)], unit="ms"),
        figure(group, "rows written beside", [writer.rows / writer.seconds], unit="/s", goal=goal),
    ]


async def _took_ms(store: AnalyticsStore, name: str, ask: Ask, way: Way) -> list[float]:
    """Of each asking; one more before them loads code."""
    print(f"\r{name:60}", end="", file=sys.stderr, flush=True)
    await ask(store)
    took, began = list[float](), time.perf_counter()
    while len(took) < way.askings and (len(took) < way.least or time.perf_counter() - began < way.patience_s):
        left = way.clock()
        await ask(store)
        took.append((way.clock() - left) * 1000)
    return took


def _asked(database: Database) -> dict[str, Ask]:
    """All questions, by what they are called."""
    known = _known(database)
    return {
        **_page(),
        **_reports("a day", A_DAY),
        **_reports("30 days", DAYS * A_DAY),
        **_numbers(),
        **_lists(known),
        TIMELINE: _timeline(known),
    }


def _page() -> dict[str, Ask]:
    """What the pages ask over a day, as they come up; of the first one also all that it asks in one second."""
    minutes = MetricsQuestion(
        measures=(Measure.SENT, Measure.DELIVERED), from_=END - SHOWN, to=END, bucket=Bucket.MINUTE, is_filled=True
    )
    overdue_s = FallbackSettings().outcome_within_s
    letters = DeadLettersQuestion(from_=END - A_DAY)
    first: dict[str, Ask] = {
        "page: today by provider": lambda store: store.today_by_provider(None),
        "page: newest changes": lambda store: store.newest_changes(None, CHANGES_SHOWN),
        "page: open alarms": lambda store: store.alarms(None, is_open=True, limit=ALARMS.limit),
        "page: conservation": lambda store: store.conservation(),
        "page: freshness": lambda store: store.freshness(),
        "page: an hour by minute": lambda store: store.metrics(minutes),
    }

    async def whole(store: AnalyticsStore) -> None:
        for ask in first.values():
            await ask(store)

    return {
        **first,
        "page: all of it": whole,
        "page: dead letters": lambda store: store.dead_letters(letters),
        "page: dead letters counted": lambda store: store.dead_letter_counts(letters),
        "page: sends": lambda store: store.sends(SendsQuestion(from_=END - A_DAY)),
        "page: in doubt": lambda store: store.in_doubt(None, limit=DOUBTS_SHOWN, overdue_s=overdue_s),
        "page: sessions": lambda store: store.sessions(SessionsQuestion(from_=END - A_DAY)),
        "page: sends balanced": lambda store: store.send_balance(),
        "page: parked": lambda store: store.parked(None),
        "page: connections": lambda store: store.connections(None, None),
    }


def _reports(called: str, span: timedelta) -> dict[str, Ask]:
    def by_provider(name: Report) -> Ask:
        groups = () if name is Report.PROVIDERS else (Dimension.PROVIDER,)
        return lambda store: store.report(name, ReportQuestion(from_=END - span, to=END, group_by=groups))

    trust = TrustSettings()
    asked = TrustQuestion(from_=END - span, to=END, silent_after_s=trust.silent_after_s, at_least=trust.at_least)
    return {
        **{f"{name}, {called}": by_provider(name) for name in Report},
        f"trust, {called}": lambda store: store.trust(asked),
    }


def _numbers() -> dict[str, Ask]:
    """Metrics as charts want them."""
    counts = (Measure.SENT, Measure.DELIVERED, Measure.DELIVERY_RATE)

    def metrics(*measures: Measure, **members: Any) -> Ask:
        question = MetricsQuestion(measures=measures, to=END, **members)
        return lambda store: store.metrics(question)

    by_provider, by_country = (Dimension.PROVIDER,), (Dimension.COUNTRY, Dimension.CHANNEL)
    month = {"from_": BEGIN, "bucket": Bucket.DAY}
    one = {Dimension.CAMPAIGN: parse_filter(["shop*"])}
    return {
        "metrics: counts, a day by hour": metrics(*counts, from_=END - A_DAY, group_by=by_provider),
        "metrics: counts, an hour by minute": metrics(
            *counts, from_=END - timedelta(hours=1), bucket=Bucket.MINUTE, group_by=by_provider
        ),
        "metrics: counts, 30 days by day": metrics(*counts, group_by=by_country, **month),
        "metrics: latency, 30 days by day": metrics(Measure.LATENCY_P50, Measure.LATENCY_P95, **month),
        "metrics: cost, 30 days by day": metrics(Measure.COST, group_by=by_provider, **month),
        "metrics: counts of campaigns that begin so, 30 days": metrics(
            *counts, from_=BEGIN, bucket=Bucket.NONE, filters=one
        ),
    }


def _lists(known: list[Known]) -> dict[str, Ask]:
    def listed(**members: Any) -> Ask:
        return lambda store: store.messages(MessagesQuestion(from_=BEGIN, to=END, **members))

    def named(name: str, member: str) -> Ask:
        names = cycle([getattr(one, member) for one in known])
        return lambda store: store.messages(MessagesQuestion(from_=BEGIN, to=END, **{name: next(names)}))

    nobody = {Dimension.CAMPAIGN: parse_filter(["nobody"])}
    rare = {Dimension.COUNTRY: parse_filter(["FR"]), Dimension.STATUS: parse_filter(["rejected"])}
    return {
        "messages: newest page": listed(),
        "messages: few that fit": listed(filters=rare),
        "messages: none that fits": listed(filters=nobody),
        "messages: by the provider's id": named("provider_message_id", "provider_message_id"),
        "messages: by our customer's id": named("external_id", "external_id"),
        "messages: by recipient": named("recipient", "recipient"),
    }


def _timeline(known: list[Known]) -> Ask:
    ids = cycle([one.message_id for one in known])

    async def ask(store: AnalyticsStore) -> None:
        with suppress(NotFound):
            await store.timeline(next(ids), None)

    return ask


def _known(database: Database) -> list[Known]:
    """Some from all over the month, the same in every run."""
    found = database.cursor().execute(
        "SELECT message_id::VARCHAR, provider_message_id, external_id, recipient_hash "
        f"FROM report USING SAMPLE reservoir({SAMPLES} ROWS) REPEATABLE (7)"
    )
    return [Known(*row) for row in found.fetchall()]


def _count(database: Database) -> int:
    ((count,),) = database.cursor().execute("SELECT count(*) FROM report").fetchall()
    return int(count)


if __name__ == "__main__":
    tell(partial(measure, *map(int, sys.argv[1:])))
