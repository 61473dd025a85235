"""What the report about trust counts across routes and messages is what a straightforward computation brings."""

from collections import defaultdict
from math import ceil
from typing import Any, NamedTuple

import pytest

from analytics.freshness import Horizon, Skyline
from analytics.trust.report import RouteReport, TrustQuestion, trust
from analytics.trust.signals import Signal
from tests.support.simulated_routes import AFTER_S, HOURS, Answered, Attempted, answered, attempted, tell_routes
from tests.support.store_line import T0, Line, at

SEEDS = (1, 2, 3)
END_S = HOURS * 3600
Place = tuple[str, str, str | None, str | None]


class Told(NamedTuple):
    routes: dict[Place, RouteReport]
    tries: list[Attempted]
    answers: list[Answered]

    @property
    def counted(self) -> dict[Place, list[Attempted]]:
        """The attempts that began in the span, by their route."""
        places: dict[Place, list[Attempted]] = defaultdict(list)
        for one in self.tries:
            if one.begun_s < END_S:
                places[one.route].append(one)
        return places


@pytest.fixture(scope="module", params=SEEDS)
def lived(request) -> tuple[list[Attempted], list[Answered]]:
    return attempted(160, seed=request.param), answered(40, seed=request.param)


@pytest.fixture(scope="module")
def reader(lived, reader_of):
    line = Line()
    tell_routes(line, *lived)
    return reader_of(line, Skyline(Horizon(as_of=at(END_S + AFTER_S))))


@pytest.fixture
async def told(reader, lived) -> Told:
    question = TrustQuestion(from_=T0, to=at(END_S), silent_after_s=AFTER_S, at_least=1)
    return Told({tuple(one.route): one for one in (await trust(reader, question)).routes}, *lived)


def near(ms: float) -> Any:
    """The histogram has places of 4 %, and their middle is told."""
    return pytest.approx(ms, rel=0.021, abs=1)


def counts(told: Told, signal: Signal) -> dict[Place, Any]:
    return {
        place: (one.judgements[signal].count.n, one.judgements[signal].count.hits) for place, one in told.routes.items()
    }


def next_s(told: Told, one: Attempted) -> float | None:
    """When the next try for the same message began, if that was soon enough to be looked for."""
    later = [
        other.begun_s
        for other in told.tries
        if other.message == one.message and one.begun_s < other.begun_s < END_S + AFTER_S
    ]
    return min(later, default=None)


async def test_every_route_has_its_attempts(told):
    assert {place: one.attempt_count for place, one in told.routes.items()} == {
        place: len(several) for place, several in told.counted.items()
    }


async def test_late_is_what_arrived_behind_the_next_try_for_the_same_message(told):
    expected = {}
    for place, several in told.counted.items():
        followed = [(one.arrived_s, next_s(told, one)) for one in several if next_s(told, one) is not None]
        expected[place] = len(followed), sum(arrived is not None and arrived > later for arrived, later in followed)

    assert counts(told, Signal.LATE_DELIVERIES) == expected
    assert sum(hits for _, hits in expected.values()) > 10


async def test_an_answer_counts_for_every_route_that_it_may_be_to(told):
    heard = [one for one in told.answers if 0 <= one.at_s < END_S]
    expected = {
        place: (
            sum(one.arrived_s is not None for one in several),
            sum(one.may_be_to(place) for one in heard),
        )
        for place, several in told.counted.items()
    }

    assert counts(told, Signal.ZERO_REPLIES) == expected


async def test_where_more_was_answered_than_arrived_the_least_share_is_told_too(told):
    counted = [one.judgements[Signal.ZERO_REPLIES].count for one in told.routes.values()]
    chatty = [one for one in counted if 0 < one.n < one.hits]

    assert chatty
    assert all(0 < one.least < 1 < one.value for one in chatty)


async def test_usual_is_the_share_that_all_other_routes_of_the_channel_have_together(told):
    for place, route in told.routes.items():
        others = [
            other.judgements[Signal.ZERO_REPLIES].count
            for elsewhere, other in told.routes.items()
            if elsewhere != place and elsewhere[2] == place[2]
        ]
        n = sum(one.n for one in others)

        assert route.judgements[Signal.ZERO_REPLIES].usual == pytest.approx(sum(one.hits for one in others) / n)


async def test_delays_are_of_what_the_provider_sent_by_itself_each_report_once(told):
    for place, several in told.counted.items():
        delays = sorted(delay for one in several for report in one.heard if (delay := report.delay_ms) is not None)
        judgement, details = told.routes[place].judgements, told.routes[place].details
        latency, skew = details[Signal.CALLBACK_LATENCY], details[Signal.CLOCK_SKEW]

        assert judgement[Signal.CALLBACK_LATENCY].count.n == judgement[Signal.CLOCK_SKEW].count.n == len(delays)
        assert judgement[Signal.CLOCK_SKEW].count.hits == sum(delay < -2000 for delay in delays)
        if delays:
            assert latency["delay_p50_ms"] == near(delays[ceil(len(delays) * 0.5) - 1])
            assert latency["delay_p95_ms"] == near(delays[ceil(len(delays) * 0.95) - 1])
            assert judgement[Signal.CALLBACK_LATENCY].count.value == max(0, latency["delay_p95_ms"] / 1000)
            assert -delays[0] - abs(delays[0]) * 0.04 - 1 <= skew["ahead_least_ms"] <= -delays[0]


async def test_a_clock_is_ahead_by_no_more_than_what_happened_soonest_after_it_was_sent(told):
    for place, several in told.counted.items():
        after_sent = [
            (at(report.occurred_s) - at(one.sent_s)).total_seconds() * 1000
            for one in several
            for report in one.heard
            if report.delay_ms is not None
        ]
        most = told.routes[place].details[Signal.CLOCK_SKEW]["ahead_most_ms"]

        if not after_sent:
            assert most is None
        else:
            assert min(after_sent) - 1 <= most <= min(after_sent) + abs(min(after_sent)) * 0.04 + 1
