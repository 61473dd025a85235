"""The table of commands: how it ends, and what it says."""

import json
import logging
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from contracts.errors import BrokerUnavailable, ConfigurationInvalid, TidingsError
from runtime.exits import exit_of
from tests.support.command_line import run
from tidings.exits import PlainTyper
from tidings.options import fraction

HEAVY = ("aiokafka", "aiohttp", "pydantic_settings", "streams", "api", "providers")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "tidings.toml"
    file.write_text(f'data_dir = "{tmp_path}"\n')
    return file


@pytest.mark.parametrize(
    ("error", "status"),
    [
        pytest.param(TidingsError("x"), 1, id="what failed is 1"),
        pytest.param(ConfigurationInvalid("x"), 2, id="what is configured wrongly is 2"),
        pytest.param(BrokerUnavailable("x"), 3, id="no broker is 3"),
    ],
)
def test_exit_status(error, status):
    assert exit_of(error) == status


def app_that_raises(error: Exception) -> PlainTyper:
    plain = PlainTyper()

    @plain.command()
    def fail() -> None:
        raise error

    return plain


def test_what_fails_beside_other_things_ends_in_a_line_too(capsys):
    group = ExceptionGroup("work", [ExceptionGroup("more work", [BrokerUnavailable("no Kafka answers")])])
    with pytest.raises(SystemExit) as ended:
        app_that_raises(group)([])

    assert (ended.value.code, capsys.readouterr().err) == (3, "tidings: no Kafka answers\n")


def test_what_nobody_expected_keeps_its_traceback():
    with pytest.raises(ExceptionGroup):
        app_that_raises(ExceptionGroup("work", [BrokerUnavailable("no Kafka answers"), ZeroDivisionError()]))([])


def test_help_comes_before_any_room_is_imported():
    code = f"import sys, tidings.cli; print([room for room in {HEAVY} if room in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "[]"


def test_the_version_is_told(capsys):
    status, out, _ = run(capsys, "--version")

    assert status == 0
    assert out.startswith("tidings 0.")


@pytest.mark.parametrize(
    ("text", "share"),
    [("3%", 0.03), ("0.5", 0.5), ("100%", 1.0), (0.25, 0.25), ("0", 0.0)],
)
def test_a_share(text, share):
    assert fraction(text) == pytest.approx(share)


@pytest.mark.parametrize("text", ["3 percent", "101%", "-1%", ""])
def test_what_is_no_share_is_wrong_usage(capsys, text):
    status, _, err = run(capsys, "simulate", "--duplicates", text)

    assert status == 2
    assert "is not a share" in err


def test_a_wrong_setting_ends_in_one_line(capsys, tmp_path):
    file = tmp_path / "tidings.toml"
    file.write_text("[ingest]\nprot = 1\n")

    status, out, err = run(capsys, "up", "--config", file)

    assert (status, out) == (2, "")
    assert err.startswith("tidings: ")
    assert "ingest.prot" in err
    assert "Traceback" not in err


def test_up_without_a_connection_says_so(capsys, config):
    status, _, err = run(capsys, "up", "--config", config)

    assert status == 2
    assert "[[connections]]" in err


def test_no_broker_ends_with_3(capsys, config, monkeypatch):
    monkeypatch.setenv("TIDINGS_KAFKA__BOOTSTRAP_SERVERS", "127.0.0.1:9")

    status, _, err = run(capsys, "topics", "--config", config, "--create")

    assert status == 3
    assert err == (
        "tidings: no Kafka answers at 127.0.0.1:9 (KafkaConnectionError); "
        "see that it runs, or set kafka.bootstrap_servers\n"
    )
    assert not logging.getLogger("aiokafka").isEnabledFor(logging.ERROR)


@pytest.mark.parametrize("words", [["topics", "--create"], ["rebuild"], ["erase", "+447700900105", "--dry-run"]])
def test_our_own_broker_is_looked_for_where_it_was_started_last(capsys, config, tmp_path, words):
    (tmp_path / "broker").mkdir()
    (tmp_path / "broker" / "server.properties").write_text("advertised.listeners=PLAINTEXT://127.0.0.1:10\n")

    status, _, err = run(capsys, *words, "--config", config)

    assert status == 3
    assert "at 127.0.0.1:10 " in err


def test_registering_sends_takes_a_key(capsys, tmp_path):
    file = tmp_path / "tidings.toml"
    file.write_text(
        f'data_dir = "{tmp_path}"\n[[connections]]\nprovider = "telesign"\nname = "main"\ncustomer_id = "8DA09C4A"\n'
        'api_keys = ["c2ltdWxhdGVk"]\n'
    )

    status, _, err = run(capsys, "simulate", "--config", file)

    assert status == 2
    assert "tidings keys create" in err


def test_a_key_is_made_listed_and_revoked(capsys, config):
    status, out, _ = run(capsys, "keys", "create", "reports", "--config", config, "--scope", "read", "--json")
    made = json.loads(out)
    assert status == 0

    _, out, _ = run(capsys, "keys", "list", "--config", config, "--json")
    (listed,) = json.loads(out)
    assert listed == {name: value for name, value in made.items() if name != "key"}

    status, _, _ = run(capsys, "keys", "revoke", made["id"], "--config", config)
    assert status == 0
    _, out, _ = run(capsys, "keys", "list", "--config", config)
    assert "no keys yet" in out


def test_a_key_is_made_with_terms_and_rotated(capsys, config, monkeypatch):
    terms = ("--scope", "export", "--account", "acme", "--expires", "90d", "--rate", "100")
    _, out, _ = run(capsys, "keys", "create", "bi", "--config", config, *terms, "--json")
    made = json.loads(out)
    status, out, _ = run(capsys, "keys", "rotate", made["id"], "--config", config, "--overlap", "30m", "--json")
    rotated = json.loads(out)

    lasts = datetime.fromisoformat(made["expires_at"]) - datetime.fromisoformat(made["created_at"])
    assert (status, round(lasts.total_seconds() / 86_400)) == (0, 90)
    assert (made["requests_per_minute"], made["accounts"]) == (100, ["acme"])
    assert rotated["key"] != made["key"]
    assert rotated["expires_at"] == made["expires_at"]
    assert rotated["replaced_works_until"] > rotated["rotated_at"]
    _, out, _ = run(capsys, "keys", "list", "--config", config)
    assert "acme" in out
    monkeypatch.setenv("COLUMNS", "60")
    _, out, _ = run(capsys, "keys", "list", "--config", config)
    assert made["id"] in out


def test_what_is_done_to_keys_is_written_down(capsys, config):
    _, out, _ = run(capsys, "keys", "create", "bi", "--config", config, "--json")
    key = json.loads(out)["id"]
    run(capsys, "keys", "rotate", key, "--config", config)
    run(capsys, "keys", "revoke", key, "--config", config)
    run(capsys, "keys", "create", "other", "--config", config)

    _, out, _ = run(capsys, "audit", "--config", config, "--key", key, "--json")

    deeds = [json.loads(line) for line in out.splitlines()]
    assert [one["deed"] for one in deeds] == ["key_created", "key_rotated", "key_revoked"]
    assert all(one["details"]["key_name"] == "bi" for one in deeds)
    assert "tidings_" not in out
    _, out, _ = run(capsys, "audit", "--config", config, "--limit", "1")
    assert "key_name=other" in out.replace("\n", "")


def test_a_deed_that_there_is_not_is_told_so(capsys, config):
    status, _, err = run(capsys, "audit", "--config", config, "--what", "key_lost")

    assert status == 2
    assert "key_created" in err


@pytest.mark.parametrize("text", ["90", "d", "-1d", "1.5h", "1y", ""])
def test_what_is_no_time_is_wrong_usage(capsys, config, text):
    status, _, err = run(capsys, "keys", "create", "bi", "--config", config, "--expires", text)

    assert status == 2
    assert "such as 30m" in err


def test_revoking_a_key_that_is_none_fails(capsys, config):
    status, _, err = run(capsys, "keys", "revoke", "nobody", "--config", config)

    assert status == 1
    assert "there is no key nobody" in err


def test_topics_are_listed_as_json(capsys, config):
    _, out, _ = run(capsys, "topics", "--config", config, "--json")

    assert "tidings-callbacks-v1" in {topic["full_name"] for topic in json.loads(out)}


def test_the_topology_names_each_stage_with_what_it_reads(capsys, config):
    _, out, _ = run(capsys, "topology", "--config", config, "--json")

    stages = {stage["stage"]: stage for stage in json.loads(out)["stages"]}
    assert stages["track"]["reads"] == ["tidings-reports-v1", "tidings-attempts-v1", "tidings-track-due-v1"]
    assert stages["track"]["group"] == "tidings-track"


def test_the_topology_can_be_drawn(capsys, config):
    _, out, _ = run(capsys, "topology", "--config", config, "--mermaid")

    assert "    ingest -->|callbacks| normalise" in out.splitlines()
