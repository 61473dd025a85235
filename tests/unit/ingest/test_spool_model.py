"""Whatever a process does with its spool, and however often it ends: all in order, nothing lost and nothing twice."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.spool.spool import Spool
from ingest.spool.writer import SpoolLimits
from runtime.kafka import Outgoing

LIMITS = SpoolLimits(max_bytes=10_000_000, segment_bytes=400)
HEADERS = [("provider", b"postbox"), ("connection", b"main")]

Step = tuple[str, int]
steps = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(1, 12)),
        st.tuples(st.just("drain"), st.integers(1, 9)),
        st.tuples(st.just("take and drop nothing"), st.integers(1, 9)),
        st.tuples(st.just("end and start"), st.just(0)),
    ),
    max_size=25,
)


class Model:
    """A spool beside the list that it should be."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._spool = Spool(root, LIMITS)
        self.appended = 0
        self.drained: list[int] = []

    async def take(self, step: Step) -> None:
        what, amount = step
        if what == "append":
            await asyncio.gather(*[self._append() for _ in range(amount)])
        elif what == "end and start":
            await self._spool.close()
            self._spool = Spool(self._root, LIMITS)
        elif (batch := await self._spool.take(amount)) and what == "drain":
            self.drained += [int(body or b"") for _, body, _, _ in batch.records]
            await self._spool.drop(batch)

    async def finish(self) -> None:
        while batch := await self._spool.take(100):
            self.drained += [int(body or b"") for _, body, _, _ in batch.records]
            await self._spool.drop(batch)
        await self._spool.close()

    @property
    def left_count(self) -> int:
        return self._spool.left_count

    async def _append(self) -> None:
        record: Outgoing = (None, b"%d" % self.appended, 1_795_250_000_000, HEADERS)
        self.appended += 1
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._spool.append(record, answer)
        await answer


async def lived(some_steps: list[Step], root: Path) -> Model:
    model = Model(root)
    for step in some_steps:
        await model.take(step)
        assert model.left_count == model.appended - len(model.drained)
    await model.finish()
    return model


@settings(max_examples=60, deadline=None)
@given(steps)
def test_a_spool_is_a_queue_that_survives_its_process(some_steps):
    with tempfile.TemporaryDirectory() as name:
        model = asyncio.run(lived(some_steps, Path(name)))

        assert model.drained == list(range(model.appended))
        assert list(Path(name).iterdir()) == []
