"""The store as one part of a process: database, sink thread and horizon, started and stopped together."""

from dataclasses import dataclass

from analytics.reader import Reader
from runtime.clock import Clock
from runtime.settings import Settings


@dataclass(frozen=True)
class Health:
    """Whether the process must be ended (`is_alive`), whether its answers can be trusted now (`is_ready`), and why."""

    is_alive: bool
    is_ready: bool
    reason: str


class Analytics:
    """Store, sink and horizon of one process."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    async def start(self) -> None:
        """Open the store and begin to feed it; raises `StoreUnavailable`. Kafka may come later."""
        raise NotImplementedError

    async def stop(self) -> None:
        """Finish the running batch and close the store."""
        raise NotImplementedError

    @property
    def reader(self) -> Reader:
        raise NotImplementedError

    def health(self) -> Health:
        raise NotImplementedError
