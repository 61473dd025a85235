"""A bucket that changes gets a higher revision, and whoever asks for what changed gets just that, with all its rows."""

import re
from pathlib import Path
from typing import Any

import pytest

from analytics import questions
from analytics.asking.buckets import Bucket
from analytics.asking.reader import Reader
from analytics.freshness import Skyline
from analytics.measures.metrics import Dimension, Measure, MetricsQuestion
from analytics.sink.columns import hasher
from analytics.sink.writer import Writer
from analytics.upkeep.upkeep import Upkeep
from contracts.errors import QueryInvalid
from contracts.filters import parse_filter
from tests.support.store_files import StoreFiles
from tests.support.store_line import T0, Line, at, ms
from tests.support.store_questions import asked

PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"
END = at(4 * 3600)
HOURS = {"to": END, "bucket": Bucket.HOUR}


def write(writer: Writer, line: Line) -> None:
    writer.write(writer.prepare(writer.resume(), line.fetch()))


async def changed(reader: Reader, since: int, **members: Any) -> questions.Measured:
    return await questions.metrics(reader, asked(Measure.SENT, **HOURS | {"changed_since": since} | members))


async def test_a_bucket_that_changes_gets_a_higher_revision_and_the_others_keep_theirs(writer, reader, line):
    line.report("sent", of="a", connection="observed")
    line.report("sent", of="b", connection="observed", at_s=3600)
    write(writer, line)
    before = await changed(reader, 0)
    line.report("delivered", of="a", connection="observed", at_s=7200)
    write(writer, line)
    after = await changed(reader, 0)

    assert before.changed == [{"bucket_at": T0, "revision": 1}, {"bucket_at": at(3600), "revision": 1}]
    assert after.changed == [{"bucket_at": T0, "revision": 2}, {"bucket_at": at(3600), "revision": 1}]


async def test_only_what_changed_is_told_with_all_its_rows(writer, reader, line):
    for number, country in enumerate(["GB", "US"]):
        line.report("sent", of=f"a{number}", connection="observed", country=country)
        line.report("sent", of=f"b{number}", connection="observed", country=country, at_s=3600)
    write(writer, line)
    line.report("delivered", of="a0", connection="observed", country="GB", at_s=9)
    write(writer, line)
    told = await changed(reader, 1, group_by=(Dimension.COUNTRY,))

    assert told.changed == [{"bucket_at": T0, "revision": 2}]
    assert [(row["bucket_at"], row["country"]) for row in told.rows] == [(T0, "GB"), (T0, "US")]
    assert (await changed(reader, 2)).changed == []


async def test_a_bucket_of_which_no_row_is_left_is_told(writer, reader, line):
    line.report("sent", of="a", connection="observed")
    write(writer, line)
    line.report("delivered", of="a", connection="observed", at_s=5)
    write(writer, line)
    told = await changed(reader, 1, filters={Dimension.STATUS: parse_filter(["sent"])})

    assert (told.changed, told.rows) == ([{"bucket_at": T0, "revision": 2}], [])


async def test_a_filled_answer_has_the_changed_buckets_alone(writer, reader, line):
    line.report("sent", of="a", connection="observed", at_s=3600)
    write(writer, line)
    told = await changed(reader, 0, is_filled=True)

    assert [row["bucket_at"] for row in told.rows] == [at(3600)]


async def test_what_changed_for_others_is_not_told(writer, reader, line):
    line.report("sent", of="a", connection="observed", account="mine")
    write(writer, line)
    line.report("sent", of="b", connection="observed", account="theirs", at_s=3600)
    write(writer, line)

    assert (await changed(reader, 0, accounts=("mine",))).changed == [{"bucket_at": T0, "revision": 1}]


async def test_an_attempt_that_moves_to_another_account_changes_both(writer, reader, line):
    line.report("sent", of="a", connection="observed", account="first")
    write(writer, line)
    line.report("delivered", of="a", connection="observed", account="second", at_s=5)
    write(writer, line)

    for account in ("first", "second"):
        assert (await changed(reader, 1, accounts=(account,))).changed == [{"bucket_at": T0, "revision": 2}]


async def test_upkeep_revises_nothing(writer, reader, line, database):
    for said in ("sent", "delivered"):
        line.report(said, of="a", connection="observed")
        write(writer, line)
    before = await changed(reader, 0)
    Upkeep(database.cursor(), Skyline()).tidy(2)

    assert (await changed(reader, 0)).changed == before.changed
    assert database.cursor().execute("SELECT count(*) FROM hour_revision").fetchall() == [(1,)]


@pytest.mark.parametrize(
    ("members", "told"),
    [
        pytest.param({"changed_since": 1, "is_compared": True}, "exclude each other", id="beside a comparison"),
        pytest.param(
            {"changed_since": 1, "measures": (Measure.SENT, Measure.REPLIES)}, "changes replies", id="replies"
        ),
    ],
)
def test_what_cannot_be_followed_is_refused(members, told):
    with pytest.raises(QueryInvalid, match=told):
        MetricsQuestion(**{"measures": (Measure.SENT,), "from_": T0, "to": END} | members)


async def test_a_revision_that_the_store_never_had_is_refused(writer, reader, line):
    line.report("sent", of="a", connection="observed")
    write(writer, line)

    with pytest.raises(QueryInvalid, match=r"ahead of the store, which is at 1; begin without it"):
        await changed(reader, 2)


class Life:
    """A store that is killed, and a reader of what is opened next."""

    def __init__(self, directory: Path) -> None:
        self.files = StoreFiles(directory)

    def start(self) -> None:
        self.files.start()
        connection = self.files.database.cursor()
        least = ms(self.files.clock.now())
        self.writer = Writer(
            connection, hasher(b"k" * 16), Upkeep(connection, Skyline()), seen_days=3, least_batch=least
        )
        self.reader = Reader(self.files.database, Skyline(), self.files.clock, threads=2, limit_s=10)

    def write(self, *, in_portions_of: int | None = None) -> None:
        intake = self.writer.resume()
        while portions := self.files.line.fetch(limit=in_portions_of):
            self.writer.write(self.writer.prepare(intake, portions))

    def stop(self) -> None:
        self.reader.close()
        self.writer.close()
        self.files.stop()


async def test_who_was_ahead_of_a_store_that_was_taken_back_misses_nothing(tmp_path):
    """What the lost batches had comes again, in other batches and with more: their numbers must not be given again."""
    life = Life(tmp_path)
    life.start()
    line = life.files.line
    line.report("sent", of="a", connection="observed")
    life.write()
    snapshot = life.files.snapshot()
    for number in range(3):
        line.report("delivered", of=f"b{number}", connection="observed", at_s=10 + number)
    life.write(in_portions_of=1)
    since = (await changed(life.reader, 0)).freshness.revision
    life.stop()
    life.files.path.unlink()
    life.files.clock.advance(1)
    line.read.clear()
    line.report("delivered", of="a", connection="observed", at_s=3700)
    life.start()
    life.write()
    told = await changed(life.reader, since)
    life.stop()

    assert snapshot.exists()
    assert [row["bucket_at"] for row in told.changed] == [T0]
    assert told.rows == [{"bucket_at": T0, "sent": 4}]


def test_the_program_of_the_page_keeps_a_table_up_to_date():
    """`merge` as the page has it, with what the API answers."""
    (program,) = re.findall(r"```python\n(# follow_metrics\.py.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {"__name__": "page"}
    exec(program, names)
    ten, eleven = "2026-11-21T10:00:00Z", "2026-11-21T11:00:00Z"
    table: dict[str, Any] = {}
    names["merge"](table, {"changed": None, "rows": [{"bucket_at": ten, "sent": 1}, {"bucket_at": eleven, "sent": 2}]})
    names["merge"](table, {"changed": [{"bucket_at": ten, "revision": 5}], "rows": []})

    assert table == {eleven: [{"bucket_at": eleven, "sent": 2}]}
