"""Whatever is replayed, and whatever track still remembers: no fact counts twice."""

from typing import Any

import pytest

from analytics.sink.writer import Writer
from analytics.store.database import Database
from contracts.vocabulary import Source
from tests.support.store_line import Line

CELLS = "SELECT status, sum(attempt_count)::BIGINT AS n FROM hour_delta GROUP BY status HAVING n <> 0"
LATENCIES = "SELECT bucket, sum(attempt_count)::BIGINT AS n FROM latency_delta GROUP BY bucket HAVING n <> 0"
VERDICTS = "SELECT source, verdict, count(*) FROM report GROUP BY ALL ORDER BY ALL"


def write(writer: Writer, line: Line) -> None:
    writer.write(writer.prepare(writer.resume(), line.fetch()))


def rows(database: Database, sql: str) -> list[tuple[Any, ...]]:
    return database.cursor().execute(sql).fetchall()


def lived(line: Line, **how: Any) -> None:
    for at_s, said in enumerate(("accepted", "sent", "delivered")):
        line.report(said, of="a", connection="observed", at_s=at_s, **how)


@pytest.mark.parametrize("is_forgotten", [pytest.param(False, id="remembered"), pytest.param(True, id="forgotten")])
def test_a_replay_changes_no_number_but_that_of_the_repeats(writer, database, is_forgotten):
    line = Line()
    lived(line)
    write(writer, line)
    before = rows(database, CELLS), rows(database, LATENCIES)
    if is_forgotten:
        line.forget(of="a", connection="observed")
    lived(line, source=Source.REPLAY)
    write(writer, line)

    assert (rows(database, CELLS), rows(database, LATENCIES)) == before == ([("delivered", 1)], before[1])
    assert rows(database, VERDICTS) == [("push", "applied", 3), ("replay", "repeated", 3)]


def test_a_replay_of_what_was_not_understood_then_is_news(writer, database):
    line = Line()
    line.report("sent", of="a", connection="observed")
    line.dead_letter(b"what is now understood")
    write(writer, line)
    line.forget(of="a", connection="observed")
    line.report("sent", of="a", connection="observed", source=Source.REPLAY)
    line.report("delivered", of="a", connection="observed", source=Source.REPLAY)
    write(writer, line)

    assert rows(database, VERDICTS) == [("push", "applied", 1), ("replay", "applied", 1), ("replay", "repeated", 1)]
    assert rows(database, CELLS) == [("delivered", 1)]


def test_a_replay_that_came_first_in_its_batch_is_the_one_that_counts(writer, database):
    line = Line()
    line.report("sent", of="a", connection="observed", source=Source.REPLAY)
    line.report("sent", of="a", connection="observed")
    write(writer, line)

    assert rows(database, VERDICTS) == [("push", "repeated", 1), ("replay", "applied", 1)]
    assert rows(database, CELLS) == [("sent", 1)]


def test_replayed_again_and_again_an_attempt_stands_where_it_stood(writer, database):
    line = Line()
    lived(line)
    write(writer, line)
    for _ in range(20):
        line.forget(of="a", connection="observed")
        lived(line, source=Source.REPLAY)
        write(writer, line)
    stood = rows(database, CELLS)
    line.report("seen", of="a", connection="observed")
    write(writer, line)

    assert stood == [("delivered", 1)]
    assert rows(database, CELLS) == [("seen", 1)]


def test_what_track_parks_is_freed_by_track_alone(writer, database):
    """A replay without its registration waits as any report does; the store does not know better."""
    line = Line()
    line.report("sent", of="a")
    line.register(of="a")
    write(writer, line)
    line.forget(of="a")
    line.report("sent", of="a", source=Source.REPLAY)
    write(writer, line)

    assert rows(database, VERDICTS) == [("push", "parked", 1), ("replay", "parked", 1)]
    assert rows(database, CELLS) == [("sent", 1)]


@pytest.mark.parametrize("kind", ["inbound", "signal"])
def test_what_no_stage_remembers_is_looked_for_around_the_time_it_was_received(writer, database, kind):
    """A replay keeps the receive time, so the window in which repeats are looked for lies around that."""
    line = Line()
    say = getattr(line, kind)
    say("0" * 31 + "1", at_s=0)
    write(writer, line)
    say("0" * 31 + "2", at_s=30 * 86_400)
    write(writer, line)
    say("0" * 31 + "1", at_s=0)
    write(writer, line)

    assert rows(database, f"SELECT verdict FROM {kind} ORDER BY batch_id") == [
        ("applied",),
        ("applied",),
        ("repeated",),
    ]
