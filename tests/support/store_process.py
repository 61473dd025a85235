"""`python -m tests.support.store_process [statement]`: the store's service alone, from the settings in the environment.

With a statement it stops in the middle of its second transaction, right before that statement, and says so: there a
test kills it. It ends with status 1 when the store has failed.
"""

import asyncio
import sys
import time

from analytics.service import Analytics
from analytics.sink.arrivals import Arrivals
from analytics.sink.writer import Writer
from analytics.store.database import Connection
from runtime.clock import SystemClock
from runtime.logging import configure_logging
from runtime.settings import load_settings

LONG_S = 60


class HaltingArrivals(Arrivals):
    """Waits to be killed."""

    halt_before = ""
    times = 0

    def _execute(self, name: str, parameters: dict[str, int]) -> Connection:
        if name == self.halt_before and parameters["batch_id"]:
            self.times += 1
            if self.times == 2:
                sys.stdout.write("halted\n")
                sys.stdout.flush()
                time.sleep(LONG_S)
        return super()._execute(name, parameters)


class HaltingWriter(Writer):
    arrives_with = HaltingArrivals


class HaltingAnalytics(Analytics):
    writes_with = HaltingWriter


async def live() -> int:
    settings = load_settings()
    configure_logging("sink")
    analytics = HaltingAnalytics(settings, SystemClock())
    await analytics.start()
    ends_at = time.monotonic() + LONG_S
    while analytics.health().is_alive and time.monotonic() < ends_at:  # noqa: ASYNC110  # as the api watches it
        await asyncio.sleep(0.1)
    await analytics.stop()
    return 0 if analytics.health().is_alive else 1


if __name__ == "__main__":
    HaltingArrivals.halt_before = sys.argv[1] if len(sys.argv) > 1 else ""
    sys.exit(asyncio.run(live()))
