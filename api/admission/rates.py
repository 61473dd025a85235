"""How many requests a key may make: so many in each minute, counted in this process from the minute's first one.

A library was looked at. The best kept one starts a thread for nearly every request that it counts in memory, and asks
the wall clock; what remains to be done without either is to count.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from api.admission.keys import Key
from runtime.clock import Clock

WINDOW_S = 60
POLICY = "key"


@dataclass(frozen=True)
class Standing:
    """How a key stands towards its limit after one more request."""

    quota: int
    used: int
    ends_in_s: int
    """When the minute is over and the count begins anew."""

    @property
    def is_exceeded(self) -> bool:
        return self.used > self.quota

    @property
    def headers(self) -> Mapping[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers-11 (2026-05-23) has them, for every answer."""
        left = max(0, self.quota - self.used)
        return {
            "RateLimit-Policy": f'"{POLICY}";q={self.quota};w={WINDOW_S}',
            "RateLimit": f'"{POLICY}";r={left};t={self.ends_in_s}',
        }


class RateBook:
    """The minutes of all keys. `quota` is for those that have none of their own; 0 stands for no limit."""

    def __init__(self, quota: int, clock: Clock) -> None:
        self._quota = quota
        self._clock = clock
        self._minutes: dict[str, tuple[float, int]] = {}

    def count(self, key: Key) -> Standing | None:
        """One more request of `key`; null when it has no limit."""
        quota = self._quota if key.requests_per_minute is None else key.requests_per_minute
        if not quota:
            return None
        now = self._clock.monotonic()
        began, used = self._minutes.get(key.id, (now, 0))
        if now - began >= WINDOW_S:
            began, used = now, 0
        self._minutes[key.id] = began, used + 1
        return Standing(quota, used + 1, ceil(began + WINDOW_S - now))
