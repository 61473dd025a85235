"""What the doctor finds while nothing runs, each fault made real."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from analytics.store.database import Database
from contracts.errors import BrokerUnavailable
from runtime.broker.jars import KAFKA_VERSION, broker_jars
from runtime.clock import FixedClock
from runtime.exits import Exit
from runtime.settings import (
    Connection,
    ExportSettings,
    FallbackSettings,
    IngestSettings,
    KafkaSettings,
    Settings,
    StoreSettings,
)
from tests.support.fake_doors import NOTHING_COUNTED, FakeDoor, doors
from tests.support.illness import held_elsewhere, small_disk
from tidings.doctor import configuration, disk, store
from tidings.doctor.patient import Patient
from tidings.doctor.signs import Sign, State

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


@pytest.fixture
def patient(tmp_path):
    """An installation of these sections; by default nothing of it is there yet."""

    def make(**sections) -> Patient:
        sections = {"data_dir": tmp_path / "data", "kafka": KafkaSettings(bootstrap_servers="127.0.0.1:9"), **sections}
        return Patient(Settings(**sections), None, FixedClock(NOW))

    return make


def states(signs: list[Sign]) -> list[State]:
    return [sign.state for sign in signs]


async def test_without_a_connection_nothing_would_be_taken(patient):
    [sign] = await configuration.connections(patient())

    assert (sign.state, sign.status) == (State.FAULT, Exit.CONFIGURATION)
    assert "[[connections]]" in sign.mend


async def test_a_missing_secret_is_named_with_what_to_export(patient, monkeypatch):
    monkeypatch.delenv("TELESIGN_KEY", raising=False)
    told = Connection(provider="telesign", name="main", customer_id="8DA09C4A", api_keys=("env:TELESIGN_KEY",))
    [sign] = await configuration.connections(patient(connections=(told,)))

    assert (sign.state, sign.status) == (State.FAULT, Exit.CONFIGURATION)
    assert "telesign/main" in sign.what
    assert "export it" in sign.what
    assert "providers/telesign/README.md" in sign.mend


async def test_a_whole_connection_is_well_and_its_secret_unsaid(patient):
    told = Connection(provider="telesign", name="main", customer_id="8DA09C4A", api_keys=("c2ltdWxhdGVk",))
    [sign] = await configuration.connections(patient(connections=(told,)))

    assert sign.state is State.WELL
    assert "c2ltdWxhdGVk" not in str(sign)


async def test_a_provider_that_there_is_not_is_told_with_those_there_are(patient):
    [sign] = await configuration.connections(patient(connections=(Connection(provider="pigeons", name="main"),)))

    assert sign.state is State.FAULT
    assert "infobip" in sign.mend


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[[policies]\n", id="that is no TOML"),
        pytest.param('[[policies]]\nname = "a"\nversion = 1\nsteps = []\n', id="that breaks a rule"),
        pytest.param(None, id="that is not there"),
    ],
)
async def test_a_policy_file(patient, tmp_path, text):
    file = tmp_path / "policies.toml"
    if text is not None:
        file.write_text(text)
    [sign] = await configuration.policies(patient(fallback=FallbackSettings(policies=file)))

    assert (sign.state, sign.status) == (State.FAULT, Exit.CONFIGURATION)
    assert str(file) in sign.what


async def test_a_data_directory_that_is_a_file_is_a_fault(patient, tmp_path):
    (tmp_path / "data").write_text("")
    [sign] = await disk.data_dir(patient())

    assert sign.state is State.FAULT
    assert "set data_dir" in sign.mend


@pytest.mark.parametrize(
    ("sections", "state"),
    [
        pytest.param({}, State.WELL, id="room for all is well"),
        pytest.param({"ingest": IngestSettings(spool_max_bytes=1 << 60)}, State.WARNING, id="too little for the spool"),
        pytest.param({"exports": ExportSettings(least_free_bytes=1 << 60)}, State.FAULT, id="less than the least"),
    ],
)
async def test_room_on_the_disk(patient, sections, state):
    sections = {"ingest": IngestSettings(spool_max_bytes=1), "exports": ExportSettings(least_free_bytes=1), **sections}

    assert states(await disk.room(patient(**sections))) == [state]


async def test_a_disk_that_is_nearly_full_is_a_fault_and_says_where(patient, tmp_path):
    with small_disk(tmp_path / "small", "4m") as place:
        (place / "ballast").write_bytes(bytes(3 << 20))
        [sign] = await disk.room(patient(data_dir=place, exports=ExportSettings(least_free_bytes=2 << 20)))

    assert sign.state is State.FAULT
    assert str(place) in sign.what
    assert "store.keep_days" in sign.mend


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Where the broker's jars would be."""
    monkeypatch.setenv("TIDINGS_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    folder = tmp_path / f"kafka-{KAFKA_VERSION}"
    folder.mkdir()
    return folder


async def test_jars_that_are_not_there_yet_are_told_with_how_to_fetch_them(patient, cache):
    _, jars = await disk.own_broker(patient(kafka=KafkaSettings()))

    assert jars.state is State.WARNING
    assert f"{len(broker_jars())} of Kafka's jars" in jars.what
    assert "tidings broker" in jars.mend


async def test_a_jar_that_is_another_is_told_with_its_name(patient, cache):
    (cache / broker_jars()[0].file_name).write_bytes(b"not the jar")
    _, jars = await disk.own_broker(patient(kafka=KafkaSettings()))

    assert jars.state is State.WARNING
    assert jars.mend.startswith(f"`rm {cache / broker_jars()[0].file_name}`")


def test_without_java_it_says_how_to_get_one():
    def none() -> Path:
        raise BrokerUnavailable("Kafka needs Java 17 or newer, and there is none (JAVA_HOME: does not run)")

    sign = disk._java(none)

    assert (sign.state, "JAVA_HOME: does not run" in sign.what) == (State.FAULT, True)
    assert "pip install 'tidings[broker]'" in sign.mend


async def test_where_a_kafka_is_named_nothing_of_our_own_is_needed(patient):
    assert states(await disk.own_broker(patient())) == [State.SKIPPED]


@pytest.fixture
def made(patient):
    """An installation with a store, closed."""
    one = patient()
    database = Database(one.data_dir / one.settings.store.path, one.settings.store)
    database.open()
    database.close()
    return one


def path_of(one: Patient):
    return one.data_dir / one.settings.store.path


async def test_a_store_as_we_make_it_is_well(made):
    assert states(await store.store(made)) == [State.WELL]


async def test_a_store_of_a_newer_tidings_is_a_fault(made):
    with duckdb.connect(path_of(made)) as connection:
        connection.execute("INSERT INTO schema_version VALUES (9999, 'from the future', now())")
    [sign] = await store.store(made)

    assert sign.state is State.FAULT
    assert "9999" in sign.what


async def test_a_suspected_store_is_a_fault(made):
    path_of(made).with_name(f"{path_of(made).name}.suspect").write_text("a checksum did not fit")
    [sign] = await store.store(made)

    assert sign.state is State.FAULT
    assert "a checksum did not fit" in sign.what


async def test_a_file_that_is_no_store_is_a_fault(made):
    path_of(made).write_bytes(b"no store at all" * 1000)
    [sign] = await store.store(made)

    assert sign.state is State.FAULT
    assert "start the api process" in sign.mend


async def test_a_store_that_is_held_is_well(made):
    with held_elsewhere(path_of(made)):
        [sign] = await store.store(made)

    assert sign.state is State.WELL
    assert "open in the api process" in sign.what


async def test_what_was_kept_aside_is_told(made):
    aside = path_of(made).with_name(f"{path_of(made).name}.damaged-20261121T100000000000Z")
    aside.write_bytes(b"")
    before, now = await store.store(made)

    assert (before.state, now.state) == (State.WARNING, State.WELL)
    assert aside.name in before.what


async def test_a_store_that_is_gone_while_there_are_copies_is_told(made):
    snapshots = made.data_dir / "snapshots"
    snapshots.mkdir()
    shutil.move(path_of(made), snapshots / f"{NOW:%Y%m%dT%H%M%S%fZ}-7.duckdb")
    [sign] = await store.store(made)

    assert sign.state is State.WARNING
    assert "gone" in sign.what


@pytest.mark.parametrize(
    ("made_before", "state"),
    [
        pytest.param(timedelta(minutes=5), State.WELL, id="a fresh copy is well"),
        pytest.param(timedelta(days=2), State.WARNING, id="an overdue one is told"),
        pytest.param(None, State.WELL, id="none at all is well while the store is new"),
    ],
)
async def test_a_copy(made, made_before, state):
    now = datetime.now(UTC)
    (made.data_dir / "snapshots").mkdir()
    if made_before:
        shutil.copy(path_of(made), made.data_dir / "snapshots" / f"{now - made_before:%Y%m%dT%H%M%S%fZ}-7.duckdb")
    [sign] = await store.snapshots(Patient(made.settings, None, FixedClock(now)))

    assert sign.state is state


@pytest.mark.parametrize(("runs_for", "state"), [(timedelta(hours=1), State.WELL), (timedelta(days=1), State.WARNING)])
async def test_an_api_that_has_made_no_copy_is_told_once_it_should_have(made, runs_for, state):
    page = f"{NOTHING_COUNTED}process_start_time_seconds {(NOW - runs_for).timestamp()}\n"
    async with doors(api=FakeDoor(page=page)) as sections:
        [sign] = await store.snapshots(replace(made, settings=made.settings.model_copy(update=sections)))

    assert sign.state is state


async def test_no_copies_at_all_are_told(patient):
    [sign] = await store.snapshots(patient(store=StoreSettings(snapshot_every_s=0)))

    assert sign.state is State.WARNING
