"""Every record is in the archive once, whenever the process dies and whatever Kafka has lost."""

from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from analytics.archive import draft, shelf
from analytics.archive.manifest import Run, load
from analytics.archive.reading import Shelves
from analytics.archive.shelf import Shelf
from analytics.archive.verification import wrong
from contracts.errors import ArchiveDamaged, OffsetGap
from tests.support.archived import DAY_MS, NOON_MS, TOPIC, kept, places, record, records


class KilledError(Exception):
    """The process is gone."""


def archive(shelf: Shelf, *portions) -> None:
    for portion in portions:
        shelf.take(portion[0].partition, portion)
    shelf.record()


def test_a_record_comes_back_as_it_was(opened, directory):
    archive(opened(), [record(0, body=b"\x00\xff"), record(1, body=None)])

    assert kept(directory) == [record(0, body=b"\x00\xff"), record(1, body=None)]


def test_a_file_stands_under_the_day_its_records_came(opened, directory):
    archive(opened(), [record(0), record(1, at_ms=NOON_MS + DAY_MS), record(2)])

    files = load(directory, TOPIC).files

    assert [(file.name, file.count, file.runs) for file in files] == [
        ("day=2026-11-21/000000000.parquet", 2, (Run(0, 0, 1), Run(0, 2, 3))),
        ("day=2026-11-22/000000001.parquet", 1, (Run(0, 1, 2),)),
    ]
    assert list(wrong(directory)) == []


@pytest.mark.parametrize("at_ms", [-(2**62), 2**62], ids=["before all days", "after all days"])
def test_a_time_that_is_no_day_stops_nothing(opened, directory, at_ms):
    archive(opened(), [record(0, at_ms=at_ms)])

    assert load(directory, TOPIC).files[0].name.startswith("day=undated/")
    assert kept(directory) == [record(0, at_ms=at_ms)]


def test_what_is_there_is_not_taken_again(opened, directory):
    archive(opened(), records(0, 5))
    again = opened()
    archive(again, records(2, 8))

    assert places(directory) == [(0, offset) for offset in range(8)]
    assert again.next_offset(0) == 8


STEPS = ("archive.written", "archive.renamed", "archive.recorded")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("times", [1, 2, 3], ids=["first turn", "second turn", "third turn"])
def test_a_death_at_any_step_loses_nothing_and_doubles_nothing(opened, directory, monkeypatch, step, times):
    left = [times]

    def die(name: str) -> None:
        if name == step:
            left[0] -= 1
            if left[0] == 0:
                raise KilledError

    monkeypatch.setattr(draft, "crash_point", die)
    monkeypatch.setattr(shelf, "crash_point", die)
    log = {0: records(0, 30), 1: records(0, 30, partition=1)}
    while True:
        try:
            living = opened()
            for end in (10, 20, 30):
                portions = [log[part][living.next_offset(part) : end] for part in log]
                archive(living, *(portion for portion in portions if portion))
        except KilledError:
            continue
        break

    assert places(directory) == [(part, offset) for part in log for offset in range(30)]
    assert list(wrong(directory)) == []
    assert sorted(str(path.relative_to(directory)) for path in directory.rglob("*.parquet*")) == sorted(
        file.name for file in load(directory, TOPIC).files
    )


def test_what_was_not_recorded_is_removed_at_the_next_start(opened, directory):
    opened().take(0, records(0, 3))
    opened()

    assert list(directory.rglob("*.part")) == []


def test_a_file_that_kafka_cannot_give_again_is_never_removed(opened, directory):
    """As when somebody brings back an old manifest."""
    archive(opened(), records(0, 3))
    before = (directory / "manifest.json").read_bytes()
    archive(opened(), records(3, 6))
    (directory / "manifest.json").write_bytes(before)
    archive(opened(p0=6), records(6, 9))

    assert (directory / "day=2026-11-21/000000001.parquet").exists()
    assert places(directory) == [(0, offset) for offset in (0, 1, 2, 6, 7, 8)]


def test_what_kafka_lost_is_a_hole_that_stays_told(opened, directory):
    archive(opened(), records(0, 3))
    later = opened(p0=7)
    archive(later, records(7, 9))

    assert [hole.run for hole in load(directory, TOPIC).holes] == [Run(0, 3, 7)]
    assert later.next_offset(0) == 9
    assert any("offsets 3 to 6 were gone from Kafka" in told for told in wrong(directory))


def test_a_gap_inside_a_fetch_is_a_hole_too(opened, directory):
    archive(opened(), [record(0), record(5)])

    assert [hole.run for hole in load(directory, TOPIC).holes] == [Run(0, 1, 5)]
    assert REGISTRY.get_sample_value("tidings_archive_missing_records", {"topic": "callbacks"}) == 4


def test_the_archive_of_a_new_installation_begins_where_kafka_does_without_a_hole(opened, directory):
    archive(opened(p0=100), records(100, 102))

    assert load(directory, TOPIC).missing_count == 0


def test_where_a_partition_begins_is_known_before_its_first_record(opened, directory):
    """Else what is lost before the first record of a partition would not be missed."""
    opened()
    opened(p1=4)

    assert [hole.run for hole in load(directory, TOPIC).holes] == [Run(1, 0, 4)]


def test_an_archive_that_is_ahead_of_kafka_belongs_to_another(opened):
    shelf = opened()
    archive(shelf, records(0, 3))

    with pytest.raises(OffsetGap, match="another cluster"):
        shelf.lag({0: 0, 1: 0}, {0: 2, 1: 0})


def test_an_archive_of_another_topic_is_refused(opened, directory, clock):
    archive(opened(), records(0, 1))

    with pytest.raises(OffsetGap, match="other-callbacks-v1"):
        Shelf(directory, "other-callbacks-v1", clock)


def test_a_manifest_that_cannot_be_read_stops_before_anything_is_removed(opened, directory, clock):
    archive(opened(), records(0, 1))
    (directory / "manifest.json").write_bytes(b"{")

    with pytest.raises(ArchiveDamaged, match=r"manifest\.json"):
        Shelf(directory, TOPIC, clock)
    assert len(list(directory.rglob("*.parquet"))) == 1


def many_files(opened) -> None:
    for first in (0, 3, 6):
        archive(opened(), records(first, first + 3), records(first, first + 3, partition=1))


def test_a_day_that_is_over_becomes_one_file(opened, directory, clock):
    many_files(opened)
    before = kept(directory)
    clock.advance(timedelta(hours=14).total_seconds())
    opened().tidy()

    files = load(directory, TOPIC).files

    assert [(file.name, file.count) for file in files] == [("day=2026-11-21/000000003.parquet", 18)]
    assert kept(directory) == before
    assert [str(path.relative_to(directory)) for path in directory.rglob("*.parquet")] == [files[0].name]
    assert list(wrong(directory)) == []


def test_the_day_that_runs_is_left_alone(opened, directory):
    many_files(opened)
    opened().tidy()

    assert len(load(directory, TOPIC).files) == 3


@pytest.mark.parametrize("step", ["archive.written", "archive.renamed", "archive.merged"])
def test_a_death_while_files_are_merged_costs_nothing(opened, directory, clock, monkeypatch, step):
    many_files(opened)
    clock.advance(timedelta(hours=14).total_seconds())

    def die(name: str) -> None:
        if name == step:
            raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(draft, "crash_point", die)
        patched.setattr(shelf, "crash_point", die)
        dying = opened()
        with pytest.raises(KilledError):
            dying.tidy()
    opened().tidy()

    assert places(directory) == [(part, offset) for part in (0, 1) for offset in range(9)]
    assert len(list(directory.rglob("*.parquet*"))) == 1


def test_a_draft_is_full_by_rows_by_bytes_and_by_days(opened, monkeypatch):
    shelf = opened()
    shelf.take(0, records(0, 5))
    by_rows = (shelf.is_full(6), shelf.is_full(5))
    monkeypatch.setattr(draft, "LARGEST_BYTES", 100)
    by_bytes = shelf.is_full(1000)
    monkeypatch.undo()
    days = opened()
    for day in range(draft.MOST_DAYS):
        days.take(0, [record(day, at_ms=NOON_MS + day * DAY_MS)])

    assert (by_rows, by_bytes, days.is_full(1000)) == ((False, True), True, True)


def test_records_are_found_by_their_places(opened, directory):
    archive(opened(), [*records(0, 3), record(3, at_ms=NOON_MS + DAY_MS)], records(0, 2, partition=1))

    found = list(Shelves(directory).at([(0, 3), (1, 1), (1, 7), (2, 0)]))

    assert found == [record(1, partition=1), record(3, at_ms=NOON_MS + DAY_MS)]
