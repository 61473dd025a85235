"""Upkeep stays out of the way: while something waits, one thing at a time."""

import pytest

from analytics.measures.folds import Fold
from analytics.store.database import log_of
from analytics.upkeep import folding, sealing, settling
from analytics.upkeep.checkpoints import ROW_GROUP, Checkpoints
from analytics.upkeep.job import SMALL, Stored
from analytics.upkeep.upkeep import Upkeep
from tests.support.store_line import Line

KEPT = """
    SELECT (SELECT max(batch_id) FROM sealed_batch), settled_until(), (SELECT list_sort(list(batch_id)) FROM folded)
"""
ALL = (1, 1, [1] * len(Fold))
MUCH = Stored(deltas=sealing.ENOUGH.busy, facts=settling.ENOUGH.busy, foldable=folding.ENOUGH.busy)
SEALING = SETTLING = 1


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
    made.note(MUCH)
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
    assert counting.commits == SEALING + len(Fold) + SETTLING


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
    checkpoints.note(Stored(reports=noted))
    is_due = checkpoints.is_due(waiting=0)
    if is_due:
        checkpoints.run(1)

    assert is_due == is_made
    assert log_of(database.path).exists() != is_made
    assert not checkpoints.is_due(waiting=0)
