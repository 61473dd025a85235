"""How far each stage is, and for how long it has stood still. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class PartitionLag:
    """What a stage has still to read of one partition."""

    topic: str
    """The plural word."""
    partition: int
    committed: int
    """The offset it reads next; 0 when it has committed none there."""
    end: int
    lag: int


@dataclass(frozen=True)
class StageProgress:
    """Where one stage is."""

    stage: str
    member_count: int
    partitions: Sequence[PartitionLag]
    """Of the topics of which it has ever committed anything."""
    still_s: float = 0.0
    """For how long it is known to have committed nothing of a partition although there is something to read."""

    @property
    def lag(self) -> int:
        return sum(one.lag for one in self.partitions)


Place = tuple[str, str, int]
"""Stage, topic and partition."""


class Memory:
    """Since when each place has had something to read, of which nothing was committed."""

    def __init__(self) -> None:
        self._waits: dict[Place, tuple[int, float]] = {}

    def noted(self, at_s: float, stages: Iterable[StageProgress]) -> list[StageProgress]:
        """What is seen now, with how long it stands still."""
        seen = list(stages)
        waiting = {(one.stage, at.topic, at.partition): at.committed for one in seen for at in one.partitions if at.lag}
        self._waits = {place: self._since(place, committed, at_s) for place, committed in waiting.items()}
        return [replace(one, still_s=self._still_s(one.stage, at_s)) for one in seen]

    def _since(self, place: Place, committed: int, at_s: float) -> tuple[int, float]:
        before = self._waits.get(place)
        return before if before is not None and before[0] == committed else (committed, at_s)

    def _still_s(self, stage: str, at_s: float) -> float:
        return max((at_s - since for (name, _, _), (_, since) in self._waits.items() if name == stage), default=0.0)
