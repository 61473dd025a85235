"""Counts, rates and latencies by time and group: what they count, and what cannot be asked."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from zoneinfo import ZoneInfo

import pytest

from analytics import questions
from analytics.asking.buckets import CALENDAR, start_of
from analytics.measures.sources import COUNTED
from analytics.questions import Bucket, Dimension, Measure
from analytics.sink.writer import Writer
from analytics.store.database import Database
from contracts.errors import QueryInvalid
from contracts.filters import Filter, Pattern, parse_filter
from contracts.vocabulary import Channel, Reason
from tests.support.store_line import T0, Line, at
from tests.support.store_questions import asked

HALF_AN_HOUR = timedelta(minutes=30)
MOMENTS = [datetime(2026, 3, 4, 15, tzinfo=UTC) + number * HALF_AN_HOUR for number in range(45 * 48)]
VALUES = ["autumn", "autumn-b", "spring", "a*", "autumn*", None]
ALL_COUNTS = tuple(measure for measure in COUNTED if not measure.startswith("latency"))


def store(writer: Writer, line: Line) -> None:
    writer.write(writer.prepare(writer.resume(), line.fetch()))


def fill(database: Database, dimension: Dimension, values: Sequence[str | None]) -> None:
    """An attempt and a channel entry of each value."""
    columns = [str(one) for one in Dimension]
    for value in values:
        cell = [value if one == dimension else "other" for one in columns]
        database.cursor().execute(
            f"INSERT INTO hour_delta (hour_at, attempt_count, entry_count, {', '.join(columns)}) "
            f"VALUES (?, 1, 1, {', '.join('?' * len(columns))})",
            [T0.replace(tzinfo=None), *cell],
        )


def reply_at(database: Database, moments: Sequence[datetime]) -> None:
    """Somebody wrote at each of them."""
    database.cursor().execute(
        "INSERT INTO inbound BY NAME SELECT 0 AS kafka_partition, number AS kafka_offset, 0 AS cause_partition, "
        "number AS cause_offset, 0 AS cause_index, 1 AS cause_items, uuid() AS event_id, 'applied' AS verdict, "
        "'infobip' AS provider, 'main' AS connection, 'default' AS account, 'text' AS kind, moment AS received_at, "
        "1 AS batch_id "
        "FROM (SELECT unnest($moments::TIMESTAMP[]) AS moment, generate_subscripts($moments, 1) AS number)",
        {"moments": [moment.replace(tzinfo=None) for moment in moments]},
    )


@pytest.fixture(scope="module")
def replied_often(reader_of):
    """A store of replies at `MOMENTS`."""
    return reader_of(Line(), then=partial(reply_at, moments=MOMENTS))


@pytest.fixture(scope="module")
def of_values(reader_of):
    """Makes stores of an attempt and a channel entry of each of `VALUES` in one dimension, one for each dimension."""
    return cache(lambda dimension: reader_of(Line(), then=partial(fill, dimension=dimension, values=VALUES)))


class TestMetrics:
    async def test_each_attempt_counts_once_where_it_stands(self, writer, reader, line):
        for said in ("accepted", "sent", "delivered", "delivered", "seen"):
            line.report(said, of="a", connection="observed")
        for of, said in (("b", "delivered"), ("c", "undelivered"), ("d", "unknown"), ("e", "queued")):
            line.report(said, of=of, connection="observed")
        store(writer, line)
        answer = await questions.metrics(reader, asked(*ALL_COUNTS))

        assert answer.rows == [
            {
                "sent": 5,
                "pending": 1,
                "delivered": 2,
                "seen": 1,
                "undelivered": 1,
                "unknown_count": 1,
                "expired": 0,
                "rejected": 0,
                "failed": 0,
                "conflicts": 0,
                "repeated": 1,
                "delivery_rate": 0.4,
                "seen_rate": 0.5,
            }
        ]

    async def test_a_late_report_that_contradicts_moves_the_count_and_is_a_conflict(self, writer, reader, line):
        line.report("undelivered", of="a", connection="observed", reason=Reason.NO_ROUTE)
        store(writer, line)
        before = await questions.metrics(reader, asked(Measure.SENT, Measure.UNDELIVERED, Measure.CONFLICTS))
        line.report("delivered", of="a", connection="observed", at_s=5)
        store(writer, line)
        after = await questions.metrics(
            reader, asked(Measure.SENT, Measure.UNDELIVERED, Measure.DELIVERED, Measure.CONFLICTS)
        )

        assert before.rows == [{"sent": 1, "undelivered": 1, "conflicts": 0}]
        assert after.rows == [{"sent": 1, "undelivered": 0, "delivered": 1, "conflicts": 1}]

    async def test_a_cascade_is_one_attempt_and_an_entry_of_each_channel(self, writer, reader, line):
        line.report("failed", of="a", leg="a:viber", channel=Channel.VIBER, connection="observed")
        line.report("delivered", of="a", leg="a:sms", channel=Channel.SMS, connection="observed")
        store(writer, line)
        measures = (Measure.SENT, Measure.DELIVERED, Measure.FAILED)
        whole = await questions.metrics(reader, asked(*measures))
        by_channel = await questions.metrics(reader, asked(*measures, group_by=(Dimension.CHANNEL,)))
        viber = await questions.metrics(reader, asked(*measures, filters={Dimension.CHANNEL: parse_filter(["viber"])}))

        assert whole.rows == [{"sent": 1, "delivered": 1, "failed": 0}]
        assert by_channel.rows == [
            {"channel": "sms", "sent": 1, "delivered": 1, "failed": 0},
            {"channel": "viber", "sent": 1, "delivered": 0, "failed": 1},
        ]
        assert viber.rows == [{"sent": 1, "delivered": 0, "failed": 1}]

    async def test_what_the_registration_knows_moves_an_attempt_to_its_campaign(self, writer, reader, line):
        line.report("delivered", of="a")
        store(writer, line)
        line.register(of="a", campaign="autumn", at_s=3)
        store(writer, line)
        answer = await questions.metrics(reader, asked(Measure.SENT, group_by=(Dimension.CAMPAIGN,)))

        assert answer.rows == [{"campaign": "autumn", "sent": 1}]

    async def test_latencies_are_those_of_the_delivered(self, writer, reader, line):
        for number in range(100):
            line.report("sent", of=f"m{number}", connection="observed", at_s=0)
            line.report("delivered", of=f"m{number}", connection="observed", at_s=1 + number)
        store(writer, line)
        answer = await questions.metrics(
            reader, asked(Measure.LATENCY_P50, Measure.LATENCY_P95, Measure.LATENCY_P99, group_by=(Dimension.PROVIDER,))
        )

        (row,) = answer.rows
        assert row["latency_p50"] == pytest.approx(50_000, rel=0.02)
        assert row["latency_p95"] == pytest.approx(95_000, rel=0.02)
        assert row["latency_p99"] == pytest.approx(99_000, rel=0.02)

    async def test_hours_are_those_in_which_attempts_were_first_heard_of(self, writer, reader, line):
        line.report("sent", of="a", connection="observed", at_s=3500)
        line.report("delivered", of="a", connection="observed", at_s=3700)
        line.report("sent", of="b", connection="observed", at_s=3700)
        store(writer, line)
        hours = await questions.metrics(reader, asked(Measure.SENT, Measure.DELIVERED, to=at(7200), bucket=Bucket.HOUR))

        assert hours.rows == [
            {"bucket_at": T0, "sent": 1, "delivered": 1},
            {"bucket_at": at(3600), "sent": 1, "delivered": 0},
        ]

    async def test_days_are_those_of_the_zone(self, writer, reader, line):
        line.report("sent", of="a", connection="observed", at_s=0)
        line.report("sent", of="b", connection="observed", at_s=13 * 3600)
        store(writer, line)
        days = await questions.metrics(
            reader, asked(Measure.SENT, to=at(86_400), bucket=Bucket.DAY, time_zone="Europe/Athens")
        )

        assert [row["bucket_at"] for row in days.rows] == [at(-12 * 3600), at(12 * 3600)]

    @pytest.mark.parametrize("bucket", sorted(CALENDAR))
    @pytest.mark.parametrize(
        "zone",
        [
            "UTC",
            "Europe/Athens",
            "America/New_York",
            "America/Santiago",
            "Pacific/Kiritimati",
            "Australia/Lord_Howe",
            "Asia/Kolkata",
        ],
    )
    async def test_days_weeks_and_months_are_those_of_the_calendar(self, replied_often, zone, bucket):
        question = asked(
            Measure.REPLIES, from_=MOMENTS[0], to=MOMENTS[-1] + HALF_AN_HOUR, bucket=bucket, time_zone=zone
        )
        answer = await questions.metrics(replied_often, question)

        counted = {row["bucket_at"]: row["replies"] for row in answer.rows}
        assert counted == Counter(start_of(bucket, moment, ZoneInfo(zone)) for moment in MOMENTS)

    @pytest.mark.parametrize("dimension", Dimension)
    @pytest.mark.parametrize(
        "text",
        ["autumn", "autumn*", "!autumn", "!aut*,!x", "a*,!autumn-b", "spring,autumn-b", "autumn\\*"],
    )
    async def test_filters_leave_what_the_grammar_wants(self, of_values, dimension, text):
        chosen = parse_filter([text])
        answer = await questions.metrics(
            of_values(dimension), asked(Measure.SENT, group_by=(dimension,), filters={dimension: chosen})
        )

        assert {row[dimension] for row in answer.rows} == {value for value in VALUES if chosen.matches(value)}

    async def test_what_looks_like_sql_is_a_value(self, database, reader):
        fill(database, Dimension.CAMPAIGN, ["autumn"])
        chosen = Filter((Pattern("' OR true --"), Pattern("%", is_prefix=True)))

        assert (await questions.metrics(reader, asked(Measure.SENT, filters={Dimension.CAMPAIGN: chosen}))).rows == []

    @pytest.mark.parametrize(
        ("members", "told"),
        [
            pytest.param({"to": T0}, "must be after", id="an empty span"),
            pytest.param({"time_zone": "Mars/Base"}, "no time zone", id="an unknown zone"),
            pytest.param({"time_zone": "localtime"}, "whatever machine", id="the zone of the machine"),
            pytest.param({"time_zone": "../etc/passwd"}, "no time zone", id="a path for a zone"),
            pytest.param({"bucket": Bucket.DAY, "time_zone": "Asia/Kolkata"}, "hour of UTC", id="a zone of half hours"),
            pytest.param(
                {"bucket": Bucket.DAY, "time_zone": "Australia/Lord_Howe", "to": at(180 * 86_400)},
                "buckets of a quarter_hour",
                id="a zone that comes to half hours within the span",
            ),
            pytest.param({"group_by": (Dimension.STATUS,)}, "latencies", id="latency by status"),
            pytest.param({"filters": {Dimension.REASON: Filter()}}, "latencies", id="latency of a reason"),
        ],
    )
    def test_what_cannot_be_asked_is_refused_in_words(self, members, told):
        with pytest.raises(QueryInvalid, match=told):
            asked(Measure.LATENCY_P50, **members)
