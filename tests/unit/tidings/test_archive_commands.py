"""`tidings archive`: what is told of an archive, and the exit status that scripts go by."""

import json
from pathlib import Path

import pytest

from analytics.archive.shelf import Shelf
from runtime.clock import FixedClock
from runtime.exits import Exit
from tests.support.archived import NOON, records
from tidings.archive import show_archive, verify_archive


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "tidings.toml"
    file.write_text(f'data_dir = "{tmp_path}"\n')
    shelf = Shelf(tmp_path / "archive" / "callbacks", "tidings-callbacks-v1", FixedClock(NOON))
    shelf.begin({0: 0})
    shelf.take(0, records(0, 3))
    shelf.record()
    return file


def test_the_files_are_listed(config, capsys):
    show_archive(config, as_json=True)
    (file,) = json.loads(capsys.readouterr().out)

    assert (file["topic"], file["file"], file["records"]) == ("callbacks", "day=2026-11-21/000000000.parquet", 3)
    assert (file["oldest"], file["newest"]) == ("2026-11-21T12:00:00+00:00",) * 2


def test_without_an_archive_that_is_said(tmp_path, capsys):
    file = tmp_path / "tidings.toml"
    file.write_text(f'data_dir = "{tmp_path}"\n')
    show_archive(file, as_json=False)

    assert "nothing is archived yet" in capsys.readouterr().out


def test_an_archive_that_is_whole_is_done(config, capsys):
    assert verify_archive(config, as_json=True) is Exit.DONE
    assert json.loads(capsys.readouterr().out) == {"records": {"attempts": 0, "callbacks": 3}, "wrong": []}


def test_damage_is_a_line_and_a_failure(config, capsys):
    next((config.parent / "archive").rglob("*.parquet")).unlink()

    assert verify_archive(config, as_json=False) is Exit.FAILED
    assert (
        capsys.readouterr().out == "callbacks/day=2026-11-21/000000000.parquet: is missing; bring back a copy of it\n"
    )
