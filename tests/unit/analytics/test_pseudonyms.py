"""A store knows people by one key, which is neither lost nor changed without a word."""

import asyncio
import stat
from contextlib import closing

import pytest
from pydantic import SecretStr

from analytics.archive.restoring import Restorer
from analytics.service import Analytics
from analytics.sink.pseudonyms import keep_to, load_hash_key
from analytics.store.database import Database
from contracts.errors import ConfigurationInvalid
from runtime.clock import SystemClock
from runtime.settings import PrivacySettings, Settings


def test_the_key_of_the_pseudonyms_is_made_once_and_only_its_owner_reads_it(tmp_path):
    settings = Settings(data_dir=tmp_path)
    first, again = load_hash_key(settings), load_hash_key(settings)

    assert first == again
    assert len(first) == 64
    assert stat.S_IMODE((tmp_path / "hash.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("kept", ["tidings.duckdb", "snapshots/20261121T100000000000Z-1.duckdb"])
def test_no_other_key_is_made_for_a_store_that_has_lost_its_own(tmp_path, kept):
    """The same person would be somebody else from then on, and an erasure would not find who was there before."""
    (tmp_path / kept).parent.mkdir(exist_ok=True)
    (tmp_path / kept).touch()

    with pytest.raises(ConfigurationInvalid, match=r"hash\.key is gone.*backup"):
        load_hash_key(Settings(data_dir=tmp_path))
    assert not (tmp_path / "hash.key").exists()


def test_a_store_keeps_to_the_key_that_it_was_first_opened_with(database):
    connection = database.cursor()
    keep_to(connection, b"the first key, it has its own people")
    keep_to(connection, b"the first key, it has its own people")

    with pytest.raises(ConfigurationInvalid, match=r"by another key.*privacy\.hash_key.*hash\.key"):
        keep_to(connection, b"another key, to which all are strangers")


def test_a_process_does_not_begin_to_feed_a_store_by_another_key(tmp_path):
    settings = Settings(data_dir=tmp_path)
    load_hash_key(settings)
    with closing(Database(tmp_path / settings.store.path, settings.store)) as database:
        database.open()
        keep_to(database.cursor(), b"the key of this store, given as a setting")

    with pytest.raises(ConfigurationInvalid, match="by another key"):
        asyncio.run(Analytics(settings, SystemClock()).start())


def test_nothing_is_added_to_a_store_by_another_key(database, tmp_path):
    keep_to(database.cursor(), b"the key of this store, given as a setting")

    with pytest.raises(ConfigurationInvalid, match="by another key"):
        Restorer(database.cursor(), Settings(data_dir=tmp_path / "of another"), {})


@pytest.mark.parametrize("length", [pytest.param(15, id="too short"), pytest.param(65, id="too long")])
def test_a_key_that_hashes_nobody_is_refused(tmp_path, length):
    settings = Settings(data_dir=tmp_path, privacy=PrivacySettings(hash_key=SecretStr("k" * length)))

    with pytest.raises(ConfigurationInvalid, match="16 to 64 bytes"):
        load_hash_key(settings)
