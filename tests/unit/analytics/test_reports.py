"""Named reports say what a straightforward computation over the same messages says, without any SQL."""

import math
import statistics
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analytics.asking.reader import Reader
from analytics.measures.metrics import Dimension
from analytics.reports.answering import report
from analytics.reports.catalogue import CATALOGUE, Report
from analytics.reports.question import ReportQuestion
from contracts.filters import parse_filter
from tests.support.simulated import HOURS, LIVES, Life
from tests.support.store_line import T0, at

WINDOW_S = 86_400.0
Ask = Callable[..., Any]


@pytest.fixture
def ask(told_reader: Reader) -> Ask:
    """The rows of a report over all hours."""

    async def asked(name: Report, **members: Any) -> list[dict[str, Any]]:
        question = ReportQuestion(**{"from_": T0, "to": at(HOURS * 3600)} | members)
        return (await report(told_reader, name, question, reply_window_s=WINDOW_S)).rows

    return asked


def grouped(*names: str) -> dict[tuple[Any, ...], list[Life]]:
    groups: dict[tuple[Any, ...], list[Life]] = {}
    for life in LIVES:
        groups.setdefault(tuple(getattr(life, name) for name in names), []).append(life)
    return groups


def wilson(arrived: int, ended: int) -> tuple[float, float]:
    """Where p solves |p - share| = z * sqrt(p (1 - p) / n), found by halving: another way than the formula."""
    share = arrived / ended

    def bound(low: float, high: float, *, is_lower: bool) -> float:
        for _ in range(100):
            p = (low + high) / 2
            is_within = abs(p - share) <= 1.959964 * math.sqrt(p * (1 - p) / ended)
            low, high = (low, p) if is_within is is_lower else (p, high)
        return (low + high) / 2

    return bound(0, share, is_lower=True), bound(share, 1, is_lower=False)


@pytest.mark.parametrize("names", [(), ("provider",), ("country", "campaign")], ids=["all", "one", "two"])
async def test_deliverability(ask, names):
    rows = await ask(Report.DELIVERABILITY, group_by=tuple(map(Dimension, names)))
    told = {tuple(row[name] for name in names): row for row in rows}
    groups = grouped(*names)

    assert told.keys() == groups.keys()
    for group, several in groups.items():
        ended, arrived = [life for life in several if life.has_ended], [life for life in several if life.has_arrived]
        assert (told[group]["sent"], told[group]["ended"], told[group]["delivered"]) == (
            *(len(several), len(ended), len(arrived)),
        )
        assert told[group]["rate"] == pytest.approx(len(arrived) / len(ended))
        assert (told[group]["low"], told[group]["high"]) == pytest.approx(wilson(len(arrived), len(ended)), abs=1e-6)
        assert told[group]["delivery_rate"] == pytest.approx(len(arrived) / len(several))
        assert told[group]["too_few"] is (len(ended) < 100)


async def test_latency(ask):
    rows = await ask(Report.LATENCY, group_by=(Dimension.PROVIDER,))
    told = {row["provider"]: row for row in rows}

    for (provider,), several in grouped("provider").items():
        took = sorted(life.took_s * 1000 for life in several if life.has_arrived)
        assert told[provider]["delivered"] == len(took)
        for name, share in (("latency_p50", 0.5), ("latency_p95", 0.95), ("latency_p99", 0.99)):
            assert told[provider][name] == pytest.approx(took[math.ceil(share * len(took)) - 1], rel=0.02)


@pytest.mark.parametrize("names", [(), ("provider", "channel")], ids=["all", "two"])
async def test_funnel(ask, names):
    rows = await ask(Report.FUNNEL, group_by=tuple(map(Dimension, names)))
    told = {tuple(row[name] for name in names): row for row in rows}

    for group, several in grouped(*names).items():
        arrived = [life for life in several if life.has_arrived]
        seen = sum(life.end == "seen" for life in several)
        replied = sum(life.replies > 0 for life in several)
        row = told[group]
        assert (row["sent"], row["delivered"], row["seen"], row["replied"]) == (
            *(len(several), len(arrived), seen, replied),
        )
        assert row["replied_share"] == pytest.approx(replied / len(arrived))
        assert row["lost"] == {"before_delivery": len(several) - len(arrived), "before_seen": len(arrived) - seen}
        assert row["reasons"] == Counter(life.reason for life in several if life.reason)


@pytest.mark.parametrize("least", [1, 15, 1000])
async def test_providers_are_compared_over_the_hours_they_share(ask, least):
    rows = await ask(Report.PROVIDERS, least_samples=least)
    told = {(row["country"], row["channel"], row["provider"]): row for row in rows}
    places = grouped("country", "channel")

    assert told.keys() == grouped("country", "channel", "provider").keys()
    for (country, channel), several in places.items():
        by_provider = {name: [one for one in several if one.provider == name] for name in {x.provider for x in several}}
        compared = {
            name
            for name, its in by_provider.items()
            if country is not None and sum(one.has_ended for one in its) >= least
        }
        shared = set.intersection(set(range(HOURS)), *({one.hour for one in by_provider[name]} for name in compared))
        for name, its in by_provider.items():
            row = told[country, channel, name]
            counted = [one for one in its if name not in compared or one.hour in shared]
            ended, arrived = sum(one.has_ended for one in counted), sum(one.has_arrived for one in counted)
            assert (row["is_compared"], row["compared_count"]) == (name in compared, len(compared))
            assert (row["hours"], row["sent"]) == (len({one.hour for one in counted}), len(counted))
            assert (row["ended"], row["delivered"]) == (ended, arrived)
            assert row["too_few"] is (ended < least)
            took = [one.took_s * 1000 for one in counted if one.has_arrived]
            assert row["latency_p50"] == (pytest.approx(statistics.median_low(took), rel=0.02) if took else None)


async def test_a_filter_leaves_the_others_out(ask):
    chosen = {Dimension.CAMPAIGN: parse_filter(["spr*"]), Dimension.COUNTRY: parse_filter(["!GB"])}
    (row,) = await ask(Report.FUNNEL, filters=chosen)
    left = [life for life in LIVES if life.campaign == "spring" and life.country != "GB"]

    assert (row["sent"], row["replied"]) == (len(left), sum(life.replies > 0 for life in left))


@pytest.mark.parametrize("name", Report)
async def test_an_account_sees_its_own_alone(ask, name):
    assert await ask(name, accounts=("other",)) == []


@pytest.mark.parametrize("name", Report)
def test_a_report_names_its_files(name):
    queries = Path(__file__).parents[3] / "analytics" / "queries"

    assert all((queries / f"{one}.sql").is_file() for one in CATALOGUE[name].answered_by)
