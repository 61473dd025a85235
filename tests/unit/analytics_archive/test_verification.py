"""Damage of every kind is found and named."""

import json

import pytest

from analytics.archive import verification
from analytics.archive.verification import wrong
from tests.support.archived import records


@pytest.fixture
def whole(opened, directory):
    for first in (0, 3):
        shelf = opened()
        shelf.take(0, records(first, first + 3))
        shelf.record()
    return directory


def first_file(directory):
    return directory / "day=2026-11-21" / "000000000.parquet"


def amend(directory, change) -> None:
    path = directory / "manifest.json"
    manifest = json.loads(path.read_bytes())
    change(manifest)
    path.write_text(json.dumps(manifest))


def test_a_whole_archive_is_well(whole):
    assert list(wrong(whole)) == []


def test_a_file_that_is_missing_is_named(whole):
    first_file(whole).unlink()

    assert list(wrong(whole)) == ["callbacks/day=2026-11-21/000000000.parquet: is missing; bring back a copy of it"]


def test_a_byte_that_was_changed_is_found(whole):
    data = bytearray(first_file(whole).read_bytes())
    data[len(data) // 2] ^= 1
    first_file(whole).write_bytes(data)

    assert ["is not the file that was written" in told for told in wrong(whole)] == [True]


def test_files_that_are_made_one_while_they_are_looked_at_are_not_missing(whole, opened, clock, monkeypatch):
    clock.advance(2 * 86_400)
    digest, looked_at = verification.digest, []

    def merged_first(path):
        opened().tidy()
        looked_at.append(path.name)
        return digest(path)

    monkeypatch.setattr(verification, "digest", merged_first)

    assert list(wrong(whole)) == []
    assert not first_file(whole).exists()
    assert looked_at[-1] == "000000002.parquet"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param(lambda m: m["files"].pop(0), "offsets 0 to 2 are in no file", id="a file is not named"),
        pytest.param(lambda m: m["files"].append(m["files"][0]), "more than one file", id="a file is named twice"),
        pytest.param(lambda m: m["files"][0].update(count=2), "has the places", id="another count"),
        pytest.param(lambda m: m["files"][0].update(runs=[[0, 0, 4]]), "has the places", id="other places"),
    ],
)
def test_a_manifest_that_says_something_else_is_found(whole, change, told):
    amend(whole, change)

    assert any(told in line for line in wrong(whole))
