"""Which partition a key belongs to: CRC32 modulo count, the function librdkafka calls "consistent".

Every producer of keyed topics uses it, so that what belongs together meets. aiokafka's own murmur2 is pure Python and
costs more than all our work on a record.
"""

from collections.abc import Sequence
from zlib import crc32


def partition_of(key: bytes, partition_count: int) -> int:
    """The partition of `key` in a topic of `partition_count` partitions."""
    return crc32(key) % partition_count


def crc32_partitioner(key: bytes | None, all_partitions: Sequence[int], available: Sequence[int]) -> int:
    """The same, in the form aiokafka asks for; records without a key take the first available partition."""
    if key is None:
        return available[0] if available else all_partitions[0]
    return all_partitions[crc32(key) % len(all_partitions)]
