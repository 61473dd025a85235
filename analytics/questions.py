"""What users ask, typed. `accounts` is null for all, else only what belongs to these is seen."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from analytics.asking.buckets import Bucket
from analytics.asking.reader import Accounts, Answer, Ask, Reader, Row
from analytics.freshness import Freshness
from analytics.lists.inbound import InboundQuestion, Place, SuppressionsQuestion
from analytics.lists.sessions import with_sessions
from analytics.lists.timelines import Timeline, message_replies, message_timeline
from analytics.measures.joining import joined
from analytics.measures.metrics import DIMENSIONS, MEASURES, Dimension, Measure, MetricsQuestion
from analytics.measures.series import Period, series
from analytics.measures.sources import COUNTED, SESSIONS
from contracts.errors import QueryInvalid

__all__ = [
    "DIMENSIONS",
    "MEASURES",
    "Bucket",
    "Conservation",
    "Dimension",
    "InboundQuestion",
    "Measure",
    "Measured",
    "MetricsQuestion",
    "Place",
    "SuppressionsQuestion",
    "Timeline",
    "book_faults",
    "books",
    "conservation",
    "freshness",
    "inbound",
    "message_replies",
    "message_timeline",
    "metrics",
    "newest_changes",
    "parked",
    "suppressions",
    "today_by_provider",
]

NEWS = (timedelta(seconds=10), timedelta(minutes=10))
"""How old the newest changes are where much happens; only where less does are older ones looked at."""
EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Conservation(Answer):
    """One row with `provider` null for the whole, then one per provider."""

    unexplained: list[dict[str, Any]]
    """The first hundred positions of items that ought to be accounted for and are not."""


@dataclass(frozen=True)
class Measured(Answer):
    """Measures over time. Of a question for what changed, only the rows of buckets that did."""

    changed: list[Row] | None = None
    """All buckets that changed, also those that have no row any more, with their `revision`; null when not asked."""


async def inbound(reader: Reader, question: InboundQuestion, *, window_s: float) -> Answer:
    """What people wrote, newest first, each with the attempt that it answers: see `attribution.cte`."""
    return await reader.ask("inbound", question.parameters() | {"window_s": window_s})


async def suppressions(reader: Reader, question: SuppressionsQuestion) -> Answer:
    """The wish that stands of each person about each sender, newest first; as of when all that was said is in it."""
    as_of = reader.horizon.wishes_as_of
    answer = await reader.ask("suppressions", question.parameters())
    lag_s = None if as_of is None else (reader.clock.now() - as_of).total_seconds()
    return Answer(answer.rows, replace(answer.freshness, as_of=as_of, lag_s=lag_s))


async def newest_changes(reader: Reader, *, accounts: Accounts, limit: int) -> Answer:
    """The newest reports that changed something, newest first."""
    now = reader.clock.now()

    def look(ask: Ask) -> list[Row]:
        rows: list[Row] = []
        for since in (*(now - age for age in NEWS), EVER):
            rows = ask("newest_changes", {"accounts": accounts, "since": since, "limit": limit})
            if len(rows) == limit:
                break
        return rows

    rows, fresh = await reader.look(look, is_lookup=False)
    return Answer(rows, fresh)


async def metrics(reader: Reader, question: MetricsQuestion) -> Measured:
    """One row per bucket and group: `bucket_at` (unless the bucket is none), the dimensions, the measures.

    Raises `QueryInvalid` for what cannot be asked together.
    """
    periods = [question, question.before()] if question.is_compared else [question]
    asked = [(one, source) for one in periods for source in one.sources()]
    buckets = [("buckets", one.bucketed()) for one in periods] if question.is_compared or question.is_filled else []
    revisions = [] if question.changed_since is None else [("revisions", question.revised())]

    def look(ask: Ask) -> tuple[list[list[Row]], list[list[Row]], list[list[Row]]]:
        found = [ask(*source.asked(ask, one.parameters(source))) for one, source in asked]
        return found, [ask(*one) for one in buckets], [ask(*one) for one in revisions]

    (found, told, changed), fresh = await reader.look(look, is_lookup=False)
    if any(source is SESSIONS for _, source in asked):
        fresh = with_sessions(reader, fresh)
    rows = [
        joined(one, {source: rows for (other, source), rows in zip(asked, found, strict=True) if other is one})
        for one in periods
    ]
    whole = rows[0]
    if buckets:
        spans = [Period(one, [row["bucket_at"] for row in several]) for one, several in zip(rows, told, strict=True)]
        whole = series(question, *spans)
    return Measured(whole, fresh) if not changed else _changed(question, whole, fresh, changed=changed[0])


def _changed(question: MetricsQuestion, rows: list[Row], fresh: Freshness, *, changed: list[Row]) -> Measured:
    since = question.changed_since or 0
    if since > fresh.revision:
        raise QueryInvalid(
            f"changed_since ({since}) is ahead of the store, which is at {fresh.revision}; begin without it"
        )
    buckets = {row["bucket_at"] for row in changed}
    return Measured([row for row in rows if row.get("bucket_at") in buckets], fresh, changed)


async def conservation(reader: Reader) -> Conservation:
    """received, applied, repeated, outranked, parked, quarantined, in_flight, unexplained; exact within one answer."""
    due = reader.horizon.callbacks

    def look(ask: Ask) -> tuple[list[Row], list[Row]]:
        # As a number of its own it lets DuckDB leave out unread what is below it.
        (row,) = ask("settled", {})
        parameters = {"partitions": list(due), "below": list(due.values()), **row}
        rows = ask("conservation", parameters)
        return rows, ask("unexplained", parameters) if rows[0]["unexplained"] else []

    (rows, unexplained), fresh = await reader.look(look, is_lookup=False)
    return Conservation(rows, fresh, unexplained)


async def parked(reader: Reader, *, accounts: Accounts) -> Answer:
    """By connection: how many reports wait for the registration of their attempt, and since when the oldest waits."""
    return await reader.ask("parked", {"accounts": accounts})


async def books(reader: Reader) -> Answer:
    """By topic and partition: offsets below the watermark without a row or a reason, and those with two; both are 0."""
    return await reader.ask("books")


async def book_faults(reader: Reader) -> Answer:
    """The first hundred places where the books are wrong: runs of missing offsets, and doubled ones."""
    return await reader.ask("book_faults")


async def today_by_provider(reader: Reader, *, accounts: Accounts) -> Answer:
    """Today's counts, rates and latencies of each provider; the day is UTC's."""
    midnight = reader.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    question = MetricsQuestion(
        measures=COUNTED,
        from_=midnight,
        to=midnight + timedelta(days=1),
        group_by=(Dimension.PROVIDER,),
        bucket=Bucket.NONE,
        accounts=None if accounts is None else tuple(accounts),
    )
    return await metrics(reader, question)


async def freshness(reader: Reader) -> Freshness:
    """How fresh the store is now, by topic."""
    return await reader.freshness()
