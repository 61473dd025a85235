"""Rows in the order of time: with those in which nothing happened, and beside the period before. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from analytics.asking.words import LATENCIES, MONEY, RATES, Measure
from analytics.measures.metrics import MetricsQuestion
from contracts.errors import QueryInvalid

Row = dict[str, Any]
Group = tuple[str | None, ...]
Place = tuple[int, Group]
"""The number of the bucket in its period, and what the rows are grouped by."""

ROWS_LIMIT = 20_000


@dataclass(frozen=True)
class Period:
    """What was found of a period, and all its buckets; without buckets that is one, which is null."""

    rows: Sequence[Row]
    buckets: Sequence[datetime | None]

    def by_place(self, question: MetricsQuestion) -> dict[Place, Row]:
        numbers = {bucket: number for number, bucket in enumerate(self.buckets)}
        return {(numbers[row.get("bucket_at")], tuple(row[one] for one in question.group_by)): row for row in self.rows}


def series(question: MetricsQuestion, now: Period, before: Period | None = None) -> list[Row]:
    """The rows of `now` as `question` wants them, beside those of `before`.

    A group that was there before and is not now has a row too. Raises `QueryInvalid` when that makes too many.
    """
    rows = now.by_place(question)
    earlier = before.by_place(question) if before else {}
    places = rows.keys() | earlier.keys()
    if question.is_filled:
        groups = {group for _, group in places} or ({()} if not question.group_by else set())
        if len(groups) * len(now.buckets) > ROWS_LIMIT:
            raise QueryInvalid(f"filled, the answer has more than {ROWS_LIMIT} rows; group, span or fill less")
        places = {(number, group) for number in range(len(now.buckets)) for group in groups}
    return [
        _row(question, rows.get(place), _head(question, now, place))
        | (_beside(question, earlier.get(place), before, place) if before else {})
        for place in sorted(places, key=_order)
    ]


def _head(question: MetricsQuestion, period: Period, place: Place) -> Row:
    number, group = place
    bucket = {"bucket_at": period.buckets[number]} if "bucket_at" in question.columns() else {}
    return bucket | dict(zip(map(str, question.group_by), group, strict=True))


def _row(question: MetricsQuestion, row: Row | None, head: Mapping[str, Any]) -> Row:
    return row or dict(head) | {str(measure): nothing_of(measure) for measure in question.measures}


def _beside(question: MetricsQuestion, row: Row | None, before: Period, place: Place) -> Row:
    measured = _row(question, row, {})
    at = {"previous_at": before.buckets[place[0]]} if "bucket_at" in question.columns() else {}
    return at | {"previous": {str(measure): measured[measure] for measure in question.measures}}


def nothing_of(measure: Measure) -> int | dict[str, Decimal] | None:
    """What is measured of nothing: no rate and no latency, but the count of it."""
    if measure in MONEY:
        return {}
    return None if measure in LATENCIES | RATES else 0


def _order(place: Place) -> tuple[int, list[tuple[bool, str]]]:
    return place[0], group_order(place[1])


def group_order(group: Group) -> list[tuple[bool, str]]:
    return [(value is None, value or "") for value in group]
