"""What an api process keeps in memory for each update that it has stored, when nothing else is in the way.

The store writes as in life, and every so often drops what it only keeps for later, as the service does each minute.
What the C library has given out then and has not got back is counted: DuckDB's own directory of what lies in the file
is part of that, and grows with the file.
"""

import ctypes
import gc
import statistics
import sys

import pyarrow as pa

from analytics.sink.writer import Writer
from analytics.store.database import Database
from analytics.upkeep.upkeep import Upkeep
from bench.figures import Figure, figure
from bench.sink import batches, store
from runtime.heap import give_back
from runtime.settings import StoreSettings

GROUP = "stored"
WARM_UP, ROWS, LOOKS = 200_000, 600_000, 8
BATCH_ROWS = 1000
NAMES = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"


class MallInfo(ctypes.Structure):
    """`struct mallinfo2` of glibc 2.33 or newer (mallinfo(3))."""

    _fields_ = [(name, ctypes.c_size_t) for name in NAMES.split()]  # ctypes reads it as it stands


def measure() -> list[Figure]:
    """Bytes that are held more with each stored update, by least squares."""
    pa.set_memory_pool(pa.system_memory_pool())
    with store(StoreSettings(memory_limit="96MB")) as (database, writer, upkeep):
        stored, held = zip(*_run(database, writer, upkeep), strict=True)
    slope, _ = statistics.linear_regression(stored, held)
    return [
        figure(GROUP, "memory held for each stored update", [slope], unit="B"),
        figure(GROUP, "memory held by the store's libraries", [held[-1] / 1e6], unit="MB"),
    ]


def _run(database: Database, writer: Writer, upkeep: Upkeep) -> list[tuple[float, float]]:
    """(updates stored, bytes held) behind the warm-up."""
    marks, looks = writer.resume(), []
    for number, fetched in enumerate(batches(WARM_UP + ROWS, BATCH_ROWS), start=1):
        writer.write(writer.prepare(marks, fetched))
        upkeep.take_turn(number, waiting=0)
        stored = number * BATCH_ROWS - WARM_UP
        if stored >= 0 and stored % (ROWS // LOOKS) == 0:
            print(f"\r{stored} of {ROWS}", end="", file=sys.stderr, flush=True)
            database.shed()
            looks.append((float(stored), _held()))
    print(file=sys.stderr)
    return looks


def _held() -> float:
    gc.collect()
    give_back()
    mallinfo = ctypes.CDLL(None).mallinfo2
    mallinfo.restype = MallInfo
    told = mallinfo()
    return float(told.uordblks + told.hblkhd)


if __name__ == "__main__":
    for one in measure():
        print(one)
