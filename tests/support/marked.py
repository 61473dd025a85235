"""Records as whoever keeps marks reads them."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from streams.engine.marks import Marks


def without_repeats(records: Iterable[Any]) -> list[Any]:
    """Those of one topic that are no repeats of a crash, as the sink takes them: by partition, each in its order."""
    by_partition: dict[int, list[Any]] = defaultdict(list)
    for record in records:
        by_partition[record.partition].append(record)
    return [record for found in by_partition.values() for record in Marks(turn="").take("", found)[0]]
