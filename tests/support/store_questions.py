"""Questions about the hour that lines in memory begin in."""

from typing import Any

from analytics.questions import Bucket, Measure, MetricsQuestion
from tests.support.store_line import T0, at


def asked(*measures: Measure, **members: Any) -> MetricsQuestion:
    given: dict[str, Any] = {"measures": measures, "from_": T0, "to": at(3600), "bucket": Bucket.NONE}
    return MetricsQuestion(**given | members)
