"""Which part of a span is answered from what is kept by the hour, and which from the facts."""

from datetime import timedelta

import pytest

from analytics.asking.buckets import first_id
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
    ("as_of_s", "old_to", "growing"),
    [
        pytest.param(2 * HOUR, HOUR, (HOUR, 2 * HOUR - 600), id="in the hour in which they become old some are"),
        pytest.param(HOUR + 600, HOUR, (HOUR, HOUR), id="who began at its first moment is old, too"),
        pytest.param(4 * HOUR, 3 * HOUR, None, id="when all are old there is no such hour"),
        pytest.param(500, -HOUR, None, id="nor when none is"),
        pytest.param(None, None, None, id="nor when nothing is known of now"),
    ],
)
def test_what_is_old_is_known_to_the_moment(as_of_s, old_to, growing):
    asked = span(0, 3 * HOUR, as_of_s=as_of_s).parameters()

    assert asked["old_to"] == (None if old_to is None else at(old_to))
    assert [asked.get(name) for name in ("old_first", "old_until")] == (
        [None, None] if growing is None else [first_id(at(growing[0])), first_id(at(growing[1] + 0.001))]
    )


def test_silence_of_no_whole_minutes_is_counted_from_the_facts_alone():
    told = span(0, 3 * HOUR, as_of_s=0, silent_after_s=90.5)

    assert (told.begin, told.end, told.is_kept) == (T0, T0, False)
    assert told.parameters()["steps"] == 1
    assert told.parameters()["step_us"] == 90_500_000
