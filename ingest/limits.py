"""How much is too much: callbacks of a connection, what one may hold of a room, and log lines about refusals."""

from collections import Counter
from collections.abc import Hashable

from contracts.errors import NotDurable, RateExceeded
from runtime.clock import Clock

LOG_WINDOW_S = 60.0
LINES_PER_WINDOW = 5
ROUNDING_S = 1e-6
"""Sums of floating point numbers are a little off; nobody is refused for that."""


class TokenBucket:
    """Lets `rate_per_s` pass in the long run, and one second's worth at once.

    Kept as one number, the time at which the bucket would be full again, instead of a level and when it was true.
    """

    def __init__(self, rate_per_s: float, now: float) -> None:
        self._rate_per_s = rate_per_s
        self._drip_s = 1.0 / rate_per_s
        self._depth_s = max(1.0, self._drip_s)
        self._full_at = now

    def take(self, now: float) -> None:
        """Let one pass at `now`, on a clock that never goes back. Raises `RateExceeded` when none may."""
        full_at = (self._full_at if self._full_at > now else now) + self._drip_s  # noqa: FURB136  # max() costs a call
        if full_at - now > self._depth_s + ROUNDING_S:
            raise RateExceeded(f"more than {self._rate_per_s:g} callbacks a second; slow down, or raise rate_per_s")
        self._full_at = full_at


class Room:
    """So much may be held at once, and nobody may hold more than is still free.

    Whoever floods us therefore leaves room for the others: one alone gets a half of it, two get a third each. It is how
    switches share their memory (Choudhury and Hahne, Dynamic queue length thresholds, 1998).
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held: Counter[Hashable] = Counter()
        self.total = 0
        self.elsewhere = 0
        """What is held by those we do not know."""

    def has_room_for(self, who: Hashable, amount: int) -> bool:
        """Whether `who` may hold `amount` more."""
        return self._held[who] + amount <= self._limit - self.total - self.elsewhere

    def is_too_full_for(self, amount: int) -> bool:
        """Whether nobody may hold `amount` more."""
        return amount > self._limit - self.total - self.elsewhere

    def take(self, who: Hashable, amount: int) -> None:
        """Let `who` hold `amount` more."""
        self._held[who] += amount
        self.total += amount

    def give_back(self, who: Hashable, amount: int) -> None:
        """Undo a `take`."""
        self._held[who] -= amount
        self.total -= amount


class WaitingRoom:
    """Callbacks that wait: so many, with so many bytes together, and nobody so many that others find no room."""

    def __init__(self, count_limit: int, bytes_limit: int) -> None:
        self._limits = (count_limit, bytes_limit)
        self._places, self._content = Room(count_limit), Room(bytes_limit)

    def take(self, who: Hashable, size: int) -> None:
        """Count one in."""
        self._places.take(who, 1)
        self._content.take(who, size)

    def check(self, who: Hashable, size: int) -> None:
        """Raises `NotDurable` when it is full, and `RateExceeded` when `who` has his share."""
        if self._places.total >= self._limits[0] or self._content.total > self._limits[1]:
            raise NotDurable("too many callbacks wait for Kafka already")
        if not self._places.has_room_for(who, 1) or not self._content.has_room_for(who, size):
            raise RateExceeded("so many callbacks of this connection wait that others need the room that is left")


class LogBudget:
    """A few lines a minute for each kind of event, so that whoever sends garbage cannot fill the log.

    Kinds must come from a closed set: they are remembered.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: dict[Hashable, _Window] = {}

    def spend(self, kind: Hashable) -> int | None:
        """Null when no line may be written now; else how many of this kind were left out since the last one."""
        now = self._clock.monotonic()
        window = self._windows.get(kind)
        if window is None or now - window.began_at >= LOG_WINDOW_S:
            self._windows[kind] = _Window(now)
            return window.left_out if window else 0
        if window.lines >= LINES_PER_WINDOW:
            window.left_out += 1
            return None
        window.lines += 1
        return 0


class _Window:
    def __init__(self, began_at: float) -> None:
        self.began_at = began_at
        self.lines = 1
        self.left_out = 0
