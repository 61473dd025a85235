"""One reading: the metrics of the processes, how far the groups are on Kafka, and what the API answers."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import aiohttp
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from contracts.errors import BrokerUnavailable
from runtime.clock import Clock
from streams.topology import Node, topology_of
from tidings.doctor.cluster import Cluster, reached
from tidings.doctor.patient import Patient
from tidings.doors import Door, doors_of
from tidings.samples import Samples

ANSWER_LIMIT_S = 5.0
QUESTIONS = ("freshness", "conservation", "alarms?open=true")

Json = dict[str, Any]


@dataclass(frozen=True)
class Reading:
    """All that was told at one moment, and why something was not."""

    at: datetime
    at_s: float
    """The same by a clock that never goes back."""
    doors: tuple[Door, ...] = ()
    samples: Samples = field(default_factory=Samples)
    lags: Mapping[str, int] = field(default_factory=dict)
    """By stage, the records that its group has still to read; empty where Kafka was not reached."""
    answers: Mapping[str, Json] = field(default_factory=dict)
    """By the question without its filters."""
    notes: tuple[str, ...] = ()
    """What could not be read, and why."""

    def hears(self, process: str) -> bool:
        """Whether that process answered."""
        return not any(door.name == process and door.trouble for door in self.doors)


class Reader:
    """Takes readings of one installation: `async with reading(patient, key) as reader`."""

    def __init__(self, patient: Patient, session: aiohttp.ClientSession, cluster: Cluster | None, key: str) -> None:
        self._patient = patient
        self._session = session
        self._cluster = cluster
        self._key = key
        self._nodes = topology_of(patient.settings)

    async def read(self) -> Reading:
        """Everything at once. What is away is a note; this raises nothing."""
        clock: Clock = self._patient.clock
        notes: list[str] = []
        at, at_s = clock.now(), clock.monotonic()
        doors, lags, answers = await asyncio.gather(
            doors_of(self._patient.settings, clock), self._lags(notes), self._answers(notes)
        )
        notes += [f"{door.name}: {door.trouble}" for door in doors if door.trouble]
        pages = [door.page for door in doors if door.page]
        return Reading(at, at_s, tuple(doors), Samples.of(pages), lags, answers, tuple(notes))

    async def _lags(self, notes: list[str]) -> dict[str, int]:
        if self._cluster is None:
            notes.append("Kafka is not reached from here, so lags of stages are not known")
            return {}
        try:
            return {node.stage: await self._lag(self._cluster, node) for node in self._nodes}
        except (KafkaError, TimeoutError) as exc:
            notes.append(f"Kafka does not tell the lags: {type(exc).__name__}")
            return {}

    async def _lag(self, cluster: Cluster, node: Node) -> int:
        count = self._patient.kafka.partitions
        partitions = [TopicPartition(topic, number) for topic in node.reads for number in range(count)]
        seen = await asyncio.wait_for(cluster.group(node.group, partitions), ANSWER_LIMIT_S)
        return sum(seen.behind.values())

    async def _answers(self, notes: list[str]) -> dict[str, Json]:
        if not self._key:
            notes.append("without a key (--api-key or TIDINGS_API_KEY) the API tells neither account nor freshness")
            return {}
        found = await asyncio.gather(*(self._answer(question) for question in QUESTIONS))
        told = dict(zip((question.partition("?")[0] for question in QUESTIONS), found, strict=True))
        notes += [f"the API does not tell {name}: {answer}" for name, answer in told.items() if isinstance(answer, str)]
        return {name: answer for name, answer in told.items() if not isinstance(answer, str)}

    async def _answer(self, question: str) -> Json | str:
        """The answer, or in a few words why there is none."""
        url = f"{self._patient.installation.api_url}/v1/{question}"
        try:
            async with self._session.get(url, headers={"authorization": f"Bearer {self._key}"}) as answer:
                told: Json = await answer.json(content_type=None)
                return told if answer.status == 200 else str(told.get("title", answer.status))
        except (aiohttp.ClientError, TimeoutError, ValueError) as exc:
            return type(exc).__name__


@asynccontextmanager
async def reading(patient: Patient, key: str) -> AsyncIterator[Reader]:
    """A reader for the time of the block; Kafka is looked at when it can be reached."""
    limit = aiohttp.ClientTimeout(total=ANSWER_LIMIT_S)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession(timeout=limit))
        try:
            cluster = await stack.enter_async_context(reached(patient.kafka))
        except BrokerUnavailable:
            cluster = None
        yield Reader(patient, session, cluster, key)
