"""What is watched: the figures of two readings, their picture, and how it ends."""

import asyncio
import json
import os
import pty
import termios
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO

import pytest
from rich.console import Console

from runtime.clock import FixedClock
from runtime.settings import KafkaSettings, Settings
from tests.support.fake_doors import NOTHING_COUNTED, FakeDoor, doors
from tidings.doctor.patient import Patient
from tidings.doors import Door
from tidings.samples import Samples
from tidings.top.command import _for_long, _show_once
from tidings.top.figures import figures
from tidings.top.keyboard import ended_by_key
from tidings.top.reading import Reading, reading
from tidings.top.view import age, picture

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
BEFORE = """
tidings_callbacks_total{provider="infobip",connection="main",status="200"} 100
tidings_callbacks_total{provider="infobip",connection="main",status="401"} 1
tidings_callback_seconds_bucket{le="0.001"} 0
tidings_callback_seconds_bucket{le="0.01"} 100
tidings_callback_seconds_bucket{le="+Inf"} 100
tidings_stage_records_total{stage="track"} 500
tidings_stage_batch_seconds_sum{stage="track"} 1
tidings_stage_batch_seconds_count{stage="track"} 10
tidings_sends_waiting{provider="routee",connection="main"} 4
"""
AFTER = """
tidings_callbacks_total{provider="infobip",connection="main",status="200"} 300
tidings_callbacks_total{provider="infobip",connection="main",status="401"} 5
tidings_callback_seconds_bucket{le="0.001"} 0
tidings_callback_seconds_bucket{le="0.01"} 300
tidings_callback_seconds_bucket{le="+Inf"} 300
tidings_stage_records_total{stage="track"} 700
tidings_stage_batch_seconds_sum{stage="track"} 1.5
tidings_stage_batch_seconds_count{stage="track"} 20
tidings_stage_keys{stage="track"} 42
tidings_sends_waiting{provider="routee",connection="main"} 4
tidings_connection_ill{provider="routee",connection="main"} 1
tidings_unexplained_items 0
tidings_alarm{kind="quiet_provider",provider="routee",connection="main",channel=""} 1
"""


def told(before: str = BEFORE, after: str = AFTER, **members):
    return figures(
        Reading(NOW, 10.0, samples=Samples.of([before])), Reading(NOW, 12.0, samples=Samples.of([after]), **members)
    )


def text_of(shown, width: int = 120) -> str:
    console = Console(width=width, record=True, file=StringIO())
    console.print(picture(shown, hint="q ends"))
    return console.export_text()


def stage(shown, name: str):
    return next(one for one in shown["stages"] if one["stage"] == name)


def test_rates_are_what_was_counted_between_two_readings():
    shown = told()

    assert (shown["callbacks"]["taken_per_s"], shown["callbacks"]["refused_per_s"]) == (100.0, 2.0)
    assert shown["callbacks"]["p99_within_ms"] == 10.0
    assert (stage(shown, "track")["read_per_s"], stage(shown, "track")["batch_ms"]) == (100.0, 50.0)
    assert stage(shown, "track")["keys"] == 42


def test_a_process_that_was_started_anew_counts_from_nothing_and_gives_no_rate_below_it():
    assert told(before=AFTER, after=BEFORE)["callbacks"]["taken_per_s"] == 0.0


def test_what_nobody_told_is_null_and_not_zero():
    shown = told()

    assert stage(shown, "track")["lag_records"] is None
    assert shown["store"]["as_of"] is None
    assert shown["account"]["received"] is None
    assert shown["account"]["unexplained"] == 0


@pytest.mark.parametrize("when", ["before", "now"])
def test_of_a_process_that_did_not_answer_nothing_is_said(when):
    away = (Door("streams", "http://127.0.0.1:1", NOW, trouble="nobody listens there"),)
    one, other = Reading(NOW, 10.0, samples=Samples.of([BEFORE])), Reading(NOW, 12.0, samples=Samples.of([AFTER]))
    shown = figures(replace(one, doors=away), other) if when == "before" else figures(one, replace(other, doors=away))
    row = next(line for line in text_of(shown).splitlines() if line.startswith("track"))

    assert stage(shown, "track")["read_per_s"] is None
    assert row.split("│")[2].strip() == "?"
    assert shown["callbacks"]["taken_per_s"] == 100.0


def test_lags_are_those_of_the_groups():
    shown = told(lags={"track": 7, "dispatch": 3})

    assert stage(shown, "track")["lag_records"] == 7
    assert shown["sends"]["lag_records"] == 3


def test_a_connection_that_rests_and_an_alarm_are_seen():
    text = text_of(told())

    assert "routee/main" in text
    assert "rests" in text
    assert "! quiet_provider routee/main" in text


def test_the_account_is_that_of_the_api():
    total = dict.fromkeys(
        ("received", "applied", "repeated", "outranked", "parked", "quarantined", "in_flight", "unexplained"), 1
    )
    text = text_of(told(answers={"conservation": {"total": total, "is_balanced": False}}))

    assert "received 1, applied 1" in text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0.0 s"), (59, "59 s"), (125, "2 min 5 s"), (3600, "1 h"), (97_200, "1 d 3 h")],
)
def test_an_age(seconds, words):
    assert age(seconds) == words


def patient_of(sections, tmp_path) -> Patient:
    settings = Settings(data_dir=tmp_path, kafka=KafkaSettings(bootstrap_servers="127.0.0.1:9"), **sections)
    return Patient(settings, None, FixedClock(NOW))


async def test_a_reading_has_what_answers_and_notes_of_the_rest(tmp_path):
    freshness = {"freshness": {"as_of": "2026-11-21T09:59:59Z", "lag_s": 1.0}}
    balance = {"is_balanced": True, "total": {}}
    answers = {"/v1/freshness": freshness, "/v1/conservation": balance, "/v1/alarms": {"alarms": []}}
    api = FakeDoor(page=NOTHING_COUNTED + AFTER, answers=answers)
    async with doors(api=api) as sections, reading(patient_of(sections, tmp_path), "a-key") as reader:
        read = await reader.read()

    assert read.answers["freshness"] == freshness
    assert read.samples.total("tidings_stage_keys", stage="track") == 42
    assert any(note.startswith("ingest: nobody listens") for note in read.notes)
    assert any("Kafka is not reached" in note for note in read.notes)


async def test_a_key_that_is_not_known_is_a_note(tmp_path):
    async with doors(api=FakeDoor()) as sections, reading(patient_of(sections, tmp_path), "another-key") as reader:
        read = await reader.read()

    assert "the API does not tell freshness: The key is not known" in read.notes


def test_once_for_a_script_says_by_its_status_whether_all_are_ready(capsys):
    shown = told()

    assert _show_once(shown | {"processes": [{"name": "api", "is_ready": True}]}, Console(), as_json=True) == 0
    assert json.loads(capsys.readouterr().out)["alarms"][0]["kind"] == "quiet_provider"
    assert _show_once(shown | {"processes": [{"name": "api", "is_ready": False}]}, Console(), as_json=True) == 1


@pytest.fixture
def terminal(monkeypatch):
    """What somebody types comes out of standard input, which is a terminal."""
    master, slave = pty.openpty()
    with os.fdopen(slave, "r") as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        yield master
    os.close(master)


async def test_q_ends_it_and_other_keys_do_not(terminal):
    with ended_by_key() as ended:
        os.write(terminal, b"x")
        await asyncio.sleep(0.05)
        assert not ended.is_set()
        os.write(terminal, b"q")
        await asyncio.wait_for(ended.wait(), 10)


@pytest.mark.parametrize("console", [None, Console(file=StringIO(), force_terminal=True)], ids=["json", "picture"])
async def test_what_is_watched_comes_again_and_again_until_q(terminal, tmp_path, capsys, console):
    async with doors(api=FakeDoor()) as sections:
        view = asyncio.create_task(_for_long(patient_of(sections, tmp_path), "", 0.2, console=console))
        out = ""
        while out.count("ingest: nobody listens there") < 2:  # the second picture
            await asyncio.sleep(0.05)
            out = console.file.getvalue() if console else out + capsys.readouterr().out
        os.write(terminal, b"q")
        await asyncio.wait_for(view, 30)

    if console is None:
        assert {"stages", "callbacks", "alarms"} <= json.loads(out.splitlines()[0]).keys()
    else:
        assert "q ends" in out


async def test_the_terminal_is_as_it_was(terminal):
    before = termios.tcgetattr(terminal)
    with ended_by_key():
        assert termios.tcgetattr(terminal) != before

    assert termios.tcgetattr(terminal) == before
