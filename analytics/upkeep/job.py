"""What is done between batches counts what comes, and is done once that is worth its time."""

from typing import NamedTuple, Protocol

SMALL = 5_000
"""Records of a batch behind which no other waits."""
AT_ONCE = 100_000
"""Facts of one portion, or one batch that has more."""


class Stored(NamedTuple):
    """How many rows a batch added, of what jobs count."""

    deltas: int = 0
    """Rows of deltas, offsets and marks."""
    facts: int = 0
    """All that was told;"""
    reports: int = 0
    """of that, reports,"""
    foldable: int = 0
    """facts that folds look at,"""
    callbacks: int = 0
    """and callbacks."""


class Enough(NamedTuple):
    """How much is worth its time: the less waits, the less is."""

    idle: int
    """When nothing waits to be written,"""
    small: int
    """behind a small batch,"""
    busy: int
    """and whatever waits."""

    def at(self, waiting: int) -> int:
        """With so many records at the door."""
        if not waiting:
            return self.idle
        return self.small if waiting <= SMALL else self.busy


class Job(Protocol):
    """Leaves every answer as it was, and questions quicker."""

    def note(self, stored: Stored) -> None:
        """A batch was stored."""

    def is_due(self, *, waiting: int) -> bool:
        """Whether there is enough to do, with so many records at the door."""

    def run(self, batch_id: int) -> bool:
        """Do the next portion of what batches up to `batch_id` left, all of it or nothing; whether there was one."""
