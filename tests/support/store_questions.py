"""Questions about the hour that lines in memory begin in."""

from analytics.questions import Bucket, Measure, MetricsQuestion
from tests.support.store_line import T0, at


def asked(*measures: Measure, **members: object) -> MetricsQuestion:
    return MetricsQuestion(**{"measures": measures, "from_": T0, "to": at(3600), "bucket": Bucket.NONE} | members)
