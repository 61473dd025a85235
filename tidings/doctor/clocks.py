"""Do the clocks agree: ours, the brokers' and those of the processes.

Kafka's answers carry no time. But the place that a group has read up to is a record that the broker itself writes and
stamps, so a place is kept for a group of the doctor's own, and its record is read back: its time is the broker's, at a
moment between the question and the answer. Processes say what time it is in the `Date` of their answers, to the second.
"""

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata

from contracts.topics import load_topics
from runtime.clock import Clock
from runtime.kafka import make_member, make_reader, started
from runtime.settings import KafkaSettings
from tidings.doctor.cluster import NAME, reached
from tidings.doctor.patient import Patient
from tidings.doctor.signs import Sign, fault, skipped, warning, well
from tidings.doors import doors_of

PLACES = "__consumer_offsets"
NOTICED_S, HARMFUL_S = 2.0, 30.0
READ_LIMIT_S = 10.0
GRAIN_S = 1.0
"""Of a `Date`."""


async def clocks(patient: Patient) -> list[Sign]:
    """How far each clock is from that of this machine."""
    signs = [await _of_broker(patient)]
    for door in await doors_of(patient.settings, patient.clock):
        if door.date is not None:
            ahead_s = (door.date - door.asked_at).total_seconds()
            signs.append(judged(door.name, ahead_s, grain_s=GRAIN_S))
    return signs


def judged(whose: str, ahead_s: float, *, grain_s: float = 0.0) -> Sign:
    """What a clock that is so far ahead of ours means."""
    off_s = max(0.0, abs(ahead_s) - grain_s)
    side = "ahead of" if ahead_s > 0 else "behind"
    told = f"the clock of {whose} is {abs(ahead_s):.1f} s {side} that of this machine"
    mend = "`timedatectl set-ntp true` on both machines, or whatever keeps time there"
    if off_s >= HARMFUL_S:
        return fault(told, mend)
    return warning(told, mend) if off_s >= NOTICED_S else well(f"the clock of {whose} agrees with that of this machine")


async def _of_broker(patient: Patient) -> Sign:
    try:
        ahead_s = await asyncio.wait_for(broker_ahead_s(patient.kafka, patient.clock), READ_LIMIT_S)
    except (KafkaError, TimeoutError) as exc:
        return skipped(f"the broker does not tell its time ({type(exc).__name__})")
    return judged("the broker", ahead_s)


async def broker_ahead_s(kafka: KafkaSettings, clock: Clock) -> float:
    """How far the broker's clock is ahead of `clock`, to half of what an answer takes. Raises `KafkaError`."""
    member = make_member(kafka, f"{kafka.topic_prefix}doctor", instance_id="", session_s=READ_LIMIT_S)
    reader = make_reader(kafka, NAME)
    place = {TopicPartition(load_topics()["callbacks"].full_name(kafka.topic_prefix), 0): OffsetAndMetadata(0, "")}
    async with started(member, reader):
        member.assign(list(place))
        await member.commit(place)  # the first ever makes the topic
        await _stand_at_the_end(reader, kafka)
        asked_ms = clock.now_ms()
        await member.commit(place)
        answered_ms = clock.now_ms()
        written = await reader.getone()
    return float(written.timestamp - (asked_ms + answered_ms) / 2) / 1000


async def _stand_at_the_end(reader: AIOKafkaConsumer, kafka: KafkaSettings) -> None:
    """Whatever is read from now on was written from now on."""
    async with reached(kafka) as cluster:
        count = len((await cluster.topics())[PLACES]["partitions"])
    reader.assign([TopicPartition(PLACES, number) for number in range(count)])
    await reader.seek_to_end()
    for partition in reader.assignment():
        await reader.position(partition)  # seeking is lazy; this waits for it
