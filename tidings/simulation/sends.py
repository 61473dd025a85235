"""What must be true of the sends of messages with plans, by the books of the simulated providers and the fates."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from contracts.status import SUCCESSES
from tidings.simulation.fates import Fate, Fates, Mark
from tidings.simulation.truth import Message

BOTH, FIRST_ONLY, SECOND_ONLY = frozenset({0, 1}), frozenset({0}), frozenset({1})


@dataclass(frozen=True)
class Books:
    """What providers took of messages with plans."""

    taken: dict[Mark, list[Message]]

    @classmethod
    def of(cls, messages: Iterable[Message]) -> "Books":
        taken: dict[Mark, list[Message]] = defaultdict(list)
        for message in messages:
            if message.mark is not None:
                taken[message.mark].append(message)
        return cls(dict(taken))

    @property
    def sends(self) -> int:
        """How many were taken."""
        return sum(map(len, self.taken.values()))

    @property
    def doubles(self) -> list[Mark]:
        """Steps that left more than once."""
        return sorted(mark for mark, messages in self.taken.items() if len(messages) > 1)

    def by_place(self) -> Counter[tuple[int, str]]:
        """How many were taken by step and provider."""
        return Counter((mark.step, one.provider) for mark, messages in self.taken.items() for one in messages)

    def steps(self, number: int) -> frozenset[int]:
        """Which steps of the message have left."""
        return frozenset(step for step in BOTH if Mark(number, step) in self.taken)

    def wanted(self, number: int, fates: Fates) -> frozenset[int]:
        """Which of them had to leave, when whatever providers told was heard in time."""
        first = Mark(number, 0)
        if first not in self.taken:
            # It was lost on its way, or did not leave in its time.
            return SECOND_ONLY
        match fates.of(first):
            # Who was away when the wait was over judges later, and by then a late one may have arrived.
            case Fate.ARRIVES | Fate.BUSY | Fate.CUT | Fate.LOST | Fate.LATE:
                return FIRST_ONLY
            case Fate.SILENT:
                return BOTH
            case Fate.FAILS:
                is_hopeless = any(message.forbids_fallback for message in self.taken[first])
                return FIRST_ONLY if is_hopeless else BOTH

    def needless(self, numbers: Iterable[int], fates: Fates) -> int:
        """Messages of which a step left that had not to, and not because the one before it was late."""
        return sum(
            self.steps(number) > self.wanted(number, fates) and fates.of(Mark(number, 0)) is not Fate.LATE
            for number in numbers
        )

    def wasted(self, numbers: Iterable[int]) -> int:
        """Messages of which both steps have truly arrived."""
        return sum(all(self._has_arrived(Mark(number, step)) for step in BOTH) for number in numbers)

    def _has_arrived(self, mark: Mark) -> bool:
        return any(message.status in SUCCESSES for message in self.taken.get(mark, ()))
