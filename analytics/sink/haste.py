"""How long the sink may take its time: each batch costs the store the same, whatever is in it."""

from collections.abc import Callable

LITTLE = 200
"""Records of a batch: when no more have come, so few are on their way that larger batches would be none too large."""
AT_LEISURE = 2
"""So many times as long a batch gathers then, and the horizon rests: what comes is there within two seconds even so."""
WAITED_FOR_S = 2.0
"""So long after somebody has waited for what is new, they may wait again."""


class Haste:
    """Told by those who wait for what is new and of what has come; asked by the sink."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._waited_for_until = monotonic()
        self._records = 0

    def note_wait(self) -> None:
        """Somebody waits for what is new."""
        self._waited_for_until = self._monotonic() + WAITED_FOR_S

    def note_batch(self, records: int) -> None:
        """So many came in the last batch."""
        self._records = records

    @property
    def leisure(self) -> int:
        """How many times as long as usual the next batch may take."""
        is_waited_for = self._monotonic() < self._waited_for_until
        return 1 if is_waited_for or self._records > LITTLE else AT_LEISURE
