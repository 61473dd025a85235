"""The settings that a demo makes for itself."""

import os
import socket
import stat
from urllib.parse import urlsplit

import pytest

from contracts.errors import ConfigurationInvalid
from runtime.settings import load_settings
from tidings.demo.setup import (
    ensure_demo_settings,
    fresh_place,
    fresh_ports,
    lasting_place,
    sent_to,
    stand_in_port,
    told_of,
)
from tidings.simulation.schedule import cast_of


class Nowhere:
    """A way out that nobody takes."""


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A data directory of its own; what a demo puts into the environment goes with the test."""
    for name in [name for name in os.environ if name.startswith("TIDINGS_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    monkeypatch.setattr(os, "environ", os.environ.copy())
    os.environ["TIDINGS_DATA_DIR"] = str(tmp_path)
    return tmp_path


def test_the_file_is_one_that_the_processes_read(home):
    settings = load_settings(ensure_demo_settings(home, topic_prefix="demo-", ports=fresh_ports()))

    assert settings.data_dir == home
    assert settings.kafka.topic_prefix == "demo-"
    told = {actor.provider.slug: actor.is_registering for actor in cast_of(told_of(settings.connections))}
    assert told == {"telesign": True, "infobip": False, "routee": True, "decisiontelecom": True}


def test_each_provider_can_be_sent_to_and_calls_back_where_ingest_listens(home):
    settings = load_settings(ensure_demo_settings(home, topic_prefix="demo-", ports=fresh_ports()))
    senders = cast_of(sent_to(settings.connections))

    assert [actor.provider.make_sender(actor.settings, Nowhere()) is None for actor in senders] == [False] * 4
    assert {urlsplit(actor.settings.base_url).port for actor in senders} == {stand_in_port(settings.connections)}
    assert urlsplit(settings.ingest.public_base_url).port == settings.ingest.port


def test_secrets_stand_in_files_that_only_their_owner_reads(home):
    file = ensure_demo_settings(home, topic_prefix="demo-", ports=fresh_ports())
    secrets = list((home / "secrets").iterdir())

    assert {stat.S_IMODE(secret.stat().st_mode) for secret in secrets} == {0o600}
    assert not any(secret.read_text().strip() in file.read_text() for secret in secrets)


def test_a_file_that_is_there_stays_as_it_is(home):
    (home / "tidings.toml").write_text("# mine\n")

    assert ensure_demo_settings(home, topic_prefix="demo-", ports=fresh_ports()).read_text() == "# mine\n"


def test_no_two_ports_are_the_same():
    ports = fresh_ports()

    assert len(set(ports.values())) == len(ports)


def test_a_fresh_place_is_empty_whatever_was_there_before(home):
    with fresh_place() as (settings, _):
        (settings.data_dir / "left over").touch()
    with fresh_place() as (settings, _):
        assert settings.data_dir == home / "once"
        assert not (settings.data_dir / "left over").exists()


def test_two_do_not_share_a_fresh_place(home):
    with fresh_place():
        os.environ["TIDINGS_DATA_DIR"] = str(home)

        with pytest.raises(ConfigurationInvalid, match="already"), fresh_place():
            pass


@pytest.mark.parametrize(
    ("servers", "is_own_prefix"),
    [
        pytest.param(None, False, id="on its own broker it is alone"),
        pytest.param("127.0.0.1:9", True, id="on another's it stays apart"),
    ],
)
def test_a_fresh_place_meets_nobody_on_kafka(servers, is_own_prefix):
    if servers:
        os.environ["KAFKA_BOOTSTRAP_SERVERS"] = servers

    with fresh_place() as (settings, _):
        assert settings.kafka.topic_prefix.startswith("demo-") == is_own_prefix


def test_a_lasting_place_moves_away_from_a_port_that_is_taken(home):
    settings, _ = lasting_place()
    with socket.socket() as taken:
        # What is left of closed connections, of an installation that was stopped just now, does not count.
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", settings.api.port))
        taken.listen()

        moved, _ = lasting_place()

    assert moved.api.port != settings.api.port
    assert moved.connections == settings.connections
