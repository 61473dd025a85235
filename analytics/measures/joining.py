"""Measures of several sources as one answer. Pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from analytics.measures.metrics import MetricsQuestion
from analytics.measures.series import Group, Row, group_order, nothing_of
from analytics.measures.sources import MONEY_SPENT, Source, spent

Key = tuple[datetime | None, Group]
"""The bucket, null without buckets, and what the rows are grouped by."""
_FIRST = datetime.min.replace(tzinfo=UTC)


def joined(question: MetricsQuestion, found: Mapping[Source, Sequence[Row]]) -> list[Row]:
    """The rows of all sources as one, in the order of time and groups; what a source does not have is nothing."""
    places: dict[Key, Row] = {}
    own = question.sources()
    for source, rows in found.items():
        for key, several in _by_key(question, rows).items():
            # Of its own measures alone: what fallbacks have delivered is called as what all attempts have.
            measured = _measured(question, source, several)
            places.setdefault(key, {}).update({measure: measured[measure] for measure in own[source]})
    return [_row(question, key, places[key]) for key in sorted(places, key=_order)]


def _by_key(question: MetricsQuestion, rows: Sequence[Row]) -> dict[Key, list[Row]]:
    found: dict[Key, list[Row]] = {}
    for row in rows:
        found.setdefault((row["bucket_at"], tuple(row[one] for one in question.group_by)), []).append(row)
    return found


def _measured(question: MetricsQuestion, source: Source, rows: Sequence[Row]) -> Row:
    """One group's measures; what comes by currency is brought together."""
    if source in MONEY_SPENT:
        return dict(spent(rows, question.money))
    return {"sessions": sum(row["sessions"] for row in rows)} if source.has_currencies else rows[0]


def _row(question: MetricsQuestion, key: Key, measured: Row) -> Row:
    members: Row = {"bucket_at": key[0]} | dict(zip(map(str, question.group_by), key[1], strict=True))
    members |= {str(measure): measured.get(measure, nothing_of(measure)) for measure in question.measures}
    return {name: members[name] for name in question.columns()}


def _order(key: Key) -> tuple[datetime, list[tuple[bool, str]]]:
    return key[0] or _FIRST, group_order(key[1])
