"""Which keys are noted for which second. An index in memory: what counts is what stands in the entries.

A time that moves to later, which is what most of them do with every report, leaves the note where it is: it is looked
at when its second comes, and put where it belongs then. So keeping time costs nothing on the way of a batch.
"""

from collections.abc import Callable, Iterator
from heapq import heapify, heappop, heappush

SLACK = 64


class Agenda:
    """`second_of` tells what stands in the entry of a key now; 0 means none."""

    def __init__(self, second_of: Callable[[bytes], float]) -> None:
        self.keys_count = 0
        """Keys that have a second."""
        self.notes_count = 0
        self._second_of = second_of
        self._seconds: list[float] = []
        self._notes: dict[float, list[bytes]] = {}
        self._taken: set[bytes] = set()

    def moved(self, key: bytes, before: float, after: float) -> None:
        """Told of each change, when it stands in the entry already."""
        self.keys_count += bool(after) - bool(before)
        is_taken = key in self._taken
        self._taken.discard(key)
        if after and (not before or after < before or is_taken):
            self._note(key, after)
            if self.notes_count > 2 * self.keys_count + SLACK:
                self._note_anew()

    def take(self, until: float, most: int) -> list[bytes]:
        """Keys whose second is `until` or earlier, each once until its second moves; looks at `most` notes at most."""
        found = []
        for key in self._notes_until(until, most):
            second = self._second_of(key)
            if second > until:
                self._note(key, second)
            elif second and key not in self._taken:
                self._taken.add(key)
                found.append(key)
        return found

    def has_until(self, until: float) -> bool:
        """Whether there may be something to take."""
        return bool(self._seconds) and self._seconds[0] <= until

    def earliest(self) -> float | None:
        """The lowest second of all keys; null when there are none. Not for an agenda that is also taken from."""
        while self._seconds:
            second = self._seconds[0]
            if any(self._second_of(key) == second for key in self._notes[second]):
                return second
            for key in self._notes_until(second, len(self._notes[second])):
                if later := self._second_of(key):
                    self._note(key, later)
        return None

    def _notes_until(self, until: float, most: int) -> Iterator[bytes]:
        """Take notes off, the earliest first."""
        while self.has_until(until) and most:
            keys = self._notes[self._seconds[0]]
            while keys and most:
                most -= 1
                self.notes_count -= 1
                yield keys.pop()
            if not keys:
                del self._notes[heappop(self._seconds)]

    def _note(self, key: bytes, second: float) -> None:
        self.notes_count += 1
        if second in self._notes:
            self._notes[second].append(key)
        else:
            self._notes[second] = [key]
            heappush(self._seconds, second)

    def _note_anew(self) -> None:
        """Without what is outdated, which is more than half."""
        keys = {key for noted in self._notes.values() for key in noted} - self._taken
        self._notes.clear()
        self.notes_count = 0
        for key in keys:
            if second := self._second_of(key):
                self._notes.setdefault(second, []).append(key)
                self.notes_count += 1
        self._seconds = list(self._notes)
        heapify(self._seconds)
