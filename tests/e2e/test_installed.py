"""What an installation says of itself, and the simulator against it."""

import json

import pytest
from confluent_kafka.admin import AdminClient

pytestmark = pytest.mark.broker


def assignments_of(bootstrap: str, groups: list[str]) -> dict[str, set[str]]:
    """Group to the topics of which Kafka has given its members partitions."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    asked = admin.describe_consumer_groups(groups, request_timeout=20)
    described = [answer.result(timeout=30) for answer in asked.values()]
    return {
        group.group_id: {place.topic for member in group.members for place in member.assignment.topic_partitions}
        for group in described
    }


def test_the_printed_topology_is_what_the_processes_subscribe_to(installed):
    stages = json.loads(installed.run("topology", "--json"))["stages"]
    printed = {stage["group"]: set(stage["reads"]) for stage in stages}

    assert printed == assignments_of(installed.bootstrap, list(printed))


def test_the_simulator_plays_against_what_runs_and_tells_what_must_be_true(installed, tmp_path):
    key = json.loads(installed.run("keys", "create", "simulator", "--scope", "send", "--json"))["key"]
    out = tmp_path / "outcome.json"
    options = ("--messages", "60", "--rate", "100", "--seed", "7", "--start", "2026-11-20T09:00:00")

    told = json.loads(installed.run("simulate", *options, "--json", "--out", str(out), TIDINGS_API_KEY=key))

    assert told == json.loads(out.read_text())
    assert (told["seed"], told["given_up"]) == (7, 0)
    # Of a message that was accepted and sent, and never arrived, a provider may have nothing to say.
    assert 50 <= len(told["attempts"]) <= 60
    assert set(told["providers"]) == {connection.provider for connection in installed.settings.connections}


def test_existing_topics_are_left_as_they_are(installed):
    assert "callbacks" in installed.run("topics", "--create")
