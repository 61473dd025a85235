"""Upkeep stays out of the way: while something waits, one thing at a time."""

import pytest

from analytics import settling
from analytics.checkpoints import ROW_GROUP, Checkpoints
from analytics.database import log_of
from analytics.folding import SMALL, TOO_MANY
from analytics.folds import Fold
from analytics.upkeep import BUSY_ROWS, Upkeep
from tests.support.store_line import Line

KEPT = """
    SELECT (SELECT max(batch_id) FROM sealed_batch), settled_until(), (SELECT list_sort(list(batch_id)) FROM folded)
"""
ALL = (1, 1, [1] * len(Fold))
SEALING = SETTLING = ADDING_UP = 1


class Counting:
    """A connection that counts what it commits."""

    def __init__(self, connection):
        self.commits = 0
        self._connection = connection

    def commit(self):
        self.commits += 1
        self._connection.commit()

    def __getattr__(self, name):
        return getattr(self._connection, name)


@pytest.fixture
def counting(database, writer, line: Line):
    """With a batch behind it of which all is left to do."""
    line.report("sent", of="a", connection="observed", at_s=1)
    writer.write(writer.prepare(writer.resume(), line.fetch()))
    return Counting(database.cursor())


@pytest.fixture
def upkeep(counting, skyline):
    made = Upkeep(counting, skyline)
    made.note(BUSY_ROWS, callbacks=0)
    made.folding.note(TOO_MANY)
    made.settling.note(settling.TOO_MANY)
    return made


def kept(connection):
    return connection.execute(KEPT).fetchall()[0]


def test_while_something_waits_one_thing_is_done_at_a_time(upkeep, counting):
    commits = []
    for _ in range(SEALING + len(Fold) + SETTLING):
        before = counting.commits
        upkeep.take_turn(1, waiting=SMALL + 1)
        commits.append(counting.commits - before)

    assert set(commits) == {1}
    assert kept(counting) == ALL


def test_when_all_is_done_nothing_is_done(upkeep, counting):
    upkeep.take_turn(1, waiting=0)
    before = counting.commits
    upkeep.take_turn(1, waiting=SMALL + 1)

    assert counting.commits == before


def test_when_nothing_waits_all_of_it_is_done(upkeep, counting):
    upkeep.take_turn(1, waiting=0)

    assert kept(counting) == ALL
    assert counting.commits == SEALING + len(Fold) + SETTLING + ADDING_UP


@pytest.mark.parametrize(
    ("noted", "is_made"),
    [
        pytest.param(0, False, id="not before"),
        pytest.param(ROW_GROUP - 2, False, id="as long as one row is missing"),
        pytest.param(ROW_GROUP - 1, True, id="as soon as none is"),
    ],
)
def test_the_log_goes_into_the_file_when_the_reports_have_filled_a_row_group(counting, database, noted, is_made):
    checkpoints = Checkpoints(counting)
    checkpoints.note(noted)

    assert checkpoints.take_turn() == is_made
    assert log_of(database.path).exists() != is_made
    assert not checkpoints.take_turn()
