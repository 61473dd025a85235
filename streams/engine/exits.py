"""The last way out. Stopping in order can hang, while Kafka is away or after a crash; a kill is always safe here."""

import os
import threading

import structlog

HARD_EXIT_S = 10.0
AFTER_FAILURE_S = 5.0
"""Then there is little left to do in order, and somebody waits for these partitions."""

log = structlog.get_logger()


def arm_hard_exit(after_s: float = HARD_EXIT_S) -> None:
    """End this process with status 1 after that time, unless it has ended before. On a thread: nothing can block it."""
    timer = threading.Timer(after_s, _end, (after_s,))
    timer.daemon = True
    timer.start()


def _end(after_s: float) -> None:
    log.critical("stop_hangs", waited_s=after_s)
    os._exit(1)
