"""A replay adds what is understood only now, repeats what is known, and the dry run has said so before."""

import json
import shutil
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analytics.archive.again import again
from analytics.archive.known import known_items
from analytics.archive.reading import Shelves, Span, is_original
from analytics.replays.difference import ReplayEffect, changes
from analytics.store.snapshots import Snapshot, Snapshots
from api.admission.audit_log import AuditLog, Deed
from contracts.archived import Item
from contracts.errors import BrokerUnavailable, ConfigurationInvalid, PayloadInvalid, StoreUnavailable
from contracts.records import RawCallback
from providers._kit.provider import Provider
from runtime.clock import SystemClock
from runtime.exits import Exit
from runtime.settings import Connection, KafkaSettings, Settings
from streams.normalise.normaliser import Normaliser
from streams.normalise.stage import NormaliseBatch
from tests.support.illness import held_elsewhere
from tests.support.ledger_provider import LEDGER, body_of, normalise, status
from tests.support.whole_line import WholeLine, originals
from tidings.replay import command
from tidings.replay.command import Wishes, rehearse

T0 = datetime(2026, 11, 21, 10, tzinfo=UTC)
LATER = T0 + timedelta(days=10)
ALL = Span(begin=T0 - timedelta(days=1), end=T0 + timedelta(days=1))
TOPIC = "tidings-callbacks-v1"

FACTS = """
SELECT event_id, attempt_id, message_id, status, item_status, attempt_status, is_conflict, occurred_at, received_at,
    sent_at, delivered_at, latency_ms
FROM report WHERE verdict <> 'repeated' ORDER BY ALL
"""
ROLLUPS = """
SELECT hour_at, provider, connection, channel, status, sum(attempt_count), sum(entry_count)
FROM hour_delta GROUP BY ALL HAVING sum(attempt_count) <> 0 OR sum(entry_count) <> 0 ORDER BY ALL
"""
LATENCIES = "SELECT hour_at, bucket, sum(attempt_count) FROM latency_delta GROUP BY ALL ORDER BY ALL"
INBOUND = "SELECT event_id FROM inbound WHERE verdict = 'applied' ORDER BY ALL"
SIGNALS = "SELECT event_id FROM signal WHERE verdict = 'applied' ORDER BY ALL"
VERDICTS = """
SELECT verdict, count(*) FROM (
    SELECT verdict FROM report UNION ALL SELECT verdict FROM inbound UNION ALL SELECT verdict FROM signal
) GROUP BY verdict
"""
TABLES = (FACTS, ROLLUPS, LATENCIES, INBOUND, SIGNALS)


def short_sighted(callback: RawCallback):
    """As the adapter was, before somebody taught it what `v2` is."""
    if b"v2" in callback.body:
        raise PayloadInvalid("there is no v2")
    return normalise(callback)


def normaliser(settings: Settings, provider: Provider = LEDGER) -> Normaliser:
    return Normaliser({LEDGER.slug: provider}, settings.connections)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    connections = (
        Connection(provider="ledger", name="main"),
        Connection(provider="ledger", name="watched", observe_only=True),
    )
    return Settings(data_dir=tmp_path, kafka=KafkaSettings(partitions=3), connections=connections)


@pytest.fixture
def line(settings: Settings) -> WholeLine:
    """All kinds of callbacks: statuses in and out of order, repeats, replies, clicks, and what nobody can read."""
    made = WholeLine(settings, normaliser(settings, replace(LEDGER, normalise=short_sighted)))
    bodies = [
        body_of(timed("m1", "sent", 0), timed("m2", "sent", 1)),
        body_of(timed("m1", "delivered", 5)),
        body_of(timed("m2", "delivered", 9), timed("m2", "expired", 8)),
        body_of(timed("m1", "sent", 0)),
        body_of({"is": "inbound", "kind": "text", "message_id": "i1", "author": "+447700900105", "text": "Yes"}),
        body_of({"is": "signal", "kind": "click", "message_id": "m1"}),
        body_of({"is": "rejected", "reason": "no id", "body": "e30="}, timed("m3", "sent", 3)),
        b"not JSON",
        body_of(timed("m4", "delivered", 7) | {"description": "v2"}),
    ]
    for number, body in enumerate(bodies):
        made.call_back("ledger", body, T0 + timedelta(minutes=number), "watched")
    made.call_back("ledger", body_of(timed("m5", "sent", 2)), T0 + timedelta(minutes=20), "main")
    made.call_back("nobody", b"{}", T0 + timedelta(minutes=21))
    made.run()
    return made


def timed(message_id: str, said: str, minute: int) -> dict:
    return status(message_id, said, occurred_at=(T0 + timedelta(minutes=minute)).isoformat())


def replayed(line: WholeLine, span: Span = ALL) -> None:
    callbacks = filter(is_original, Shelves(line.directory).records(span))
    line.play_again([again(TOPIC, callback) for callback in callbacks], LATER)
    line.run()


def rehearsed(line: WholeLine, chosen: Normaliser, span: Span = ALL) -> dict:
    told = rehearse(line.settings, Shelves(line.directory), span, example_count=20, normaliser=chosen)
    total = sum((Counter(counts) for counts in told["providers"].values()), Counter())
    return told | {"total": +total}


def test_a_replay_ends_in_the_same_tables(line):
    before = [line.ask(table) for table in TABLES]
    verdicts = dict(line.ask(VERDICTS))
    facts = sum(verdicts.values())
    replayed(line)

    after = dict(line.ask(VERDICTS))

    assert [line.ask(table) for table in TABLES] == before
    assert after == verdicts | {"repeated": verdicts["repeated"] + facts}


def test_a_dry_run_over_what_is_known_changes_nothing_and_says_so(line, settings):
    told = rehearsed(line, normaliser(settings, replace(LEDGER, normalise=short_sighted)))

    assert told["total"] == {"same": 10, "aside": 4}
    assert told["examples"] == []
    assert line.ask("SELECT count(*) FROM callback") == [(11,)]


def test_what_an_adapter_understands_only_now_is_told_and_then_added(line, settings):
    told = rehearsed(line, normaliser(settings))
    line.normalise = NormaliseBatch(normaliser(settings))
    replayed(line)

    ((at, verdict, said, received_at),) = line.ask(
        "SELECT occurred_at, verdict, status, received_at FROM report WHERE provider_message_id = 'm4'"
    )

    assert told["total"] == {"same": 10, "aside": 3, "readable": 1}
    assert [(one["before"], one["after"]) for one in told["examples"]] == [
        ("dead letter unreadable: there is no v2", "report delivered (code delivered)")
    ]
    assert (verdict, said) == ("applied", "delivered")
    assert at == (T0 + timedelta(minutes=7)).replace(tzinfo=None)
    assert received_at == (T0 + timedelta(minutes=8)).replace(tzinfo=None), (
        "when it first came, not when it was replayed"
    )


def test_a_fact_that_another_callback_brought_already_is_no_change(line, settings):
    line.call_back("ledger", body_of(timed("m4", "delivered", 7)), T0 + timedelta(minutes=40), "watched")
    line.run()

    assert rehearsed(line, normaliser(settings))["total"] == {"same": 12, "aside": 3}


def test_a_fact_that_two_callbacks_would_bring_is_told_once(line, settings):
    line.call_back("ledger", body_of(timed("m4", "delivered", 7) | {"description": "v2"}), T0, "watched")
    line.run()

    assert rehearsed(line, normaliser(settings))["total"] == {"same": 11, "aside": 3, "readable": 1}


def test_a_replay_has_a_time_of_its_own_and_an_id_of_its_own(line):
    """With the old time the retention of the topic would remove it at once."""
    (first, *_) = Shelves(line.directory).records(ALL)
    replays = [again(TOPIC, first) for _ in range(2)]
    ids = {dict(headers)["ce_id"] for *_, headers in replays}

    assert {at_ms for _, _, at_ms, _ in replays} == {None}
    assert len(ids | {dict(first.headers)["ce_id"]}) == 3
    assert dict(replays[0][3])["replay-of"] == f"{TOPIC}/{first.partition}/{first.offset}".encode()


def test_what_was_played_again_is_not_played_once_more(line):
    replayed(line)

    shelves = Shelves(line.directory)
    later = Span(begin=LATER - timedelta(days=1), end=LATER + timedelta(days=1))

    assert shelves.count(later) == 11
    assert list(filter(is_original, shelves.records(later))) == []


@pytest.mark.parametrize(
    ("span", "count"),
    [
        pytest.param(replace(ALL, provider="nobody"), 1, id="of a provider"),
        pytest.param(replace(ALL, connection="watched"), 9, id="of a connection"),
        pytest.param(replace(ALL, begin=T0 + timedelta(minutes=1), end=T0 + timedelta(minutes=3)), 2, id="of a time"),
        pytest.param(replace(ALL, begin=LATER, end=LATER + timedelta(days=1)), 0, id="of a time without any"),
    ],
)
def test_a_span_holds_what_it_says(line, span, count):
    shelves = Shelves(line.directory)

    assert shelves.count(span) == len(originals(shelves.records(span))) == count


def test_what_the_store_has_not_read_is_told_apart(line, settings):
    line.call_back("ledger", body_of(timed("m9", "sent", 1)), T0 + timedelta(minutes=30), "watched")
    line.archive()

    assert rehearsed(line, normaliser(settings, replace(LEDGER, normalise=short_sighted)))["total"]["unstored"] == 1


@pytest.fixture
def config(line: WholeLine, tmp_path: Path) -> Path:
    """An installation that has lost its connections, so that today nothing can be read."""
    file = tmp_path / "tidings.toml"
    file.write_text(f'data_dir = "{tmp_path}"\n[kafka]\npartitions = 3\nbootstrap_servers = "127.0.0.1:1"\n')
    return file


WISHES = Wishes(begin=ALL.begin, end=ALL.end, example_count=1)


def test_a_dry_run_is_told_as_json(config, capsys):
    status_ = command.run(config, WISHES, is_dry_run=True, as_json=True)
    out, err = capsys.readouterr()
    told = json.loads(out)

    assert status_ is Exit.DONE
    assert "the archive was last written at" in err
    assert told["compared_with"].startswith("the store ")
    assert told["providers"]["ledger"]["gone"] == 10
    assert told["examples"][0]["after"].startswith("dead letter unknown_connection")


def test_a_dry_run_is_told_to_people(config, capsys):
    command.run(config, WISHES, is_dry_run=True, as_json=False)
    out = capsys.readouterr().out

    assert "unstored" in out
    assert "ledger/watched 0/0 item 0: report sent (code sent) -> dead letter unknown_connection" in out


def test_a_replay_without_kafka_says_that_it_may_begin_again(config):
    with pytest.raises(BrokerUnavailable, match="0 were written"):
        command.run(config, WISHES, is_dry_run=False, as_json=False)


def test_it_is_written_down_what_was_asked_for_before_it_is_done(config, settings):
    with pytest.raises(BrokerUnavailable):
        command.run(config, replace(WISHES, connection="main"), is_dry_run=False, as_json=False)
    (record,) = AuditLog(settings.data_dir, SystemClock()).read()

    assert record.deed is Deed.REPLAY_ASKED
    assert record.details == {
        "begin": ALL.begin.isoformat(),
        "end": ALL.end.isoformat(),
        "provider": None,
        "connection": "main",
    }


def test_without_an_archive_there_is_nothing_to_replay(tmp_path):
    file = tmp_path / "tidings.toml"
    file.write_text(f'data_dir = "{tmp_path}"\n')

    with pytest.raises(ConfigurationInvalid, match="nothing is archived here yet"):
        command.run(file, WISHES, is_dry_run=True, as_json=False)


def test_while_the_store_is_in_use_the_newest_snapshot_is_compared_with(line, settings, monkeypatch):
    path = settings.data_dir / settings.store.path
    snapshot = settings.data_dir / "snapshots" / path.name
    snapshot.parent.mkdir()
    shutil.copy(path, snapshot)
    made = Snapshot(T0, 1, snapshot)
    monkeypatch.setattr(Snapshots, "newest_first", lambda _: [replace(made, path=tmp_missing(snapshot)), made])
    with held_elsewhere(path):
        told = rehearsed(line, normaliser(settings, replace(LEDGER, normalise=short_sighted)))

    assert told["compared_with"] == "the snapshot of 2026-11-21 10:00:00 UTC, because the store is in use"
    assert told["total"] == {"same": 10, "aside": 4}


def test_while_the_store_is_in_use_and_has_no_snapshot_that_is_said(line, settings):
    with (
        held_elsewhere(settings.data_dir / settings.store.path),
        pytest.raises(StoreUnavailable, match="no snapshot of it yet"),
        known_items(settings),
    ):
        pass


def tmp_missing(path: Path) -> Path:
    return path.with_name("missing.duckdb")


def test_without_a_store_there_is_nothing_to_compare_with(settings):
    with pytest.raises(StoreUnavailable, match="no store to compare with"), known_items(settings):
        pass


def test_a_span_must_have_a_length():
    with pytest.raises(ConfigurationInvalid, match="is not before"):
        _ = Wishes(begin=T0, end=T0).span


def report(number: int, event_id: str, said: str = "sent") -> Item:
    return Item("report", number, event_id, said)


def letter(number: int) -> Item:
    return Item("dead letter", number, None, "unreadable: not JSON")


@pytest.mark.parametrize(
    ("before", "after", "effects"),
    [
        pytest.param([report(0, "a")], [report(0, "a")], [ReplayEffect.SAME], id="the same fact"),
        pytest.param([report(0, "a")], [report(0, "b")], [ReplayEffect.CHANGED], id="another fact in its place"),
        pytest.param(
            [report(0, "a"), report(1, "b")],
            [report(0, "b"), report(1, "a")],
            [ReplayEffect.SAME] * 2,
            id="the same facts in another order",
        ),
        pytest.param(
            [report(0, "a")], [report(0, "a"), report(1, "b")], [ReplayEffect.SAME, ReplayEffect.NEW], id="one more"
        ),
        pytest.param(
            [report(0, "a"), report(1, "b")], [report(0, "a")], [ReplayEffect.SAME, ReplayEffect.GONE], id="one less"
        ),
        pytest.param([], [report(0, "a")], [ReplayEffect.NEW], id="where there was nothing"),
        pytest.param([letter(0)], [report(0, "a")], [ReplayEffect.READABLE], id="readable now"),
        pytest.param(
            [letter(0)], [report(0, "a"), report(1, "b")], [ReplayEffect.READABLE] * 2, id="the whole readable now"
        ),
        pytest.param(
            [letter(0), report(1, "b")],
            [report(0, "a"), report(1, "b")],
            [ReplayEffect.READABLE, ReplayEffect.SAME],
            id="one item readable now",
        ),
        pytest.param([letter(0)], [letter(0)], [ReplayEffect.ASIDE], id="still not readable"),
        pytest.param([report(0, "a")], [letter(0)], [ReplayEffect.GONE], id="not readable any more"),
    ],
)
def test_effect(before, after, effects):
    assert [change.effect for change in changes(before, after)] == effects
