"""A look at Kafka that changes nothing: what there is, where it ends, and how far the groups are."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from runtime.kafka import make_reader, stop, unanswered
from runtime.settings import KafkaSettings

NAME = "tidings-doctor"
REACH_LIMIT_S = 10.0

Offsets = Mapping[TopicPartition, int]
Members = dict[str, Any]


@dataclass(frozen=True)
class GroupSeen:
    """A consumer group at one moment."""

    members: int
    committed: Offsets
    """Partitions of which nothing was committed are not among them."""
    begins: Offsets
    ends: Offsets

    @property
    def behind(self) -> dict[TopicPartition, int]:
        """Records that the group has still to read, where there are any."""
        found = {at: end - max(self.committed.get(at, 0), self.begins[at]) for at, end in self.ends.items()}
        return {at: count for at, count in found.items() if count > 0}


class Cluster:
    """Kafka as it is now."""

    def __init__(self, admin: AIOKafkaAdminClient, reader: AIOKafkaConsumer) -> None:
        self._admin = admin
        self._reader = reader

    async def topics(self) -> dict[str, Members]:
        """Every topic by its name. All are asked for, because a Kafka may be set to make a topic that is asked for."""
        return {topic["topic"]: topic for topic in await self._admin.describe_topics()}

    async def brokers(self) -> list[tuple[str, int]]:
        """Host and port of each, as they tell clients to reach them."""
        found = await self._admin.describe_cluster()
        return [(broker["host"], broker["port"]) for broker in found["brokers"]]

    async def configs(self, topics: Iterable[str]) -> dict[str, dict[str, str]]:
        """What is set of each of these topics."""
        wanted = [ConfigResource(ConfigResourceType.TOPIC, name) for name in topics]
        answers = await self._admin.describe_configs(wanted) if wanted else []
        return {
            name: {entry[0]: entry[1] for entry in entries}
            for answer in answers
            for error, _, _, name, entries in answer.resources
            if not error
        }

    async def group(self, name: str, partitions: list[TopicPartition]) -> GroupSeen:
        """How far the group is in `partitions`. Commits are read first, so that nothing seems to lag that does not."""
        committed = await self._admin.list_consumer_group_offsets(name, partitions=partitions)
        begins = await self._reader.beginning_offsets(partitions)
        ends = await self._reader.end_offsets(partitions)
        answers = await self._admin.describe_consumer_groups([name])
        members = sum(len(group["members"]) for answer in answers for group in answer.to_object()["groups"])
        known = {at: found.offset for at, found in committed.items() if found.offset >= 0}
        return GroupSeen(members, known, begins, ends)


@asynccontextmanager
async def reached(kafka: KafkaSettings) -> AsyncIterator[Cluster]:
    """Kafka, for the time of the block. Raises `BrokerUnavailable`."""
    servers = kafka.bootstrap_servers
    admin = AIOKafkaAdminClient(bootstrap_servers=servers, client_id=NAME, request_timeout_ms=int(REACH_LIMIT_S * 1000))
    reader = make_reader(kafka, NAME)
    try:
        async with asyncio.timeout(REACH_LIMIT_S):
            await admin.start()
            await reader.start()
        yield Cluster(admin, reader)
    except (KafkaError, TimeoutError) as exc:
        raise unanswered(kafka, exc) from exc
    finally:
        await stop(reader)
        await admin.close()
