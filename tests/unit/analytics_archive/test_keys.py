"""A file of the archive can be read with its key, and by nobody without it."""

import stat

import duckdb
import pyarrow.parquet as pq
import pytest

from analytics.archive.draft import groups_of
from analytics.archive.keys import FileKeys
from analytics.archive.keys import opened as opened_file
from analytics.archive.manifest import load
from analytics.archive.rows import SCHEMA, table_of
from analytics.archive.verification import wrong
from contracts.errors import ArchiveDamaged
from tests.support.archived import TOPIC, kept, record, records

BODY = b'{"to":"+447700900105","text":"a secret"}'


@pytest.fixture
def filled(opened, directory):
    shelf = opened()
    shelf.take(0, [record(0, body=BODY), record(1)])
    shelf.record()
    return directory


def files_of(directory):
    return [directory / file.name for file in load(directory, TOPIC).files]


def test_nothing_of_a_body_stands_in_the_file(filled):
    (path,) = files_of(filled)
    data = path.read_bytes()

    assert kept(filled)[0].value == BODY
    assert not [word for word in (b"447700900105", b"secret", b"telesign", b"offset") if word in data]


def test_others_cannot_read_the_file(filled):
    (path,) = files_of(filled)

    with pytest.raises(duckdb.Error):
        duckdb.sql(f"FROM read_parquet('{path}')").fetchall()


def test_only_the_owner_may_read_the_keys(filled):
    path = FileKeys(filled.parent).path

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not path.is_relative_to(filled.parent)


def test_without_its_key_a_file_is_told_of_and_cannot_be_read(filled):
    (path,) = files_of(filled)
    FileKeys(filled.parent).path.unlink()

    with pytest.raises(ArchiveDamaged, match="no key"):
        list(groups_of(path))
    assert "no key" in next(wrong(filled))


def test_each_file_has_a_key_of_its_own(filled, opened):
    again = opened()
    again.take(0, [record(2)])
    again.record()
    keys = {FileKeys(filled.parent).get(path) for path in files_of(filled)}

    assert len(keys - {None}) == 2


def test_a_file_from_before_there_were_keys_is_read_as_it_is(filled):
    (path,) = files_of(filled)
    pq.write_table(table_of(0, [record(0, body=BODY)]), path)
    FileKeys(filled.parent).path.unlink()
    with opened_file(path) as file:
        found = file.read()

    assert found.schema.names == SCHEMA.names
    assert found.column("value").to_pylist() == [BODY]


def test_the_key_of_a_file_goes_with_the_file(filled):
    (path,) = files_of(filled)
    keys = FileKeys(filled.parent)
    path.unlink()

    assert keys.destroy_spare() == 1
    assert keys.get(path) is None


def test_files_that_are_rewritten_lose_their_keys_and_their_copies_with_them(filled, opened):
    (path,) = files_of(filled)
    copy = path.with_name("000000777.parquet")
    copy.write_bytes(path.read_bytes())
    key = FileKeys(filled.parent).get(path)
    shelf = opened()
    count = shelf.rewrite(lambda rows: table_of(0, [record(0), record(1)]))

    assert count == 1
    assert key.hex() not in FileKeys(filled.parent).path.read_text()
    assert kept(filled) == records(0, 2)
    with pytest.raises(ArchiveDamaged):
        list(groups_of(copy))


def test_files_in_which_nothing_changes_are_left_alone(filled, opened):
    before = files_of(filled)

    assert opened().rewrite(lambda rows: rows) == 0
    assert files_of(filled) == before
