"""What the timeline of one message costs a processor, as the API asks: of an empty store, and among a million reports.

Processor time, because whoever else is at work on the machine does not lengthen it as it does the time on the clock.
"""

import asyncio
import time
from contextlib import suppress

from analytics.asking.reader import Reader
from analytics.freshness import Skyline
from analytics.lists.timelines import message_timeline
from analytics.sink.writer import Writer
from analytics.store.database import Database
from bench.figures import Figure, figure
from bench.sink import batches, store
from contracts.errors import NotFound
from runtime.clock import SystemClock
from runtime.settings import StoreSettings

REPORTS = 1_000_000
MESSAGES = 25
WINDOW_S = 86_400.0
LIMIT_S = 60.0
NOBODYS = "019aa5a1-0000-7000-8000-000000000001"


def measure() -> list[Figure]:
    with store() as (database, writer, _):
        empty = asyncio.run(_asked(database, [NOBODYS] * MESSAGES))
        _fill(writer)
        among = asyncio.run(_asked(database, _messages(database)))
    return [
        figure("timeline", "in an empty store", empty, unit="ms of a processor", goal="<= 10"),
        figure("timeline", "among a million reports", among, unit="ms of a processor", goal="<= 10"),
    ]


def _fill(writer: Writer) -> None:
    marks = writer.resume()
    for batch in batches(REPORTS, StoreSettings().batch_rows):
        writer.write(writer.prepare(marks, batch))
    writer.close()


def _messages(database: Database) -> list[str]:
    """Some from all over the time that was stored, the same in every run."""
    sample = f"SELECT message_id::VARCHAR FROM report USING SAMPLE reservoir({MESSAGES} ROWS) REPEATABLE (7)"
    return [message_id for (message_id,) in database.cursor().execute(sample).fetchall()]


async def _asked(database: Database, message_ids: list[str]) -> list[float]:
    """Milliseconds for each; the first one more loads code."""
    reader = Reader(database, Skyline(), SystemClock(), threads=StoreSettings().threads, limit_s=LIMIT_S)
    took = []
    for message_id in [message_ids[0], *message_ids]:
        begin = time.process_time()
        with suppress(NotFound):
            await message_timeline(reader, message_id, accounts=None, window_s=WINDOW_S)
        took.append((time.process_time() - begin) * 1000)
    reader.close()
    return took[1:]
