"""The order of a batch. Everything that must not be lost hangs on this module.

    outputs acknowledged  ->  state and marks acknowledged  ->  offsets may be committed

A crash anywhere in between makes the next owner do some of it again: the outputs get the same ids and are recognised,
the state is skipped where it was written. The reverse order would lose what was remembered as done and never done.

A stage that reads several topics takes one of them at a time, per partition, and which one it is stands in the marks
before anything of it is written: *the turn*. For what a stage makes of a record may depend on what it read before from
another topic. If a successor took them in another order, it would write other outputs under the same ids, some of them
to other partitions, where nobody could recognise them as repeats. So it first finishes the topic whose turn it was.

Of records that nothing follows from, nothing is written: most of what a stage such as fallback reads is not its affair.
A successor reads them again, or has them committed, and nothing follows from them again, because what was remembered
when they were read is what stands in the changelog, and they are all of the topic whose turn stands there.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from runtime.crash_points import crash_point
from runtime.metrics import STAGE_BATCH_SECONDS, STAGE_OUTPUTS, STAGE_RECORDS, STAGE_REPEATS
from streams.engine.stage import Decide, Outputs, SourceRecord, Stage, Stateless
from streams.engine.state import Change
from streams.engine.store import StateStore
from streams.engine.writer import Writer

Fetched = Mapping[tuple[str, int], Sequence[SourceRecord]]
"""Records by (topic, partition); the topic by its plural word."""


class Carrier:
    """Carries what was fetched through one stage. Not for two batches at once."""

    def __init__(self, stage: Stage, decide: Decide, writer: Writer, store: StateStore | None) -> None:
        self._name = stage.name
        self._decide = decide
        self._writer = writer
        self._store = store

    async def carry(self, fetched: Fetched) -> None:
        """Returns when all that follows from `fetched` is written. Raises when that is not certain."""
        STAGE_RECORDS.labels(self._name).inc(sum(map(len, fetched.values())))
        with STAGE_BATCH_SECONDS.labels(self._name).time():
            if self._store is None:
                await self._carry_plain(fetched)
            else:
                await self._carry_turns(fetched, self._store)

    async def _carry_plain(self, fetched: Fetched) -> None:
        view = Stateless()
        outputs: Outputs = defaultdict(list)
        for (topic, _), records in fetched.items():
            _extend(outputs, self._decide(view, records, topic=topic))
        await self._write_outputs(outputs)

    async def _carry_turns(self, fetched: Fetched, store: StateStore) -> None:
        waiting: dict[int, dict[str, Sequence[SourceRecord]]] = defaultdict(dict)
        for (topic, partition), records in fetched.items():
            waiting[partition][topic] = records
        while waiting:
            await self._pass_turns(waiting, store)
            batch = {}
            for partition, topics in waiting.items():
                topic = store.partitions[partition].marks.turn
                batch[partition] = topic, topics.pop(topic)
            waiting = {partition: topics for partition, topics in waiting.items() if topics}
            await self._carry_batch(batch, waiting, store)

    async def _pass_turns(self, waiting: Mapping[int, Mapping[str, object]], store: StateStore) -> None:
        """Make it durable whose turn it is wherever the topic in turn has nothing to offer."""
        passed = []
        for partition, topics in waiting.items():
            marks = store.partitions[partition].marks
            if marks.turn not in topics:
                marks.turn = next(iter(topics))
                passed.append(partition)
        if passed:
            await self._write_state(passed, store)

    async def _carry_batch(
        self,
        batch: Mapping[int, tuple[str, Sequence[SourceRecord]]],
        waiting: Mapping[int, Mapping[str, object]],
        store: StateStore,
    ) -> None:
        outputs: Outputs = defaultdict(list)
        eventful = set()
        for partition, (topic, records) in batch.items():
            state = store.partitions[partition]
            state.read_ms = records[-1].timestamp
            taken, repeats = state.marks.take(topic, records)
            if repeats:
                STAGE_REPEATS.labels(self._name).inc(repeats)
            new = state.unapplied(topic, taken)
            has_told = bool(new) and _extend(outputs, self._decide(state, new, topic=topic))
            if has_told or len(new) < len(taken):
                eventful.add(partition)
        await self._write_outputs(outputs)
        for partition, topics in waiting.items():
            store.partitions[partition].marks.turn = next(iter(topics))
        eventful.update(number for number in batch if store.partitions[number].has_news())
        await self._write_state(sorted(eventful), store)
        for partition in batch:
            store.settle(partition)

    async def _write_outputs(self, outputs: Outputs) -> None:
        crash_point(f"{self._name}.decided")
        await self._writer.write(outputs)
        crash_point(f"{self._name}.outputs_written")
        for topic, records in outputs.items():
            STAGE_OUTPUTS.labels(self._name, topic).inc(len(records))

    async def _write_state(self, partitions: Sequence[int], store: StateStore) -> None:
        changes: dict[int, list[Change]] = {number: store.partitions[number].changes() for number in partitions}
        while changes:
            firsts = await self._writer.write_changes(store.topic, changes)
            again = {
                number: await store.overwritten(number, first, len(changes[number])) for number, first in firsts.items()
            }
            changes = {number: records for number, records in again.items() if records}
        crash_point(f"{self._name}.state_written")
        store.count_keys()


def _extend(outputs: Outputs, more: Outputs) -> bool:
    """Whether there was any."""
    for topic, records in more.items():
        outputs[topic].extend(records)
    return any(more.values())
