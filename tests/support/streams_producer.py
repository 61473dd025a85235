"""A producer in memory, with as much of the real one's face as the writer looks at."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from types import SimpleNamespace

from contracts.envelope import Headers


class FakeBatch:
    """Takes two records and is full."""

    def __init__(self) -> None:
        self.values: list[bytes | None] = []

    def append(self, *, key: bytes | None, value: bytes | None, timestamp: int | None, headers: Headers) -> object:
        if len(self.values) == 2:
            return None
        self.values.append(value)
        return object()

    def record_count(self) -> int:
        return len(self.values)

    def close(self) -> None:
        """Nothing more comes."""


@dataclass
class FakeProducer:
    """Answers at once, never, or with a refusal."""

    answers: bool = True
    refusal: Exception | None = None
    logs: dict[tuple[str, int], list[bytes | None]] = field(default_factory=lambda: defaultdict(list))

    def create_batch(self) -> FakeBatch:
        return FakeBatch()

    async def send_batch(self, batch: FakeBatch, topic: str, *, partition: int) -> asyncio.Future[SimpleNamespace]:
        answer: asyncio.Future[SimpleNamespace] = asyncio.get_running_loop().create_future()
        if self.refusal:
            answer.set_exception(self.refusal)
        elif self.answers:
            answer.set_result(SimpleNamespace(offset=len(self.logs[topic, partition])))
            self.logs[topic, partition] += batch.values
        return answer

    def values(self, topic: str, partition: int) -> list[bytes | None]:
        return self.logs[topic, partition]
