"""Outputs and state on their way to Kafka, acknowledged or the process ends."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaProducer

from contracts.errors import BrokerUnavailable
from runtime.kafka import Outgoing, send_records
from runtime.partitioner import partition_of
from streams.engine.guard import SleepGuard
from streams.engine.lease import Lease
from streams.engine.stage import Outputs
from streams.engine.state import Change

DELIVERY_TIMEOUT_S = 120.0
"""The producer itself never gives up, so this deadline is ours. Above a broker's restart and an election of leaders,
below the time for which the group waits for a member that still has a batch in its hands."""


class Writer:
    """One stage's producer. Each write returns when all of it is acknowledged, and raises when that takes too long."""

    def __init__(
        self,
        producer: AIOKafkaProducer,
        guard: SleepGuard,
        *,
        lease: Lease,
        names: Mapping[str, str],
        partitions: int,
    ) -> None:
        self._producer = producer
        self._guard = guard
        self._lease = lease
        self._names = names
        self._partitions = partitions

    async def write(self, outputs: Outputs) -> None:
        """The records of a stage, each list in its order, to the partitions that their keys belong to."""
        by_place: dict[tuple[str, int], list[Outgoing]] = defaultdict(list)
        for topic, records in outputs.items():
            name = self._names[topic]
            for record in records:
                by_place[name, partition_of(record.key, self._partitions)].append(record)
        await self._acknowledged(by_place)

    async def write_changes(self, topic: str, changes: Mapping[int, Sequence[Change]]) -> dict[int, int]:
        """The changes of state by partition of the changelog `topic`; where each partition's records begin there."""
        by_place: dict[tuple[str, int], list[Outgoing]] = {
            (topic, partition): [(key, entry, None, []) for key, entry in records]
            for partition, records in changes.items()
        }
        return {partition: first for (_, partition), first in (await self._acknowledged(by_place)).items()}

    async def write_rows(self, topic: str, rows: Mapping[int, Sequence[Outgoing]]) -> None:
        """Records for partitions of `topic` (its plural word) that somebody has chosen."""
        name = self._names[topic]
        await self._acknowledged({(name, partition): records for partition, records in rows.items()})

    async def _acknowledged(self, by_place: Mapping[tuple[str, int], Iterable[Outgoing]]) -> dict[tuple[str, int], int]:
        try:
            async with asyncio.timeout(DELIVERY_TIMEOUT_S):
                return await self._send(by_place)
        except TimeoutError as exc:
            raise BrokerUnavailable(
                f"a batch was not acknowledged within {DELIVERY_TIMEOUT_S:.0f} s; whether it was stored is not known, "
                "so this process ends and begins again at what is committed. Look at the brokers"
            ) from exc

    async def _send(self, by_place: Mapping[tuple[str, int], Iterable[Outgoing]]) -> dict[tuple[str, int], int]:
        await self._lease.check()
        sent: dict[tuple[str, int], list[asyncio.Future[Any]]] = {}
        for place, records in by_place.items():
            self._guard.check()
            sent[place] = await send_records(self._producer, *place, records)
        await asyncio.gather(*(future for futures in sent.values() for future in futures))
        return {place: futures[0].result().offset for place, futures in sent.items()}
