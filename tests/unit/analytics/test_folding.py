"""What routes are known by is folded in behind the batches, when there is time."""

import pytest

from analytics.folding import SMALL, TOO_MANY, Folding

FOLDED = "SELECT coalesce(max(batch_id), 0) FROM folded WHERE fold = 'trust'"
ATTEMPTS = "SELECT coalesce(sum(n), 0)::BIGINT FROM trust_delta WHERE fact = 'attempt'"


@pytest.fixture
def three_batches(writer, line):
    """Of two attempts each, told of by one report."""
    for number in range(3):
        for of in ("a", "b"):
            line.report("sent", of=f"{of}{number}", connection="observed", at_s=number)
        writer.write(writer.prepare(writer.resume(), line.fetch()))


def state(database) -> tuple[int, int]:
    cursor = database.cursor()
    return cursor.execute(FOLDED).fetchall()[0][0], cursor.execute(ATTEMPTS).fetchall()[0][0]


@pytest.mark.usefixtures("three_batches")
def test_all_is_folded_once(database):
    fold = Folding(database.cursor())
    for _ in range(2):
        fold.fold(3)

    assert state(database) == (3, 6)


@pytest.mark.usefixtures("three_batches")
def test_a_portion_ends_with_a_batch(database):
    fold = Folding(database.cursor(), at_once=3)
    told = []
    for _ in range(2):
        fold.fold(3)
        told.append(state(database))

    assert told == [(2, 4), (3, 6)]


@pytest.mark.usefixtures("three_batches")
@pytest.mark.parametrize(
    ("noted", "waiting", "is_folded"),
    [
        pytest.param(0, SMALL, True, id="at the start, when there is time: nobody knows how far it is"),
        pytest.param(0, SMALL + 1, False, id="while much waits it waits too"),
        pytest.param(TOO_MANY, SMALL + 1, True, id="but not for ever"),
    ],
)
def test_it_is_folded_when_there_is_time(database, noted, waiting, is_folded):
    fold = Folding(database.cursor())
    fold.note(noted)
    fold.take_turn(3, waiting=waiting)

    assert (state(database) == (3, 6)) == is_folded


def test_an_attempt_leaves_the_count_where_it_was(writer, line, database):
    fold = Folding(database.cursor())
    for batch_id, (said, country) in enumerate([("sent", "GB"), ("undelivered", None), ("delivered", "US")], start=1):
        line.report(said, of="a", connection="observed", country=country, at_s=100 * batch_id, price=1, currency="EUR")
        writer.write(writer.prepare(writer.resume(), line.fetch()))
        fold.fold(batch_id)
    told = database.cursor().execute(
        "SELECT country, fact, sum(n)::BIGINT AS n FROM trust_delta "
        "WHERE fact NOT IN ('delay', 'after_sent', 'latency') GROUP BY ALL HAVING n <> 0"
    )

    assert set(told.fetchall()) == {
        ("US", "attempt", 1),
        ("US", "ended", 1),
        ("US", "contradicted", 1),
        ("US", "arrived", 1),
        ("US", "billed_arrived", 1),
        ("US", "report", 3),
    }
