"""What users ask, and what they are told."""

import duckdb
import pytest

from analytics import questions
from analytics.asking.reader import Reader
from analytics.freshness import Horizon
from analytics.measures.rollups import COUNT, TRUST
from analytics.measures.sources import COUNTED
from analytics.queries import load_query, query_names
from analytics.questions import Bucket, Dimension, Measure
from analytics.sink.intake import Fetched
from analytics.sink.writer import Writer
from analytics.statements import statement
from analytics.upkeep import adding_up
from analytics.upkeep.folding import foldings
from analytics.upkeep.job import SMALL, Stored
from analytics.upkeep.upkeep import Upkeep
from contracts.errors import NotFound, QueryInvalid, StoreUnavailable
from runtime.clock import FixedClock
from tests.support.store_line import MESSAGE, T0, Line, at
from tests.support.store_questions import asked

SIZES = "SELECT (SELECT count(*) FROM hour_delta), (SELECT count(*) FROM offsets)"
ATTEMPTS_BY_DAY = "SELECT sum(n)::BIGINT FROM day_trust JOIN route_fact USING (fact_no) WHERE fact = 'attempt'"
A_MILLION_CALLBACKS = (
    "INSERT INTO callback SELECT 0, range, DATE '2026-11-21', 'x', 'x', 0, 1, NULL, NULL FROM range(1000000)"
)


def store(writer: Writer, line: Line) -> None:
    writer.write(writer.prepare(writer.resume(), line.fetch()))


class TestTimeline:
    async def test_it_tells_what_was_parked_under_the_message_that_was_registered_later(self, writer, reader, line):
        line.report("sent", of="a", at_s=1)
        line.register(of="a", at_s=3)
        line.report("delivered", of="a", at_s=5)
        store(writer, line)
        timeline = await questions.message_timeline(reader, MESSAGE.format(ord("a")), accounts=["default"])
        (attempt,) = timeline.attempts

        assert [row["verdict"] for row in timeline.rows] == ["parked", "registered", "applied"]
        assert [row["cause_offset"] for row in timeline.rows] == [0, None, 0]
        assert (attempt["status"], attempt["is_registered"], attempt["latency_ms"]) == ("delivered", True, 4000)

    async def test_an_attempt_can_be_asked_for_by_its_own_id(self, writer, reader, line):
        told = line.report("sent", of="a")
        store(writer, line)
        timeline = await questions.message_timeline(reader, told.attempt_id, accounts=None)

        assert [row["event_id"] for row in timeline.rows] == [told.report.event_id]

    @pytest.mark.parametrize("asked_for", ["nonsense", "", "' OR 1=1 --", MESSAGE.format(1)])
    async def test_what_nobody_knows_is_not_found(self, reader, asked_for):
        with pytest.raises(NotFound):
            await questions.message_timeline(reader, asked_for, accounts=None)


class TestAccounts:
    """Nothing of another account is ever shown."""

    @pytest.mark.parametrize("accounts", [pytest.param(["theirs"], id="another"), pytest.param([], id="none at all")])
    async def test_strangers_see_nothing(self, writer, reader, line, accounts):
        line.report("delivered", of="a", connection="observed", account="ours")
        line.register(of="b", account="ours")
        store(writer, line)
        changes = await questions.newest_changes(reader, accounts=accounts, limit=10)
        today = await questions.today_by_provider(reader, accounts=accounts)
        counts = await questions.metrics(reader, asked(Measure.SENT, accounts=tuple(accounts)))

        assert changes.rows == today.rows == counts.rows == []
        for known in (*(update.attempt_id for update in line.told), MESSAGE.format(ord("b"))):
            with pytest.raises(NotFound):
                await questions.message_timeline(reader, known, accounts=accounts)

    @pytest.mark.parametrize("name", [name for name in query_names() if "message" in name or "metrics" in name])
    def test_a_question_about_data_of_accounts_takes_accounts(self, name):
        assert "accounts" in load_query(name).parameters


class TestConservation:
    async def test_what_is_missing_below_the_horizon_is_unexplained_and_above_it_in_flight(
        self, writer, reader, line, skyline
    ):
        lost, late = line.receive(items=2), line.receive()
        line.report("sent", of="a", connection="observed", cause=lost)
        store(writer, line)
        skyline.latest = Horizon(T0, {lost.partition: lost.offset + 1})
        balance = await questions.conservation(reader)

        assert late.partition != lost.partition
        assert balance.rows[0] == balance.rows[1] | {"provider": None}
        assert balance.rows[0] == {
            "provider": None,
            "received": 3,
            "applied": 1,
            "repeated": 0,
            "outranked": 0,
            "parked": 0,
            "quarantined": 0,
            "in_flight": 1,
            "unexplained": 1,
            "explained_twice": 0,
        }
        (place,) = balance.unexplained
        assert (place["cause_partition"], place["cause_offset"], place["explained_indexes"]) == (0, lost.offset, [0])

    async def test_an_item_with_two_fates_shows(self, writer, reader, line):
        cause = line.receive()
        line.report("sent", of="a", connection="observed", cause=cause)
        line.dead_letter(b"", cause=cause)
        store(writer, line)

        assert (await questions.conservation(reader)).rows[0]["explained_twice"] == 1

    async def test_parked_reports_become_what_they_did_when_the_registration_comes(self, writer, reader, line):
        for said in ("sent", "accepted", "sent"):
            line.report(said, of="a")
        store(writer, line)
        before = (await questions.conservation(reader)).rows[0]
        line.register(of="a")
        store(writer, line)
        after = (await questions.conservation(reader)).rows[0]
        names = ("applied", "repeated", "outranked", "parked")

        assert [before[name] for name in names] == [0, 1, 0, 2]
        assert [after[name] for name in names] == [1, 1, 1, 0]

    async def test_a_registration_that_is_read_before_what_it_frees_leaves_no_negative(self, writer, reader, line):
        line.report("sent", of="a")
        line.register(of="a")
        writer.write(writer.prepare(writer.resume(), line.fetch(only=["callbacks"])))
        writer.write(writer.prepare(writer.resume(), [part for part in line.fetch() if is_registration(part)]))
        row = (await questions.conservation(reader)).rows[0]

        assert (row["received"], row["applied"], row["parked"], row["in_flight"]) == (1, 1, 0, 0)


def is_registration(part: Fetched) -> bool:
    """Parked reports and the registration travel under different keys; here on different partitions."""
    return any(("verdict", b"registered") in record.headers for record in part.records)


class Short:
    """A connection that has no memory for one statement."""

    def __init__(self, connection, without):
        self._connection = connection
        self._without = without

    def execute(self, sql, parameters=None):
        if sql == self._without:
            raise duckdb.OutOfMemoryException("failed to pin block of size 256.0 KiB")
        return self._connection.execute(sql, parameters)

    def __getattr__(self, name):
        return getattr(self._connection, name)


DONE = """
    SELECT count(*) > 0 FROM sealed_batch UNION ALL SELECT count(*) > 0 FROM settled_batch
    UNION ALL SELECT count(*) > 0 FROM settled_count
"""


class TestUpkeep:
    async def test_it_leaves_every_answer_as_it_was(self, writer, reader, line, skyline, database):
        for number in range(30):
            for said in ("accepted", "sent", "delivered", "seen")[: 1 + number % 4]:
                line.report(said, of=f"m{number}", connection="observed", at_s=number * 600)
        while line.read["updates", 0] < len(line.logs["updates", 0]):
            writer.write(writer.prepare(writer.resume(), line.fetch(limit=2)))
        skyline.latest = Horizon(T0, {part: len(line.logs["callbacks", part]) for part in range(3)})
        question = asked(*COUNTED, to=at(86_400), bucket=Bucket.HOUR, group_by=(Dimension.PROVIDER,))
        before = await questions.metrics(reader, question), await questions.conservation(reader)
        connection = database.cursor()
        sizes = connection.execute(
            "SELECT (SELECT count(*) FROM hour_delta), (SELECT count(*) FROM offsets)"
        ).fetchall()
        Upkeep(connection, skyline).tidy(99)
        after = await questions.metrics(reader, question), await questions.conservation(reader)
        fewer = connection.execute(
            "SELECT (SELECT count(*) FROM hour_delta), (SELECT count(*) FROM offsets)"
        ).fetchall()

        assert after == before
        assert fewer[0][0] < sizes[0][0]
        assert fewer[0][1] < sizes[0][1]
        assert connection.execute("SELECT count(*) FROM open_callback").fetchall() == [(0,)]

    def test_what_was_sealed_is_not_looked_at_again_after_a_restart(self, writer, line, skyline, database):
        line.report("sent", of="a", connection="observed")
        store(writer, line)
        connection = database.cursor()
        sealed = []
        for _ in range(2):
            Upkeep(connection, skyline).tidy(1)
            sealed += connection.execute("SELECT count(*) FROM sealed_hour_delta").fetchone()
        line.report("delivered", of="a", connection="observed")
        store(writer, line)
        Upkeep(connection, skyline).tidy(2)
        sealed += connection.execute("SELECT count(*) FROM sealed_hour_delta").fetchone()

        assert sealed[1] == 0
        assert min(sealed[0], sealed[2]) > 0

    def test_what_is_folded_behind_a_seal_gets_into_the_days_with_the_next(self, writer, line, skyline, database):
        connection, days = database.cursor(), []
        upkeep = Upkeep(connection, skyline, at_once=1)
        for batch in (1, 2, 3):
            line.report("sent", of=f"m{batch}", connection="observed")
            store(writer, line)
            if batch > 1:
                upkeep.tidy(batch)
                days += connection.execute(ATTEMPTS_BY_DAY).fetchone()
                for folding in foldings(connection, at_once=1):
                    folding.run(batch)

        assert days == [1, 3]

    @pytest.mark.parametrize(
        ("without", "done"),
        [
            pytest.param(statement("collect_due"), [True, True, False], id="adding up"),
            pytest.param(COUNT.statement("insert_sealed"), [False, True, True], id="sealing hours"),
            pytest.param(TRUST.statement("add_to_days"), [False, True, True], id="sealing days"),
            pytest.param(statement("find_unsettled"), [True, False, True], id="settling"),
        ],
    )
    def test_what_there_is_no_memory_for_is_done_another_time(self, writer, line, skyline, database, without, done):
        line.report("sent", of="a", connection="observed")
        store(writer, line)
        connection = database.cursor()
        skyline.latest = Horizon(T0, {part: len(line.logs["callbacks", part]) for part in range(3)})
        told = []
        for short in (Short(connection, without), connection):
            Upkeep(short, skyline).tidy(1)
            told.append([is_done for (is_done,) in connection.execute(DONE).fetchall()])

        assert told == [done, [True, True, True]]

    @pytest.mark.parametrize(
        "turn",
        [
            pytest.param((adding_up.ENOUGH.small, SMALL, 0), id="many are added up"),
            pytest.param((adding_up.ENOUGH.small - 1, SMALL, 1), id="few can wait"),
            pytest.param((adding_up.ENOUGH.small, SMALL + 1, 1), id="so can all while others wait at the door"),
        ],
    )
    async def test_callbacks_that_are_explained_are_added_up_between_batches(
        self, writer, reader, line, skyline, database, turn
    ):
        callbacks, waiting, left = turn
        line.report("sent", of="a", connection="observed")
        store(writer, line)
        skyline.latest = Horizon(T0, {part: len(line.logs["callbacks", part]) for part in range(3)})
        before = await questions.conservation(reader)
        upkeep = Upkeep(connection := database.cursor(), skyline)
        upkeep.note(Stored(callbacks=callbacks))
        for batch_id in range(1, 7):
            upkeep.take_turn(batch_id, waiting=waiting)

        assert connection.execute("SELECT count(*) FROM open_callback").fetchall() == [(left,)]
        assert await questions.conservation(reader) == before

    async def test_what_is_not_explained_is_never_settled(self, writer, reader, line, skyline, database):
        lost = line.receive()
        line.report("sent", of="a", connection="observed")
        store(writer, line)
        skyline.latest = Horizon(T0, {part: len(line.logs["callbacks", part]) for part in range(3)})
        Upkeep(database.cursor(), skyline).tidy(1)

        assert [place["cause_offset"] for place in (await questions.conservation(reader)).unexplained] == [lost.offset]


class TestReading:
    async def test_an_answer_says_how_fresh_it_is(self, writer, reader, line, skyline):
        line.report("sent", of="a", connection="observed")
        store(writer, line)
        skyline.latest = Horizon(at(58.5), {}, {"updates": 3, "callbacks": 4})
        fresh = await questions.freshness(reader)

        assert (fresh.as_of, fresh.lag_s, fresh.lag_records, fresh.revision) == (at(58.5), 1.5, 7, 1)
        assert fresh.watermarks["callbacks"] == {0: 1}

    async def test_before_the_first_horizon_nobody_claims_one(self, reader):
        fresh = await questions.freshness(reader)

        assert (fresh.as_of, fresh.lag_s, fresh.revision) == (None, None, 0)

    async def test_how_far_the_store_is_is_known_by_what_each_batch_moved(
        self, writer, reader, line, database, skyline
    ):
        for number in range(1, 4):
            line.report("sent", of="abc"[number - 1], connection="observed")
            store(writer, line)
            if number == 2:
                Upkeep(database.cursor(), skyline).tidy(number)
            fresh = await questions.freshness(reader)
            rows = database.cursor().execute(load_query("watermarks").sql).fetchall()

            assert fresh.revision == number
            assert [(topic, *place) for topic, known in fresh.watermarks.items() for place in known.items()] == [
                row[:3] for row in rows
            ]

    async def test_the_newest_changes_are_found_however_old_they_are(self, writer, database, skyline, line):
        line.report("sent", of="a", connection="observed", at_s=1)
        line.report("delivered", of="a", connection="observed", at_s=58)
        store(writer, line)
        for asked_at in (at(59), at(120), at(86_400)):
            reader = Reader(database, skyline, FixedClock(asked_at), threads=1, limit_s=20)
            told = [(await questions.newest_changes(reader, accounts=None, limit=most)).rows for most in (1, 5)]
            reader.close()

            assert [[row["status"] for row in rows] for rows in told] == [["delivered"], ["delivered", "sent"]]

    async def test_what_was_refused_leaves_nothing_behind(self, writer, reader, line):
        with pytest.raises(QueryInvalid):
            await reader.look(lambda ask: [ask("watermarks", {}), ask("watermarks", {"owner": "x"})])
        line.report("sent", of="a", connection="observed")
        store(writer, line)

        assert (await questions.freshness(reader)).revision == 1

    async def test_a_question_that_takes_too_long_is_given_up(self, database, skyline):
        database.cursor().execute(A_MILLION_CALLBACKS)
        hasty = Reader(database, skyline, FixedClock(T0), threads=1, limit_s=0.005)

        with pytest.raises(QueryInvalid, match="took longer"):
            await questions.conservation(hasty)
        hasty.close()

    async def test_a_question_nobody_wrote_is_refused(self, reader):
        with pytest.raises(QueryInvalid, match="there is no question"):
            await reader.ask("../secrets")

    async def test_a_parameter_the_question_does_not_have_is_refused(self, reader):
        with pytest.raises(QueryInvalid, match="has no parameter owner"):
            await reader.ask("newest_changes", {"owner": "x"})

    async def test_a_closed_store_says_so(self, reader, database):
        database.close()

        with pytest.raises(StoreUnavailable, match="not open"):
            await questions.freshness(reader)
