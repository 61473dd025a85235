"""What is printed is what runs."""

import json
import subprocess
import sys

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata

from tests.e2e.conftest import Installed, environment

pytestmark = [pytest.mark.broker, pytest.mark.timeout(150)]


async def subscriptions_of(bootstrap, groups):
    """The topics that the members of each group really subscribe to."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        described = await admin.describe_consumer_groups(groups)
    finally:
        await admin.close()
    found = {}
    for response in described:
        for _error, group, _state, _type, _protocol, members, *_ in response.groups:
            metadata = [ConsumerProtocolMemberMetadata.decode(member[3]) for member in members]
            found[group] = {topic for one in metadata for topic in one.subscription}
    return found


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


async def test_the_printed_topology_is_what_the_processes_subscribe_to(installed):
    expected = printed_topology(installed)

    assert await subscriptions_of(installed.bootstrap, list(expected)) == expected
