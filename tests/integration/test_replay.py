"""A replay on a real Kafka ends in the same tables; a lost store comes back though Kafka has lost its beginning."""

import asyncio
import json
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import httpx2
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from analytics import questions
from analytics.archive.manifest import load
from analytics.archive.verification import wrong
from api.admission.keys import Scope
from runtime.broker.ports import free_port
from runtime.settings import ArchiveSettings, Connection, Settings, StoreSettings
from streams.normalise.normaliser import Normaliser
from tests.support.ledger_provider import LEDGER, body_of, status
from tests.support.patience import LIMIT_S, until
from tests.support.running_api import RunningApi
from tests.support.store_on_kafka import storing
from tests.support.streams_installation import OBSERVED, REGISTERED, Installation
from tidings.rebuild import command as rebuilding
from tidings.replay import command
from tidings.replay.command import Wishes

pytestmark = [pytest.mark.broker, pytest.mark.long]

Told = dict[str, Any]
"""A replay, as the API tells of it."""

FACTS = """
SELECT event_id, attempt_id, message_id, status, item_status, attempt_status, received_at, delivered_at, latency_ms
FROM report WHERE verdict <> 'repeated' ORDER BY ALL
"""
ROLLUPS = """
SELECT hour_at, provider, connection, channel, status, sum(attempt_count), sum(entry_count)
FROM hour_delta GROUP BY ALL HAVING sum(attempt_count) <> 0 OR sum(entry_count) <> 0 ORDER BY ALL
"""


@pytest.fixture
def settings(house: Installation, tmp_path: Path) -> Settings:
    connections = (
        Connection(provider="ledger", name=OBSERVED, observe_only=True),
        Connection(provider="ledger", name=REGISTERED),
    )
    return Settings(
        data_dir=tmp_path,
        kafka=house.kafka,
        archive=ArchiveSettings(every_s=0.2),
        store=StoreSettings(batch_wait_s=0.05),
        connections=connections,
    )


async def account(settings: Settings, *, received: int) -> dict[str, int]:
    """Of the store and the archive, once both have so many items; the api's part of the installation."""
    found: dict[str, int] = {}
    async with storing(settings) as analytics:

        async def has_all() -> bool:
            found.update((await questions.conservation(analytics.reader)).rows[0])
            archived = sum(file.count for file in load(settings.data_dir / "archive" / "callbacks", "").files)
            stored = sum((await questions.freshness(analytics.reader)).watermarks.get("callbacks", {}).values())
            return (found["received"], found["in_flight"]) == (received, 0) and archived == stored

        await until(has_all)
    return {name: found[name] for name in ("received", "applied", "repeated", "outranked", "parked", "quarantined")}


def tables(settings: Settings) -> list[list[tuple[object, ...]]]:
    with duckdb.connect(settings.data_dir / settings.store.path) as store:
        return [store.execute(table).fetchall() for table in (FACTS, ROLLUPS)]


async def test_a_replay_ends_in_the_same_tables(house: Installation, settings: Settings, tmp_path: Path) -> None:
    bodies = [body_of(status(f"m{number % 30}", said), status(f"x{number}", said)) for number, said in SAID]
    await house.call_back(*bodies)
    await house.call_back(body_of(status("p1", "sent")), b"not JSON", connection=REGISTERED)
    house.start()
    before = await account(settings, received=122)
    facts = tables(settings)
    now = datetime.now(UTC)
    wishes = Wishes(begin=now - timedelta(hours=1), end=now + timedelta(hours=1), rate_per_s=1000)
    rehearsed = command.rehearse(
        settings,
        command.Shelves(tmp_path / "archive" / "callbacks"),
        wishes.span,
        example_count=5,
        normaliser=Normaliser({LEDGER.slug: LEDGER}, settings.connections),
    )
    config = tmp_path / "tidings.toml"
    config.write_text(told(settings))
    await asyncio.to_thread(command.run, config, wishes, is_dry_run=False, as_json=True)
    after = await account(settings, received=244)

    assert {name: count for name, count in rehearsed["providers"]["ledger"].items() if count} == {
        "same": 121,
        "aside": 1,
    }
    assert tables(settings) == facts
    assert after == before | {
        "received": 244,
        "repeated": before["repeated"] + 121,
        "quarantined": before["quarantined"] + 1,
    }
    assert list(wrong(tmp_path / "archive" / "callbacks")) == []


async def test_a_replay_that_is_ordered_over_http_ends_in_the_same_tables(
    house: Installation, settings: Settings, tmp_path: Path
) -> None:
    await house.call_back(*[body_of(status(f"m{number % 30}", said)) for number, said in SAID])
    await house.call_back(body_of(status("p1", "sent")), b"not JSON", connection=REGISTERED)
    stages = await house.start().ready()
    before = await account(settings, received=62)
    facts = tables(settings)
    now = datetime.now(UTC)
    span = {"from": (now - timedelta(hours=1)).isoformat(), "to": (now + timedelta(hours=1)).isoformat()}
    api = RunningApi(house.kafka, tmp_path, free_port())
    (tmp_path / "tidings.toml").write_text(told(settings, api.port, stages.port))
    api.start()
    with api.client(Scope.REPLAY) as client:
        rehearsal = done(client, span | {"dry_run": True})
        replay = done(client, span)
        cut_off = client.post("/v1/replays", json=span).json()
        wait_for(client, cut_off, lambda one: one["written_count"] > 0)
        assert api.end(signal.SIGTERM) == 0
        api.start()
        left = client.get(f"/v1/replays/{cut_off['id']}").json()
    assert api.end(signal.SIGTERM) == 0
    written = 62 + replay["written_count"] + left["written_count"]
    callbacks = len(await house.read("callbacks"))
    after = await account(settings, received=callbacks)

    assert (rehearsal["state"], rehearsal["written_count"], replay["state"]) == ("done", 0, "done")
    (effects,) = rehearsal["effects"]
    assert {name: count for name, count in effects.items() if count} == {"provider": "ledger", "same": 61, "aside": 1}
    assert (replay["callback_count"], replay["written_count"]) == (62, 62)
    assert left["state"] == "failed"
    assert "Order it again" in left["reason"]
    assert 0 < left["written_count"] < 62
    assert written <= callbacks <= written + 5, "what was on its way may have been written, too"
    assert tables(settings) == facts
    counted = {name: count for name, count in after.items() if name not in {"received", "repeated", "quarantined"}}
    assert counted.items() <= before.items()
    assert after["received"] == sum(after.values()) - after["received"] == callbacks


def done(client: httpx2.Client, order: dict[str, object]) -> Told:
    """The replay, carried out."""
    return wait_for(client, client.post("/v1/replays", json=order).json(), lambda one: one["finished_at"])


def wait_for(client: httpx2.Client, replay: Told, is_so: Callable[[Told], object]) -> Told:
    deadline = time.monotonic() + LIMIT_S
    while not is_so(replay):
        assert time.monotonic() < deadline, replay
        time.sleep(0.05)
        replay = client.get(f"/v1/replays/{replay['id']}").json()
    return replay


async def test_a_lost_store_comes_back_from_kafka_and_the_archive(
    house: Installation, settings: Settings, tmp_path: Path
) -> None:
    await house.call_back(
        *[body_of(status(f"m{number}", "sent"), status(f"x{number}", "sent")) for number in range(40)]
    )
    await house.call_back(body_of(status("p1", "sent")), b"not JSON", connection=REGISTERED)
    house.start()
    await account(settings, received=82)
    await house.register({"p1": "019aa5a1-0000-7000-8000-000000000001"})
    await asyncio.sleep(1.1)  # the callbacks to come are later, by Kafka's clock of milliseconds, than those that go
    await house.call_back(*[body_of(status(f"m{number}", "delivered")) for number in range(40)])
    before = await account(settings, received=122)
    facts = tables(settings)
    await forget_half(house)
    lose_store(tmp_path)
    remaining = await fed_anew(settings)
    losses = await rebuilding.look(settings)
    normaliser = Normaliser({LEDGER.slug: LEDGER}, settings.connections)
    added = [await asyncio.to_thread(rebuilding.rebuild, settings, losses, normaliser=normaliser) for _ in range(2)]
    after = await account(settings, received=122)

    assert remaining < 122
    assert added[0] > 0
    assert added[1] == 0
    assert after == before
    assert tables(settings) == facts


def lose_store(directory: Path) -> None:
    for file in directory.glob("tidings.duckdb*"):
        file.unlink()


async def fed_anew(settings: Settings) -> int:
    """A new store from what Kafka still has; how many items that were."""
    async with storing(settings) as analytics:

        async def has_all() -> bool:
            return (await questions.freshness(analytics.reader)).lag_s is not None

        await until(has_all)
        return int((await questions.conservation(analytics.reader)).rows[0]["received"])


async def forget_half(house: Installation) -> None:
    """Remove from all topics what stood there before the last forty callbacks, as the retention does."""
    admin = AIOKafkaAdminClient(bootstrap_servers=house.bootstrap)
    await admin.start()
    callbacks = await house.read("callbacks")
    moment = sorted(record.timestamp for record in callbacks)[-40]
    for word in ("callbacks", "attempts", "reports", "inbound", "signals", "dead-letters", "updates"):
        found = await house.read(word)
        for number in range(house.kafka.partitions):
            records = [record for record in found if record.partition == number]
            kept = [record.offset for record in records if record.timestamp >= moment]
            before = min(kept, default=len(records))
            place = TopicPartition(house.name(word), number)
            await admin.delete_records({place: RecordsToDelete(before_offset=before)})
    await admin.close()


SAID = [(number, "delivered" if number % 3 == 0 else "sent") for number in range(60)]


def told(settings: Settings, api_port: int = 8000, streams_port: int = 8082) -> str:
    """The settings file of the installation."""
    kafka = settings.kafka
    return "\n".join(
        [
            f"data_dir = {json.dumps(str(settings.data_dir))}",
            "[kafka]",
            f"bootstrap_servers = {json.dumps(kafka.bootstrap_servers)}",
            f"topic_prefix = {json.dumps(kafka.topic_prefix)}",
            f"partitions = {kafka.partitions}",
            "[api]",
            f"port = {api_port}",
            "[streams]",
            f"admin_port = {streams_port}",
            "[replays]",
            "rate_per_s = 50",
        ]
    )
