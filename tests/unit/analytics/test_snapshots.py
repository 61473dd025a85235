"""A snapshot is made when it is due, read before it counts, and whatever goes wrong leaves the older ones."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from analytics.store.database import Database
from analytics.store.inventory import inspect, take_inventory
from tests.support.store_files import HOUR_S, StoreFiles, flip_data

OPEN_IT = "import sys, duckdb; duckdb.connect(sys.argv[1])"


@pytest.fixture
def files(tmp_path) -> StoreFiles:
    return StoreFiles(tmp_path)


def names(files: StoreFiles) -> list[str]:
    return sorted(path.name for path in files.snapshots.directory.glob("*"))


def test_a_snapshot_holds_what_the_store_holds(files):
    with files.running():
        files.store(300)
        made = files.snapshot()
        held = take_inventory(files.database.cursor())

    assert inspect(made) == held
    assert held.rows["report"] == 300
    assert sum(reach for (topic, _), reach in held.next_offsets.items() if topic == "updates") == 300


def test_the_store_stays_ours_while_it_is_copied(files):
    """Closing any descriptor of a file ends all of a process's locks on it."""
    with files.running():
        files.store()
        files.snapshot()
        command = [sys.executable, "-c", OPEN_IT, str(files.path)]
        other = subprocess.run(command, capture_output=True, text=True, check=False)

    assert other.returncode != 0
    assert "Could not set lock" in other.stderr


@pytest.mark.parametrize(
    ("passed_s", "is_changed", "count"),
    [
        pytest.param(HOUR_S - 1, True, 1, id="not before its time"),
        pytest.param(HOUR_S, True, 2, id="in its time"),
        pytest.param(HOUR_S, False, 1, id="not when nothing was stored since"),
    ],
)
def test_a_snapshot_is_made_when_it_is_due(files, passed_s, is_changed, count):
    with files.running():
        files.store()
        files.snapshot()
    files.clock.advance(passed_s)
    with files.running():
        if is_changed:
            files.store()
        files.rest()

    assert len(names(files)) == count


def test_nothing_is_made_when_there_shall_be_none(tmp_path):
    files = StoreFiles(tmp_path, every_s=0)
    with files.running():
        files.store()
        files.clock.advance(10 * HOUR_S)
        files.rest()

    assert names(files) == []


@pytest.mark.parametrize("every_s", [pytest.param(0, id="although none shall be"), pytest.param(HOUR_S, id="early")])
def test_one_is_made_when_somebody_wants_it(tmp_path, every_s):
    files = StoreFiles(tmp_path, every_s=every_s)
    with files.running():
        files.store()
        before = files.snapshots.request()
        files.rest()
        newest = files.snapshots.request()
        files.rest()
        files.rest()

    assert (before, newest.batch_id) == (None, 1)
    assert len(names(files)) == 1, "nothing was stored since, so there is no other"


def test_two_are_kept_and_they_are_the_newest(files):
    with files.running():
        made = []
        for _ in range(3):
            files.store()
            made.append(files.snapshot().name)

    assert names(files) == made[-2:]


class TornCopies(Database):
    """The copy is not what the store is, as on a disk that lies."""

    def copy_to(self, target: Path) -> int:
        size = super().copy_to(target)
        flip_data(target)
        return size


class OldCopies(Database):
    """The copy is whole, and of an earlier state."""

    earlier: bytes = b""

    def copy_to(self, target: Path) -> int:
        return target.write_bytes(self.earlier)


class FullDisk(Database):
    def copy_to(self, target: Path) -> int:
        target.write_bytes(b"as far as it went")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(
    ("kind", "is_suspected"),
    [
        pytest.param(TornCopies, True, id="damaged"),
        pytest.param(OldCopies, True, id="not all of it"),
        pytest.param(FullDisk, False, id="the disk is full"),
    ],
)
def test_a_bad_copy_never_counts(files, kind, is_suspected):
    with files.running():
        files.store(300)
        good = files.snapshot()
        files.store(300)
    OldCopies.earlier = good.read_bytes()
    files.kind = kind
    with files.running():
        files.snapshot()
        files.store()
        stored = files.stored()

    assert names(files) == [good.name]
    assert stored == 601, "the store itself goes on"
    assert bool(files.database.ailment) is is_suspected
    assert files.database.mark.exists() is is_suspected


def test_what_a_killed_process_left_unfinished_is_removed(files):
    files.snapshots.directory.mkdir()
    (files.snapshots.directory / "20261121T100000000000Z-7.duckdb.unfinished").write_bytes(b"half")
    with files.running():
        assert names(files) == []


def test_after_a_failure_it_is_tried_again_soon(files):
    files.kind = FullDisk
    with files.running():
        files.store()
        files.clock.advance(HOUR_S)
        files.rest()
    files.kind = Database
    with files.running():
        files.clock.advance(HOUR_S)
        files.rest()

    assert len(names(files)) == 1
