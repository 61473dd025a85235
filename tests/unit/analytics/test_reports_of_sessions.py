"""The report of sessions says what a straightforward computation over the same conversations says, without any SQL."""

from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from analytics.measures.metrics import Dimension
from analytics.reports.answering import report
from analytics.reports.catalogue import Report
from analytics.reports.question import ReportQuestion
from contracts.filters import parse_filter
from tests.support.simulated_talks import HOURS, Lived, lived_sessions, talks, tell_talks
from tests.support.store_line import Line
from tests.support.talking import at

SEEDS = (1, 2, 3)
COUNTS = ("sessions", "started", "closed", "billed", "business_count", "user_count")
GROUPS = [(), ("connection",), ("account", "sender"), ("provider", "connection", "sender")]


class Told(NamedTuple):
    reader: Any
    sessions: list[Lived]


@pytest.fixture(scope="module", params=SEEDS)
def told(request, reader_of) -> Told:
    line, said = Line(), talks(60, seed=request.param)
    tell_talks(line, said)
    return Told(reader_of(line), lived_sessions(said))


async def rows_of(reader, name: Report = Report.SESSIONS, **members) -> list[dict[str, Any]]:
    question = ReportQuestion(**{"from_": at(0), "to": at(HOURS)} | members)
    return (await report(reader, name, question, reply_window_s=60)).rows


def counted(several: list[Lived]) -> dict[str, Any]:
    """The members of a row, added up one by one."""
    closed, cost = [one for one in several if one.is_closed], Counter()
    for session in closed:
        cost.update(session.cost)
    ours, theirs = sum(one.ours for one in closed), sum(one.theirs for one in closed)
    return {
        "sessions": len(several),
        "started": sum(one.started_s is not None for one in several),
        "closed": len(closed),
        "billed": sum(one.is_billed for one in several),
        "business_count": ours,
        "user_count": theirs,
        "business_per_session": ours / len(closed) if closed else None,
        "user_per_session": theirs / len(closed) if closed else None,
        "cost": dict(cost),
    }


def grouped(sessions: list[Lived], *names: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    groups: dict[tuple[Any, ...], list[Lived]] = defaultdict(list)
    for session in sessions:
        groups[tuple(getattr(session.parties, name) for name in names)].append(session)
    return {group: counted(several) for group, several in groups.items()}


def by_group(rows: list[dict[str, Any]], *names: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    return {tuple(row.pop(name) for name in names): row for row in rows}


def test_the_conversations_have_sessions_of_every_sort(told):
    """What is never there is never counted wrong."""
    closed = [one for one in told.sessions if one.is_closed]

    assert {one.is_full for one in closed} == {one.is_billed for one in closed} == {True, False}
    assert any(not one.is_closed for one in told.sessions)
    assert any(one.started_s is None for one in told.sessions)


@pytest.mark.parametrize("names", GROUPS, ids=lambda names: "-".join(names) or "all")
async def test_each_session_is_counted_once_by_its_last_word(told, names):
    rows = await rows_of(told.reader, group_by=tuple(map(Dimension, names)))

    assert by_group(rows, *names) == grouped(told.sessions, *names)


@pytest.mark.parametrize("hour", range(0, HOURS, 6))
async def test_a_session_counts_in_the_hour_in_which_it_opened(told, hour):
    rows = await rows_of(told.reader, from_=at(hour), to=at(hour + 6))
    opened = [one for one in told.sessions if hour <= one.opened_s / 3600 < hour + 6]

    assert rows == [counted(opened)]


async def test_a_filter_leaves_the_others_out(told):
    chosen = {Dimension.SENDER: parse_filter(["!ExampleBank"]), Dimension.CONNECTION: parse_filter(["euros,dollars"])}
    left = [
        one
        for one in told.sessions
        if one.parties.sender == "ExampleShop" and one.parties.connection in {"euros", "dollars"}
    ]

    assert await rows_of(told.reader, filters=chosen) == [counted(left)]


async def test_an_account_sees_its_own_alone(told):
    own = [one for one in told.sessions if one.parties.account == "globex"]

    assert await rows_of(told.reader, accounts=("globex",)) == [counted(own)]


@pytest.mark.parametrize("names", [(), ("account",)], ids=["all", "account"])
async def test_the_report_of_costs_has_the_same_sum_of_them(told, names):
    rows = await rows_of(told.reader, Report.COST, group_by=tuple(map(Dimension, names)))
    told_costs = {(*(row[name] for name in names), row["currency"]): row["session_cost"] for row in rows}
    costs: dict[tuple[Any, ...], Decimal] = defaultdict(Decimal)
    for session in told.sessions:
        for currency, cost in session.cost.items():
            costs[*(getattr(session.parties, name) for name in names), currency] += cost

    assert told_costs == costs
