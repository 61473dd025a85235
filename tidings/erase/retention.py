"""When Kafka itself has forgotten, from what it says of its topics."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from contracts.topics import load_topics
from runtime.settings import KafkaSettings

SLACK_MS = 10 * 60_000
"""Kafka looks every five minutes, and removes a file a minute later."""
FOR_EVER_MS = 2**62
"""More than this is how Kafka writes that a time has no end."""

Config = Mapping[str, str]


async def told_by_kafka(admin: AIOKafkaAdminClient, kafka: KafkaSettings) -> dict[str, Config]:
    """What Kafka says of each topic, by its plural word."""
    words = {topic.full_name(kafka.topic_prefix): word for word, topic in load_topics().items()}
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in words]
    found: dict[str, Config] = {}
    for answer in await admin.describe_configs(asked):
        for code, _, _, name, entries in answer.resources:
            if not code:
                found[words[name]] = {entry[0]: entry[1] for entry in entries}
    return found


def forgotten_at(config: Config, now: datetime) -> datetime | None:
    """When a record that came until now is gone for certain; null where Kafka gives no such time."""
    if "compact" in config["cleanup.policy"]:
        # An old record goes when the partition is compacted, its tombstone at the first compaction after its own time.
        lag, stays = int(config["max.compaction.lag.ms"]), int(config["delete.retention.ms"])
        wait_ms = 2 * lag + stays if lag < FOR_EVER_MS else None
    else:
        kept = int(config["retention.ms"])
        # A segment goes as a whole, when its newest record is old enough.
        wait_ms = kept + int(config["segment.ms"]) if kept >= 0 else None
    return None if wait_ms is None else now + timedelta(milliseconds=wait_ms + SLACK_MS)
