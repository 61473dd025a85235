"""What is said of what the store keeps."""

import json

import pytest

from analytics.store.database import Database
from contracts.errors import StoreUnavailable
from runtime.settings import StoreSettings
from tests.support.illness import held_elsewhere
from tests.support.store_files import StoreFiles
from tests.support.store_past import KEEP_DAYS, Past
from tidings.store import show_store


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "tidings.toml"
    path.write_text(f'data_dir = "{tmp_path}"\n[store]\nkeep_days = {KEEP_DAYS}\n')
    return path


def test_rows_are_told_and_since_when_there_are_facts(tmp_path, config, capsys):
    files = StoreFiles(tmp_path)
    with files.running():
        files.store(3)
    show_store(config, as_json=True)
    told = json.loads(capsys.readouterr().out)

    assert (told["rows"]["report"], told["keep_days"]) == (3, KEEP_DAYS)
    assert (told["oldest_at"], told["forgotten_before"], told["forgotten_rows"]) == (
        "2026-11-21T10:00:00+00:00",
        None,
        0,
    )


def test_what_was_dropped_is_told(tmp_path, config, capsys):
    database = Database(tmp_path / "tidings.duckdb", StoreSettings())
    database.open()
    past = Past(database, tmp_path)
    past.tell()
    past.forget_all()
    past.close()
    database.close()
    show_store(config, as_json=False)
    said = " ".join(capsys.readouterr().out.split())

    assert "facts are dropped after 37 days, and " in said
    assert "of before 2026-11-29T00:00:00+00:00 were" in said


def test_while_somebody_has_it_open_it_is_the_newest_snapshot(tmp_path, config, capsys):
    files = StoreFiles(tmp_path)
    with files.running():
        files.store(2)
        files.snapshot()
        files.store()
    capsys.readouterr()  # what the store logs
    with held_elsewhere(files.path):
        show_store(config, as_json=True)
    told = json.loads(capsys.readouterr().out)

    assert told["told"].startswith("the snapshot of 2026-11-21")
    assert told["rows"]["report"] == 2


def test_where_there_is_none_it_says_so(config):
    with pytest.raises(StoreUnavailable, match="there is no store"):
        show_store(config, as_json=False)
