"""What is printed is what runs."""

import json
import subprocess
import sys

import pytest
from confluent_kafka.admin import AdminClient

from tests.e2e.conftest import Installed, environment

pytestmark = [pytest.mark.broker, pytest.mark.timeout(150)]


def assignments_of(bootstrap: str, groups: list[str]) -> dict[str, set[str]]:
    """Group to the topics of which Kafka has given its members partitions."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    asked = admin.describe_consumer_groups(groups, request_timeout=20)
    described = [answer.result(timeout=30) for answer in asked.values()]
    return {
        group.group_id: {place.topic for member in group.members for place in member.assignment.topic_partitions}
        for group in described
    }


def printed_topology(installed: Installed) -> dict[str, set[str]]:
    """Group to topics, as the command says."""
    printed = subprocess.run(
        [sys.executable, "-m", "tidings", "topology", "--json", "--config", str(installed.config)],
        env=environment(installed.bootstrap, installed.settings.data_dir),
        capture_output=True,
        text=True,
        check=True,
    )
    return {stage["group"]: set(stage["reads"]) for stage in json.loads(printed.stdout)["stages"]}


def test_the_printed_topology_is_what_the_processes_subscribe_to(installed):
    expected = printed_topology(installed)

    assert assignments_of(installed.bootstrap, list(expected)) == expected
