"""The store as one part of a process: database, sink thread and horizon, started and stopped together."""

import asyncio
from collections.abc import Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from itertools import count

import duckdb
import pyarrow as pa
import structlog

from analytics.archive.archivist import Archivist
from analytics.asking.reader import Reader, Row
from analytics.exports.exporter import Exporter
from analytics.exports.reading import RowSource
from analytics.questions import conservation, parked
from analytics.sink.columns import hasher
from analytics.sink.pseudonyms import keep_to, load_hash_key
from analytics.sink.sink import Sink
from analytics.sink.writer import Writer
from analytics.store.database import Database
from analytics.store.recovery import Recovery
from analytics.store.snapshots import Snapshot, Snapshots
from analytics.upkeep.forgetting import Forgetting
from analytics.upkeep.upkeep import Upkeep
from contracts.errors import QueryInvalid, StoreUnavailable
from runtime.clock import Clock
from runtime.heap import give_back
from runtime.metrics import PARKED, PARKED_OLDEST, UNEXPLAINED
from runtime.settings import Settings

log = structlog.get_logger()

ACCOUNT_EVERY_S = 5.0
PARKED_EVERY = 12
"""Times of that: what waits is looked for among all reports that ever waited."""
SHED_EVERY = 12
"""Times of that: what was dropped is read again from the file, which the system has in memory."""


@dataclass(frozen=True)
class Health:
    """Whether the process must be ended (`is_alive`), whether its answers can be trusted now (`is_ready`), and why."""

    is_alive: bool
    is_ready: bool
    reason: str


class Analytics:
    """Store, sink and horizon of one process."""

    writes_with = Writer

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._database = Database(settings.data_dir / settings.store.path, settings.store)
        self._snapshots = Snapshots(settings, clock)
        self._recovery = Recovery(self._database, self._snapshots, clock)
        self._sink = Sink(settings, self._database, self._writer, clock)
        self._archivist = Archivist(settings, clock)
        self.reader = Reader(
            self._database,
            self._sink.skyline,
            clock,
            threads=settings.store.threads,
            limit_s=settings.store.query_timeout_s,
        )
        """Asks the store; it may be asked between `start` and `stop`."""
        self.exporter = Exporter(RowSource(self._database), self.reader, clock, self.pseudonym)
        """Makes files of it, between `start` and `stop` too."""
        self._accounting: asyncio.Task[None] | None = None

    @property
    def reply_window_s(self) -> float:
        """How long after a message an answer to it is looked for."""
        return self._settings.store.reply_window_s

    @property
    def batch_count(self) -> int:
        """How many batches were stored since the process began: as long as it is the same, so are all answers."""
        return self._sink.batch_count

    def hurry(self) -> None:
        """Somebody waits for what is new; for a moment the store takes it sooner."""
        self._sink.hurry()

    def request_snapshot(self) -> Snapshot | None:
        """Let a copy of the store be made as soon as the writer may; the newest there is already."""
        return self._snapshots.request()

    def pseudonym(self, person: str) -> int:
        """What the store has in the place of a number or an id; of this installation, and of no other."""
        hashed = self._hashed(person)
        assert hashed is not None  # noqa: S101  # only nobody has no pseudonym
        return hashed

    async def start(self) -> None:
        """Open the store, or what can stand in for it, and begin to feed it; Kafka may come later.

        Raises `StoreUnavailable` and `ConfigurationInvalid`.
        """
        # Arrow's own pool keeps what each thread has freed; of the C library we can ask it back, see `give_back`.
        pa.set_memory_pool(pa.system_memory_pool())
        key = load_hash_key(self._settings)
        self._hashed = hasher(key)
        await asyncio.to_thread(self._recovery.open)
        with closing(self._database.cursor()) as connection:
            keep_to(connection, key)
        self._sink.start()
        self._archivist.start()
        self._accounting = asyncio.create_task(self._account())

    async def stop(self) -> None:
        """Finish the running batch and close the store."""
        if self._accounting is not None:
            self._accounting.cancel()
        await asyncio.gather(asyncio.to_thread(self._sink.stop), asyncio.to_thread(self._archivist.stop))
        self.reader.close()
        await asyncio.to_thread(self._database.close)

    def health(self) -> Health:
        """How the sink is; a store that only reads is alive, but its answers grow old."""
        if self._sink.has_failed or self._database.ailment:
            return Health(is_alive=False, is_ready=False, reason=self._sink.trouble or self._database.ailment)
        if self._sink.trouble:
            return Health(is_alive=True, is_ready=False, reason=self._sink.trouble)
        since = f"; {self._recovery.told} (at the start)" if self._recovery.told else ""
        return Health(is_alive=True, is_ready=True, reason=f"the store is being fed{since}")

    async def _account(self) -> None:
        """Keep the gauges of what is unexplained and what waits; of a store that cannot answer, `health` tells."""
        for turn in count():
            await asyncio.sleep(ACCOUNT_EVERY_S)
            with suppress(StoreUnavailable, QueryInvalid):
                total = (await conservation(self.reader)).rows[0]
                UNEXPLAINED.set(total["unexplained"] + total["explained_twice"])
                if turn % PARKED_EVERY == 0:
                    show_parked((await parked(self.reader, accounts=None)).rows)
            if turn % SHED_EVERY == 0:
                await asyncio.to_thread(self._give_back_memory)

    def _give_back_memory(self) -> None:
        try:
            self._database.shed()
        except (StoreUnavailable, duckdb.Error) as exc:  # whether the store itself has failed, its writer finds out
            log.warning("store_kept_its_memory", reason=str(exc))
        give_back()

    def _writer(self) -> Writer:
        connection = self._database.cursor()
        upkeep = Upkeep(
            connection,
            self._sink.skyline,
            Forgetting(self._settings, self.reader.clock),
            reply_window_s=self.reply_window_s,
        )
        return self.writes_with(
            connection,
            self._hashed,
            upkeep,
            seen_days=self._settings.streams.seen_days,
            take_snapshot=partial(self._snapshots.take_if_due, self._database),
            least_batch=int(self.reader.clock.now().timestamp() * 1000),
        )


def show_parked(rows: Iterable[Row]) -> None:
    """Put what waits into the gauges; a connection where nothing waits has none."""
    for gauge in (PARKED, PARKED_OLDEST):
        gauge.clear()
    for row in rows:
        labels = (row["provider"], row["connection"])
        PARKED.labels(*labels).set(row["report_count"])
        PARKED_OLDEST.labels(*labels).set(row["oldest_at"].timestamp())
