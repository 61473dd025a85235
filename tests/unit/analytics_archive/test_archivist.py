"""One look at Kafka: what is taken of what it has, and what is told of the rest."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import TopicPartition
from prometheus_client import REGISTRY

from analytics.archive.archivist import TOPICS, Archivist
from contracts.topics import load_topics
from runtime.clock import SystemClock
from runtime.settings import ArchiveSettings, KafkaSettings, Settings
from tests.support.archived import records

NAMES = {load_topics()[word].full_name() for word in TOPICS}


class BusyTopics:
    """A consumer of topics to which something is written whenever anybody looks."""

    def __init__(self) -> None:
        self._ends = dict.fromkeys(NAMES, 5)
        self._assigned: set[TopicPartition] = set()
        self._position: dict[TopicPartition, int] = {}

    async def topics(self) -> set[str]:
        return NAMES

    async def beginning_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, 0)

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return {at: self._ends[at.topic] for at in partitions}

    def assign(self, partitions: set[TopicPartition]) -> None:
        self._assigned = partitions

    def seek(self, at: TopicPartition, offset: int) -> None:
        self._position[at] = offset

    async def getmany(self, *partitions: TopicPartition, timeout_ms: int, max_records: int):
        taken = {}
        for at in partitions:
            self._ends[at.topic] += 3
            taken[at] = records(self._position[at], self._ends[at.topic])
            self._position[at] = self._ends[at.topic]
        return taken


class PatientArchivist(Archivist):
    @asynccontextmanager
    async def _consumer(self) -> AsyncIterator[BusyTopics]:
        yield BusyTopics()


async def test_what_comes_while_it_archives_is_no_other_cluster(tmp_path):
    settings = Settings(data_dir=tmp_path, kafka=KafkaSettings(partitions=1), archive=ArchiveSettings(every_s=0.01))

    await PatientArchivist(settings, SystemClock()).turn()

    assert [REGISTRY.get_sample_value("tidings_archive_lag_records", {"topic": word}) for word in TOPICS] == [0, 0]
