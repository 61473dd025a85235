"""Which part of a span is answered from what is kept by the hour, and which from the facts."""

from datetime import timedelta

import pytest

from analytics.trust.span import Span
from tests.support.store_line import T0, at

HOUR = 3600


def span(begin_s: int, end_s: int, *, as_of_s: int | None, silent_after_s: float = 600) -> Span:
    silent_after = timedelta(seconds=silent_after_s)
    return Span.of(at(begin_s), at(end_s), silent_after=silent_after, as_of=None if as_of_s is None else at(as_of_s))


@pytest.mark.parametrize(
    ("begin_s", "end_s", "whole"),
    [
        pytest.param(0, 2 * HOUR, (0, 2 * HOUR), id="whole hours are kept"),
        pytest.param(1, 2 * HOUR + 5, (HOUR, 2 * HOUR), id="of those that are only touched there are facts"),
        pytest.param(5, 70, None, id="within an hour all is counted from the facts"),
        pytest.param(5, HOUR, None, id="likewise where an hour ends"),
    ],
)
def test_whole_hours_are_kept(begin_s, end_s, whole):
    told = span(begin_s, end_s, as_of_s=None)

    assert (told.end > told.begin) == (whole is not None)
    assert whole is None or (told.begin, told.end) == (at(whole[0]), at(whole[1]))


@pytest.mark.parametrize(
    ("as_of_s", "cut"),
    [
        pytest.param(2 * HOUR, (HOUR, 2 * HOUR), id="in the hour in which they become old each is looked at"),
        pytest.param(HOUR + 600, (HOUR, 2 * HOUR), id="who began at its first moment is old, too"),
        pytest.param(4 * HOUR, None, id="when all are old there is no such hour"),
        pytest.param(500, None, id="nor when none is"),
        pytest.param(None, None, id="nor when nothing is known of now"),
    ],
)
def test_the_hour_of_silence_is_counted_from_the_facts(as_of_s, cut):
    told = span(0, 3 * HOUR, as_of_s=as_of_s)

    assert told.is_kept == (cut is None)
    assert cut is None or (told.cut, told.cut_end) == (at(cut[0]), at(cut[1]))


def test_silence_of_no_whole_minutes_is_counted_from_the_facts_alone():
    told = span(0, 3 * HOUR, as_of_s=0, silent_after_s=90.5)

    assert (told.begin, told.end, told.is_kept) == (T0, T0, False)
    assert told.parameters()["steps"] == 1
    assert told.bounds()["step_us"] == 90_500_000
