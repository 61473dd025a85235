"""What a loss of power may not undo is on the disk before anything relies on it."""

import os
from pathlib import Path

import pytest

from runtime.durable import replace
from tests.support.archived import records


@pytest.fixture
def steps(monkeypatch, tmp_path: Path) -> list[str]:
    """What is synced and what gets its name, in order."""
    noted: list[str] = []
    fsync, rename = os.fsync, Path.replace

    def note_fsync(handle: int) -> None:
        noted.append(f"sync {Path(f'/proc/self/fd/{handle}').readlink().relative_to(tmp_path)}")
        fsync(handle)

    def note_rename(path: Path, target: Path) -> Path:
        noted.append(f"rename to {Path(target).relative_to(tmp_path)}")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(Path, "replace", note_rename)
    return noted


pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the names of open files are asked of Linux")


def test_a_file_is_replaced_only_by_one_that_is_on_the_disk(tmp_path, steps):
    replace(tmp_path / "manifest.json", b"{}")

    assert steps == ["sync manifest.json.part", "rename to manifest.json", "sync ."]


def test_the_manifest_names_only_what_is_on_the_disk(opened, steps):
    shelf = opened()
    steps.clear()
    shelf.take(0, records(0, 3))
    shelf.record()

    assert steps == [
        "sync archive/callbacks/day=2026-11-21/000000000.parquet.part",
        "sync archive.keys.part",
        "rename to archive.keys",
        "sync .",
        "rename to archive/callbacks/day=2026-11-21/000000000.parquet",
        "sync archive/callbacks/day=2026-11-21",
        "sync archive/callbacks",
        "sync archive/callbacks/manifest.json.part",
        "rename to archive/callbacks/manifest.json",
        "sync archive/callbacks",
    ]
