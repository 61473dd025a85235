"""How time is divided, and which period is the one before."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from zoneinfo import ZoneInfo

MINUTE, HALF_AN_HOUR, HOUR, A_DAY = timedelta(minutes=1), timedelta(minutes=30), timedelta(hours=1), timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Bucket(StrEnum):
    """How time is divided; `none` gives one row for the whole span."""

    MINUTE = "minute"
    FIVE_MINUTES = "five_minutes"
    QUARTER_HOUR = "quarter_hour"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    """From Monday."""
    MONTH = "month"
    NONE = "none"


FINE: Mapping[Bucket, timedelta] = MappingProxyType(
    {Bucket.MINUTE: MINUTE, Bucket.FIVE_MINUTES: 5 * MINUTE, Bucket.QUARTER_HOUR: 15 * MINUTE}
)
"""Those that hours cannot answer."""
CALENDAR = frozenset({Bucket.DAY, Bucket.WEEK, Bucket.MONTH})
"""Those that depend on where one lives."""


def step_of(bucket: Bucket) -> timedelta:
    """What the ends of a span are taken to."""
    return FINE.get(bucket, HOUR)


def floored(moment: datetime, step: timedelta) -> datetime:
    return moment - (moment - _EPOCH) % step


def start_of(bucket: Bucket, moment: datetime, zone: ZoneInfo) -> datetime:
    """When the bucket that `moment` is in begins."""
    if bucket not in CALENDAR:
        return floored(moment, step_of(bucket))
    day = moment.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    match bucket:
        case Bucket.WEEK:
            day -= timedelta(days=day.weekday())
        case Bucket.MONTH:
            day = day.replace(day=1)
    return _as_the_store_has_it(day)


def _as_the_store_has_it(midnight: datetime) -> datetime:
    """Where clocks go back over midnight there are two, and DuckDB takes the later; where they go forward, none."""
    later = midnight.replace(fold=1).astimezone(UTC)
    return later if later.astimezone(midnight.tzinfo).hour == 0 else midnight.replace(fold=0).astimezone(UTC)


def divides(step: timedelta, zone: ZoneInfo, begin: datetime, to: datetime) -> bool:
    """Whether all local midnights from `begin` to `to` are whole steps of UTC: clocks are set in between, too."""
    days = (begin + number * A_DAY for number in range((to - begin) // A_DAY + 1))
    return not any((day.astimezone(zone).utcoffset() or timedelta()) % step for day in (*days, to))


def begin_before(bucket: Bucket, begin: datetime, to: datetime, *, zone: ZoneInfo) -> datetime:
    """When as many buckets as there are from `begin` to `to` began before `begin`; without buckets, the same time."""
    if bucket not in CALENDAR:
        return begin - (to - begin)
    local, last = begin.astimezone(zone), start_of(bucket, to - timedelta(microseconds=1), zone).astimezone(zone)
    if bucket is Bucket.MONTH:
        months = 2 * (local.year * 12 + local.month) - (last.year * 12 + last.month) - 2
        return _as_the_store_has_it(local.replace(year=months // 12, month=months % 12 + 1))
    week = timedelta(days=7 if bucket is Bucket.WEEK else 1)
    # Of local days, not of 24 hours: a day in March or October has 23 or 25.
    return _as_the_store_has_it(local - (last.replace(tzinfo=None) - local.replace(tzinfo=None)) - week)


def moment_of(begin: datetime | str) -> datetime:
    """The moment itself, or that which a `first_id` stands for."""
    if isinstance(begin, str):
        return datetime.fromtimestamp(int(begin.replace("-", "")[:12], 16) / 1000, UTC)
    return begin if begin.tzinfo else begin.replace(tzinfo=UTC)


def first_id(moment: datetime) -> str:
    """Below every id of what was first heard of at `moment` or later: ids begin with their time."""
    return f"{int(moment.timestamp() * 1000):012x}{0:020x}"
