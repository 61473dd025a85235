"""Old facts go once they are settled and archived, an hour at a time; what was counted stays, and answers say so."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from shutil import copytree

import duckdb
import pytest

from analytics import questions
from analytics.archive.manifest import load
from analytics.archive.restoring import Restorer
from analytics.asking.buckets import Bucket
from analytics.lists import sends
from analytics.measures.metrics import Dimension, Measure, MetricsQuestion
from analytics.measures.sources import COUNTED
from analytics.reports.around import fallbacks
from analytics.reports.funnel import funnel
from analytics.reports.question import ReportQuestion
from analytics.store.database import Database
from analytics.trust.report import TrustQuestion, trust
from analytics.upkeep.forgetting import FACTS, FOLDED, Forgetting
from analytics.upkeep.upkeep import Upkeep
from contracts.errors import NotFound, QueryInvalid, StoreUnavailable
from runtime.settings import Settings, StoreSettings, StreamsSettings
from streams.session.machine import hear, standing_of
from streams.session.rules import rules_named
from tests.support.empty_store import new_store
from tests.support.plans import commanded, message, outcome, planned
from tests.support.store_line import T0, at
from tests.support.store_past import DAY_S, KEEP_DAYS, LATER_S, Past
from tests.support.talking import ours, user

LATER_STEPS = "SELECT (SELECT count(*) FROM later_step), (SELECT count(*) FROM later_root)"
MIDNIGHT = (T0 + timedelta(days=LATER_S / DAY_S - KEEP_DAYS)).replace(hour=0)
"""Before which everything is old enough."""


@pytest.fixture
def untold(database: Database, tmp_path) -> Iterator[Past]:
    made = Past(database, tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def told_once(tmp_path_factory) -> Path:
    """Where the store of a past that was told is, closed, and its archive."""
    directory = tmp_path_factory.mktemp("told")
    with closing(Database(new_store(directory / "test.duckdb"), StoreSettings())) as database:
        database.open()
        with closing(Past(database, directory)) as made:
            made.tell()
    return directory


@pytest.fixture
def past(told_once: Path, tmp_path) -> Iterator[Past]:
    """Was told, settled and archived by another process, and this one goes on with it."""
    copytree(told_once, tmp_path, dirs_exist_ok=True)
    with closing(Database(tmp_path / "test.duckdb", StoreSettings())) as database:
        database.open()
        with closing(Past(database, tmp_path)) as made:
            made.line.fetch()
            made.know_all()
            yield made


def counts(**members: object) -> MetricsQuestion:
    given = {"measures": COUNTED, "from_": T0, "to": at(LATER_S), "bucket": Bucket.DAY}
    return MetricsQuestion(**given | {"group_by": (Dimension.CHANNEL, Dimension.CAMPAIGN)} | members)


async def test_what_is_old_goes_and_what_was_counted_stays(past):
    before = await questions.metrics(past.reader, counts()), await questions.conservation(past.reader)
    held = past.facts()
    past.forget_all()
    after = await questions.metrics(past.reader, counts()), await questions.conservation(past.reader)

    assert held == {name: count * 3 for name, count in past.facts().items()} | {"unclaimed": 2}
    assert past.ask("SELECT min(first_heard(attempt_id)) FROM report") == [(at(44 * DAY_S).replace(tzinfo=None),)]
    assert [answer.rows for answer in after] == [answer.rows for answer in before]
    assert before[1].rows[0]["unexplained"] == 0
    assert after[0].freshness.forgotten_before == MIDNIGHT
    assert before[0].freshness.forgotten_before is None


def test_names_go_with_what_they_name(past):
    named = past.ask("SELECT count(*) FROM attempt_name")
    past.forget_all()
    past.settle()

    assert past.ask("SELECT count(*) FROM attempt_name")[0] < named[0]
    assert past.ask(
        "SELECT count(*) FROM attempt_name WHERE first_tick NOT IN (SELECT tick_of(attempt_id) FROM report "
        "UNION ALL SELECT tick_of(attempt_id) FROM registration)"
    ) == [(0,)]


async def test_the_books_go_on_behind_what_went(past):
    past.forget_all()
    past.line.report("sent", of="new", connection="observed", at_s=LATER_S)
    past.tell()
    rows = (await questions.books(past.reader)).rows

    assert [row for row in rows if row["missing"] or row["doubled"]] == []
    assert (await questions.book_faults(past.reader)).rows == []


async def test_what_no_archive_has_stays_however_old_it_is(untold):
    """A plan says that a repeated request was sent, a doubt waits for a person, a conversation for its answer."""
    untold.line.say("messages", planned(1), at_s=0)
    untold.line.say("commands", commanded(1), at_s=0)
    untold.line.say("outcomes", outcome("in_doubt", 1), at_s=0)
    state, rules = None, rules_named("viber", {})
    for event in (user(0), ours(0.1), user(0.2)):
        state, told = hear(state, event, rules)
        untold.line.tell(*told, standing_of(state, rules))
    untold.tell()

    async def known():
        asked = [
            await sends.known_plans(untold.reader, [message(1)]),
            await sends.in_doubt(untold.reader, accounts=None, limit=10, overdue_s=0),
            await sends.send_balance(untold.reader),
        ]
        return [one.rows for one in asked], untold.ask("SELECT * FROM session_word ORDER BY ALL")

    before = await known()
    untold.forget_all()

    assert all(before[0])
    assert before[1]
    assert await known() == before
    assert untold.ask("SELECT count(*) FROM forgotten") != [(0,)]


def test_an_hour_goes_in_each_turn(past):
    left = []
    for _ in range(2):
        past.turn()
        left.append((past.facts()["report"], past.ask("SELECT max(before_at) FROM forgotten")[0][0].hour))

    assert left == [(10, 11), (5, 11)], "those of the first day from ten to eleven, then those of the second"


def test_everything_is_kept_unless_told_otherwise(past):
    held = past.facts()
    past.upkeep = Upkeep(past.connection, past.skyline, Forgetting(Settings(data_dir=past.directory), past.clock))
    past.forget_all()

    assert past.facts() == held


@pytest.mark.parametrize(
    ("keep_days", "keep_open_days", "is_taken"),
    [
        pytest.param(0, 30, True, id="everything"),
        pytest.param(37, 30, True, id="a week longer than attempts are remembered"),
        pytest.param(36, 30, False, id="shorter"),
        pytest.param(17, 10, True, id="attempts are remembered for less"),
    ],
)
def test_facts_are_kept_while_they_may_be_needed(keep_days, keep_open_days, is_taken):
    given = {
        "store": StoreSettings(keep_days=keep_days),
        "streams": StreamsSettings(keep_open_days=keep_open_days),
    }
    if is_taken:
        assert Settings(**given).store.keep_days == keep_days
    else:
        with pytest.raises(ValueError, match=r"a week or more above streams\.keep_open_days"):
            Settings(**given)


def unsettled(past: Past) -> None:
    past.tell(settles=False)


def unarchived(past: Past) -> None:
    past.store()
    past.settle()


def archived_in_part(past: Past) -> None:
    past.store()
    past.settle()
    past.archive("callbacks", without={1: len(past.line.logs["callbacks", 1]) - 3})
    past.archive("attempts")


def registrations_behind(past: Past) -> None:
    past.store()
    past.settle()
    past.archive("callbacks")
    past.archive("attempts", without=dict.fromkeys(range(past.line.partitions), 1))


def a_file_is_gone(past: Past) -> None:
    past.tell()
    directory = past.directory / "archive" / "callbacks"
    for file in load(directory, "").files:
        (directory / file.name).unlink()


def the_manifest_is_damaged(past: Past) -> None:
    past.tell()
    (past.directory / "archive" / "callbacks" / "manifest.json").write_text("{")


@pytest.mark.parametrize(
    "told", [unsettled, unarchived, archived_in_part, registrations_behind, a_file_is_gone, the_manifest_is_damaged]
)
def test_nothing_goes_that_could_not_be_brought_back(untold, told):
    told(untold)
    held = untold.facts()
    untold.forget_all()

    assert untold.facts() == held


def test_what_was_waited_for_is_done_when_it_has_come(untold):
    registrations_behind(untold)
    untold.forget_all()
    waiting = untold.facts()["report"]
    untold.archive("attempts")
    untold.forget_all()

    assert (waiting, untold.facts()["report"]) == (15, 5)


async def test_a_late_word_about_what_is_forgotten_moves_no_count_and_goes_too(past):
    past.forget_all()
    before = (await questions.metrics(past.reader, counts())).rows
    past.line.report("seen", of="a0", connection="observed", at_s=LATER_S)
    past.line.register(of="u0", at_s=LATER_S)
    past.tell()
    heard, after = past.facts()["report"], (await questions.metrics(past.reader, counts())).rows
    past.clock.advance(DAY_S)
    past.forget_all()

    assert after == before
    assert (heard, past.facts()["report"]) == (6, 5)


def pieces() -> list[MetricsQuestion]:
    day = {"from_": T0, "to": at(DAY_S), "group_by": ()}
    return [
        counts(bucket=Bucket.MINUTE, **day),
        *(counts(measures=(one,), **day) for one in (Measure.UNKNOWN_CODES, Measure.REPLIES, Measure.FALLBACKS)),
    ]


@pytest.mark.parametrize("question", pieces(), ids=lambda one: f"{one.measures[0]} by {one.bucket}")
async def test_a_question_that_needs_what_is_gone_is_refused_with_from_when_it_is_not(past, question):
    await questions.metrics(past.reader, question)
    past.forget_all()

    with pytest.raises(QueryInvalid, match=re.escape(f"before {MIDNIGHT.isoformat()} are dropped")):
        await questions.metrics(past.reader, question)


async def test_whoever_asks_about_a_time_that_is_kept_is_answered(past):
    past.forget_all()
    question = counts(bucket=Bucket.MINUTE, from_=at(44 * DAY_S), to=at(44 * DAY_S + 3600), group_by=())

    assert sum(row["sent"] for row in (await questions.metrics(past.reader, question)).rows) == 3


async def test_what_people_answered_goes_with_the_attempt(untold):
    to_person = {"recipient": "+447700900105", "sender": "ExampleShop", "connection": "observed"}
    for day in (0, 44):
        untold.line.report("delivered", of=f"r{day}", at_s=day * DAY_S + 10, **to_person)
        untold.line.inbound(
            f"{day + 200:032x}",
            at_s=day * DAY_S + 100,
            author="+447700900105",
            connection="observed",
            reply_to=f"r{day}",
        )
    untold.tell()
    kept = ReportQuestion(from_=at(44 * DAY_S), to=at(44 * DAY_S + 3600))
    before = untold.ask("SELECT count(*) FROM answered"), (await funnel(untold.reader, kept, window_s=DAY_S)).rows
    untold.forget_all()

    assert before[0] == [(2,)]
    assert untold.ask("SELECT count(*) FROM answered") == [(1,)]
    assert (await funnel(untold.reader, kept, window_s=DAY_S)).rows == before[1]


async def test_later_steps_go_with_what_was_reported_of_them_and_do_not_come_back(untold):
    for day in (0, 44):
        untold.line.say("commands", commanded(day + 1), at_s=day * DAY_S)
        untold.line.say("outcomes", outcome("accepted", day + 1, root_id=f"r{day}", provider="telesign"))
        untold.line.report("delivered", of=f"r{day}", provider="telesign", at_s=day * DAY_S + 10)
    untold.tell()
    kept = ReportQuestion(from_=at(44 * DAY_S), to=at(44 * DAY_S + 3600))
    before = untold.ask(LATER_STEPS), await fallbacks(untold.reader, kept)
    untold.forget_all()
    gone = untold.ask(LATER_STEPS), await fallbacks(untold.reader, kept)
    untold.line.say("outcomes", outcome("accepted", 1, root_id="another", at_s=LATER_S))
    untold.store()
    untold.upkeep.tidy(2)

    assert (before[0], gone[0]) == ([(2, 2)], [(1, 1)])
    assert gone[1].rows == before[1].rows
    assert [row["delivered"] for row in gone[1].rows] == [1]
    assert untold.ask(LATER_STEPS) == [(1, 1)]


async def test_reports_and_messages_tell_of_what_is_gone(past):
    attempt = past.line.told[0].attempt_id
    past.forget_all()
    old = TrustQuestion(from_=T0, to=at(DAY_S), silent_after_s=60, at_least=1)

    with pytest.raises(QueryInvalid, match=r"are dropped by store\.keep_days"):
        await trust(past.reader, old)
    with pytest.raises(NotFound, match=re.escape(f"first heard of before {MIDNIGHT.isoformat()} is dropped")):
        await questions.message_timeline(past.reader, attempt, accounts=None)


def test_a_store_that_has_forgotten_is_not_rebuilt(past):
    past.forget_all()

    with pytest.raises(StoreUnavailable, match="would count twice"):
        Restorer(past.connection, past.settings, {}).forget_settled()


class Failing:
    """A connection on which one statement fails."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, word: str) -> None:
        self._connection = connection
        self._word = word

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)

    def execute(self, sql: str, parameters: object = None) -> object:
        if self._word in sql:
            raise duckdb.IOException("Input/output error")
        return self._connection.execute(sql, parameters)


@pytest.mark.parametrize("word", ["INSERT INTO forgotten", *(f"DELETE FROM {table}\n" for table in (*FACTS, *FOLDED))])
def test_an_hour_that_fails_stays_whole(past, word):
    held = past.facts()
    failing = Upkeep(Failing(past.connection, word), past.skyline, Forgetting(past.settings, past.clock))
    with pytest.raises(duckdb.IOException):
        failing.forget(1)
    kept = past.facts()
    past.forget_all()

    assert kept == held
    assert past.facts()["report"] == 5


@pytest.mark.parametrize(
    ("place", "reports"),
    [pytest.param("sink.forgetting", 15, id="before it counts"), pytest.param("sink.forgot", 10, id="once it counts")],
)
def test_a_kill_leaves_an_hour_whole_or_gone_and_the_next_start_goes_on(past, place, reports):
    past.close()
    past.database.close()
    command = [sys.executable, "-m", "tests.support.forgetting_process", str(past.directory), str(past.database.path)]
    killed = subprocess.run(command, env=os.environ | {"TIDINGS_CRASH_AT": place}, check=False)
    past.database.open()
    again = Past(past.database, past.directory, past.line)
    left = again.facts()["report"]
    again.settle()
    again.forget_all()
    done = again.facts()
    again.close()

    assert killed.returncode == -9
    assert (left, done["report"]) == (reports, 5)
