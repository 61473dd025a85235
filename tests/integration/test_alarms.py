"""On the real Kafka: a provider goes quiet and comes back, and the api process dies in between."""

import asyncio
import signal
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from analytics.service import Analytics
from api.health.watch import Watch
from api.store import AnalyticsStore
from api.submissions.registrar import Registrar
from contracts.alarms import Alarm, AlarmKind, AlarmTold
from contracts.codec import decode
from contracts.errors import BrokerUnavailable
from contracts.identity import new_message_id
from contracts.topics import load_topics
from runtime.broker.ports import free_port
from runtime.clock import SystemClock
from runtime.kafka import ensure_topics
from runtime.settings import KafkaSettings, Settings, TrustSettings
from tests.support.patience import once, until
from tests.support.running_api import PARTITIONS, RunningApi
from tests.support.store_line import OBSERVED, T0, Line
from tests.support.store_on_kafka import Pour, lasting, pouring

pytestmark = pytest.mark.broker

DAY_S = 86_400
DAYS = 6
"""Of a week there is always one like today among them, and Kafka keeps seven."""
QUIET_S = 6
HURRIED = {
    "WATCH_EVERY_S": "0.3",
    "CLEAR_AFTER_LOOKS": "2",
    "QUIET_DAYS": str(DAYS),
    "QUIET_LEAST_DAYS": "1",
    "QUIET_FLOOR_S": str(QUIET_S),
}


def now_s() -> float:
    return (datetime.now(UTC) - T0).total_seconds()


@pytest.fixture
async def kafka(broker: str) -> KafkaSettings:
    prefix = f"alarms-{new_message_id(0)[-8:]}-"
    settings = KafkaSettings(bootstrap_servers=broker, topic_prefix=prefix, partitions=PARTITIONS)
    await ensure_topics(settings, lasting(*load_topics()))
    return settings


@pytest.fixture
def api(kafka: KafkaSettings, tmp_path, monkeypatch):
    for name, value in HURRIED.items():
        monkeypatch.setenv(f"TIDINGS_TRUST__{name}", value)
    running = RunningApi(kafka, tmp_path, free_port())
    running.configure(kafka.bootstrap_servers)
    yield running
    if hasattr(running, "process"):
        running.process.kill()
        running.process.wait()


def remember(line: Line) -> None:
    """At this hour of the days before there was a callback a second before each full minute."""
    last_minute_s = now_s() // 60 * 60
    for day in range(DAYS, 0, -1):
        for minute in range(-62, 66):
            at_s = last_minute_s - day * DAY_S + minute * 60 - 1
            line.report("delivered", of=f"{day}-{minute}", connection=OBSERVED, at_s=at_s)


async def call_back(line: Line, pour: Pour, number: int) -> None:
    line.report("delivered", of=f"now-{number}", connection=OBSERVED, at_s=now_s())
    await pour.pour(line)
    await pour.commit_as_stages(line)


def open_alarms(client) -> list[dict]:
    return client.get("/v1/alarms", params={"open": "true"}).json()["alarms"]


async def written(kafka: KafkaSettings) -> list[Alarm]:
    name = load_topics()["alarms"].full_name(kafka.topic_prefix)
    places = [TopicPartition(name, partition) for partition in range(PARTITIONS)]
    async with AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap_servers, auto_offset_reset="earliest") as consumer:
        consumer.assign(places)
        found = [
            decode(Alarm, record.value)
            for records in (await consumer.getmany(timeout_ms=3000)).values()
            for record in records
        ]
    return sorted(found, key=lambda one: one.told_at)


@pytest.fixture
async def parts(kafka: KafkaSettings, tmp_path):
    """The store and the writer to Kafka, as the api process has them."""
    analytics = Analytics(Settings(data_dir=tmp_path, kafka=kafka), SystemClock())
    registrar = Registrar(kafka)
    await analytics.start()
    registrar.start()
    yield AnalyticsStore(analytics), registrar
    await registrar.stop()
    await analytics.stop()


async def look_until(watch: Watch, is_so) -> None:
    async def look():
        with suppress(BrokerUnavailable):
            await watch.look()
        return await is_so()

    await once(look)


@pytest.mark.long
async def test_what_one_watch_has_told_the_next_one_knows(parts, kafka):
    store, registrar = parts
    at_once = TrustSettings(raise_after_looks=1, clear_after_looks=1)
    watch, line = Watch(store, registrar, SystemClock(), at_once), Line(partitions=PARTITIONS)

    async def is_open():
        return (await store.open_alarms()).rows

    async def is_over():
        return not await is_open()

    async with pouring(kafka) as pour:
        cause = line.receive(at_s=now_s())
        await pour.pour(line)
        await pour.commit_as_stages(line)
        await look_until(watch, is_open)
        watch = Watch(store, registrar, SystemClock(), at_once)
        for _ in range(10):
            await watch.look()
            await asyncio.sleep(0.1)
        line.report("delivered", connection=OBSERVED, cause=cause, at_s=now_s())
        await pour.pour(line)
        await pour.commit_as_stages(line)
        await look_until(watch, is_over)
    told = [(one.kind, one.told, one.value) for one in await written(kafka)]

    assert told == [(AlarmKind.CONSERVATION, AlarmTold.RAISED, 1), (AlarmKind.CONSERVATION, AlarmTold.CLEARED, 0)]


@pytest.mark.long
async def test_who_goes_quiet_is_told_once_and_once_when_it_is_over_through_a_kill(api, kafka):
    line = Line(partitions=PARTITIONS)
    remember(line)
    async with pouring(kafka) as pour:
        await call_back(line, pour, -1)
        await asyncio.to_thread(api.start)
        with api.client() as client:
            await until(lambda: open_alarms(client))
            api.end(signal.SIGKILL)
            await asyncio.to_thread(api.start)
            [shown] = await asyncio.to_thread(open_alarms, client)
            await asyncio.sleep(3)
            told = [one.told for one in await written(kafka)]

            assert told == [AlarmTold.RAISED]
            numbers = count()

            async def it_calls_back():
                await call_back(line, pour, next(numbers))
                return await asyncio.to_thread(open_alarms, client)

            await once(it_calls_back, lambda found: not found, every_s=0.3)
    raised, cleared = await written(kafka)

    assert (raised.told, cleared.told) == (AlarmTold.RAISED, AlarmTold.CLEARED)
    assert raised.alarm_id == cleared.alarm_id == shown["alarm_id"]
    assert (raised.kind, raised.connection) == (AlarmKind.QUIET_PROVIDER, OBSERVED)
    assert raised.value > QUIET_S > cleared.value
