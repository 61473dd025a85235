"""`python -m tests.support.store_process [statement]`: the sink alone, from the settings in the environment.

With a statement it stops in the middle of its second transaction, right before that statement, and says so: there a
test kills it.
"""

import sys
import time

from analytics.columns import hasher
from analytics.database import Database
from analytics.sink import Sink
from analytics.upkeep import Upkeep
from analytics.writer import Writer
from runtime.clock import SystemClock
from runtime.logging import configure_logging
from runtime.settings import load_settings

LONG_S = 60


class HaltingWriter(Writer):
    """Waits to be killed."""

    halt_before = ""
    times = 0

    def _run(self, name: str, **parameters: int) -> int:
        if name == self.halt_before:
            self.times += 1
            if self.times == 2:
                sys.stdout.write("halted\n")
                sys.stdout.flush()
                time.sleep(LONG_S)
        return super()._run(name, **parameters)


def main(halt_before: str) -> None:
    settings = load_settings()
    configure_logging("sink")
    HaltingWriter.halt_before = halt_before
    database = Database(settings.data_dir / settings.store.path, settings.store)
    database.open()

    def make_writer() -> Writer:
        connection = database.cursor()
        return HaltingWriter(connection, hasher(b"k" * 16), Upkeep(connection, sink.skyline), seen_days=3)

    sink = Sink(settings, database, make_writer, SystemClock())
    sink.start()
    time.sleep(LONG_S)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
