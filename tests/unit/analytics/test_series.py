"""Numbers in the order of time: in buckets of any size, filled up, and beside the period before."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from analytics import questions
from analytics.asking.buckets import CALENDAR, FINE, Bucket, start_of
from analytics.asking.reader import Reader
from analytics.measures.metrics import LATENCIES, Dimension, Measure, MetricsQuestion
from analytics.measures.sources import COUNTED
from contracts.errors import QueryInvalid
from contracts.vocabulary import Channel, Reason
from tests.support.simulated import HOURS, LIVES, Life
from tests.support.store_line import T0, Line, at
from tests.support.store_questions import asked

ATHENS = ZoneInfo("Europe/Athens")
END = at(HOURS * 3600)
SIZES = FINE | {Bucket.HOUR: timedelta(hours=1)}
Ask = Callable[..., Any]


@pytest.fixture
def ask(told_reader) -> Ask:
    """The rows of a question about `LIVES`."""

    async def rows(*measures: Measure, **members: Any) -> list[dict[str, Any]]:
        return (await questions.metrics(told_reader, asked(*measures, **{"to": END} | members))).rows

    return rows


def lived(*, providers: bool = True, **sizes: Any) -> dict[tuple[Any, ...], list[Life]]:
    """The lives by bucket, and by provider too."""
    found: dict[tuple[Any, ...], list[Life]] = {}
    for life in LIVES:
        bucket = place_of(life, **sizes)
        found.setdefault((bucket, life.provider) if providers else (bucket,), []).append(life)
    return found


def place_of(life: Life, bucket: Bucket) -> datetime:
    """Where its bucket begins, by the calendar on the wall in Athens."""
    moment = at(life.left_s)
    if bucket in SIZES:
        return T0 + (moment - T0) // SIZES[bucket] * SIZES[bucket]
    day = datetime.combine(moment.astimezone(ATHENS).date(), datetime.min.time(), ATHENS)
    begin = {Bucket.DAY: day, Bucket.WEEK: day - timedelta(days=day.weekday()), Bucket.MONTH: day.replace(day=1)}
    return begin[bucket].astimezone(UTC)


@pytest.mark.parametrize("bucket", [one for one in Bucket if one is not Bucket.NONE])
async def test_buckets_of_any_size_count_what_began_in_them(ask, bucket):
    measures = (Measure.SENT, Measure.DELIVERED, Measure.LATENCY_P50)
    rows = await ask(*measures, bucket=bucket, group_by=(Dimension.PROVIDER,), time_zone="Europe/Athens")
    groups = lived(bucket=bucket)

    assert [(row["bucket_at"], row["provider"]) for row in rows] == sorted(groups)
    for row in rows:
        several = groups[row["bucket_at"], row["provider"]]
        took = sorted(life.took_s * 1000 for life in several if life.has_arrived)
        assert (row["sent"], row["delivered"]) == (len(several), len(took))
        assert row["latency_p50"] == (pytest.approx(took[math.ceil(len(took) / 2) - 1], rel=0.02) if took else None)


@pytest.fixture(scope="module")
def three_attempts(reader_of) -> Reader:
    """A store of a cascade, of one that is told twice, and of one that is registered late."""
    line = Line()
    line.report("failed", of="a", leg="a:viber", channel=Channel.VIBER, connection="observed", reason=Reason.NO_ROUTE)
    line.report("delivered", of="a", leg="a:sms", channel=Channel.SMS, connection="observed", at_s=2)
    for _ in range(2):
        line.report("undelivered", of="b", connection="observed", reason=Reason.OPTED_OUT, country="GB", at_s=3)
    line.report("delivered", of="b", connection="observed", at_s=4)
    line.report("sent", of="c", at_s=5)
    line.register(of="c", campaign="autumn", sender="Shop", at_s=6)
    line.report("delivered", of="c", at_s=9, channel=Channel.SMS)
    return reader_of(line)


@pytest.mark.parametrize("group_by", [*((one,) for one in Dimension), ()], ids=lambda group: "-".join(group) or "all")
async def test_what_is_counted_from_the_facts_is_what_is_kept_by_the_hour(three_attempts, group_by):
    measures = [one for one in COUNTED if one not in LATENCIES or not {"status", "reason"} & set(group_by)]
    fine, kept = [
        (await questions.metrics(three_attempts, asked(*measures, bucket=bucket, group_by=group_by))).rows
        for bucket in (Bucket.QUARTER_HOUR, Bucket.HOUR)
    ]

    assert fine == kept
    assert sum(row["sent"] for row in fine) == (4 if group_by == (Dimension.CHANNEL,) else 3)


@pytest.mark.parametrize("bucket", [Bucket.MINUTE, Bucket.HOUR, Bucket.NONE])
async def test_filled_up_each_group_has_each_bucket(ask, bucket):
    members = {"bucket": bucket, "group_by": (Dimension.PROVIDER,)}
    measures = (Measure.SENT, Measure.DELIVERY_RATE, Measure.LATENCY_P99)
    bare, filled = await ask(*measures, **members), await ask(*measures, **members, is_filled=True)
    steps = range(int((END - T0) / SIZES[bucket])) if bucket in SIZES else range(1)
    nothing = [row for row in filled if row not in bare]

    assert [row for row in filled if row in bare] == bare
    assert [(row.get("bucket_at", T0), row["provider"]) for row in filled] == [
        (T0 + step * SIZES.get(bucket, timedelta(0)), name)
        for step, name in product(steps, ["infobip", "routee", "telesign"])
    ]
    assert all((row["sent"], row["delivery_rate"], row["latency_p99"]) == (0, None, None) for row in nothing)


async def test_nothing_at_all_is_a_row_of_noughts_when_filled(ask):
    rows = await ask(Measure.SENT, from_=at(-7200), to=T0, bucket=Bucket.HOUR, is_filled=True)

    assert rows == [{"bucket_at": at(-7200), "sent": 0}, {"bucket_at": at(-3600), "sent": 0}]


async def test_too_many_rows_to_fill_are_refused(ask):
    with pytest.raises(QueryInvalid, match="20000 rows"):
        await ask(Measure.SENT, from_=at(-80_000_000), bucket=Bucket.HOUR, is_filled=True)


async def test_beside_each_row_stands_what_was_as_many_buckets_before(ask):
    rows = await ask(
        Measure.SENT,
        Measure.DELIVERED,
        from_=at(7200),
        bucket=Bucket.HOUR,
        group_by=(Dimension.PROVIDER,),
        is_compared=True,
    )
    counts = {
        place: {"sent": len(several), "delivered": sum(life.has_arrived for life in several)}
        for place, several in lived(bucket=Bucket.HOUR).items()
    }
    nothing = {"sent": 0, "delivered": 0}

    assert len(rows) == 6
    for row in rows:
        here, before = (row["bucket_at"], row["provider"]), (row["bucket_at"] - timedelta(hours=2), row["provider"])
        assert row["previous_at"] == before[0]
        assert {name: row[name] for name in nothing} == counts.get(here, nothing)
        assert row["previous"] == counts.get(before, nothing)


async def test_what_is_there_no_more_has_a_row_too(ask):
    (row,) = await ask(Measure.SENT, Measure.SEEN_RATE, from_=END, to=END + (END - T0), is_compared=True)
    seen, arrived = sum(one.end == "seen" for one in LIVES), sum(one.has_arrived for one in LIVES)

    assert row == {"sent": 0, "seen_rate": None, "previous": {"sent": len(LIVES), "seen_rate": seen / arrived}}


@pytest.mark.parametrize(
    ("bucket", "begin", "end", "before"),
    [
        pytest.param(
            Bucket.MONTH, "2026-03-01", "2026-06-01", "2025-12-01", id="three months, over a change of clocks"
        ),
        pytest.param(
            Bucket.MONTH, "2026-01-01", "2026-01-15", "2025-12-01", id="half a month is compared with a whole"
        ),
        pytest.param(Bucket.WEEK, "2026-03-30", "2026-04-06", "2026-03-23", id="a week with an hour less"),
        pytest.param(Bucket.DAY, "2026-10-25", "2026-10-27", "2026-10-23", id="a day of 25 hours"),
        pytest.param(Bucket.HOUR, "2026-10-25", "2026-10-26", "2026-10-23T23:00", id="25 hours"),
        pytest.param(Bucket.NONE, "2026-10-20", "2026-10-21", "2026-10-19", id="no buckets"),
    ],
)
def test_the_period_before_has_as_many_buckets(bucket, begin, end, before):
    wall = [datetime.fromisoformat(text).replace(tzinfo=ATHENS).astimezone(UTC) for text in (begin, end, before)]
    question = MetricsQuestion((Measure.SENT,), *wall[:2], bucket=bucket, time_zone=ATHENS.key, is_compared=True)

    assert (question.before().from_, question.before().to) == (wall[2], wall[0])


@pytest.mark.parametrize(
    ("bucket", "told"), [("day", "2026-11-20T22:00"), ("week", "2026-11-15T22:00"), ("month", "2026-10-31T22:00")]
)
def test_what_is_compared_must_begin_with_a_bucket(bucket, told):
    with pytest.raises(QueryInvalid, match=f"begin with a {bucket} of Europe/Athens: from={told}"):
        asked(Measure.SENT, bucket=Bucket(bucket), time_zone=ATHENS.key, is_compared=True)


@pytest.mark.parametrize("bucket", sorted(CALENDAR))
@pytest.mark.parametrize("zone", ["UTC", "Europe/Athens", "America/Havana", "Asia/Beirut", "Etc/GMT+12"])
async def test_the_store_and_the_calendar_agree_on_where_buckets_begin(told_reader, bucket, zone):
    year = {"from_": at(-300 * 86_400), "to": at(65 * 86_400), "bucket": bucket, "time_zone": zone}
    rows = (await told_reader.ask("buckets", asked(Measure.SENT, **year).bucketed())).rows
    told = [row["bucket_at"] for row in rows]

    assert told == sorted(
        {start_of(bucket, year["from_"] + hour * timedelta(hours=1), ZoneInfo(zone)) for hour in range(365 * 24)}
    )
