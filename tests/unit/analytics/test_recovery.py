"""Whatever became of the store's file: it opens, says up to where it has read, and nothing was thrown away."""

from collections.abc import Callable
from pathlib import Path

import pytest

from analytics.asking.reader import Reader
from analytics.questions import newest_changes
from analytics.store.database import log_of
from contracts.errors import StoreUnavailable
from runtime.clock import FixedClock
from tests.support.store_files import StoreFiles, flip, flip_data
from tests.support.store_line import T0

FIRST, SECOND, THIRD = 40, 200, 7
"""Reports stored before the first snapshot, before the second, and after it."""


@pytest.fixture(scope="module")
def intact(tmp_path_factory) -> StoreFiles:
    """A closed store with two snapshots, and some rows behind the newest; to be copied."""
    made = StoreFiles(tmp_path_factory.mktemp("intact"))
    with made.running():
        made.store(FIRST)
        made.snapshot()
        made.store(SECOND)
        made.snapshot()
        made.store(THIRD)
    return made


@pytest.fixture(scope="module")
def killed(tmp_path_factory) -> StoreFiles:
    """A store with two batches in its log, to be copied."""
    made = StoreFiles(tmp_path_factory.mktemp("killed"))
    with made.running():
        made.store(FIRST)
    made.start()
    made.store(SECOND)
    made.store(THIRD)
    made.killed()
    return made


@pytest.fixture
def files(intact: StoreFiles, tmp_path) -> StoreFiles:
    return intact.copied_to(tmp_path)


def suspect(files: StoreFiles) -> None:
    """As a question or a batch leaves it that has met damage."""
    flip_data(files.path)
    files.database.mark.write_text("Corrupt")


def spoil_newest(files: StoreFiles) -> None:
    files.path.unlink()
    flip_data(files.snapshots.newest_first()[0].path)


def spoil_all(files: StoreFiles) -> None:
    files.path.write_bytes(b"no store")
    for snapshot in files.snapshots.newest_first():
        snapshot.path.write_bytes(b"no store")


@pytest.mark.parametrize(
    ("spoil", "stored", "told", "aside"),
    [
        pytest.param(lambda _: None, FIRST + SECOND + THIRD, "", [], id="nothing is wrong"),
        pytest.param(lambda files: files.path.unlink(), FIRST + SECOND, "its file is gone", [], id="gone"),
        pytest.param(
            lambda files: files.path.write_bytes(b"no store"), FIRST + SECOND, "damaged", [True], id="another file"
        ),
        pytest.param(
            lambda files: files.path.write_bytes(b""), FIRST + SECOND, "damaged", [True], id="killed when it was made"
        ),
        pytest.param(lambda files: flip(files.path, 12_388), FIRST + SECOND, "damaged", [True], id="damaged head"),
        pytest.param(suspect, FIRST + SECOND, "damaged", [True], id="damaged in the middle, and met before"),
        pytest.param(spoil_newest, FIRST, "its file is gone", [], id="the newest snapshot is damaged too"),
        pytest.param(spoil_all, 0, "no snapshot is good", [True], id="nothing is left"),
    ],
)
def test_the_best_that_is_left_is_opened(
    files: StoreFiles, spoil: Callable[[StoreFiles], None], stored: int, told: str, aside: list[bool]
):
    spoil(files)
    with files.running() as said:
        found = files.stored()

    assert found == stored
    assert told in said
    assert len(files.aside()) == len(aside)
    assert not files.database.mark.exists()


def test_what_was_moved_aside_is_as_it_was_found(files: StoreFiles):
    suspect(files)
    found = files.path.read_bytes()
    with files.running():
        pass
    (aside,) = files.directory.glob("*.damaged-*")

    assert aside.read_bytes() == found


def cut(log: Path) -> None:
    log.write_bytes(log.read_bytes()[:-700])


def of_another_store(log: Path) -> None:
    other = StoreFiles(log.parent / "other")
    other.path.unlink()  # by a copy of the same empty store it would be told for the same
    other.start()
    other.store(3)
    other.killed()
    log.write_bytes(log_of(other.path).read_bytes())


@pytest.mark.parametrize(
    ("spoil", "stored", "told"),
    [
        pytest.param(lambda log: None, SECOND + THIRD, "", id="as the kill left it"),
        pytest.param(cut, SECOND, "", id="a torn end is cut by DuckDB"),
        pytest.param(lambda log: flip(log, log.stat().st_size // 2), 0, "its log was damaged", id="a bit has flipped"),
        pytest.param(of_another_store, 0, "its log was damaged", id="the log of another store"),
    ],
)
def test_a_damaged_log_costs_only_the_log(
    killed: StoreFiles, tmp_path, spoil: Callable[[Path], None], stored: int, told: str
):
    """The file as of its last checkpoint is newer than any snapshot, and says itself up to where it has read."""
    files = killed.copied_to(tmp_path)
    spoil(log_of(files.path))
    with files.running() as said:
        found = files.stored()

    assert found == FIRST + stored
    assert told in said
    assert len(files.aside()) == bool(told)


def test_reading_goes_on_from_the_offsets_inside(files: StoreFiles):
    """Kafka gives again what the snapshot does not have, and no record comes twice."""
    files.path.unlink()
    with files.running():
        files.line.read.clear()
        files.store()
        offsets = files.ask(
            "SELECT topic, sum(reach) FROM (SELECT topic, max(next_offset) AS reach FROM offsets "
            "GROUP BY topic, kafka_partition) GROUP BY topic ORDER BY topic"
        )
        found = files.stored()

    assert found == FIRST + SECOND + THIRD + 1
    assert offsets == [("callbacks", found), ("updates", found)]


def test_what_a_snapshot_cannot_cure_is_told_and_nothing_is_moved(files: StoreFiles):
    with files.running():
        files.ask("INSERT INTO schema_version VALUES (9999, 'newer.sql', now())")

    with pytest.raises(StoreUnavailable, match="run the newer version"):
        files.start()
    assert not files.aside()


def test_a_store_that_another_process_has_is_left_alone(files: StoreFiles, elsewhere):
    with elsewhere(files.path), pytest.raises(StoreUnavailable, match="another process has it open"):
        files.start()

    assert not files.aside()


async def test_damage_that_a_question_meets_ends_the_process_and_is_cured_by_the_next(files: StoreFiles):
    flip_data(files.path)
    with files.running() as said:
        reader = Reader(files.database, files.skyline, FixedClock(T0), threads=1, limit_s=20)
        with pytest.raises(StoreUnavailable, match="the file is damaged"):
            await newest_changes(reader, accounts=None, limit=500)
        reader.close()
        ailment = files.database.ailment
    with files.running() as said_next:
        found = files.stored()

    assert not said, "the damage was not met when the file was opened"
    assert "the file is damaged" in ailment
    assert "goes on from the snapshot" in said_next
    assert found == FIRST + SECOND


def test_a_suspicion_that_was_wrong_is_dropped(files: StoreFiles):
    files.database.mark.write_text("a copy of it cannot be read")
    with files.running() as said:
        found = files.stored()

    assert (found, said) == (FIRST + SECOND + THIRD, "")
    assert not files.database.mark.exists()
