"""Up to where a state of the store has read, told by what was added since a state before it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from analytics.freshness import Positions


@dataclass(frozen=True)
class Reached:
    """A state of the store; without anything, that of an empty one."""

    revision: int = 0
    """The number of its newest batch."""
    watermarks: Positions = field(default_factory=dict)
    forgotten_before: datetime | None = None
    sealed: int = 0
    """Up to which batch what is counted by the hour is in the days too."""

    def and_then(self, rows: Iterable[Mapping[str, Any]]) -> "Reached":
        """The state of which `reached.sql` told these rows, asked for what came behind this one."""
        told = list(rows)
        moved = [row for row in told if row["topic"] is not None]
        (kept,) = (row for row in told if row["topic"] is None)
        revision = max((row["batch_id"] for row in moved), default=self.revision)
        return Reached(revision, self._moved(moved) if moved else self.watermarks, kept["before_at"], kept["batch_id"])

    def _moved(self, rows: Iterable[Mapping[str, Any]]) -> Positions:
        places = {(topic, part): at for topic, parts in self.watermarks.items() for part, at in parts.items()}
        for row in rows:
            place = row["topic"], row["kafka_partition"]
            places[place] = max(places.get(place, 0), row["next_offset"])
        watermarks: Positions = {}
        for topic, partition in sorted(places):
            watermarks.setdefault(topic, {})[partition] = places[topic, partition]
        return watermarks
