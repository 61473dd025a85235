"""A reader goes on whatever the one who archives does to the files meanwhile."""

from datetime import timedelta

import pytest

from analytics.archive.coverage import why_not_archived
from analytics.archive.keys import FileKeys
from analytics.archive.manifest import Run, load
from analytics.archive.reading import Loss, Shelves, Span
from analytics.archive.rows import records_of, table_of
from contracts.archived import Archived
from contracts.errors import ArchiveDamaged
from tests.support.archived import DAY_MS, NOON, NOON_MS, TOPIC, record, records

ALL = Span(begin=NOON - timedelta(days=9), end=NOON + timedelta(days=9))
EVERYTHING = Loss(starts={}, until_ms=NOON_MS + 9 * DAY_MS)

WAYS = [
    pytest.param(lambda shelves: shelves.records(ALL), id="by its span"),
    pytest.param(lambda shelves: shelves.lost(EVERYTHING), id="by what Kafka lost"),
    pytest.param(lambda shelves: shelves.at([(0, offset) for offset in range(12)]), id="by its places"),
]


@pytest.fixture
def filled(opened, directory, clock):
    """Two days of three files each, which are over."""
    for first in range(0, 12, 2):
        shelf = opened()
        shelf.take(0, records(first, first + 2, at_ms=NOON_MS + DAY_MS * (first // 6)))
        shelf.record()
    clock.advance(timedelta(days=3).total_seconds())
    return directory


def offsets(found) -> list[int]:
    return [one.offset for one in found]


@pytest.mark.parametrize("read_before", range(13))
@pytest.mark.parametrize("way", WAYS)
def test_files_that_are_made_one_in_the_middle_are_read_on_in_the_one(filled, opened, way, read_before):
    reading = way(Shelves(filled))
    before = [next(reading) for _ in range(read_before)]
    opened().tidy()

    assert len(load(filled, TOPIC).files) == 2
    assert offsets([*before, *reading]) == list(range(12))


def test_what_is_archived_and_made_one_again_and_again_is_read_once(filled, opened, clock):
    found: list[Archived] = []
    for one in Shelves(filled).records(ALL):
        found.append(one)
        if len(found) < 30:
            shelf = opened()
            shelf.take(0, records(shelf.next_offset(0), shelf.next_offset(0) + 2, at_ms=NOON_MS + 2 * DAY_MS))
            shelf.record()
            clock.advance(timedelta(days=1).total_seconds())
            shelf.tidy()

    assert len(found) == len({one.offset for one in found}) >= 12


def test_counting_goes_on_too(filled, opened):
    counts = iter(Shelves(filled).groups(columns=["partition", "offset"]))
    first = next(counts).num_rows
    opened().tidy()

    assert first + sum(rows.num_rows for rows in counts) == 12


def test_who_is_erased_in_the_middle_is_not_read_any_more(filled, opened):
    reading = Shelves(filled).records(ALL)
    before = next(reading)
    opened().rewrite(lambda rows: table_of(0, [one._replace(value=b"0") for one in records_of(rows)]))
    (_, *after) = reading

    assert before == record(0)
    assert {one.value for one in after} == {b"0"}
    assert offsets(after) == list(range(2, 12))


def test_a_key_that_goes_with_its_file_while_the_file_is_opened_is_no_damage(filled, opened, monkeypatch):
    key_of = FileKeys.get

    def merged_first(keys, path):
        monkeypatch.setattr(FileKeys, "get", key_of)
        opened().tidy()
        return key_of(keys, path)

    monkeypatch.setattr(FileKeys, "get", merged_first)

    assert offsets(Shelves(filled).records(ALL)) == list(range(12))
    assert len(load(filled, TOPIC).files) == 2


def test_what_is_archived_stays_so_while_files_are_made_one(filled, opened):
    before, wanted = load(filled, TOPIC), [Run(0, 3, 11)]
    opened().tidy()

    assert why_not_archived(filled, before, wanted) == ""
    (filled / load(filled, TOPIC).files[0].name).unlink()
    assert "bring back a copy" in why_not_archived(filled, load(filled, TOPIC), wanted)


def test_a_file_that_is_named_and_not_there_is_told(filled):
    (filled / load(filled, TOPIC).files[3].name).unlink()

    with pytest.raises(ArchiveDamaged, match=r"000000003\.parquet.*archive verify"):
        list(Shelves(filled).records(ALL))


def test_large_rows_are_read_as_they_were_written_and_not_by_number(opened, directory):
    shelf = opened()
    for offset in range(3):
        shelf.take(0, [record(offset, body=bytes(17 * 1024 * 1024))])
    shelf.record()

    assert [rows.num_rows for rows in Shelves(directory).groups()] == [1, 1, 1]
