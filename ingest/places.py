"""Where callbacks can be made durable: the publisher, and what it needs of Kafka's topic and of the spool."""

from asyncio import Future
from typing import Protocol

from contracts.envelope import Headers
from ingest.spool.spool import Batch
from runtime.kafka import Outgoing


class Publishing(Protocol):
    """What makes a callback durable, one way or another."""

    def publish(self, body: bytes, received_at_ms: int, headers: Headers, *, deadline_s: float) -> "Future[None]":
        """Done when the callback is durable. Fails with `NotDurable`, or raises a refusal at once."""


class Topic(Protocol):
    """The topic that callbacks go to, once it answers."""

    async def open(self) -> int:
        """Wait until Kafka answers and has the topic; the number of its partitions."""

    async def write(self, partition: int, records: list[Outgoing]) -> None:
        """Returns when all are acknowledged. Raises `KafkaError` when that is not known and not to be waited for."""

    async def close(self) -> None:
        """Let go of the connection, whatever its state."""


class Detour(Protocol):
    """The spool."""

    @property
    def is_empty(self) -> bool:
        """Whether all that was taken is on Kafka."""

    @property
    def unread_bytes(self) -> int:
        """What is durable here and has to be drained."""

    @property
    def unsettled_count(self) -> int:
        """Callbacks that wait for the disk."""

    @property
    def unsettled_bytes(self) -> int:
        """What they take."""

    def append(self, record: Outgoing, answer: "Future[None]") -> None:
        """Make `record` durable; `answer` is done then, or fails with `NotDurable`."""

    async def take(self, limit: int) -> Batch | None:
        """The oldest callbacks, the same again until they are dropped; null when there are none left."""

    async def drop(self, batch: Batch) -> None:
        """Forget `batch`: Kafka has it."""

    async def put_aside(self, batch: Batch, reason: str) -> None:
        """Keep `batch` for people, and go on behind it: Kafka will never take it."""
