"""A message with a plan, from the request through the fallback stage into its own timeline, on a real Kafka."""

import asyncio
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import httpx2
import pytest

from contracts.codec import encode
from contracts.plans import Outcome, SendOutcome
from contracts.topics import load_topics
from runtime.broker.ports import free_port
from runtime.kafka import ensure_topics, make_producer
from runtime.settings import KafkaSettings
from tests.support.forked import start_module
from tests.support.running_api import PARTITIONS, RunningApi

pytestmark = pytest.mark.broker

CONNECTIONS = """
[[connections]]
provider = "routee"
name = "main"
[[connections]]
provider = "telesign"
name = "main"
"""
TEXT = "Your code is 123456"
STEP = {"channel": "viber", "provider": "routee", "connection": "main", "sender": "ExampleShop", "wait_s": 120}
PLANNED = {
    "recipient": "+447700900105",
    "steps": [STEP, STEP | {"channel": "sms", "provider": "telesign"}],
    "content": {"kind": "text", "text": TEXT},
}


@pytest.fixture(scope="module")
def api(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApi]:
    """The API with the fallback stage beside it; nobody sends."""
    folder = tmp_path_factory.mktemp("plans")
    kafka = KafkaSettings(bootstrap_servers=broker, topic_prefix=f"plans-{uuid4().hex[:8]}-", partitions=PARTITIONS)
    asyncio.run(ensure_topics(kafka, list(load_topics().values())))
    running = RunningApi(kafka, folder, free_port())
    running.configure(broker)
    settings = folder / "tidings.toml"
    settings.write_text(settings.read_text("utf-8") + CONNECTIONS, "utf-8")
    running.start()
    environment = os.environ | {"TIDINGS_CONFIG": str(settings), "TIDINGS_STREAMS__ADMIN_PORT": str(free_port())}
    environment.pop("KAFKA_BOOTSTRAP_SERVERS", None)
    stage = start_module("streams", "fallback", environment=environment)
    try:
        yield running
    finally:
        for process in (stage, running.process):
            process.terminate()
            process.wait(20)


@pytest.fixture
def client(api: RunningApi) -> Iterator[httpx2.Client]:
    with api.client() as client:
        yield client


async def come(kafka: KafkaSettings, send: dict, outcome: Outcome, **members: object) -> None:
    """What came of a send, as dispatch tells it."""
    told = SendOutcome(
        message_id=send["message_id"],
        account="default",
        step=send["step"],
        send_id=send["send_id"],
        outcome=outcome,
        provider=send["provider"],
        connection=send["connection"],
        told_at=datetime.now(UTC),
        **members,
    )
    topic = load_topics()["outcomes"].full_name(kafka.topic_prefix)
    async with make_producer(kafka, "test") as producer:
        await producer.send_and_wait(topic, encode(told), key=told.message_id.encode())


def told_of(api: RunningApi, client: httpx2.Client, message: str, decisions: int) -> dict:
    """The timeline, once so many decisions are in it."""
    return api.wait_for(
        f"/v1/messages/{message}",
        lambda answer: answer.status_code == 200 and len(answer.json()["decisions"]) >= decisions,
        client,
    ).json()


def test_a_message_goes_its_way_and_tells_why(api: RunningApi, client: httpx2.Client):
    posted = client.post("/v1/messages", json=PLANNED, headers={"Idempotency-Key": "order-1207"})
    (message,) = [one["message_id"] for one in posted.json()["messages"]]
    first = told_of(api, client, message, 1)
    asyncio.run(come(api.kafka, first["sends"][0] | {"message_id": message}, Outcome.REFUSED, may_fall_back=True))
    second = told_of(api, client, message, 2)
    asyncio.run(come(api.kafka, second["sends"][1] | {"message_id": message}, Outcome.IN_DOUBT, error="SendInDoubt"))
    open_ = api.wait_for("/v1/in-doubt", lambda answer: answer.json()["open_count"] == 1, client).json()
    said = {"outcome": "not_sent", "note": "Not in the console"}
    resolved = client.post(f"/v1/in-doubt/{open_['in_doubt'][0]['send_id']}/resolve", json=said)
    told = told_of(api, client, message, 4)
    again = client.post("/v1/messages", json=PLANNED, headers={"Idempotency-Key": "order-1207"}).json()
    other = client.post("/v1/messages", json=PLANNED | {"campaign": "x"}, headers={"Idempotency-Key": "order-1207"})

    assert (posted.status_code, resolved.status_code) == (202, 202)
    assert "Viber sent at" in first["decisions"][0]["words"]
    assert (first["sends"][0]["outcome"], first["next_decision_at"] is None) == ("waiting", False)
    assert "SMS sent at" in second["decisions"][1]["words"]
    assert [(one["decision"], one["because"]) for one in told["decisions"]] == [
        ("send", "first_step"),
        ("send", "not_taken"),
        ("hold", "in_doubt"),
        ("stop", "no_step_left"),
    ]
    assert [one["outcome"] for one in told["sends"]] == ["refused", "withdrawn"]
    assert told["sends"][1]["note"] == "Not in the console"
    assert told["next_decision_at"] is None
    assert again["messages"] == [{"message_id": message, "account": "default", "external_id": None, "is_repeat": True}]
    assert other.status_code == 422
    assert client.post(f"/v1/messages/{message}/cancel").status_code == 409
    assert TEXT not in str(told)


def test_what_is_cancelled_goes_no_further(api: RunningApi, client: httpx2.Client):
    (message,) = [one["message_id"] for one in client.post("/v1/messages", json=PLANNED).json()["messages"]]
    told_of(api, client, message, 1)
    answer = client.post(f"/v1/messages/{message}/cancel")
    told = told_of(api, client, message, 2)

    assert answer.status_code == 202
    assert (told["decisions"][1]["decision"], told["decisions"][1]["because"]) == ("cancelled", "by_request")
    assert told["plan"]["cancelled_at"]
    assert client.get("/v1/conservation").json()["sends"]["double_sends"] == 0


def test_nothing_of_another_account_is_seen_or_stopped(api: RunningApi, client: httpx2.Client):
    (message,) = [one["message_id"] for one in client.post("/v1/messages", json=PLANNED).json()["messages"]]
    told_of(api, client, message, 1)
    with api.client(accounts=("other",)) as stranger:
        assert stranger.get(f"/v1/messages/{message}").status_code == 404
        assert stranger.post(f"/v1/messages/{message}/cancel").status_code == 404
        assert stranger.post("/v1/messages", json=PLANNED).status_code == 422
