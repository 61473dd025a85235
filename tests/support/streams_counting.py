"""A stage that counts, and a loss or a repeat is seen in its counts, which track would make nothing of."""

import asyncio
import os
import random
import time
from collections import Counter, defaultdict
from collections.abc import Sequence

from contracts.envelope import Position, fixed_headers, with_id
from runtime.kafka import Outgoing
from runtime.partitioner import partition_of
from streams.engine.stage import Output, Outputs, SourceRecord, Stage, StateView
from streams.engine.state import MARKS_KEY, PartitionState
from tests.support.marked import without_repeats
from tests.support.patience import LIMIT_S
from tests.support.streams_installation import Installation

KEYS = [b"key-%d" % number for number in range(40)]
PAUSE = "TIDINGS_TEST_PAUSE_S"
"""How long each batch takes, so that whoever is stopped or cut off is likely to hold one."""


def count(view: StateView, records: Sequence[SourceRecord], /, *, topic: str) -> Outputs:
    """Each output tells how many there have been of its key."""
    time.sleep(float(os.environ.get(PAUSE, "0")))
    outputs = []
    for record in records:
        key = record.key or b""
        counted = b"%d" % (int(view.get(key) or 0) + 1)
        view.put(key, counted)
        source = Position(record.topic, record.partition, record.offset)
        headers = with_id(fixed_headers("update", "count"), source.event_id)
        outputs.append(Output(key, counted, record.timestamp, headers))
    return {"updates": outputs}


COUNT = Stage(
    name="count", reads=("reports",), writes=("updates",), state="track-state", prepare=lambda _settings: count
)


class Crowd:
    """Feeds the counting stage of `house`, and knows what it must have counted."""

    def __init__(self, house: Installation) -> None:
        self.given: Counter[bytes] = Counter()
        self._house = house
        self._chance = random.Random(1)

    async def feed(self, count: int) -> None:
        """So many records, at once."""
        spread: dict[int, list[Outgoing]] = defaultdict(list)
        for key in self._chance.choices(KEYS, k=count):
            self.given[key] += 1
            spread[partition_of(key, self._house.partitions)].append((key, b"value", None, with_id([], b"a request")))
        for number, rows in spread.items():
            await self._house.write("reports", number, rows)

    async def feed_until(self, told: asyncio.Event) -> None:
        """About two hundred a second."""
        while not told.is_set():
            await self.feed(20)
            await asyncio.sleep(0.1)

    async def wrongs(self, *, limit_s: float = LIMIT_S) -> list[str]:
        """What was lost or counted twice, once all is told or it takes too long."""
        deadline = time.monotonic() + limit_s
        while True:
            if not (found := await self._wrongs()) or time.monotonic() > deadline:
                return found
            await asyncio.sleep(0.5)

    async def _wrongs(self) -> list[str]:
        counted, told = await counts(self._house), Counter[bytes]()
        for record in without_repeats(await self._house.read("updates")):
            told[record.key] += 1
        return [
            f"{key!r} came {self.given[key]} times, was counted {counted[key]} and told {told[key]} times"
            for key in KEYS
            if not self.given[key] == counted[key] == told[key]
        ]


async def counts(house: Installation) -> Counter[bytes]:
    """What the stage would know if it were started now."""
    states = {number: PartitionState(COUNT.reads) for number in range(house.partitions)}
    for record in await house.read("track-state"):
        states[record.partition].load(record.key, record.value)
    return Counter({key: int(state.get(key) or 0) for key in KEYS for state in states.values() if state.get(key)})


async def stale_records(house: Installation) -> int:
    """Records of the changelog that an owner wrote behind a later one's."""
    highest: Counter[int] = Counter()
    stale = 0
    for record in await house.read("track-state"):
        if record.key == MARKS_KEY or record.value is None:
            continue
        epoch = int.from_bytes(record.value[:4], "big")
        stale += epoch < highest[record.partition]
        highest[record.partition] = max(epoch, highest[record.partition])
    return stale
