"""A process that slept past its group session must not finish what it held: its partitions are elsewhere by now.

Kafka does not fence a producer that wakes up, and older state written behind the new owner's has lost a quarter of the
updates in three of six tries on a real broker. So the process looks at the clock before every send, and ends at once,
without stopping anything in order, when it was away for too long.
"""

import os
import sys
import time
from collections.abc import Callable

SHARE_OF_SESSION = 0.8


def elapsed_s() -> float:
    """Seconds that never go back and, where the system can tell, go on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if sys.platform == "linux" else time.monotonic()


def _end_at_once(slept_s: float) -> None:
    os.write(2, b'{"event": "overslept", "level": "critical", "slept_s": %d}\n' % slept_s)
    os._exit(1)


class SleepGuard:
    """Knows when this process was last seen awake. Ask `check` before every send, and call it from a timer as well."""

    def __init__(
        self,
        session_timeout_s: float,
        *,
        clock: Callable[[], float] = elapsed_s,
        end: Callable[[float], None] = _end_at_once,
    ) -> None:
        self._limit_s = session_timeout_s * SHARE_OF_SESSION
        self._clock = clock
        self._end = end
        self._awake_at = clock()

    def check(self) -> None:
        """Do not return when more than 0.8 of the session has passed since the last call."""
        now = self._clock()
        slept_s, self._awake_at = now - self._awake_at, now
        if slept_s > self._limit_s:
            self._end(slept_s)
