"""What the changelog gives back is what the last rightful owner knew."""

import pytest

from streams.engine.state import MARKS_KEY, PartitionState
from tests.support.streams_world import AT_MS, Record

READS = ("reports", "attempts")


def owned(generation: int = 1, changelog: list[tuple[bytes, bytes | None]] = []) -> PartitionState:  # noqa: B006  # read only
    state = PartitionState(READS)
    for key, entry in changelog:
        state.load(key, entry)
    state.begin(generation)
    return state


def written(state: PartitionState, *, upto: int = 0, **values: str | None) -> list[tuple[bytes, bytes | None]]:
    """The changelog records of one batch."""
    state.marks.applied["reports"] = upto
    for key, value in values.items():
        state.put(key.encode(), None if value is None else value.encode())
    return state.changes()


def test_what_was_put_is_seen_in_the_same_batch():
    state = owned()
    state.put(b"a", b"1")
    state.put(b"a", b"2")

    assert state.get(b"a") == b"2"


def test_each_key_is_written_once_and_the_marks_last():
    state = owned()
    state.put(b"a", b"1")
    state.put(b"a", b"2")

    assert [key for key, _ in written(state, b="3")] == [b"a", b"b", MARKS_KEY]


def test_what_is_read_back_is_what_was_known():
    state = owned()
    changelog = written(state, upto=4, a="1", b="2") + written(state, upto=9, a="3")

    again = owned(2, changelog)

    assert (again.get(b"a"), again.get(b"b"), again.marks) == (b"3", b"2", state.marks)


def test_a_null_forgets():
    state = owned()
    changelog = written(state, a="1") + written(state, a=None)

    again = owned(2, changelog)

    assert (state.get(b"a"), again.get(b"a"), len(again)) == (None, None, 0)


@pytest.mark.parametrize(
    ("topic", "offset", "is_new"),
    [
        pytest.param("reports", 4, False, id="what the entry contains is skipped"),
        pytest.param("reports", 5, True, id="what lies above is not"),
        pytest.param("attempts", 0, True, id="another topic counts for itself"),
    ],
)
def test_entries_know_what_was_applied_when_the_marks_did_not_get_that_far(topic, offset, is_new):
    batch = written(owned(), upto=4, a="1")
    after_crash = owned(2, [change for change in batch if change[0] != MARKS_KEY])

    assert bool(after_crash.unapplied(topic, [Record(topic, 0, offset, key=b"a")])) is is_new


def test_an_entry_of_an_earlier_owner_behind_a_later_ones_does_not_count():
    zombie = owned(5)
    heir = owned(6, written(zombie, upto=1, a="both know"))
    changelog = written(heir, upto=7, a="the heir's") + written(zombie, upto=3, a="the zombie's")

    again = owned(7, changelog)

    assert again.get(b"a") == b"the heir's"
    assert again.marks.applied["reports"] == 7


def test_a_tombstone_of_an_earlier_owner_behind_a_later_ones_entry_forgets_nothing():
    zombie = owned(5)
    heir = owned(6, written(zombie, upto=1, a="both know", b="both know"))
    changelog = written(heir, upto=7, a="the heir's") + written(zombie, upto=3, a=None, b=None)

    again = owned(7, changelog)

    assert (again.get(b"a"), again.get(b"b")) == (b"the heir's", None)
    assert b"a" in dict(again.changes())  # or compaction would keep the tombstone


def test_a_tombstone_that_a_crash_parted_from_its_marks_forgets_all_the_same():
    first = owned(5)
    changelog = written(first, upto=1, a="1") + written(first, upto=2, a=None)[:-1]
    changelog += written(owned(6, changelog), upto=3, b="2")

    assert owned(7, changelog).get(b"a") is None


def test_within_one_owner_the_later_entry_counts():
    state = owned(6)

    assert owned(7, written(state, a="1") + written(state, a="2")).get(b"a") == b"2"


def test_an_heir_is_above_all_before_even_when_the_group_counts_from_one_again():
    first = owned(40)

    assert owned(1, written(first, a="1")).epoch == 41


def test_what_was_overwritten_can_be_written_again_without_the_marks():
    state = owned()
    entry = dict(written(state, a="1"))[b"a"]

    assert state.current([b"a", b"gone", MARKS_KEY]) == [(b"a", entry), (b"gone", None)]


def test_times_are_read_back_without_reading_the_value():
    state = owned()
    state.put(b"a", b"1", due_ms=5_001, waits_since_ms=3_999)
    state.put(b"b", b"2")
    again = owned(2, state.changes())

    assert (again.due.take(5, 9), again.due.take(6, 9)) == ([], [b"a"])
    assert (again.waiting.earliest(), again.waiting.keys_count) == (3, 1)
    assert again.get(b"a") == b"1"


def test_each_put_sets_the_times_anew():
    state = owned()
    state.put(b"a", b"1", due_ms=5_000, waits_since_ms=1_000)
    state.changes()
    state.put(b"a", b"2")
    state.changes()

    assert state.due.take(9, 9) == []
    assert state.waiting.earliest() is None


@pytest.mark.parametrize("moment_ms", [-1, -(10**18), 10**18], ids=["before all time", "long before", "after all time"])
def test_a_time_that_cannot_be_is_the_nearest_that_can(moment_ms):
    state = owned()
    state.put(b"a", b"1", due_ms=moment_ms, waits_since_ms=moment_ms)

    assert owned(2, state.changes()).get(b"a") == b"1"


def test_what_is_forgotten_is_due_no_more():
    state = owned()
    state.put(b"a", b"1", due_ms=5_000, waits_since_ms=1_000)
    changelog = state.changes()
    state.put(b"a", None)
    changelog += state.changes()

    assert (state.due.take(9, 9), state.waiting.earliest()) == ([], None)
    assert owned(2, changelog).due.keys_count == 0


@pytest.mark.parametrize(
    ("read_ms", "applied", "turn", "value", "has_news"),
    [
        pytest.param(AT_MS + 59_999, 1009, "reports", None, False, id="a little was read and nothing followed"),
        pytest.param(AT_MS + 60_000, 10, "reports", None, True, id="a minute has passed"),
        pytest.param(AT_MS, 1010, "reports", None, True, id="a thousand records were read"),
        pytest.param(AT_MS, 10, "attempts", None, True, id="the turn has passed"),
        pytest.param(AT_MS, 10, "reports", b"1", True, id="something is remembered"),
    ],
)
def test_the_changelog_is_told_of_what_matters(read_ms, applied, turn, value, has_news):
    state = owned()
    state.read_ms = AT_MS
    first_batch = state.has_news()
    written(state, upto=10)
    state.read_ms, state.marks.applied["reports"], state.marks.turn = read_ms, applied, turn
    if value:
        state.put(b"a", value)

    assert first_batch
    assert state.has_news() is has_news
