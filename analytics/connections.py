"""How connections are: when they last called back, how often they do, and how what they carried ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics.buckets import Bucket
from analytics.metrics import Dimension, Measure, MetricsQuestion
from analytics.questions import metrics
from analytics.reader import Answer, Reader, Row

A_DAY = timedelta(days=1)
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
    heard = await reader.ask("connection_callbacks", {"origins": origins, "at": at})
    question = MetricsQuestion(
        measures=ENDS,
        from_=at - A_DAY,
        to=at,
        group_by=(Dimension.PROVIDER, Dimension.CONNECTION),
        bucket=Bucket.NONE,
        accounts=accounts,
        is_compared=True,
    )
    return Connections(heard.rows, heard.freshness, at, (await metrics(reader, question)).rows)
