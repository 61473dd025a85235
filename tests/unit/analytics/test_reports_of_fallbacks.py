"""The report of fallbacks says what a straightforward computation over the same messages says, without any SQL."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import product
from typing import Any, NamedTuple

import pytest

from analytics import questions
from analytics.asking.buckets import Bucket
from analytics.measures.metrics import Dimension, Measure, MetricsQuestion
from analytics.reports.answering import report
from analytics.reports.catalogue import Report
from analytics.reports.question import ReportQuestion
from contracts.filters import parse_filter
from tests.support.simulated_plans import HOURS, LaterStep, PlannedLife, planned_lives, tell_plans
from tests.support.store_line import T0, Line, at

SEEDS = (1, 2, 3)
FOLDED = {False: "as it came", True: "folded"}
COUNTS = ("commanded", "fallbacks", "delivered", "double_deliveries")
WHY = ("because", "after_channel")
GROUPS = [(), ("provider",), ("account", "campaign"), ("channel", "sender", "connection")]


class Told(NamedTuple):
    reader: Any
    lives: list[PlannedLife]

    @property
    def steps(self) -> list[tuple[PlannedLife, LaterStep]]:
        return [(life, step) for life in self.lives for step in life.steps]


@pytest.fixture(scope="module", params=product(SEEDS, (False, True)), ids=lambda one: f"{one[0]}-{FOLDED[one[1]]}")
def told(request, reader_of) -> Told:
    seed, is_tidied = request.param
    line, lives = Line(), planned_lives(150, seed=seed)
    tell_plans(line, lives)
    return Told(reader_of(line, is_tidied=is_tidied), lives)


async def rows_of(reader, **members) -> list[dict[str, Any]]:
    question = ReportQuestion(**{"from_": T0, "to": at(HOURS * 3600)} | members)
    return (await report(reader, Report.FALLBACKS, question, reply_window_s=60)).rows


def counted(steps: Iterable[tuple[PlannedLife, LaterStep]], *names: str) -> dict[tuple[Any, ...], Counter[str]]:
    """By what is named and why, each step once: how many, taken, arrived, and needless."""
    groups: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    for life, step in steps:
        members = {"account": life.account, "campaign": life.campaign}
        group = (*(members.get(name, getattr(step, name, None)) for name in names), step.because, step.after_channel)
        groups[group].update(
            commanded=1,
            fallbacks=step.is_taken,
            delivered=step.has_arrived,
            double_deliveries=life.is_double(step),
        )
    return groups


def as_told(rows: Iterable[dict[str, Any]], *names: str) -> dict[tuple[Any, ...], Counter[str]]:
    return {
        tuple(row[name] for name in (*names, *WHY)): Counter({count: row[count] for count in COUNTS}) for row in rows
    }


@pytest.mark.parametrize("names", GROUPS, ids=lambda names: "-".join(names) or "all")
async def test_each_step_is_counted_once_with_why_and_what_came_of_it(told, names):
    rows = await rows_of(told.reader, group_by=tuple(map(Dimension, names)))

    assert as_told(rows, *names) == counted(told.steps, *names)
    assert len(rows) == len(as_told(rows, *names))
    for row in rows:
        taken = row["fallbacks"]
        assert row["delivered_share"] == (row["delivered"] / taken if taken else None)
        assert row["double_share"] == (row["double_deliveries"] / taken if taken else None)


@pytest.mark.parametrize("hour", range(HOURS))
async def test_a_step_counts_in_the_hour_in_which_it_was_first_commanded(told, hour):
    """And there with all that came of it, also when it was tried again in the next."""
    rows = await rows_of(told.reader, from_=at(hour * 3600), to=at((hour + 1) * 3600))
    begun = [(life, step) for life, step in told.steps if step.begun_s // 3600 == hour]

    assert as_told(rows) == counted(begun)


async def test_measured_by_the_hour_it_is_the_same(told):
    question = MetricsQuestion((Measure.FALLBACKS, Measure.DOUBLE_DELIVERIES), T0, at(HOURS * 3600), bucket=Bucket.HOUR)
    rows = (await questions.metrics(told.reader, question)).rows
    hours: dict[int, Counter[str]] = defaultdict(Counter)
    for life, step in told.steps:
        hours[int(step.begun_s // 3600)].update(fallbacks=step.is_taken, double_deliveries=life.is_double(step))

    assert {row["bucket_at"].hour - T0.hour: (row["fallbacks"], row["double_deliveries"]) for row in rows} == {
        hour: (counts["fallbacks"], counts["double_deliveries"]) for hour, counts in hours.items()
    }


async def test_asked_beside_other_measures_each_is_what_it_is_alone(told):
    """What the fallbacks delivered is called as what all attempts delivered is."""

    async def measured(*measures):
        question = MetricsQuestion(measures, T0, at(HOURS * 3600), bucket=Bucket.NONE)
        return next(iter((await questions.metrics(told.reader, question)).rows), {})

    alone = {measure: (await measured(measure)).get(measure) for measure in Measure}
    together = await measured(*Measure)

    assert alone[Measure.DELIVERED] != sum(step.has_arrived for _, step in told.steps)
    assert {measure: together[measure] for measure, value in alone.items() if value is not None} == {
        measure: value for measure, value in alone.items() if value is not None
    }


@pytest.mark.parametrize(
    ("filters", "is_left"),
    [
        pytest.param({"provider": "!routee"}, lambda _, step: step.provider != "routee", id="not a provider"),
        pytest.param({"campaign": "spr*"}, lambda life, _: life.campaign == "spring", id="a campaign by its beginning"),
        pytest.param(
            {"channel": "sms", "sender": "ExampleShop"},
            lambda _, step: (step.channel, step.sender) == ("sms", "ExampleShop"),
            id="a channel and a sender",
        ),
    ],
)
async def test_a_filter_leaves_the_others_out(told, filters, is_left):
    chosen = {Dimension(name): parse_filter([text]) for name, text in filters.items()}

    assert as_told(await rows_of(told.reader, filters=chosen)) == counted(
        (life, step) for life, step in told.steps if is_left(life, step)
    )


async def test_an_account_sees_its_own_alone(told):
    own = [(life, step) for life, step in told.steps if life.account == "globex"]

    assert as_told(await rows_of(told.reader, accounts=("globex",))) == counted(own)
