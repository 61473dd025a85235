"""Carries out orders: rows of the store to files with a manifest."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from analytics.asking.reader import Reader
from analytics.exports.formats import Draft
from analytics.exports.manifest import NAME, File, Manifest, manifest_of, save
from analytics.exports.order import Order, Places, Wanted
from analytics.exports.reading import RowSource, Window
from analytics.exports.tokens import Seal, read_token, write_token
from analytics.freshness import Freshness
from contracts.errors import ExportEnded
from runtime.clock import Clock
from runtime.crash_points import crash_point

Progress = Callable[[int, float], None]
"""Told how many rows are written and which share of the records is read; may raise `ExportEnded` to end it."""


@dataclass(frozen=True)
class State:
    """Where the store stands, as an order takes it."""

    until: Places
    freshness: Freshness


class Exporter:
    """Exports from one store."""

    def __init__(self, source: RowSource, reader: Reader, clock: Clock, seal: Seal) -> None:
        self._source = source
        self._reader = reader
        self._clock = clock
        self._seal = seal

    async def state(self, wanted: Wanted) -> State:
        """Up to where the store has what `wanted` is made of, now."""
        horizon, topic = self._reader.horizon, wanted.table.topic
        fresh = await self._reader.freshness()
        if topic == "sessions":  # they take a way of their own
            fresh = replace(fresh, as_of=horizon.sessions_as_of)
        return State({topic: _dense(fresh.watermarks.get(topic, {}))}, fresh)

    def continued(self, token: str, wanted: Wanted, until: Places) -> Places:
        """The places behind which `wanted` goes on after the export that gave `token`; raises `QueryInvalid`."""
        return read_token(token, wanted, until, self._seal)

    def write(self, order: Order, directory: Path, *, most_rows: int, progress: Progress) -> Manifest:
        """The files of `order` in `directory`, which is there; blocks until they are on the disk.

        Whatever ends it before, nothing is left under a name that counts. Raises `ExportEnded` when there are more than
        `most_rows`, and what reading the store raises.
        """
        windows = self._source.windows(order)
        try:
            files = _Files(order, directory, windows).write(self._source, most_rows, progress)
            self._require_kept(order)
            token = write_token(order.wanted, order.until, self._seal)
            manifest = manifest_of(order, files, made_at=self._clock.now(), token=token)
            save(directory, manifest)
            crash_point("export.recorded")
        except BaseException:
            clear(directory, order)
            raise
        return manifest

    def _require_kept(self, order: Order) -> None:
        if order.lacks(self._source.forgotten_before()):
            raise ExportEnded("facts that it ought to have were dropped by store.keep_days meanwhile; order it anew")


class _Files:
    """The files of one order, one after the other."""

    def __init__(self, order: Order, directory: Path, windows: list[Window]) -> None:
        self._order = order
        self._directory = directory
        self._windows = windows
        self._records = sum(window.records for window in windows)

    def write(self, source: RowSource, most_rows: int, progress: Progress) -> list[File]:
        rows, read, files = 0, 0, []
        for day in dict.fromkeys(window.day for window in self._windows) or [""]:
            path = self._directory / self._order.file_name(day)
            with closing(Draft(path, self._order.format, self._order.wanted.table)) as draft:
                for window in (one for one in self._windows if one.day == day):
                    for batch in source.batches(self._order, window):
                        rows += batch.num_rows
                        _require_within(rows, most_rows)
                        draft.write(batch)
                    read += window.records
                    progress(rows, read / self._records)
                files.append(draft.finish())
        return files


def clear(directory: Path, order: Order) -> None:
    """Take away whatever files of `order` are there, begun or whole."""
    (directory / NAME).unlink(missing_ok=True)
    for path in directory.glob(f"{order.wanted.what}*"):
        path.unlink()


def _require_within(rows: int, most_rows: int) -> None:
    if rows > most_rows:
        raise ExportEnded(
            f"it has more than {most_rows} rows; ask for a shorter span or by more filters, or raise exports.most_rows"
        )


def _dense(offsets: Mapping[int, int]) -> tuple[int, ...]:
    return tuple(offsets.get(partition, 0) for partition in range(max(offsets, default=-1) + 1))
