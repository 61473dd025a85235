"""Topics are there for whoever begins behind their creation."""

from types import SimpleNamespace

import pytest

from contracts.topics import load_topics
from runtime import kafka
from runtime.settings import KafkaSettings


class SlowBroker:
    """Hears of a new topic a while after it was created."""

    def __init__(self, *, told: int) -> None:
        self.left = told

    def __call__(self, **_settings: object) -> "SlowBroker":
        return self

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def create_topics(self, topics: list) -> SimpleNamespace:
        return SimpleNamespace(topic_errors=[(topic.name, 0, None) for topic in topics])

    async def describe_topics(self, names: list[str]) -> list[dict]:
        self.left -= 1
        return [{"topic": name, "partitions": [] if self.left > 0 else [{}] * 2} for name in names]


@pytest.mark.parametrize("told", [1, 3])
async def test_they_are_waited_for_until_the_broker_knows_them(monkeypatch, told):
    broker = SlowBroker(told=told)
    monkeypatch.setattr(kafka, "AIOKafkaAdminClient", broker)

    await kafka.ensure_topics(KafkaSettings(partitions=2), list(load_topics().values()))

    assert broker.left == 0
