"""How long to wait before a restart."""

from random import Random

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 15.0
QUIET_S = 60.0
"""A process that lived this long is well again: its next death is a first one."""


class BackOff:
    """How long to wait before a restart: doubling up to a limit, spread so that not all come back at once."""

    def __init__(self, chance: Random, quiet_s: float = QUIET_S) -> None:
        self._chance = chance
        self._quiet_s = quiet_s
        self._deaths = 0

    def pause_after(self, lived_s: float) -> float:
        """The pause in seconds after a life of `lived_s`."""
        self._deaths = 0 if lived_s >= self._quiet_s else self._deaths
        pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0**self._deaths)
        self._deaths += 1
        return pause_s * self._chance.uniform(0.5, 1.0)
