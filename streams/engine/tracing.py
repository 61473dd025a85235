"""Traced records on their way through a stage. What they make carries the trace on; the stage knows nothing of it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from contracts.envelope import event_id_of
from runtime.traces import stops_among
from streams.engine.carrier import Carrier, Fetched
from streams.engine.stage import Decide, Output, Outputs, SourceRecord, Stage, StateView
from streams.engine.store import StateStore
from streams.engine.writer import Writer

if TYPE_CHECKING:
    from runtime.traces.spans import Traces


def carrier_of(
    stage: Stage, decide: Decide, writer: Writer, store: StateStore | None, *, traces: "Traces | None"
) -> Carrier:
    """The carrier of a stage, with traces when they are on."""
    if traces is None:
        return Carrier(stage, decide, writer, store)
    return TracedCarrier(stage, decide, writer, store, traces=traces)


class TracedCarrier(Carrier):
    """Carries, and tells how long that took where there are traced records in a batch."""

    def __init__(
        self, stage: Stage, decide: Decide, writer: Writer, store: StateStore | None, *, traces: "Traces"
    ) -> None:
        super().__init__(stage, self._decide_traced, writer, store)
        self._untraced = decide
        self._traces = traces
        self._carried_on: dict[bytes, tuple[str, bytes]] = {}

    async def carry(self, fetched: Fetched) -> None:
        stops = [
            stop
            for (_, partition), records in fetched.items()
            for stop in stops_among(records[0].topic, partition, records)
        ]
        if not stops:
            await super().carry(fetched)
            return
        with self._traces.batch(self._name, stops, count=sum(map(len, fetched.values()))) as self._carried_on:
            await super().carry(fetched)
        self._carried_on = {}

    def _decide_traced(self, view: StateView, records: Sequence[SourceRecord], /, *, topic: str) -> Outputs:
        outputs = self._untraced(view, records, topic=topic)
        if not self._carried_on:
            return outputs
        return {word: [self._with_trace(output) for output in several] for word, several in outputs.items()}

    def _with_trace(self, output: Output) -> Output:
        """Whose trace it carries on, its id tells: the place of the record that it stems from."""
        origin, _, _ = (event_id_of(output.headers) or b"").rpartition(b"/")
        carried_on = self._carried_on.get(origin)
        return output if carried_on is None else output._replace(headers=[*output.headers, carried_on])
