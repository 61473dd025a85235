"""A store from what Kafka still has, and from the archive for what it has not, is the store that was lost."""

import asyncio
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analytics.archive.again import again
from analytics.archive.reading import Shelves, Span
from analytics.archive.restoring import Restorer, Told
from analytics.erasure.eraser import Eraser
from analytics.sink.columns import hasher
from analytics.sink.pseudonyms import load_hash_key
from contracts.archived import Archived
from contracts.errors import StoreUnavailable
from runtime.clock import FixedClock
from runtime.settings import Connection, KafkaSettings, Settings
from streams.normalise.normaliser import Normaliser
from tests.support.ledger_provider import LEDGER, body_of, status
from tests.support.whole_line import WholeLine, ask, ask_all
from tidings.rebuild import command
from tidings.rebuild.command import Losses, rebuild

T0 = datetime(2026, 11, 1, 10, tzinfo=UTC)
MESSAGE = "019aa5a1-0000-7000-8000-00000000{:04x}"
SAME_KEY = {"hash_key": "one key for both stores"}

TABLES = {
    "facts": """
        SELECT event_id, attempt_id, message_id, status, item_status, occurred_at, received_at, cause_partition,
            cause_offset, cause_index, recipient_hash, source
        FROM report ORDER BY ALL
    """,
    "verdicts": "SELECT verdict, count(*) FROM report GROUP BY ALL ORDER BY ALL",
    "ends": """
        SELECT attempt_id, standing(sum(move(attempt_status, previous_status))::BIGINT)
        FROM report GROUP BY ALL ORDER BY ALL
    """,
    "rollups": """
        SELECT hour_at, provider, connection, channel, status, sum(attempt_count), sum(entry_count), sum(repeated_count)
        FROM hour_delta GROUP BY ALL HAVING sum(attempt_count) <> 0 OR sum(entry_count) <> 0 ORDER BY ALL
    """,
    "latencies": "SELECT hour_at, bucket, sum(attempt_count) FROM latency_delta GROUP BY ALL ORDER BY ALL",
    "callbacks": "SELECT kafka_partition, kafka_offset, provider, connection, size FROM callback ORDER BY ALL",
    "inbound": "SELECT event_id, verdict FROM inbound ORDER BY ALL",
    "signals": "SELECT event_id, verdict FROM signal ORDER BY ALL",
    "dead letters": "SELECT cause_partition, cause_offset, cause_index, kind FROM dead_letter ORDER BY ALL",
    "registrations": "SELECT attempt_id, message_id, released_applied_count FROM registration ORDER BY ALL",
    "unclaimed": "SELECT attempt_id, message_id, released_applied_count FROM unclaimed ORDER BY ALL",
}


def timed(message_id: str, said: str, at: datetime) -> dict:
    return status(message_id, said, occurred_at=at.isoformat(), recipient="+447700900105")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    connections = (
        Connection(provider="ledger", name="main"),
        Connection(provider="ledger", name="watched", observe_only=True),
    )
    return Settings(
        data_dir=tmp_path / "lost", kafka=KafkaSettings(partitions=3), connections=connections, privacy=SAME_KEY
    )


@pytest.fixture
def line(settings: Settings) -> WholeLine:
    """Twenty days: every kind of callback, attempts that go on for days, that are registered late, and never."""
    made = WholeLine(settings, Normaliser({LEDGER.slug: LEDGER}, settings.connections))
    for day in range(20):
        at = T0 + timedelta(days=day)
        made.pass_time(at)
        bodies = [
            body_of(timed(f"m{day}", "sent", at), timed(f"m{day - 2}", "delivered", at)),
            body_of(timed(f"m{day}", "sent", at)),
            body_of({"is": "inbound", "kind": "text", "message_id": f"i{day // 2}", "text": "Yes"}),
            body_of({"is": "signal", "kind": "click", "message_id": f"m{day}"}),
            body_of({"is": "rejected", "reason": "no id", "body": "e30="}, timed(f"x{day}", "expired", at)),
            b"not JSON",
        ]
        for number, body in enumerate(bodies):
            made.call_back("ledger", body, at + timedelta(minutes=number), "watched")
        made.call_back("ledger", body_of(timed(f"r{day}", "delivered", at)), at + timedelta(minutes=30))
        if day % 3 and day > 1:
            made.register(f"r{day - 2}", MESSAGE.format(day), at + timedelta(hours=1))
        made.carry()
    made.run()
    return made


def copy_archive(kept: Settings, anew: Settings) -> None:
    """With its keys."""
    shutil.copytree(kept.data_dir / "archive", anew.data_dir / "archive")
    shutil.copy(kept.data_dir / "archive.keys", anew.data_dir)


def filled_anew(line: WholeLine, tmp_path: Path, moment: datetime) -> tuple[Settings, dict[tuple[str, int], int]]:
    """A store from what Kafka has after `moment`, beside the archive."""
    anew = line.settings.model_copy(update={"data_dir": tmp_path / "anew"})
    copy_archive(line.settings, anew)
    begins = line.begins_after(moment)
    line.store(anew, begins)
    return anew, begins


def rebuilt(settings: Settings, begins: dict[tuple[str, int], int], *, until: datetime | None = None, **needed) -> int:
    partitions = range(settings.kafka.partitions)
    losses = Losses(
        starts={topic: {number: begins[topic, number] for number in partitions} for topic in ("attempts", "callbacks")},
        until_ms=int(until.timestamp() * 1000) if until else -1,
        needed=needed,
    )
    return rebuild(settings, losses, normaliser=Normaliser({LEDGER.slug: LEDGER}, settings.connections))


def told(settings: Settings) -> dict[str, list]:
    return ask_all(settings, TABLES)


@pytest.mark.parametrize(
    "days", [pytest.param(10.5, id="half of it is gone"), pytest.param(30, id="all of it is gone from Kafka")]
)
def test_a_store_from_the_archive_and_from_kafka_is_the_one_that_was_lost(line, tmp_path, days):
    anew, begins = filled_anew(line, tmp_path, T0 + timedelta(days=days))
    lacked = told(anew)
    rebuilt(anew, begins)

    assert lacked != told(line.settings)
    assert told(anew) == told(line.settings)


def test_what_one_topic_has_lost_before_another_is_found(line, tmp_path):
    """Kafka removes whole segments, so that the callbacks may still be there when what was made of them is gone."""
    begins = line.begins_after(T0 + timedelta(days=10.5))
    begins |= {
        place: offset - 2 for place, offset in begins.items() if place[0] in {"callbacks", "attempts"} and offset
    }
    anew = line.settings.model_copy(update={"data_dir": tmp_path / "anew"})
    copy_archive(line.settings, anew)
    line.store(anew, begins)
    rebuilt(anew, begins, until=T0 + timedelta(days=10.5))

    assert told(anew) == told(line.settings)


def test_a_second_rebuild_adds_nothing(line, tmp_path):
    anew, begins = filled_anew(line, tmp_path, T0 + timedelta(days=10.5))
    added = rebuilt(anew, begins)

    assert added > 100
    assert rebuilt(anew, begins) == 0


class FakeArchivist:
    """Kafka has nothing that the archive lacks."""

    async def turn(self, *, at_once: bool = False) -> None:
        assert at_once


def test_after_an_erasure_the_same_facts_come_back_without_the_person(line, tmp_path):
    hash_key, person = load_hash_key(line.settings), "+447700900105"
    asyncio.run(Eraser(line.settings, FixedClock(T0), person, hash_key=hash_key).erase(FakeArchivist()))
    anew, begins = filled_anew(line, tmp_path, T0 + timedelta(days=30))
    rebuilt(anew, begins)
    people = "SELECT DISTINCT recipient_hash, country FROM report WHERE recipient_hash IS NOT NULL"
    facts = "SELECT * EXCLUDE (recipient_hash, batch_id, kafka_partition, kafka_offset) FROM report ORDER BY ALL"

    assert ask(anew, facts) == ask(line.settings, facts)
    assert ask(anew, people) == [(hasher(hash_key)("+440000000000"), "GB")]
    assert hasher(hash_key)(person) not in {one for one, _ in ask(line.settings, people)}


class KilledError(Exception):
    """The process is gone."""


def test_a_rebuild_that_was_broken_off_may_begin_again(line, tmp_path, monkeypatch):
    anew, begins = filled_anew(line, tmp_path, T0 + timedelta(days=10.5))
    portions = iter(range(3))
    add = Restorer.add

    def add_some(self: Restorer, callbacks: Sequence[Archived], made: Sequence[Told]) -> int:
        if next(portions, None) is None:
            raise KilledError
        return add(self, callbacks, made)

    monkeypatch.setattr(command, "AT_ONCE", 12)
    with monkeypatch.context() as patched:
        patched.setattr(Restorer, "add", add_some)
        with pytest.raises(KilledError):
            rebuilt(anew, begins)
    rebuilt(anew, begins)

    assert told(anew) == told(line.settings)


def test_what_is_still_to_come_from_kafka_is_waited_for(line, tmp_path):
    anew, begins = filled_anew(line, tmp_path, T0 + timedelta(days=10.5))

    with pytest.raises(StoreUnavailable, match="updates/1"):
        rebuilt(anew, begins, updates={1: 10_000})


def test_what_was_settled_is_counted_from_its_rows_again(line, tmp_path):
    anew, begins = filled_anew(line, tmp_path, T0 + timedelta(days=10.5))
    ask(anew, "INSERT INTO settled_place VALUES (0, 1000, 1)")
    ask(anew, "INSERT INTO settled_count (provider, received, batch_id) VALUES ('ledger', 1000, 1)")
    rebuilt(anew, begins)

    assert ask(anew, "SELECT count(*) FROM settled_place UNION ALL SELECT count(*) FROM settled_count") == [(0,), (0,)]


def test_an_attempt_keeps_its_id_though_its_records_come_in_another_order(settings, tmp_path):
    line = WholeLine(settings, Normaliser({LEDGER.slug: LEDGER}, settings.connections))
    filler = body_of({"is": "signal", "kind": "click", "message_id": "m"})
    for body, at in (
        (filler, T0),
        (body_of(timed("a", "sent", T0)), T0 + timedelta(seconds=1)),
        (filler, T0 + timedelta(seconds=1)),
        (body_of(timed("a", "queued", T0)), T0),
        (body_of(timed("a", "delivered", T0)), T0 + timedelta(days=5)),
    ):
        line.call_back("ledger", body, at, "watched")
        line.carry()
    line.run()
    anew, begins = filled_anew(line, tmp_path, T0 + timedelta(days=3))
    rebuilt(anew, begins)

    assert len(ask(anew, "SELECT DISTINCT attempt_id, message_id FROM report")) == 1
    assert [told(anew)[name] for name in ("ends", "rollups")] == [
        told(line.settings)[name] for name in ("ends", "rollups")
    ]


@pytest.mark.long
def test_what_was_replayed_in_the_lost_time_is_found_under_the_time_it_first_came(line, tmp_path, monkeypatch):
    shelves = Shelves(line.directory)
    first_day = Span(begin=T0, end=T0 + timedelta(hours=1))
    line.play_again([again("tidings-callbacks-v1", one) for one in shelves.records(first_day)], T0 + timedelta(days=9))
    line.run()
    anew, begins = filled_anew(line, tmp_path, T0 + timedelta(days=30))
    monkeypatch.setattr(command, "AT_ONCE", 5)
    rebuilt(anew, begins)

    assert rebuilt(anew, begins) == 0
    assert told(anew)["callbacks"] == told(line.settings)["callbacks"]
