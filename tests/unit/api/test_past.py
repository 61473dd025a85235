"""Callbacks that Kafka has let go of are looked for in the archive."""

import asyncio

import pytest

from analytics.archive.shelf import Shelf
from api import callback_log
from api.callback_log import Found
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
def read(tmp_path):
    shelf = Shelf(tmp_path, TOPIC, FixedClock(NOON))
    shelf.begin({0: 0})
    shelf.take(0, [record(0, body=b"archived"), record(1, body=b"archived")])
    shelf.record()

    def asked(*places, why=FakeLog.expired):
        past = CallbackPast(KafkaSettings(), tmp_path)
        past._callbacks = FakeLog([record(1, body=b"on Kafka")], why)
        return asyncio.run(past.read(places))

    return asked


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
