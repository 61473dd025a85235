"""Callbacks that Kafka has let go of are looked for in the archive, also where they are only shown."""

import asyncio

import pytest

from analytics.archive.shelf import Shelf
from api import callback_log
from api.callback_log import Found
from api.evidence import Cause, EvidenceReader
from api.past import CallbackPast
from runtime.clock import FixedClock
from runtime.settings import KafkaSettings
from tests.support.archived import NOON, TOPIC, record


class FakeLog:
    """Kafka with these records; all others it has let go of, or all others are not there yet."""

    topic, expired = TOPIC, "Kafka no longer has it."

    def __init__(self, records, why):
        self._found = {(one.partition, one.offset): Found(one) for one in records}
        self._why = why

    async def read(self, places, **_):
        return {place: self._found.get(place, Found(None, self._why)) for place in places}


@pytest.fixture
def past(tmp_path):
    shelf = Shelf(tmp_path, TOPIC, FixedClock(NOON))
    shelf.begin({0: 0})
    shelf.take(0, [record(0, body=b"archived"), record(1, body=b"archived")])
    shelf.record()

    def made(why=FakeLog.expired):
        past = CallbackPast(KafkaSettings(), tmp_path)
        past._callbacks = FakeLog([record(1, body=b"on Kafka")], why)
        return past

    return made


@pytest.fixture
def read(past):
    return lambda *places, why=FakeLog.expired: asyncio.run(past(why).read(places))


def test_kafka_is_asked_before_the_archive(read):
    found = read((0, 0), (0, 1))

    assert [one.value for one in found.values()] == [b"archived", b"on Kafka"]


def test_what_neither_has_says_so(read):
    assert read((0, 9))[0, 9] == "Kafka no longer has it. The archive does not have it either."


def test_the_archive_is_not_asked_for_what_kafka_may_have_in_a_moment(read):
    assert read((0, 0), why=callback_log.SILENT)[0, 0] == callback_log.SILENT


def test_an_archive_that_cannot_be_read_is_one_that_does_not_have_it(read, tmp_path):
    (tmp_path / "manifest.json").write_text("{")

    assert "does not have it either" in read((0, 0))[0, 0]


def test_evidence_is_shown_although_kafka_has_let_go_of_it(past):
    own = record(0, body=b"archived")
    provider, connection = (dict(own.headers)[name].decode() for name in ("provider", "connection"))
    causes = [Cause(0, offset, provider, connection) for offset in (0, 1, 9)]

    told = asyncio.run(EvidenceReader(past()).read(causes))

    assert [one.body_text for one in told] == ["archived", "on Kafka", None]
    assert told[-1].absent_because == "Kafka no longer has it. The archive does not have it either."
