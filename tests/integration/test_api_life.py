"""`python -m api` as a process: it stops in order, comes back after a kill, and says what keeps it from working."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import httpx2
import pytest

from contracts.identity import new_message_id
from contracts.status import DeliveryStatus
from runtime.broker.ports import free_port
from runtime.exits import Exit
from runtime.settings import KafkaSettings
from tests.support.running_api import RunningApi, Story, applied, running_api, tell

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def api(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApi]:
    with running_api(broker, tmp_path_factory.mktemp("api")) as running:
        yield running


@pytest.fixture
def client(api: RunningApi) -> Iterator[httpx2.Client]:
    with api.client() as client:
        yield client


@pytest.mark.long
def test_it_stops_in_order_and_comes_back_with_what_it_knew(api, client):
    before = client.get("/v1/conservation").json()["total"]

    assert api.end(signal.SIGTERM) == 0
    api.start()

    assert client.get("/v1/conservation").json()["total"] == before


def test_a_kill_loses_nothing_and_what_came_meanwhile_is_read_once(api, client):
    before = client.get("/v1/conservation").json()["total"]
    later = Story("main", "default", f"vb-{new_message_id(0)}", 2, DeliveryStatus.DELIVERED)

    api.end(signal.SIGKILL)
    asyncio.run(tell(api.kafka, later))
    api.start()
    api.wait_for("/v1/conservation", applied(before["applied"] + 2), client)
    told = client.get("/v1/conservation").json()

    assert told["is_balanced"]
    assert told["total"]["received"] == before["received"] + 2
    assert client.get(f"/v1/messages/{later.message_id}").json()["status"] == "delivered"


def test_a_second_process_says_who_holds_the_store(api):
    environment = os.environ | {"TIDINGS_CONFIG": str(api.data_dir / "tidings.toml")}
    environment["TIDINGS_API__PORT"] = str(free_port())
    command = [sys.executable, "-m", "api"]
    second = subprocess.run(command, check=False, env=environment, capture_output=True, timeout=60)

    assert second.returncode == 1
    assert b"api_cannot_run" in second.stderr
    assert b"Traceback" not in second.stderr
    assert api.process.poll() is None


def test_a_port_that_is_taken_is_told_with_what_to_do(tmp_path):
    api = RunningApi(KafkaSettings(), tmp_path, free_port())
    api.configure("127.0.0.1:1")
    environment = os.environ | {"TIDINGS_CONFIG": str(tmp_path / "tidings.toml")}
    with socket.create_server(("127.0.0.1", api.port)):
        command = [sys.executable, "-m", "api"]
        second = subprocess.run(command, check=False, env=environment, capture_output=True, timeout=60)

    assert second.returncode == Exit.CONFIGURATION
    assert b"set api.port, or end what listens there" in second.stderr
    assert b"Traceback" not in second.stderr


def test_without_kafka_it_lives_says_so_and_stops_in_order(tmp_path):
    api = RunningApi(KafkaSettings(), tmp_path, free_port())
    api.configure("127.0.0.1:1")
    api.launch()
    try:
        ready = api.wait_for("/readyz", lambda answer: answer.status_code == 503)
        alive = api.wait_for("/healthz", lambda answer: answer.status_code == 200)
        with api.client() as client:
            refused = client.post("/v1/attempts", json={"provider": "infobip", "connection": "main", "root_id": "1"})
            told = client.get("/v1/conservation")

        assert "Kafka" in ready.json()["reason"]
        assert alive.json()["is_ok"]
        assert refused.json()["type"] == "/problems/kafka-silent"
        assert told.status_code == 200
        assert api.end(signal.SIGINT) == 0
    finally:
        api.process.kill()
