"""What one client wants to be told."""

from collections.abc import Iterable
from dataclasses import dataclass

from api.feed.events import Dimension, Event
from contracts.filters import Filter


@dataclass(frozen=True)
class Wanted:
    """The events of these accounts that pass all of these filters. Null stands for all accounts."""

    accounts: tuple[str, ...] | None = None
    filters: tuple[tuple[Dimension, Filter], ...] = ()

    def matches(self, event: Event) -> bool:
        if self.accounts is not None and event.account not in self.accounts:
            return False
        return all(wish.matches(event.value_of(dimension)) for dimension, wish in self.filters)

    def chosen(self, events: Iterable[Event]) -> list[bytes]:
        """Of `events` what is wanted, in the same order, as it stands in the stream."""
        return [event.frame for event in events if self.matches(event)]
