"""The order of the asker: answers on Kafka before offsets, and nothing that is ill outside ends it."""

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
import stamina
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from prometheus_client import REGISTRY

from contracts.codec import encode
from contracts.raw import read_callback
from contracts.records import LookUpDue
from contracts.vocabulary import Source
from runtime.clock import FixedClock
from runtime.settings import Connection, KafkaSettings, Settings
from streams.asking.asker import Asker, Pauses
from tests.support.asked_provider import ASKED, asked_server

T0 = datetime(2026, 11, 21, 10, tzinfo=UTC)


class Row(NamedTuple):
    partition: int
    offset: int
    value: bytes
    topic: str = "look-ups"


@pytest.fixture(autouse=True)
def without_pauses():
    with stamina.set_testing(True, attempts=1):
        yield


class Kafka:
    """A consumer and a producer in one; `happened` is what was done with it, in order."""

    def __init__(self, *questions, fails=(), error=KafkaError):
        self.happened = []
        self.callbacks = []
        self._rows = [Row(0, offset, value) for offset, value in enumerate(questions)]
        self._fails, self._error = list(fails), error
        self.is_done = asyncio.Event()

    async def getmany(self, *, timeout_ms, max_records):
        if timeout_ms == 0:
            return {TopicPartition("look-ups", 0): self._rows[1:]} if self._rows[1:] else {}
        if self.happened[-1:] == ["committed"] or not self._rows:
            self.is_done.set()
            await asyncio.sleep(60)
        return {TopicPartition("look-ups", 0): self._rows[:1]}

    def assignment(self):
        return {TopicPartition("look-ups", 0)}

    async def commit(self, offsets):
        self._fail("commit")
        self.happened.append("committed")
        self.offsets = offsets

    def create_batch(self):
        return Batch()

    async def send_batch(self, batch, _topic, *, partition):
        self._fail("send")
        self.callbacks += batch.rows
        self.happened.append("written")
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def _fail(self, name):
        if name in self._fails:
            self._fails.remove(name)
            self.happened.append(f"{name} failed")
            raise self._error


class Batch:
    def __init__(self):
        self.rows = []

    def append(self, **row):
        self.rows.append(row)
        return row

    def record_count(self):
        return len(self.rows)

    def close(self):
        pass


def asker_on(kafka, *connections) -> Asker:
    @asynccontextmanager
    async def clients(_settings):
        yield kafka, kafka

    settings = Settings(kafka=KafkaSettings(partitions=4), connections=connections)
    return Asker(settings, FixedClock(T0), {ASKED.slug: ASKED}, open_clients=clients, pauses=Pauses(0, 0))


def question(root_id, *, connection="main", again_s=60):
    return encode(
        LookUpDue(
            provider="ledger",
            connection=connection,
            root_id=root_id,
            sent_at=T0,
            again_at=T0 + timedelta(seconds=again_s),
        )
    )


async def run(kafka, **known):
    """The asker over `kafka` until all is committed; the provider that was asked."""
    async with asked_server() as provider:
        provider.known |= known
        connection = Connection(
            provider="ledger", name="main", base_url=provider.url, may_call_private_addresses=True, calls_per_s=1000
        )
        task = asyncio.create_task(asker_on(kafka, connection).run())
        async with asyncio.timeout(10):
            await kafka.is_done.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    return provider


async def test_an_answer_is_a_callback_as_if_it_had_been_pushed():
    kafka = Kafka(question("m1"))
    await run(kafka, m1=b"[1]")
    (row,) = kafka.callbacks
    callback = read_callback(row["value"], row["timestamp"], row["headers"])

    assert (row["key"], callback.body, callback.source, callback.hint) == (None, b"[1]", Source.POLL, "polled")
    assert (callback.provider, callback.connection, callback.received_at) == ("ledger", "main", T0)
    assert "ce_id" in dict(row["headers"])


async def test_offsets_are_committed_when_the_answers_are_written():
    kafka = Kafka(question("m1"), question("m2"))
    await run(kafka, m1=b"[1]")

    assert kafka.happened == ["written", "committed"]
    assert kafka.offsets == {TopicPartition("look-ups", 0): 2}


async def test_an_answer_that_cannot_be_written_is_written_later_and_not_asked_for_again():
    kafka = Kafka(question("m1"), fails=["send", "send"])
    provider = await run(kafka, m1=b"[1]")

    assert provider.asked["m1"] == 1
    assert kafka.happened == ["send failed", "send failed", "written", "committed"]


async def test_who_cannot_commit_asks_again():
    kafka = Kafka(question("m1"), fails=["commit"])
    provider = await run(kafka, m1=b"[1]")

    assert provider.asked["m1"] == 2
    assert kafka.happened == ["written", "commit failed", "written", "committed"]


async def test_an_answer_that_kafka_never_takes_is_passed_over():
    kafka = Kafka(question("m1"), fails=["send"], error=MessageSizeTooLargeError)
    await run(kafka, m1=b"[1]")

    assert kafka.happened == ["send failed", "committed"]


def outcomes(connection="main"):
    labels = {"provider": "ledger", "connection": connection}
    kinds = ("asked", "late", "impossible")
    return {one: REGISTRY.get_sample_value("tidings_look_ups_total", labels | {"outcome": one}) or 0 for one in kinds}


async def test_what_is_asked_about_again_by_now_or_cannot_be_asked_is_passed_over_and_counted():
    before, elsewhere = outcomes(), outcomes("other")
    kafka = Kafka(question("old", again_s=0), question("m1", connection="other"), b"{", question("m1"))
    provider = await run(kafka)

    assert dict(provider.asked) == {"m1": 1}
    assert outcomes() == before | {"asked": before["asked"] + 1, "late": before["late"] + 1}
    assert outcomes("other") == elsewhere | {"impossible": elsewhere["impossible"] + 1}
    assert kafka.happened == ["committed"]


async def test_where_nobody_can_be_asked_it_ends_at_once():
    await asker_on(Kafka(), Connection(provider="ledger", name="main")).run()
