"""Records of a fetch as what is used of them."""

from collections.abc import Iterator, Sequence

import msgspec
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecord
from aiokafka.structs import TopicPartition

MADE_FOR_EACH_ANSWER = "PartitionRecords"
"""The name in aiokafka's fetcher that is replaced. It may change in any release, which is why that is pinned exactly: a
test asserts that it is there and used so. Without the replacement all works as well.
"""


class FetchedRecord(msgspec.Struct, gc=False):
    """aiokafka's own has four members more and costs three times that, and the collector looks at each of them."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class FetchedRecords(fetcher.PartitionRecords):  # type: ignore[misc]  # aiokafka is published without types
    """The records of one partition in an answer of the broker."""

    def __iter__(self) -> Iterator[FetchedRecord]:
        records: Iterator[FetchedRecord] = self._records_iterator
        return records

    def _consumer_record(self, tp: TopicPartition, record: DefaultRecord) -> FetchedRecord:
        return FetchedRecord(
            tp.topic, tp.partition, record.offset, record.timestamp, record.key, record.value, record.headers
        )


def lighten_records() -> None:
    """Of all clients of this process, from their next answer on; once or often."""
    fetcher.PartitionRecords = FetchedRecords
