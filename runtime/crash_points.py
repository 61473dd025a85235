"""Places where a process can be made to die, so that tests can stand exactly there. Off unless told.

`TIDINGS_CRASH_AT=track.outputs_written` dies there the first time, `track.outputs_written:7` the seventh time; several
places are separated by commas. It is the death of `kill -9`: nothing is flushed, closed or told to anybody.
"""

import os
import signal
from collections.abc import Callable
from functools import cache

VARIABLE = "TIDINGS_CRASH_AT"


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class CrashPoint:
    """Counts how often the places are passed, and dies at the first whose time has come."""

    def __init__(self, told: str, *, die: Callable[[], object] = _die) -> None:
        places = (place.partition(":") for place in told.split(","))
        self._left = {name: int(times or 1) for name, _, times in places}
        self._die = die

    def passing(self, name: str) -> None:
        """Told of every place that is passed."""
        if name in self._left:
            self._left[name] -= 1
            if self._left[name] == 0:
                self._die()


def crash_point(name: str) -> None:
    """Pass the place `name`, written as `<stage or part>.<what has just been done>`."""
    if (armed := _armed()) is not None:
        armed.passing(name)


@cache
def _armed() -> CrashPoint | None:
    """Told when the first place is passed, so that a process may be told after it was loaded."""
    told = os.environ.get(VARIABLE)
    return CrashPoint(told) if told else None
