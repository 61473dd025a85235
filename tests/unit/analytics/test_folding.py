"""What routes are known by is folded in behind the batches, when there is time."""

import pytest

from analytics.erasure.rows import Forgetting
from analytics.erasure.spelling import Spelling
from analytics.measures.metrics import Dimension
from analytics.reports.funnel import funnel
from analytics.reports.question import ReportQuestion
from analytics.upkeep.folding import ENOUGH, PAUSE_S, REPLY_WINDOW_S, foldings
from analytics.upkeep.job import SMALL, Stored
from tests.support.store_line import T0, at

FOLDED = "SELECT coalesce(max(batch_id), 0) FROM folded WHERE fold = 'trust'"
ATTEMPTS = "SELECT coalesce(sum(n), 0)::BIGINT FROM trust_delta JOIN route_fact USING (fact_no) WHERE fact = 'attempt'"


def state(database) -> tuple[int, int]:
    cursor = database.cursor()
    return cursor.execute(FOLDED).fetchall()[0][0], cursor.execute(ATTEMPTS).fetchall()[0][0]


def fold_all(folds, batch_id):
    for fold in folds:
        fold.run(batch_id)


@pytest.mark.usefixtures("three_batches")
def test_all_is_folded_once(database):
    folds = foldings(database.cursor())
    for _ in range(2):
        fold_all(folds, 3)

    assert state(database) == (3, 6)


@pytest.mark.usefixtures("three_batches")
def test_a_portion_ends_with_a_batch(database):
    folds = foldings(database.cursor(), at_once=3)
    told = []
    for _ in range(2):
        fold_all(folds, 3)
        told.append(state(database))

    assert told == [(2, 4), (3, 6)]


@pytest.mark.usefixtures("three_batches")
@pytest.mark.parametrize(
    ("noted", "waiting", "is_folded"),
    [
        pytest.param(0, SMALL, True, id="at the start, when there is time: nobody knows how far it is"),
        pytest.param(0, SMALL + 1, False, id="while much waits it waits too"),
        pytest.param(ENOUGH.busy, SMALL + 1, True, id="but not for ever"),
    ],
)
def test_it_is_folded_when_there_is_time(database, noted, waiting, is_folded):
    for fold in foldings(database.cursor()):
        fold.note(Stored(foldable=noted))

        assert fold.is_due(waiting=waiting) == is_folded


@pytest.mark.usefixtures("three_batches")
@pytest.mark.parametrize(
    ("after_s", "waiting", "is_folded"),
    [
        pytest.param(PAUSE_S, 0, True, id="few are folded when there was time for long"),
        pytest.param(PAUSE_S - 1, 0, False, id="not with each batch"),
        pytest.param(PAUSE_S, SMALL + 1, False, id="nor while much waits"),
    ],
)
def test_few_wait_for_a_while(database, after_s, waiting, is_folded):
    now = [0.0]
    fold = foldings(database.cursor(), monotonic=lambda: now[0])[0]
    fold.run(2)
    fold.note(Stored(foldable=2))
    now[0] = after_s

    assert fold.is_due(waiting=waiting) == is_folded


def test_an_attempt_leaves_the_count_where_it_was(writer, line, database):
    folds = foldings(database.cursor())
    for batch_id, (said, country) in enumerate([("sent", "GB"), ("undelivered", None), ("delivered", "US")], start=1):
        line.report(said, of="a", connection="observed", country=country, at_s=100 * batch_id, price=1, currency="EUR")
        writer.write(writer.prepare(writer.resume(), line.fetch()))
        fold_all(folds, batch_id)
    told = database.cursor().execute(
        "SELECT country, fact, sum(n)::BIGINT AS n FROM trust_delta JOIN route_fact USING (fact_no) "
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


PERSON, SHOP = "+447700900105", "ExampleShop"
TO_PERSON = {"recipient": PERSON, "sender": SHOP, "connection": "observed"}


@pytest.fixture
def told(writer, line):
    """Stores what the line has, which is a batch more."""

    def write() -> None:
        writer.write(writer.prepare(writer.resume(), line.fetch()))

    return write


async def answered(reader, *, window_s: float = REPLY_WINDOW_S) -> dict[str | None, int]:
    """By campaign, how many attempts were answered."""
    question = ReportQuestion(from_=T0, to=at(7200), group_by=(Dimension.CAMPAIGN,))
    rows = (await funnel(reader, question, window_s=window_s)).rows
    return {row["campaign"]: row["replied"] for row in rows if row["replied"]}


def replies(line, *, at_s: float = 100, **members) -> None:
    line.inbound("1" * 32, at_s=at_s, author=PERSON, addressee=SHOP, connection="observed", **members)


async def test_a_report_that_comes_late_gives_a_reply_another_attempt(told, line, database, reader):
    folds = foldings(database.cursor())
    line.report("sent", of="a", campaign="autumn", at_s=10, **TO_PERSON)
    replies(line)
    told()
    fold_all(folds, 1)
    before = await answered(reader)
    line.report("delivered", of="b", campaign="spring", at_s=200, occurred_at=at(20), **TO_PERSON)
    told()
    unfolded = await answered(reader)
    fold_all(folds, 2)

    assert before == {"autumn": 1}
    assert unfolded == await answered(reader) == {"spring": 1}


async def test_what_comes_later_about_an_attempt_moves_the_answer_to_it(told, line, database, reader):
    folds = foldings(database.cursor())
    line.report("delivered", of="a", campaign="autumn", at_s=10, **TO_PERSON)
    replies(line)
    told()
    fold_all(folds, 1)
    line.report("seen", of="a", campaign="winter", at_s=200, **TO_PERSON)
    told()
    unfolded = await answered(reader)
    fold_all(folds, 2)

    assert unfolded == await answered(reader) == {"winter": 1}


async def test_another_window_is_folded_anew(told, line, database, reader):
    line.report("delivered", of="a", campaign="autumn", at_s=10, **TO_PERSON)
    replies(line)
    told()
    fold_all(foldings(database.cursor()), 1)
    by_facts = await answered(reader, window_s=60)
    fold_all(foldings(database.cursor(), reply_window_s=60), 1)

    assert by_facts == await answered(reader, window_s=60) == {}
    assert await answered(reader) == {"autumn": 1}


async def test_a_person_who_is_forgotten_has_answered_all_the_same(told, line, database, reader):
    """Names that come back with a reply are erased with the person; what was counted stays."""
    line.report("delivered", of="a", campaign="autumn", at_s=10, external_id="order-1", **TO_PERSON)
    line.report("delivered", of="b", campaign="spring", at_s=20, **TO_PERSON)
    replies(line, extras={"tracking": "order-1"})
    told()
    fold_all(foldings(database.cursor()), 1)
    pseudonym = database.cursor().execute("SELECT author_hash FROM inbound").fetchall()[0][0]
    Forgetting(Spelling(PERSON), pseudonym, wishes_too=True).run(database.cursor())

    assert await answered(reader) == {"autumn": 1}
