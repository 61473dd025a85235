"""Callbacks that are read from Kafka by their places."""

from contextlib import asynccontextmanager

import pytest

from api.callback_log import CallbackLog
from runtime.settings import KafkaSettings


class Unasked(CallbackLog):
    @asynccontextmanager
    async def _consumer(self):
        raise AssertionError("Kafka is asked")
        yield


async def test_kafka_is_not_asked_about_nothing():
    assert await Unasked(KafkaSettings()).read([], bytes_limit=1, deadline_s=1) == {}


async def test_it_is_asked_about_something():
    with pytest.raises(AssertionError, match="Kafka is asked"):
        await Unasked(KafkaSettings()).read([(0, 1)], bytes_limit=1, deadline_s=1)
