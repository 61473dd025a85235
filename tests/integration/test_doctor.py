"""The doctor on the real Kafka: topics, clocks and groups that are ill, and how they are well again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from contracts.topics import load_topics
from runtime.clock import FixedClock, SystemClock
from runtime.exits import Exit
from runtime.kafka import ensure_topics, make_member, make_producer, started
from runtime.settings import KafkaSettings, Settings
from tidings.doctor.examination import CHECKS, examine
from tidings.doctor.patient import Patient
from tidings.doctor.signs import Sign, State

pytestmark = pytest.mark.broker

TOPICS = list(load_topics().values())
PARTITIONS = 2


@pytest.fixture
def patient(broker, tmp_path) -> Patient:
    kafka = KafkaSettings(bootstrap_servers=broker, topic_prefix=f"t{uuid4().hex[:8]}-", partitions=PARTITIONS)
    return Patient(Settings(data_dir=tmp_path, kafka=kafka), None, SystemClock(), between_looks_s=0.5)


@pytest.fixture
async def admin(broker) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=broker)
    await client.start()
    yield client
    await client.close()


async def found(check: str, patient: Patient) -> list[Sign]:
    """What one check finds."""
    wanted = tuple(one for one in CHECKS if one.name == check)
    return [finding.sign async for finding in examine(patient, wanted)]


async def found_of(stage: str, patient: Patient) -> Sign:
    [sign] = [sign for sign in await found("groups", patient) if sign.what.startswith(stage)]
    return sign


async def topics_once(patient: Patient, are_told: Callable[[list[Sign]], bool]) -> list[Sign]:
    """What is said of the topics once a broker that has much to do tells of what its controller has done already."""
    while not are_told(signs := await found("topics", patient)):  # noqa: ASYNC110  # another process has no event
        await asyncio.sleep(0.1)
    return signs


async def test_topics_that_are_missing_wrong_or_of_another_version(patient, admin):
    [broker] = await found("broker", patient)
    [missing] = await found("topics", patient)

    assert broker.state is State.WELL
    assert (missing.state, missing.mend) == (State.FAULT, "`tidings topics --create`")
    assert f"{len(TOPICS)} of {len(TOPICS)}" in missing.what

    await ensure_topics(patient.kafka, TOPICS)
    [well] = await topics_once(patient, lambda signs: len(signs) == 1 and signs != [missing])
    assert well.state is State.WELL

    more = patient.settings.model_copy(update={"kafka": patient.kafka.model_copy(update={"partitions": 3})})
    misled = replace(patient, settings=more)
    [wrong] = await found("topics", misled)
    assert (wrong.state, wrong.status) == (State.FAULT, Exit.CONFIGURATION)
    assert f" and {len(TOPICS) - 3} more: {PARTITIONS} partitions, where the settings say 3" in wrong.what
    assert f"set kafka.partitions = {PARTITIONS}" in wrong.mend
    assert {sign.state for sign in await found("groups", misled)} == {State.WELL}

    updates = load_topics()["updates"].full_name(patient.kafka.topic_prefix)
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, updates, {"retention.ms": "60000"})])
    await admin.create_topics([NewTopic(updates.replace("-v1", "-v2"), 1, 1)])
    [other, short] = await topics_once(patient, lambda signs: len(signs) == 2)
    assert (other.state, "another version of Tidings" in other.what) == (State.WARNING, True)
    assert (short.state, "retention.ms is 60000" in short.what) == (State.FAULT, True)
    assert f"--entity-name {updates} --add-config retention.ms=604800000" in short.mend


async def test_a_clock_that_is_an_hour_behind_that_of_the_broker(patient):
    await ensure_topics(patient.kafka, TOPICS)
    [well] = await found("clocks", patient)
    [fault] = await found("clocks", replace(patient, clock=FixedClock(datetime.now(UTC) - timedelta(hours=1))))

    assert well.state is State.WELL
    assert (fault.state, "s ahead of that of this machine" in fault.what) == (State.FAULT, True)


async def test_a_group_that_nobody_is_in_that_is_stuck_and_that_gets_on(patient):
    await ensure_topics(patient.kafka, TOPICS)
    reports = load_topics()["reports"].full_name(patient.kafka.topic_prefix)
    member = make_member(patient.kafka, f"{patient.kafka.topic_prefix}track", instance_id="", session_s=10)
    producer = make_producer(patient.kafka, "a test")
    async with started(producer):
        for number in range(3):
            await producer.send_and_wait(reports, b"{}", partition=number % PARTITIONS)

    alone = await found_of("track", patient)
    assert (alone.state, "3 records wait, and nobody is in its group" in alone.what) == (State.FAULT, True)

    member.subscribe([reports])
    async with started(member):
        while sum(map(len, (await member.getmany(timeout_ms=1000)).values())) == 0:
            pass
        stuck = await found_of("track", patient)
        await member.seek_to_end()
        await member.commit({at: await member.position(at) for at in member.assignment()})
        well = await found_of("track", patient)

    assert (stuck.state, "nothing was committed of" in stuck.what) == (State.FAULT, True)
    assert well.state is State.WELL
    assert (await found_of("normalise", patient)).state is State.WELL
