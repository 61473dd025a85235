"""What was taken once is not taken again, and nothing else is dropped."""

import pytest

from contracts.envelope import Position, fixed_headers, with_id
from streams.engine.marks import Marks, decode_marks, encode_marks
from tests.support.streams_world import Record

HEADERS = fixed_headers("report", "normalise")


def stemming_from(*place: int, offset: int, source: str = "callbacks") -> Record:
    """A record at `offset`, made from (partition, offset, item) of the source."""
    return Record("reports", 0, offset, headers=with_id(HEADERS, Position(source, *place).event_id))


def taken(marks: Marks, *records: Record) -> list[int]:
    return [record.offset for record in marks.take("reports", records)[0]]


@pytest.mark.parametrize(
    ("records", "offsets"),
    [
        pytest.param(
            [stemming_from(0, 5, 0, offset=0), stemming_from(0, 5, 0, offset=1)], [0], id="a repeat is dropped"
        ),
        pytest.param(
            [stemming_from(0, 5, 0, offset=0), stemming_from(0, 5, 1, offset=1)],
            [0, 1],
            id="items of one record differ",
        ),
        pytest.param(
            [stemming_from(0, 5, 1, offset=0), stemming_from(0, 5, 0, offset=1)],
            [0],
            id="an item below one taken repeats",
        ),
        pytest.param(
            [stemming_from(0, 9, 0, offset=0), stemming_from(0, 3, 0, offset=1)], [0], id="a position below repeats"
        ),
        pytest.param(
            [stemming_from(0, 9, 0, offset=0), stemming_from(1, 3, 0, offset=1)], [0, 1], id="partitions are apart"
        ),
        pytest.param(
            [stemming_from(0, 9, 0, offset=0), stemming_from(0, 3, 0, offset=1, source="polls")],
            [0, 1],
            id="source topics are apart",
        ),
        pytest.param([Record("reports", 0, 0), Record("reports", 0, 1)], [0, 1], id="without a source nothing repeats"),
        pytest.param(
            [Record("reports", 0, n, headers=[("ce_id", b"a request id")]) for n in (0, 1)],
            [0, 1],
            id="an id that is no position is no source",
        ),
    ],
)
def test_repeats_of_a_crash_upstream(records, offsets):
    assert taken(Marks(turn="reports"), *records) == offsets


def test_repeats_are_counted_and_what_was_applied_is_not_among_them():
    marks = Marks(turn="reports", applied={"reports": 0})

    _, repeats = marks.take("reports", [stemming_from(0, 1, offset=n) for n in (0, 1, 2)])

    assert repeats == 1


def test_what_was_applied_is_not_taken_again():
    marks = Marks(turn="reports")
    taken(marks, Record("reports", 0, 3), Record("reports", 0, 4))

    assert taken(marks, Record("reports", 0, 4), Record("reports", 0, 5)) == [5]


def test_a_portion_that_lies_behind_does_not_take_the_mark_back():
    marks = Marks(turn="reports", applied={"reports": 9})
    taken(marks, Record("reports", 0, 3))

    assert marks.applied == {"reports": 9}


def test_input_topics_are_apart():
    marks = Marks(turn="reports", applied={"reports": 9})

    assert marks.take("attempts", [Record("attempts", 0, 3)])[0]


def test_marks_survive_the_changelog():
    marks = Marks(turn="attempts")
    marks.take("reports", [stemming_from(3, 7, 2, offset=11)])

    assert decode_marks(encode_marks(marks)) == marks
