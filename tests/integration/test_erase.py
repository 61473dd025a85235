"""A person erased from a real Kafka and what was made of it: the archive is brought up first, state gets tombstones."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from analytics.erasure.eraser import Eraser
from analytics.sink.pseudonyms import load_hash_key
from contracts.codec import encode
from contracts.errors import ErasureRefused
from contracts.suppressions import key_of
from contracts.topics import load_topics
from runtime.clock import SystemClock
from runtime.kafka import ensure_topics, make_member, make_producer, started
from runtime.settings import KafkaSettings, Settings
from tests.support.archived import kept
from tests.support.wishes import wish
from tidings.erase.command import Answer, Wishes, erase
from tidings.erase.state import remembered

pytestmark = pytest.mark.broker

NUMBER, OTHER = "+447700900105", "+447700900211"
OPTED_OUT = wish("stop", recipient=NUMBER)
DOORS = ("callbacks", "attempts")


@pytest.fixture
async def settings(broker: str, tmp_path) -> Settings:
    kafka = KafkaSettings(bootstrap_servers=broker, topic_prefix=f"erase-{uuid4().hex[:8]}-", partitions=2)
    await ensure_topics(kafka, list(load_topics().values()))
    made = Settings(data_dir=tmp_path, kafka=kafka)
    await say(made, "callbacks", None, f'{{"to":"{NUMBER}"}}'.encode())
    await say(made, "callbacks", None, f'{{"to":"{OTHER}"}}'.encode())
    await say(made, "session-state", b"default:shop:" + NUMBER.encode(), b"open")
    await say(made, "session-state", b"default:shop:" + OTHER.encode(), b"open")
    await say(made, "track-state", b"infobip:main:1", b"\x00" + NUMBER.encode())
    await say(made, "suppressions", key_of(OPTED_OUT), encode(OPTED_OUT))
    return made


async def say(settings: Settings, word: str, key: bytes | None, value: bytes | None) -> None:
    producer = make_producer(settings.kafka, "test")
    async with started(producer):
        await producer.send_and_wait(load_topics()[word].full_name(settings.kafka.topic_prefix), value, key)


def eraser_of(settings: Settings) -> Eraser:
    return Eraser(settings, SystemClock(), NUMBER, hash_key=load_hash_key(settings))


async def erased(settings: Settings, **wishes: bool) -> Answer:
    return await erase(settings, eraser_of(settings), Wishes(**wishes))


async def test_what_kafka_had_is_archived_without_the_person(settings):
    told = await erased(settings)
    bodies = sorted(record.value for record in kept(settings.data_dir / "archive" / "callbacks"))

    assert bodies == [b'{"to":"+440000000000"}', b'{"to":"+447700900211"}']
    assert told.files.archive["callbacks"] == 1
    assert told.readable == []


async def test_stages_remember_the_person_no_more(settings):
    told = await erased(settings)
    left = await remembered(settings, eraser_of(settings).spelling)
    others = await remembered(settings, Eraser(settings, SystemClock(), OTHER, hash_key=b"0" * 16).spelling)

    assert told.state == {"session-state": 1, "track-state": 1}
    assert set(left) == {"suppressions"}
    assert set(others) == {"session-state"}


async def test_a_wish_not_to_be_written_to_stays_and_is_told_of(settings):
    told = await erased(settings)

    assert told.wishes_kept == 1
    assert told.forgets_at["suppressions"] is None
    assert told.forgotten_at is None


@pytest.mark.long
async def test_with_the_wish_forgotten_too_kafka_has_forgotten_at_a_told_time(settings):
    told = await erased(settings, wishes_too=True)

    assert await remembered(settings, eraser_of(settings).spelling) == {}
    assert all(told.forgets_at.values())
    assert told.forgotten_at == told.forgets_at["dead-letters"]
    assert told.forgets_at.keys() == load_topics().keys()


@pytest.mark.long
async def test_a_dry_run_changes_nothing(settings):
    told = await erased(settings, dry_run=True)

    assert told.state == {"session-state": 1, "track-state": 1}
    assert set(await remembered(settings, eraser_of(settings).spelling)) == {
        "session-state",
        "suppressions",
        "track-state",
    }
    assert not (settings.data_dir / "archive").exists()


@pytest.fixture
async def stage(settings: Settings) -> AsyncIterator[None]:
    """One that runs."""
    topic = load_topics()["reports"].full_name(settings.kafka.topic_prefix)
    member = make_member(settings.kafka, f"{settings.kafka.topic_prefix}track", instance_id="", session_s=10)
    member.subscribe([topic])
    async with started(member):
        yield


async def test_it_is_refused_while_a_stage_runs(settings, stage):
    with pytest.raises(ErasureRefused, match="track"):
        await erased(settings)

    assert not (settings.data_dir / "audit.jsonl").exists()
