"""Callbacks as they came, from Kafka while it has them, else from the archive."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import structlog
from aiokafka import ConsumerRecord

from analytics.archive.reading import Shelves
from api.callback_log import CallbackLog, Place
from contracts.archived import Archived
from contracts.errors import ArchiveDamaged
from runtime.settings import KafkaSettings

BYTES_LIMIT = 64 * 1024 * 1024
DEADLINE_S = 20.0
NOT_ARCHIVED = "{why} The archive does not have it either."

log = structlog.get_logger()


class CallbackPast:
    """Finds callbacks by their place."""

    def __init__(self, kafka: KafkaSettings, archive: Path) -> None:
        self._callbacks = CallbackLog(kafka)
        self._archive = archive

    @property
    def topic(self) -> str:
        """The full name of the topic of callbacks."""
        return self._callbacks.topic

    async def read(
        self, places: Sequence[Place], *, bytes_limit: int = BYTES_LIMIT, deadline_s: float = DEADLINE_S
    ) -> dict[Place, Archived | str]:
        """The callback at each place, or a sentence that says why it cannot be had; the limits are for Kafka."""
        found = await self._callbacks.read(places, bytes_limit=bytes_limit, deadline_s=deadline_s)
        gone = [place for place, one in found.items() if one.absent_because == self._callbacks.expired]
        kept = await asyncio.to_thread(self._archived, gone) if gone else {}
        told: dict[Place, Archived | str] = {}
        for place, one in found.items():
            why = NOT_ARCHIVED.format(why=one.absent_because) if place in gone else one.absent_because
            told[place] = _archived(place, one.record) if one.record is not None else kept.get(place, why)
        return told

    def _archived(self, places: Sequence[Place]) -> dict[Place, Archived]:
        try:
            return {(one.partition, one.offset): one for one in Shelves(self._archive).at(places)}
        except ArchiveDamaged as exc:
            log.warning("archive_not_read", reason=str(exc))
            return {}


def _archived(place: Place, record: ConsumerRecord[bytes, bytes]) -> Archived:
    return Archived(*place, record.timestamp, record.key, record.value, tuple(record.headers))
