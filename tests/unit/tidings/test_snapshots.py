"""What is said of the copies of the store."""

import json

import pytest

from runtime.exits import Exit
from tests.support.store_files import StoreFiles, flip_data
from tidings.snapshots import show_snapshots, verify_snapshots


@pytest.fixture
def files(tmp_path) -> StoreFiles:
    made = StoreFiles(tmp_path)
    with made.running():
        made.store(300)
        made.snapshot()
        made.store()
        made.snapshot()
    (tmp_path / "tidings.toml").write_text(f'data_dir = "{tmp_path}"\n')
    return made


def test_all_are_listed_the_newest_first(files, capsys):
    show_snapshots(files.directory / "tidings.toml", as_json=True)
    told = json.loads(capsys.readouterr().out)

    assert [row["batch_id"] for row in told] == [2, 1]
    assert [row["made_at"] for row in told] == ["2026-11-21T12:00:00+00:00", "2026-11-21T11:00:00+00:00"]


@pytest.mark.parametrize(
    ("is_damaged", "status", "said"),
    [
        pytest.param(False, Exit.DONE, "rows, every one can be read", id="good"),
        pytest.param(True, Exit.FAILED, "the file is damaged", id="damaged"),
    ],
)
def test_each_is_read_through(files, capsys, is_damaged, status, said):
    if is_damaged:
        flip_data(files.snapshots.newest_first()[1].path)
    ended = verify_snapshots(files.directory / "tidings.toml", as_json=False)
    lines = capsys.readouterr().out.splitlines()

    assert ended is status
    assert "rows, every one can be read" in lines[0]
    assert said in lines[1]


def test_to_have_none_is_not_well(tmp_path, capsys):
    (tmp_path / "tidings.toml").write_text(f'data_dir = "{tmp_path}"\n')
    config = tmp_path / "tidings.toml"
    show_snapshots(config, as_json=False)

    assert "no snapshot yet" in capsys.readouterr().out
    assert verify_snapshots(config, as_json=False) is Exit.FAILED
    assert "no snapshot yet" in capsys.readouterr().err
