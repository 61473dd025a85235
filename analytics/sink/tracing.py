"""Where traces end: in the transaction that makes a record a row."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from analytics.sink.batch import Batch
from runtime.traces import stops_among

if TYPE_CHECKING:
    from runtime.traces.spans import Traces

NAME = "sink"
Write = Callable[[Batch], None]


def traced(write: Write, traces: "Traces | None") -> Write:
    """`write` with traces, when they are on; else as it is."""
    if traces is None:
        return write

    def write_traced(batch: Batch) -> None:
        stops = [stop for part in batch.new for stop in stops_among(*part)]
        if not stops:
            write(batch)
            return
        with traces.batch(NAME, stops, count=sum(len(part.records) for part in batch.new)):
            write(batch)

    return write_traced
