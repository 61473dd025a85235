"""The words of the store's SQL are those of contracts, and its small formulas keep their promises."""

import math
from datetime import timedelta

import pytest

from analytics.lists import timelines
from analytics.store.database import Database
from contracts.status import BAD_ENDS, ORDER
from tests.support.store_line import T0

NOW = T0.replace(tzinfo=None)


def value(database: Database, expression: str, *parameters: object) -> object:
    ((found,),) = database.cursor().execute(f"SELECT {expression}", parameters or None).fetchall()
    return found


def test_statuses_have_the_order_of_contracts(database):
    assert [value(database, "rank_of(?)", str(status)) for status in ORDER] == list(range(len(ORDER)))
    assert [value(database, "status_at(?)", rank) for rank in range(len(ORDER))] == list(ORDER)


def test_bad_ends_are_those_of_contracts(database):
    assert {status for status in ORDER if value(database, "is_bad_end(?)", str(status))} == BAD_ENDS


@pytest.mark.parametrize(
    ("moves", "standing"),
    [
        pytest.param([(None, "sent")], "sent", id="entered"),
        pytest.param([(None, "sent"), ("sent", "delivered")], "delivered", id="moved on"),
        pytest.param([("sent", "delivered"), (None, "sent")], "delivered", id="read in another order"),
        pytest.param([(None, "failed"), ("failed", "sent")], "sent", id="a cascade goes on after a failed leg"),
        pytest.param([(None, "sent"), ("sent", "sent")], "sent", id="stayed"),
        pytest.param(
            [("sent", "queued"), ("queued", "sent"), (None, "queued"), ("queued", "sent")], "sent", id="to and fro"
        ),
        pytest.param([("sent", "delivered")], "delivered", id="the beginning is not read yet"),
        pytest.param([("delivered", "failed"), ("failed", "sent")], "sent", id="nor here"),
        pytest.param([(None, "seen")], "seen", id="the highest"),
        pytest.param([(None, "unknown")], "unknown", id="the lowest"),
    ],
)
def test_an_attempt_stands_where_it_entered_more_often_than_it_left(database, moves, standing):
    expressions = " + ".join(f"move({quoted(entered)}, {quoted(departed)})" for departed, entered in moves)

    assert value(database, f"standing({expressions})") == standing == timelines.standing(moves)


def quoted(word: str | None) -> str:
    return "NULL" if word is None else f"'{word}'"


@pytest.mark.parametrize(
    ("behind", "source"),
    [
        pytest.param(None, "received", id="no time in the payload"),
        pytest.param(timedelta(), "occurred", id="at once"),
        pytest.param(timedelta(days=7), "occurred", id="a week late"),
        pytest.param(timedelta(days=7, seconds=1), "received", id="more than a week late"),
        pytest.param(-timedelta(hours=1), "occurred", id="an hour ahead"),
        pytest.param(-timedelta(hours=1, seconds=1), "received", id="more than an hour ahead"),
    ],
)
def test_buckets_go_by_event_time_while_that_is_credible(database, behind, source):
    occurred = None if behind is None else NOW - behind

    assert value(database, "time_source(?::TIMESTAMP, ?::TIMESTAMP)", occurred, NOW) == source
    assert value(database, "bucket_time(?::TIMESTAMP, ?::TIMESTAMP)", occurred, NOW) == (
        occurred if source == "occurred" else NOW
    )


def test_the_histogram_is_right_to_two_per_cent(database):
    sql = "SELECT max(abs(middle_of(bucket_of(ms)) - ms) / ms) FROM (SELECT 50 + range * 7 AS ms FROM range(200000))"
    ((error,),) = database.cursor().execute(sql).fetchall()

    assert error <= 0.02 + 0.5 / 50


def test_no_time_is_too_short_or_too_long_for_the_histogram(database):
    assert value(database, "bucket_of(?)", 0) == 0
    assert value(database, "middle_of(bucket_of(?))", 30 * 86_400_000) == pytest.approx(30 * 86_400_000, rel=0.02)
    assert math.ceil(math.log(30 * 86_400_000) / math.log(1.04)) < 2**15
