"""What an installation is told: where it comes from, what wins, and that secrets stay hidden."""

import os

import pytest

from contracts.errors import ConfigurationInvalid
from runtime.settings import load_settings

CONNECTION = """
[[connections]]
provider = "telesign"
name = "main"
customer_id = "C-1"
api_keys = ["c2VjcmV0"]
tokens = ["{token}"]
"""


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch, tmp_path):
    for variable in ("TIDINGS_CONFIG", "KAFKA_BOOTSTRAP_SERVERS", "TIDINGS_KAFKA__BOOTSTRAP_SERVERS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def written(tmp_path):
    def write(text):
        file = tmp_path / "given.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


def test_without_file_and_environment_the_defaults_stand():
    assert load_settings().kafka.partitions == 12


def test_the_environment_wins_over_the_file(written, monkeypatch):
    monkeypatch.setenv("TIDINGS_KAFKA__PARTITIONS", "6")

    assert load_settings(written("[kafka]\npartitions = 4\n")).kafka.partitions == 6


def test_the_usual_variable_names_the_broker(monkeypatch):
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "kafka.example.test:9092")

    assert load_settings().kafka.bootstrap_servers == "kafka.example.test:9092"
    assert "TIDINGS_KAFKA__BOOTSTRAP_SERVERS" not in os.environ


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("[kafka]\npartition = 4\n", "kafka.partition", id="an unknown member is named"),
        pytest.param("[kafka]\npartitions = 0\n", "kafka.partitions", id="a value out of range is named"),
        pytest.param("[kafka\n", "not valid TOML", id="a broken file is told"),
        pytest.param(
            '[[connections]]\nprovider = "A B"\nname = "x"\n', "connections.0.provider", id="a bad slug is named"
        ),
        pytest.param("[streams]\nkeep_final_days = 2", "seen_days <= keep", id="forgotten before its last repeat"),
        pytest.param("[streams]\nkeep_open_days = 5", "<= keep_open_days", id="an open attempt forgotten first"),
        pytest.param(CONNECTION.format(token="env:NOWHERE_SET"), "NOWHERE_SET", id="a missing secret is named"),
        pytest.param(CONNECTION.format(token="file:/nowhere/at/all"), "/nowhere/at/all", id="a missing file is named"),
        pytest.param(CONNECTION.format(token=""), "must not be empty", id="an empty secret is refused"),
    ],
)
def test_a_wrong_setting_says_what_is_wrong(written, text, said):
    with pytest.raises(ConfigurationInvalid, match=said):
        load_settings(written(text))


def test_what_the_environment_says_wrong_is_named_as_it_stands_there(written, monkeypatch):
    monkeypatch.setenv("TIDINGS_INGEST__PRT", "9000")

    with pytest.raises(ConfigurationInvalid, match=r"given\.toml: TIDINGS_INGEST__PRT: Extra"):
        load_settings(written("[ingest]\nport = 8080\n"))


def test_a_rule_about_several_members_begins_with_their_names(written):
    with pytest.raises(ConfigurationInvalid, match=r"given\.toml: store\.keep_days: 0 keeps"):
        load_settings(written("[store]\nkeep_days = 3\n"))


def test_a_file_that_was_asked_for_must_exist(tmp_path):
    with pytest.raises(ConfigurationInvalid, match="no settings file"):
        load_settings(tmp_path / "missing.toml")


def test_secrets_come_from_environment_or_file(written, monkeypatch, tmp_path):
    monkeypatch.setenv("A_TOKEN", "from-the-environment")
    (tmp_path / "token").write_text("from-a-file\n", encoding="utf-8")
    text = CONNECTION.format(token="env:A_TOKEN") + CONNECTION.format(token=f"file:{tmp_path / 'token'}")

    tokens = [connection.tokens[0].get_secret_value() for connection in load_settings(written(text)).connections]

    assert tokens == ["from-the-environment", "from-a-file"]


def test_no_secret_shows_in_a_printed_setting(written):
    printed = repr(load_settings(written(CONNECTION.format(token="hush-hush"))))

    assert "telesign" in printed
    assert "hush-hush" not in printed
    assert "c2VjcmV0" not in printed


def test_no_secret_shows_in_an_error(written):
    with pytest.raises(ConfigurationInvalid) as error:
        load_settings(written(CONNECTION.format(token="hush-hush") + "rate_per_s = -1\n"))

    assert "rate_per_s" in str(error.value)
    assert "hush-hush" not in str(error.value)
    assert "c2VjcmV0" not in str(error.value)
