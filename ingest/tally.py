"""Counting on the hot path: a counter of the metrics library costs as much as half a signature."""

from prometheus_client import Counter


class Tally:
    """Counts in a plain number and settles with the counter when somebody looks."""

    __slots__ = ("_count", "_counter")

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._count = 0

    def add(self) -> None:
        """One more."""
        self._count += 1

    def settle(self) -> None:
        """Bring the counter up to date."""
        self._counter.inc(self._count)
        self._count = 0
