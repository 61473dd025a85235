"""What the store takes of what Kafka gives, and what it leaves."""

import pytest

from analytics.sink.intake import Fetched, Intake
from contracts.envelope import Position
from contracts.errors import OffsetGap
from tests.support.store_line import KafkaRecord

HERE = ("updates", 3)


def record(offset: int, event_id: bytes | None = None) -> KafkaRecord:
    headers = () if event_id is None else (("ce_type", b"update"), ("ce_id", event_id))
    return KafkaRecord(offset, 0, b"{}", headers)


def from_place(offset: int, source: int, item: int = 0, *, topic: str = "reports", partition: int = 7) -> KafkaRecord:
    return record(offset, Position(topic, partition, source, item).event_id)


def taken(intake: Intake, *records: KafkaRecord) -> list[int]:
    return [one.offset for part in intake.new([Fetched(*HERE, records)]) for one in part.records]


@pytest.mark.parametrize(
    ("next_offset", "offsets", "new"),
    [
        pytest.param(None, [5, 6], [5, 6], id="a fresh store begins where Kafka does"),
        pytest.param(5, [5, 6], [5, 6], id="the next one is new"),
        pytest.param(6, [4, 5, 6, 7], [6, 7], id="what is stored is skipped"),
        pytest.param(9, [4, 5], [], id="all of it may be old"),
        pytest.param(5, [], [], id="nothing gives nothing"),
    ],
)
def test_offsets_below_the_stored_one_are_skipped(next_offset, offsets, new):
    intake = Intake({} if next_offset is None else {HERE: next_offset}, {})

    assert taken(intake, *map(record, offsets)) == new


@pytest.mark.parametrize(
    ("next_offset", "offsets"),
    [
        pytest.param(5, [6], id="before the first"),
        pytest.param(5, [5, 7], id="in the middle"),
        pytest.param(None, [5, 7], id="in the middle of what a fresh store reads"),
        pytest.param(5, [3, 4, 6], id="behind what is skipped"),
    ],
)
def test_a_hole_stops_the_sink_and_says_what_to_do(next_offset, offsets):
    intake = Intake({} if next_offset is None else {HERE: next_offset}, {})

    with pytest.raises(OffsetGap, match=r"updates/3: the store needs offset .* set the topic's retention"):
        taken(intake, *map(record, offsets))


@pytest.mark.parametrize(
    ("records", "new"),
    [
        pytest.param([from_place(0, 10), from_place(1, 11)], [0, 1], id="places rise: all new"),
        pytest.param(
            [from_place(0, 10), from_place(1, 11), from_place(2, 10), from_place(3, 11)], [0, 1], id="a crash"
        ),
        pytest.param(
            [from_place(0, 10), from_place(1, 10), from_place(2, 12)], [0, 2], id="new ones after the repeats"
        ),
        pytest.param([from_place(0, 10, 0), from_place(1, 10, 1), from_place(2, 10, 0)], [0, 1], id="items count"),
        pytest.param([from_place(0, 10), from_place(1, 3, partition=8)], [0, 1], id="each source partition by itself"),
        pytest.param([from_place(0, 10), from_place(1, 3, topic="attempts")], [0, 1], id="each source topic by itself"),
        pytest.param([record(0), record(1)], [0, 1], id="writers that are no stages are never dropped"),
        pytest.param([record(0, b"some-uuid"), record(1, b"some-uuid")], [0, 1], id="nor are ids of another kind"),
        pytest.param([record(0, b"a/b/3/x"), record(1, b"a/b/3/x")], [0, 1], id="nor ids that look like a place"),
        pytest.param([record(0, b"t/b/3/0"), record(1, b"t/b/3/0")], [0, 1], id="nor a partition that is no number"),
    ],
)
def test_repeats_of_a_crash_upstream_are_dropped_exactly(records, new):
    assert taken(Intake({}, {}), *records) == new


def test_marks_are_read_on_where_the_store_left_them():
    intake = Intake({HERE: 2}, {HERE: {b"reports/7": (10, 0)}})

    assert taken(intake, from_place(2, 9), from_place(3, 10), from_place(4, 11)) == [4]


def test_only_what_has_moved_is_written():
    intake = Intake({HERE: 0, ("updates", 4): 9}, {})
    taken(intake, from_place(0, 10), from_place(1, 11))
    first, again = intake.take_moves(), intake.take_moves()

    assert first == ([("updates", 3, 2)], [("updates", 3, "reports", 7, 11, 0)])
    assert again == ([], [])
