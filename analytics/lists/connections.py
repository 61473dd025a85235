"""How connections are: when they last called back, how often they do, and how what they carried ended."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from analytics.asking.buckets import A_DAY, HOUR, Bucket
from analytics.asking.reader import Answer, Ask, Reader, Row
from analytics.measures.metrics import Dimension, Measure, MetricsQuestion
from analytics.questions import metrics

DAYS_BEFORE = 7
BAD_ENDS = (Measure.UNDELIVERED, Measure.EXPIRED, Measure.REJECTED, Measure.FAILED)
ENDS = (*BAD_ENDS, Measure.DELIVERED)


@dataclass(frozen=True)
class Connections(Answer):
    """One row per connection that has called back in the last days."""

    at: datetime
    """The moment as of which all that is judged: what lies on Kafka still must not look as if it had not come."""
    ended: list[Row]
    """One row per connection: how attempts first heard of in the last day ended, and in the day before."""


async def connections(
    reader: Reader, *, origins: tuple[str, ...] | None, accounts: tuple[str, ...] | None
) -> Connections:
    """Those of `origins`, which are `provider:connection`, and of `accounts`; null stands for all."""
    at = reader.horizon.as_of or reader.clock.now()
    heard, fresh = await reader.look(partial(_heard, origins=origins, at=at), is_lookup=False)
    question = MetricsQuestion(
        measures=ENDS,
        from_=at - A_DAY,
        to=at,
        group_by=(Dimension.PROVIDER, Dimension.CONNECTION),
        bucket=Bucket.NONE,
        accounts=accounts,
        is_compared=True,
    )
    return Connections(heard, fresh, at, (await metrics(reader, question)).rows)


def _heard(ask: Ask, *, origins: tuple[str, ...] | None, at: datetime) -> list[Row]:
    """When each connection last called back, how often in the last hour, and how often in the same hour of each of the
    days before of which callbacks are known.
    """
    days = [at - day * A_DAY for day in range(DAYS_BEFORE + 1)]
    rows = ask("connection_spans", {"origins": origins, "after": days[-1] - A_DAY, "until": at})
    # An hour after the other: DuckDB leaves out unread what is not of one span, of several less so.
    now, *before = (
        {_origin(row): row["callback_count"] for row in ask("connection_callbacks", asked)}
        for asked in ({"origins": origins, "after": day - HOUR, "until": day} for day in days)
    )
    return [
        {
            "provider": row["provider"],
            "connection": row["connection"],
            "last_callback_at": row["last_callback_at"],
            "hour_count": now.get(_origin(row), 0),
            "before_count": sum(hour.get(_origin(row), 0) for hour in before),
            "day_count": (at - row["first_callback_at"]) // A_DAY,
        }
        for row in rows
    ]


def _origin(row: Row) -> tuple[str, str]:
    return row["provider"], row["connection"]
