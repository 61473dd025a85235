"""What is counted by the hour, and by the day for long spans: which tables, and how their rows become fewer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Any

from analytics.asking.buckets import A_DAY, floored
from analytics.statements import execute, statement
from analytics.store.database import Connection

WHERE = ("account", "provider", "connection", "channel", "country")
WHOSE = ("campaign", "sender")
NO_DAYS: Mapping[str, datetime] = MappingProxyType({})
SEAL = (
    *("add_to_days", "collect_sealed", "clear_sealed", "insert_sealed"),
    *("collect_merged", "clear_merged", "insert_merged"),
)
"""The statements by which what new batches counted gets into the days and is merged, in this order."""


@dataclass(frozen=True)
class Rollup:
    """Signed counts by the hour and by the day (UTC), which are added up."""

    hours: str
    days: str
    dimensions: tuple[str, ...]
    sums: tuple[str, ...]
    only_by_hour: frozenset[str] = frozenset()
    """Dimensions that days do not have."""

    def statement(self, name: str) -> str:
        """The SQL of the file called `name`, about these tables."""
        return _filled(statement(name), self)

    def run(self, connection: Connection, name: str, parameters: Mapping[str, Any]) -> None:
        """That statement, with those of `parameters` that it knows."""
        execute(connection, self.statement(name), parameters)


COUNT = Rollup(
    "hour_delta",
    "day_count",
    (*WHERE, *WHOSE, "status", "reason", "is_conflict"),
    ("attempt_count", "entry_count", "repeated_count"),
)
LATENCY = Rollup(
    "latency_delta", "day_latency", (*WHERE, *WHOSE, "bucket"), ("attempt_count",), only_by_hour=frozenset(WHOSE)
)
PRICE = Rollup(
    "price_delta",
    "day_price",
    (*WHERE, *WHOSE, "status", "reason", "currency", "is_fallback"),
    ("attempt_count", "entry_count", "attempt_cost", "entry_cost"),
)
TRUST = Rollup("trust_delta", "day_trust", ("fact_no", "value"), ("n",))
ROLLUPS = (COUNT, LATENCY, PRICE, TRUST)


def whole_days(begin: datetime, to: datetime) -> Mapping[str, datetime]:
    """The days (UTC) that are whole in [begin, to), as the questions have them; none when there are none."""
    first = floored(begin.astimezone(UTC) - timedelta(microseconds=1), A_DAY) + A_DAY
    beyond = floored(to.astimezone(UTC), A_DAY)
    return {"days_from": first, "days_to": beyond} if first < beyond else NO_DAYS


@cache
def _filled(sql: str, rollup: Rollup) -> str:
    return sql.format(
        hours=rollup.hours,
        days=rollup.days,
        of_hours=", ".join(rollup.dimensions),
        of_days=", ".join(one for one in rollup.dimensions if one not in rollup.only_by_hour),
        sums=", ".join(f"sum({one}) AS {one}" for one in rollup.sums),
        counts=" OR ".join(f"{one} <> 0" for one in rollup.sums),
    )
