"""The wait that costs least: known where the law of arrivals is known, and silent where too little is."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.back_test.waits import GROWTH, LEAST_SPARED, Bin, WaitVerdict, advise, by_place, curve

LAST = 420
"""A bucket that ends after four hours."""
STEP = 0.06
"""Buckets are 4 % wide, and an optimum is flat."""


def mixture(share: float, mean_s: float, count: float = 1e6, open_after_s: float | None = None) -> list[Bin]:
    """`share` arrive after an exponential time, the rest never; with an end, all are seen for a time up to that."""

    def arrived(wait_s: float) -> float:
        return share * -math.expm1(-wait_s / mean_s)

    def seen(wait_s: float) -> float:
        """The share of messages that were seen for longer."""
        return 1.0 if open_after_s is None else max(0.0, 1 - wait_s / open_after_s)

    bins, before_s = [], 0.0
    for bucket in range(LAST):
        end_s = GROWTH**bucket / 1000
        middle = (seen(before_s) + seen(end_s)) / 2
        spared = count * (arrived(end_s) - arrived(before_s)) * middle
        unseen = count * (1 - (arrived(before_s) + arrived(end_s)) / 2) * (seen(before_s) - seen(end_s))
        bins.append(Bin(bucket, spared, 0.0, unseen))
        before_s = end_s
    rest = count * (1 - arrived(before_s)) * seen(before_s)
    return [one for one in [*bins, Bin(LAST, 0.0, 0.0, rest)] if one.leaving]


def turning_point(share: float, mean_s: float, price_in_s: float) -> float:
    """Where the hazard of the mixture passes 1 / price: solved by hand."""
    rate, least = 1 / mean_s, 1 / price_in_s
    return mean_s * math.log(share * (rate - least) / (least * (1 - share)))


KNOWN = {
    "share": st.floats(0.3, 0.95),
    "mean_s": st.floats(2, 30),
    # The first hazard must be above 1 / price, and the wait within what is seen.
    "times": st.floats(4, 200),
}


@given(**KNOWN)
@settings(max_examples=60, deadline=None)
def test_it_is_where_the_hazard_passes_value_over_price(share, mean_s, times):
    price_in_s = mean_s / share * times
    best = min(curve(mixture(share, mean_s), price_in_s), key=lambda point: point.cost_s)

    assert best.wait_s == pytest.approx(turning_point(share, mean_s, price_in_s), rel=STEP)


@given(**KNOWN)
@settings(max_examples=60, deadline=None)
def test_messages_that_are_still_open_do_not_move_it(share, mean_s, times):
    price_in_s = mean_s / share * times
    wait_s = turning_point(share, mean_s, price_in_s)
    censored = mixture(share, mean_s, open_after_s=wait_s * 3)
    best = min(curve(censored, price_in_s), key=lambda point: point.cost_s)

    assert best.wait_s == pytest.approx(wait_s, rel=STEP)


@given(**KNOWN, dearer=st.floats(1.1, 10))
@settings(max_examples=40, deadline=None)
def test_the_dearer_a_fallback_the_longer_the_wait(share, mean_s, times, dearer):
    bins, price_in_s = mixture(share, mean_s), mean_s / share * times
    waits = [
        min(curve(bins, price), key=lambda point: point.cost_s).wait_s for price in (price_in_s, price_in_s * dearer)
    ]

    assert waits[0] <= waits[1]


def test_shares_are_those_of_the_messages():
    points = curve([Bin(200, 60, 10, 0), Bin(250, 10, 0, 20)], 600)

    assert [point.spared_share for point in points] == [0, pytest.approx(0.6), pytest.approx(0.7)]
    assert [point.open_share for point in points] == [1, pytest.approx(0.3), pytest.approx(0.2)]


def test_ends_that_call_for_a_fallback_are_no_reason_to_wait():
    arriving = [Bin(180, 1000, 0, 0), Bin(220, 500, 0, 0), Bin(400, 1, 0, 500)]
    ending = [*arriving[:2], Bin(300, 0, 400, 0), Bin(400, 1, 0, 100)]

    assert advise(ending, price_in_s=600, least_observations=200).wait_s == pytest.approx(GROWTH**220 / 1000)
    assert advise(arriving, price_in_s=600, least_observations=200).wait_s == pytest.approx(GROWTH**220 / 1000)


@pytest.mark.parametrize(
    ("bins", "verdict"),
    [
        pytest.param([Bin(200, 150, 0, 49)], WaitVerdict.TOO_FEW, id="below the least of observations nothing is said"),
        pytest.param([Bin(200, LEAST_SPARED - 1, 500, 0)], WaitVerdict.TOO_FEW, id="nor below that of arrivals"),
        pytest.param([], WaitVerdict.TOO_FEW, id="nor of nothing"),
        pytest.param(
            [Bin(300, 60, 0, 0), Bin(420, 0, 0, 5000)], WaitVerdict.AT_ONCE, id="who hardly arrives is not waited for"
        ),
        pytest.param(
            [Bin(100, 5000, 0, 0), Bin(200, 5000, 0, 0)], WaitVerdict.LONGER_THAN_SEEN, id="waiting pays to the end"
        ),
        pytest.param([Bin(200, 900, 0, 0), Bin(420, 0, 0, 100)], WaitVerdict.ADVISED, id="a wait between is advised"),
    ],
)
def test_what_can_be_said(bins, verdict):
    assert advise(bins, price_in_s=600, least_observations=200).verdict is verdict


def test_the_range_holds_the_wait_and_is_narrower_with_more_observations():
    few, many = (
        advise(
            [Bin(one.bucket, *map(round, one[1:])) for one in mixture(0.8, 10, count)],
            price_in_s=600,
            least_observations=200,
        )
        for count in (500, 500_000)
    )

    assert few.low_s <= few.wait_s <= few.high_s
    assert many.low_s <= many.wait_s <= many.high_s
    assert many.high_s - many.low_s < few.high_s - few.low_s


def test_the_same_counts_give_the_same_range():
    first, second = (advise(mixture(0.8, 10), price_in_s=600, least_observations=200) for _ in range(2))

    assert first == second


def test_histograms_are_taken_apart_by_place():
    place = {"provider": "infobip", "channel": "viber"}
    counts = {"spared": 1, "called": 2, "still_open": 3}
    rows = [
        place | {"country": country, "bucket": bucket} | counts for country, bucket in (("DE", 1), ("DE", 2), (None, 1))
    ]

    assert by_place(rows) == [
        (("infobip", "viber", "DE"), [Bin(1, 1, 2, 3), Bin(2, 1, 2, 3)]),
        (("infobip", "viber", None), [Bin(1, 1, 2, 3)]),
    ]
